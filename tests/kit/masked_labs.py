"""Labs under a joint cap on their masked total: three that keep it, and two for what takes fewer."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import zkcompliance as zk
from tests.kit.joint_labs import World
from zkcompliance.joint import masked
from zkcompliance.joint.file import Joint

PAIRS = (("a", "b"), ("b", "c"), ("a", "c"))
SPENT = {"a": 8, "b": 7, "c": 5}  # 20, which is the cap
ROW = {"start": "2026-02-01T00:00:00Z", "end": "2026-02-02T00:00:00Z", "run": "r", "phase": "pretraining"}


class Masked(World):
    """Labs of which each two share a note log of masks."""

    claim, note_logs = "masked-total", PAIRS

    def mask(self, giver: str, taker: str, **other: object) -> dict[str, object]:
        having = {"cap": self.joint.note_id, "serial": 1, "giver": giver, "taker": taker, "amount": masked.draw()}
        return {**having, **other}

    def others(self, lab: str) -> list[str]:
        """The names of the note logs that a lab shares."""
        return [one + other for one, other in self.note_logs if lab in (one, other)]


class Honest(Masked):
    """Three labs that spent 20 of 20 together, each two with a mask."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.logs = {lab: self.spend(lab, flop) for lab, flop in SPENT.items()}
        self.masks = {one + other: self.note(one, other, [self.mask(one, other)]) for one, other in PAIRS}
        notes = {lab: [self.masks[name] for name in self.others(lab)] for lab in SPENT}
        self.proofs = {lab: self.prove_as_asked(lab, self.logs[lab], notes[lab]) for lab in SPENT}

    def prove_with(self, lab: str, compute: Path | None = None, masks: Mapping[str, Path] | None = None,
                   without: Sequence[str] = (), **other: object) -> bytes:  # fmt: skip
        """A lab's proof, over another compute log, with other note logs in the place of some, without some."""
        notes = {name: self.masks[name] for name in self.others(lab) if name not in without} | dict(masks or {})
        return self.prove(lab, [compute or self.logs[lab]], list(notes.values()), **other)  # type: ignore[arg-type]

    def again(self, name: str, schema: object, rows: Sequence[Mapping[str, object]]) -> Path:
        """A log of the same key that its holder makes beside the true one."""
        folder = self.folder / f"again-{name}-{len(list(self.folder.iterdir()))}"
        folder.mkdir()
        shutil.copy(self.folder / f"{name}.key", folder / f"{name}.key")
        with zk.open_log(folder / "log", key=folder / f"{name}.key", schema=schema) as log:  # type: ignore[arg-type]
            if rows:
                log.append([dict(each) for each in rows])
            log.seal(empty=not rows)
        return folder / "log"

    def spending(self, lab: str, *flop: int) -> Path:
        return self.again(lab, zk.schemas.compute, [{**ROW, "method": "hardware", "flop": each} for each in flop])


class Two(Masked):
    """Two labs under a cap of 20 that spent 8 and 7, with a mask of which half the range is below."""

    note_logs = (("a", "b"),)
    amount = 2**95 + 3

    def text(self, **other: str) -> str:  # type: ignore[override]
        whole = super().text(**other)
        return whole[: whole.index("[labs.c]")] + whole[whole.index("[[notes]]") :]

    def proofs(self, lab_of_b: str = "b", cap: str = "", spent: Mapping[str, Sequence[int]] | None = None,
               joint: Joint | None = None, **params: object) -> dict[str, bytes]:  # fmt: skip
        """Of both labs: b under another name, a mask of another cap, other amounts, another file, other parameters."""
        log = self.note("a", "b", [self.mask("a", "b", amount=self.amount, cap=cap or self.joint.note_id)])
        made = {}
        for lab, each in (spent or {"a": [8], "b": [7]}).items():
            with zk.open_log(self.folder / lab, key=self.folder / f"{lab}.key", schema=zk.schemas.compute) as compute:
                compute.append([{**ROW, "method": "hardware", "flop": flop} for flop in each])
                compute.seal()
            called = {"lab": lab_of_b} if lab == "b" else {}
            made[lab] = self.prove(lab, [self.folder / lab], [log], joint, **called, **params)
        return made
