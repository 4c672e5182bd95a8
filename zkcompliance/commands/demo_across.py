"""`zkcompliance demo --across`: three labs under a joint cap, a note between two of them, and what is refused.

Each tampered case runs the real checks and raises its refusal; none of them knows what the refusal will be.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zkcompliance.commands import console
from zkcompliance.commands.demo_labs import ALLOWANCES, CAP, GIVEN, PAIRS, SPENT, Labs
from zkcompliance.commands.narrator import Narrator, refused
from zkcompliance.joint import telling
from zkcompliance.joint.file import parse_joint
from zkcompliance.log import keys
from zkcompliance.notes import api as notes
from zkcompliance.prove.handing import hand_over
from zkcompliance.quantities import show_integer

ASH_BIRCH, BIRCH_CEDAR = PAIRS
_OTHER_CAP = f"0x{'00' * 15}01"


@dataclass(frozen=True)
class Scene:
    """What the honest part leaves behind. compute: by lab; held: by lab, the note logs as it has them."""

    labs: Labs
    compute: dict[str, Path]
    held: dict[str, list[Path]]
    proofs: dict[str, bytes]

    def judge(self, **other: bytes) -> None:
        """The verdict with some proofs in the place of the honest ones."""
        self.labs.judge({**self.proofs, **other}).require()


def story(folder: Path, say: Narrator) -> dict[str, Any]:
    """Tell it, and give the document."""
    began = time.monotonic()
    with console.progress() as report:
        console.warm_up(report)
        say.step("keygen", "three labs make keys; the joint file names them, the cap, and what each may spend of it")
        labs = Labs(folder, report)
        say.done(f"{_flop(CAP)} in all: {', '.join(f'{lab} {_flop(each)}' for lab, each in ALLOWANCES.items())}")

        say.step(
            "seal", "each lab seals what it spent; only commitments are public, and nobody else learns the amounts"
        )
        compute = {lab: labs.seal(lab, flop) for lab, flop in SPENT.items()}
        say.done(f"for the demo's reader: {', '.join(f'{lab} {_flop(each)}' for lab, each in SPENT.items())}")

        say.step("note", f"ash needs more than it has: birch gives it {_flop(GIVEN)}, in a log that both hold and sign")
        copy = labs.write_note(ASH_BIRCH, "birch-copy", 1, GIVEN)
        say.done("written and sealed by ash, checked and signed by birch, which has a copy to prove over")

        say.step("note", "birch and cedar trade nothing, and share a log that says so")
        other = labs.write_note(BIRCH_CEDAR, "cedar-copy")
        say.done("a log without a note, signed by both")

        held = {
            "ash": [folder / "-".join(ASH_BIRCH)], "birch": [copy, folder / "-".join(BIRCH_CEDAR)], "cedar": [other]
        }  # fmt: skip
        proofs = {}
        for lab in ALLOWANCES:
            say.step("prove", f"{lab}: what it spent and gave is at most what it has and was given")
            started = time.monotonic()
            proofs[lab] = labs.prove(lab, [compute[lab]], held[lab])
            (folder / f"{lab}.zkp").write_bytes(proofs[lab])
            say.done(f"{len(proofs[lab]):,} bytes in {time.monotonic() - started:.1f} s")

        say.step("verify", "the authority holds the three against the joint file, and against each other")
        started = time.monotonic()
        verdict = labs.judge(proofs)
        verdict.require()
        say.done(
            f"ACCEPTED in {time.monotonic() - started:.2f} s: together at most {_flop(CAP)}; nobody saw what a lab "
            "spent, nor which way the note goes"
        )

        say.heading("And what is refused:")
        scene = Scene(labs, compute, held, proofs)
        refusals = [refused(name, case, scene, say) for name, case in CASES.items()]
    seconds = time.monotonic() - began
    say.heading(f"{len(refusals)} tampered cases refused; {seconds:.1f} s in all")
    return {**telling.fields(verdict), "refusals": refusals, "milliseconds": round(seconds * 1000)}


def over_its_allowance(scene: Scene) -> None:
    """ash proves without the note: over an empty log of its own making."""
    folder = scene.labs.elsewhere("ash-birch")
    empty = scene.labs.seal_notes(folder / "notes", folder / "ash-birch.key", empty=True)
    scene.judge(ash=scene.labs.prove("ash", [scene.compute["ash"]], [empty]))


def used_twice(scene: Scene) -> None:
    """ash spends the note a second time, out of a log that it sealed itself, and spends as much more."""
    folder = scene.labs.elsewhere("ash")
    keys.generate(folder / "own.key", "own.example/notes")
    mine = scene.labs.seal_notes(folder / "notes", folder / "own.key")
    more = scene.labs.seal("ash", SPENT["ash"] + GIVEN, beside=folder)
    scene.judge(ash=scene.labs.prove("ash", [more], [*scene.held["ash"], mine]))


def of_another_cap(scene: Scene) -> None:
    """ash counts a note of another quarter's cap."""
    folder = scene.labs.elsewhere("ash-birch")
    other = scene.labs.seal_notes(folder / "notes", folder / "ash-birch.key", cap=_OTHER_CAP)
    scene.judge(ash=scene.labs.prove("ash", [scene.compute["ash"]], [other], cap=_OTHER_CAP))


