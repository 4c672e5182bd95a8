"""Three labs under a joint cap in a scratch folder, for `demo --across`: their keys, logs, notes and proofs.

Everything goes through the doors that labs and regulators have; a lab that cheats has the keys of its own and a folder
of its own, and nothing else.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from zkcompliance import schemas
from zkcompliance.card.parameter import parsed
from zkcompliance.claim import catalogue
from zkcompliance.joint.file import CLAIM, Joint, parse_joint
from zkcompliance.joint.judge import judge_joint
from zkcompliance.joint.verdict import JointVerdict
from zkcompliance.log import keys, open_log
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.notes import api as notes
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.proofs import File
from zkcompliance.progress import Progress
from zkcompliance.prove import api

CAP = 20 * 10**24  # FLOP
ALLOWANCES = {"ash": 5 * 10**24, "birch": 10 * 10**24, "cedar": 5 * 10**24}
SPENT = {"ash": 8 * 10**24, "birch": 7 * 10**24, "cedar": 5 * 10**24}
GIVEN = 3 * 10**24
PAIRS = (("ash", "birch"), ("birch", "cedar"))  # who seals their note log, and who signs it too
BEGIN, END = "2025-01-01", "2025-04-01"
_IN_FORCE = 1_743_465_600 - 86400  # 2025-03-31, within the period
_ROW = {
    "start": "2025-02-01T00:00:00Z", "end": "2025-02-02T00:00:00Z", "run": "base-1", "phase": "pretraining",
    "method": "hardware",
}  # fmt: skip


class Labs:
    """The honest story, step by step, in `folder`; and what a lab that cheats needs."""

    def __init__(self, folder: Path, report: Progress) -> None:
        self.folder, self._report = folder, report
        self.now = int(time.time())
        self.within = _IN_FORCE
        self._claim = catalogue.load(CLAIM)
        self._others = 0
        for lab in ALLOWANCES:
            keys.generate(folder / f"{lab}.key", f"{lab}.example/compute")
            keys.generate_cosigner(folder / f"{lab}.cosigner", f"{lab}.example/signs-notes")
        for pair in PAIRS:
            keys.generate(folder / f"{_log(pair)}.key", f"{_log(pair)}.example/notes")
        self.cap = folder / "cap.toml"
        self.cap.write_text(self.written(), encoding="utf-8")
        self.joint = parse_joint(self.written().encode())

    def written(self, *, program: str = "", cap: int = CAP, **allowances: int) -> str:
        """The joint file, or one that differs."""
        lines = [
            'format = "zkcompliance-joint/v1"', 'id = "three-labs"', 'title = "Three labs under one cap"',
            f'cap = "{cap}"', f"begin = {BEGIN}", f"end = {END}",
            f'program = "{program or self._claim.program.digest.hex()}"',
            'phases = "pretraining, fine_tuning, reinforcement, synthetic_data"', 'outside = "25%"',
        ]  # fmt: skip
        for lab, allowance in {**ALLOWANCES, **allowances}.items():
            public = self._public(f"{lab}.key")
            lines += [f"[labs.{lab}]", f'allowance = "{allowance}"', f'compute = ["{public}"]']
        for sealer, signer in PAIRS:
            key, cosigner = self._public(f"{_log((sealer, signer))}.key"), self._public(f"{signer}.cosigner")
            lines += ["[[notes]]", f'sealed_by = "{sealer}"', f'key = "{key}"']
            lines += [f'signed_by = "{signer}"', f'cosigner = "{cosigner}"']
        return "\n".join(lines) + "\n"

    def seal(self, lab: str, flop: int, beside: Path | None = None) -> Path:
        """A compute log of a lab, with one run. beside: the folder of a lab that seals a second one under its key."""
        folder = beside or self.folder
        return self._sealed(folder / lab, folder / f"{lab}.key", schemas.compute, [{**_ROW, "flop": flop}])

    def write_note(self, pair: tuple[str, str], copy: str, serial: int = 0, flop: int = 0) -> Path:
        """A note in the log of two labs, made by the one, accepted by the other, its signature taken by the first: the
        second gives the first so much; without a serial, the log is begun without a note. The other lab's copy."""
        log, place = self.folder / _log(pair), self.folder / copy
        sealer, signer = pair
        giver, taker, amount = (signer, sealer, flop) if serial else (None, None, None)
        notes.new_note(
            log, self.cap, key=log.with_suffix(".key"), to=place, giver=giver, taker=taker, amount=amount,
            empty=not serial, progress=self._report,
        )  # fmt: skip
        notes.accept_note(
            place, self.cap, key=self.folder / f"{signer}.cosigner", state=self.folder / f"{signer}.signed",
            serial=serial or None, giver=giver, taker=taker, amount=amount, empty=not serial, progress=self._report,
        )  # fmt: skip
        notes.take_note(log, self.cap, place / "checkpoint")
        return place

    def seal_notes(self, place: Path, key: Path, *, empty: bool = False, **other: object) -> Path:
        """A note log that a lab seals without the other: with the note of the story, one that differs, or none."""
        row = {"serial": 1, "cap": self.joint.note_id, "giver": "birch", "taker": "ash", "amount": GIVEN, **other}
        return self._sealed(place, key, schemas.note, [] if empty else [row])

    def prove(self, lab: str, compute: Sequence[Path], notes: Sequence[Path], *, at: int = 0, **other: object) -> bytes:
        """A lab's proof under the joint file, at a time, and with parameters that differ where they are given."""
        params = parsed(self._claim.id, self._claim.params, {**self.joint.params(lab), **other})
        logs = {"compute": [open_log(each) for each in compute], "notes": [open_log(each) for each in notes]}
        head = Binding(None, None, at or self.now, self.joint.digest).encode()
        return api.prove_claim(self._claim, logs, params, head=head, progress=self._report)

    def judge(self, proofs: Mapping[str, bytes], joint: Joint | None = None) -> JointVerdict:
        """What whoever judges comes to."""
        files = {f"{name}.zkp": File(data) for name, data in proofs.items()}
        return judge_joint(files, joint or self.joint, clock=self.now, progress=self._report)

    def elsewhere(self, *names: str) -> Path:
        """A folder of a lab that cheats, with copies of these keys, which remember no log there."""
        self._others += 1
        folder = self.folder / f"elsewhere-{self._others}"
        folder.mkdir()
        for name in names:
            shutil.copy(self.folder / f"{name}.key", folder / f"{name}.key")
        return folder

    def _sealed(self, place: Path, key: Path, schema: schemas.Schema, rows: Sequence[Mapping[str, object]]) -> Path:
        signer = keys.load_private(key)
        create_log(place, schema, signer)
        with Writer(place, signer) as writer:
            writer.seal(rows, empty=not rows, progress=self._report)
        return place

    def _public(self, name: str) -> str:
        return (self.folder / f"{name}.pub").read_text(encoding="utf-8").strip()


def _log(pair: tuple[str, str]) -> str:
    return "-".join(pair)
