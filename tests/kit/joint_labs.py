"""Three labs under one joint cap: their logs, the note logs between them, the file, and proofs of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import zkcompliance as zk
from zkcompliance import schemas
from zkcompliance.card import catalogue
from zkcompliance.errors import VerificationError
from zkcompliance.joint.file import Joint, parse_joint
from zkcompliance.joint.judge import judge_joint
from zkcompliance.joint.verdict import JointVerdict
from zkcompliance.log import keys
from zkcompliance.log.cosigner import Cosigner
from zkcompliance.log.merkle import consistency_proof
from zkcompliance.log.store import SealedLog
from zkcompliance.policy import slots
from zkcompliance.policy.model import LogRule, Requirement
from zkcompliance.policy.proofs import Claimed, File

BEGIN = 1_767_225_600  # 2026-01-01
END = 1_775_001_600  # 2026-04-01
NOW = END + 86400
ALLOWANCES = {"a": 5, "b": 10, "c": 5}
SPENT = {"a": 8, "b": 7, "c": 5}  # a is over what it has by itself, by the 3 that b gives it
NOTE_LOGS = (("a", "b"), ("b", "c"))  # who seals it, and who signs too


class World:
    """Keys first, then the file, and then the notes, which name it."""

    claim, note_logs = "within-allowance", NOTE_LOGS

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for lab in ALLOWANCES:
            zk.keygen(folder / f"{lab}.key", f"{lab}.example/compute")
            keys.generate_cosigner(folder / f"{lab}.cosigner", f"{lab}.example/notes-signer")
        for sealer, signer in self.note_logs:
            zk.keygen(folder / f"{sealer}{signer}.key", f"{sealer}{signer}.example/notes")
        self.joint = parse_joint(self.text().encode())

    def text(self, cap: str = "20", end: str = "2026-04-01", **allowances: str) -> str:
        """The joint file, or one that differs."""
        having = {lab: str(flop) for lab, flop in ALLOWANCES.items()} | allowances
        program = catalogue.load(self.claim).program.hex()
        lines = [
            'format = "zkcompliance-joint/v1"', 'id = "three-labs"', 'title = "Three labs"', f'cap = "{cap}"',
            f'claim = "{self.claim}"', "begin = 2026-01-01", f"end = {end}", f'program = "{program}"',
            'phases = "pretraining, fine_tuning, reinforcement, synthetic_data"', 'outside = "10%"',
        ]  # fmt: skip
        for lab, flop in having.items():
            lines += [f"[labs.{lab}]", f'compute = ["{self.public(lab)}"]']
            lines += [f'allowance = "{flop}"'] if self.claim == "within-allowance" else []
        for sealer, signer in self.note_logs:
            lines += ["[[notes]]", f'sealed_by = "{sealer}"', f'key = "{self.public(sealer + signer)}"']
            cosigner = (self.folder / f"{signer}.cosigner.pub").read_text().strip()
            lines += [f'signed_by = "{signer}"', f'cosigner = "{cosigner}"']
        return "\n".join(lines) + "\n"

    def public(self, name: str) -> str:
        return (self.folder / f"{name}.key.pub").read_text().strip()

    def spend(self, lab: str, flop: int, name: str | None = None, **other: object) -> Path:
        """One more row, sealed, of a compute log of this lab's key; in February, unless it is other."""
        place = self.folder / (name or lab)
        with zk.open_log(place, key=self.folder / f"{lab}.key", schema=schemas.compute) as log:
            row = {"start": "2026-02-01T00:00:00Z", "end": "2026-02-02T00:00:00Z", "run": "r", "phase": "pretraining"}
            log.append([{**row, "method": "hardware", "flop": flop, **other}])
            log.seal()
        return place

    def note(
        self, sealer: str, signer: str, rows: Sequence[Mapping[str, object]], name: str | None = None, sign: bool = True
    ) -> Path:
        """Seal notes in the log between two labs (none: an empty segment), and have the other sign them."""
        place = self.folder / (name or f"{sealer}{signer}")
        with zk.open_log(place, key=self.folder / f"{sealer}{signer}.key", schema=schemas.note) as log:
            before = len(log.sealed().segments)
            if rows:
                log.append([{"cap": self.joint.note_id, **row} for row in rows])
            log.seal(empty=not rows)
            if sign:
                signing = keys.load_cosigner(self.folder / f"{signer}.cosigner")
                sealed = log.sealed()
                entries = [each.entry.encode() for each in sealed.segments]
                proof = consistency_proof(before, entries) if before else []
                state = self.folder / f"{place.name}.{signer}.seen"
                line = Cosigner(signing, state).cosign(
                    sealed.checkpoint_note, keys.load_private(self.folder / f"{sealer}{signer}.key").verifier, proof
                )
                log.add_cosignatures([line], [signing.verifier])
        return place

    def prove(self, lab: str, compute: Sequence[Path], notes: Sequence[Path], /, joint: Joint | None = None,
              **other: object) -> bytes:  # fmt: skip
        """A lab's proof under a joint file, with parameters that differ where they are given, made at NOW."""
        under = joint or self.joint
        time = other.pop("time", NOW)
        context = other.pop("context", under.digest)
        params = {**under.params(lab), **other}
        logs = {
            "compute": [SealedLog.open(each) for each in compute], "notes": [SealedLog.open(each) for each in notes],
        }  # fmt: skip
        return zk.prove(under.claim, logs, time=time, context=context, **params).data  # type: ignore[arg-type]

    def prove_as_asked(self, lab: str, compute: Path, notes: Sequence[Path]) -> bytes:
        """A lab's proof as an honest lab makes it, at NOW: what is refused then is never handed in."""
        cap = self.folder / "cap.toml"
        cap.write_text(self.text())
        return zk.prove(logs={"compute": compute, "notes": list(notes)}, joint=cap, lab=lab, time=NOW).data

    def judge(self, joint: Joint | None = None, **proofs: bytes) -> JointVerdict:
        files = {f"{name}.zkp": File(data) for name, data in proofs.items()}
        return judge_joint(files, joint or self.joint, clock=NOW)


def refused(verdict: JointVerdict, kind: type[VerificationError], *words: str) -> None:
    """The verdict is not accepted, and one of its errors is of this class and has these words."""
    assert not verdict.accepted
    errors = list(verdict.errors)
    assert any(type(each) is kind and all(word in each.message for word in words) for each in errors), errors


def known_alone(claimed: Claimed, asked: Requirement, rules: Mapping[str, LogRule]) -> tuple[slots.Placed, ...]:
    """The logs that are asked for; any other is passed over."""
    known = {each.key.name: label for label, rule in rules.items() for each in rule.keys}
    return tuple((place, known[place.name]) for place in claimed.places if place.name in known)
