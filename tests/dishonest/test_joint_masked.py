"""A masked total that is not what the labs spent: each way to it is refused where the proofs are judged together, and
gives a wrong total, or one that is not theirs alone, where the check that refuses it is absent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit.joint_labs import known_alone, refused
from tests.kit.masked_labs import PAIRS, SPENT, Honest, Masked, Two
from zkcompliance.errors import (
    CapExceeded,
    CheckpointMismatch,
    ClaimDoesNotHold,
    MalformedPolicy,
    RequirementNotShown,
    SignatureRejected,
    StatementMismatch,
)
from zkcompliance.joint import judge, masked, telling
from zkcompliance.joint.file import parse_joint
from zkcompliance.joint.verdict import JointVerdict
from zkcompliance.policy import requirement, slots


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Honest]:
    yield Honest(tmp_path_factory.mktemp("masked"))


def disclosed(verdict: JointVerdict) -> dict[str, int]:
    """What each lab is shown to have disclosed."""
    return {
        each.name: value.exact
        for each in verdict.labs
        for value in each.verdict.findings[0].values  # type: ignore[union-attr]
        if value.name == masked.REVEALED
    }


def test_the_exact_total_of_three_labs(world: Honest) -> None:
    """Each discloses a number that is not its own; the sum is 20, which people and programs read."""
    verdict = world.judge(**world.proofs)
    assert verdict.accepted and verdict.total == 20
    shown = list(disclosed(verdict).values())
    assert len(shown) == 3 and all(each > 2**32 for each in shown) and sum(shown) % 2**96 == 20
    said, found = telling.sentences(verdict), json.loads(telling.document(verdict))
    assert "total       20 FLOP, exactly, of all labs together; the cap is 20 FLOP" in said
    assert "a: shown\n" in said and "with two labs, or where all but one do so, what that one spent" in said
    assert found["total"] == "20" and found["joint"]["claim"] == "masked-total"
    assert found["labs"][0]["allowance"] is None


def test_a_total_over_the_cap(world: Honest) -> None:
    """It is told, and refused."""
    over = {**world.proofs, "c": world.prove_with("c", world.spending("c", 6))}
    verdict = world.judge(**over)
    refused(verdict, CapExceeded, "the labs together spent 21 FLOP, which is more than the cap of 20 FLOP")
    assert verdict.total == 21 and telling.sentences(verdict).startswith("NOT ACCEPTED")


def test_a_lab_left_out_tells_no_total(world: Honest) -> None:
    verdict = world.judge(a=world.proofs["a"], b=world.proofs["b"])
    refused(verdict, RequirementNotShown, "c is left out: of what it spent nothing is shown")
    assert verdict.total is None


def wrong_total(verdict: JointVerdict, total: int | None = None) -> None:
    """With the check absent nothing else is wrong, and the total is not 20: this one, or any."""
    assert verdict.total is not None and verdict.total != 20 and total in (None, verdict.total)
    assert not [each for each in verdict.errors if not isinstance(each, CapExceeded)]


def test_a_mask_left_out_by_one_party(world: Honest, monkeypatch: pytest.MonkeyPatch) -> None:
    """c proves without the note log that it shares with a: it has no proof, and with one that asks for a mask with one
    other lab alone, two checks have to go before it is accepted."""
    with pytest.raises(ClaimDoesNotHold, match="a mask with each other lab"):
        world.prove_with("c", without=["ac"])
    proofs = {**world.proofs, "c": world.prove_with("c", without=["ac"], others=1)}
    refused(world.judge(**proofs), RequirementNotShown, "there is none of the key ac.example/notes")
    monkeypatch.setattr(slots, "placed", known_alone)
    refused(world.judge(**proofs), StatementMismatch, "others: the proof is about")
    monkeypatch.setattr(requirement, "check_values", lambda *_: None)
    wrong_total(world.judge(**proofs))


def test_a_mask_of_another_size(world: Honest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """c adds a mask of 3 that it took to the log with a, after a has proved: 3 less than they spent."""
    cheats = Masked(tmp_path)
    logs = {lab: cheats.spend(lab, flop) for lab, flop in SPENT.items()}
    masks = {one + other: cheats.note(one, other, [cheats.mask(one, other)]) for one, other in PAIRS}
    early = cheats.prove("a", [logs["a"]], [masks["ab"], masks["ac"]])
    cheats.note("a", "c", [cheats.mask("a", "c", serial=2, amount=3)])
    proofs = {
        "a": early, "b": cheats.prove("b", [logs["b"]], [masks["ab"], masks["bc"]]),
        "c": cheats.prove("c", [logs["c"]], [masks["ac"], masks["bc"]]),
    }  # fmt: skip
    verdict = cheats.judge(**proofs)
    refused(verdict, StatementMismatch, "a proves over 1 segment of ac.example/notes, and c over 2")
    assert verdict.total is None
    monkeypatch.setattr(judge, "_one_checkpoint", lambda *_: None)
    wrong_total(cheats.judge(**proofs), 17)


def test_a_mask_that_only_one_party_has_seen(world: Honest, monkeypatch: pytest.MonkeyPatch) -> None:
    """a, which seals the log with c, proves over another mask: of the same size, and not signed by c."""
    other = world.again("ac", zk.schemas.note, [world.mask("a", "c")])
    proofs = {**world.proofs, "a": world.prove_with("a", masks={"ac": other})}
    refused(world.judge(**proofs), CheckpointMismatch, "two histories of ac.example/notes")
    monkeypatch.setattr(judge, "_one_checkpoint", lambda *_: None)
    refused(world.judge(**proofs), SignatureRejected, "not signed by c")
    monkeypatch.setattr(judge, "_both_signed", lambda *_: None)
    wrong_total(world.judge(**proofs))


def test_a_wrong_sign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two labs with one log, b proves as if it were a: the mask is added twice instead of taken off again."""
    two = Two(tmp_path)
    proofs = two.proofs(lab_of_b="a")
    refused(two.judge(**proofs), StatementMismatch, "lab: the proof is about")
    monkeypatch.setattr(requirement, "check_values", lambda *_: None)
    wrong_total(two.judge(**proofs), (15 + 2 * two.amount) % 2**96)