def another_cap_signed(scene: Scene) -> None:
    """birch is asked to sign such a note."""
    folder = scene.labs.elsewhere("ash-birch")
    other = scene.labs.seal_notes(folder / "notes", folder / "ash-birch.key", cap=_OTHER_CAP)
    hand_over(other, folder / "copy", "1/2")
    notes.accept_note(
        folder / "copy", scene.labs.cap, key=scene.labs.folder / "birch.cosigner", state=folder / "signed", serial=1,
        giver="birch", taker="ash", amount=GIVEN,
    )  # fmt: skip


def left_out(scene: Scene) -> None:
    """cedar gives no proof."""
    scene.labs.judge({lab: proof for lab, proof in scene.proofs.items() if lab != "cedar"}).require()


def by_two_labs(scene: Scene) -> None:
    """cedar proves over birch's log too, and says that it is its own."""
    logs = [scene.compute["cedar"], scene.compute["birch"]]
    scene.judge(cedar=scene.labs.prove("cedar", logs, scene.held["cedar"], allowance=CAP))


def an_allowance_too_many(scene: Scene) -> None:
    """cedar proves with an allowance that it does not have."""
    proof = scene.labs.prove("cedar", [scene.compute["cedar"]], scene.held["cedar"], allowance=2 * ALLOWANCES["cedar"])
    scene.judge(cedar=proof)


def allowances_beyond_the_cap(scene: Scene) -> None:
    """A joint file that gives away more than there is."""
    parse_joint(scene.labs.written(cedar=2 * ALLOWANCES["cedar"]).encode())


def another_program(scene: Scene) -> None:
    """The joint file names another program than that of the claim."""
    joint = parse_joint(scene.labs.written(program="00" * 32).encode())
    scene.labs.judge(scene.proofs, joint).require()


def another_file(scene: Scene) -> None:
    """The proofs are held against a joint file with another cap."""
    scene.labs.judge(scene.proofs, parse_joint(scene.labs.written(cap=CAP + 1).encode())).require()


def another_time(scene: Scene) -> None:
    """cedar proves a day before the period is over, and spends on."""
    scene.judge(cedar=scene.labs.prove("cedar", [scene.compute["cedar"]], scene.held["cedar"], at=scene.labs.within))


def at_two_sizes(scene: Scene) -> None:
    """birch gives ash a second note; ash proves over both, birch's proof is over the first."""
    scene.labs.write_note(ASH_BIRCH, "birch-copy", 2, GIVEN)
    scene.judge(ash=scene.labs.prove("ash", [scene.compute["ash"]], scene.held["ash"]))


CASES: dict[str, Callable[[Scene], None]] = {
    "ash asks for a proof without birch's note": over_its_allowance,
    "a note is used twice: ash has it in a log of its own too": used_twice,
    "a note of another cap: ash counts it": of_another_cap,
    "a note of another cap: birch is asked to sign it": another_cap_signed,
    "a lab is left out": left_out,
    "a log is proved by two labs: cedar says that birch's is its own": by_two_labs,
    "an allowance too many: cedar proves with twice its own": an_allowance_too_many,
    "an allowance too many: the joint file gives away more than the cap": allowances_beyond_the_cap,
    "another program: the joint file asks for one that is not the claim's": another_program,
    "the proofs are held against another joint file": another_file,
    "another time: cedar proves before the period is over": another_time,
    "a note log at two sizes: birch proves over it without the second note": at_two_sizes,
}


def _flop(amount: int) -> str:
    return f"{show_integer(amount)} FLOP"