def test_a_total_that_wraps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two labs that spent 2^95 and 2^95 + 3: 2^96 + 3, which would be told as 3 of 20. Neither has a proof; with
    another bound than the joint file's they have, and nobody takes it."""
    two, spent = Two(tmp_path), {"a": [2**95], "b": [2**95, 3]}
    proofs = two.proofs(spent=spent, most=2**96 - 1)
    with pytest.raises(ClaimDoesNotHold, match="no sum that wraps"):
        two.prove("a", [tmp_path / "a"], [tmp_path / "ab"])
    refused(two.judge(**proofs), StatementMismatch, "most: the proof is about")
    monkeypatch.setattr(requirement, "check_values", lambda *_: None)
    accepted = two.judge(**proofs)
    assert accepted.accepted and accepted.total == 3


def test_a_mask_of_another_cap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A mask that was used under another joint file, of a period that ends earlier: whoever has what a lab disclosed
    under both takes one from the other, and has the 4 FLOP that it spent in between. So a mask names its cap."""
    two = Two(tmp_path)
    before = parse_joint(two.text(end="2026-03-01").encode())
    proofs = two.proofs(cap=before.note_id, joint=before)
    assert two.judge(before, **proofs).total == 15
    place = two.spend("a", 4, start="2026-03-01T00:00:00Z", end="2026-03-02T00:00:00Z")
    with pytest.raises(ClaimDoesNotHold, match="every mask of this cap"):
        two.prove("a", [place], [tmp_path / "ab"])
    again = {
        "a": two.prove("a", [place], [tmp_path / "ab"], cap=before.note_id),
        "b": two.prove("b", [tmp_path / "b"], [tmp_path / "ab"], cap=before.note_id),
    }
    refused(two.judge(**again), StatementMismatch, "cap: the proof is about")
    monkeypatch.setattr(requirement, "check_values", lambda *_: None)
    then, now = (disclosed(two.judge(joint, **files)) for joint, files in ((before, proofs), (two.joint, again)))
    assert (now["a"] - then["a"]) % 2**96 == 4 and now["b"] == then["b"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('claim = "masked-total"', 'claim = "total"', "claim: is 'total', and should be within-allowance or masked"),
        ("[labs.a]", '[labs.a]\nallowance = "5"', "labs.a.allowance: is not asked under masked-total"),
        ('sealed_by = "a"\nkey = "{ac}"', 'sealed_by = "b"\nkey = "{ac}"', "notes: a and c share no note log"),
        ('claim = "masked-total"', "", "labs.a.allowance: is missing"),
    ],
    ids=["another claim", "an allowance", "two without masks", "the other variant"],
)
def test_files_that_ask_for_something_else(world: Honest, old: str, new: str, words: str) -> None:
    text, key = world.text(), world.public("ac")
    changed = text.replace(old.replace("{ac}", key), new.replace("{ac}", key))
    assert changed != text
    with pytest.raises(MalformedPolicy, match=words):
        parse_joint(changed.encode())
