"""Masks between two labs, made and accepted as notes are: drawn by the command, and told nobody."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit.command_line import run
from tests.kit.joint_labs import World
from tests.kit.masked_labs import Two
from zkcompliance import schemas
from zkcompliance.errors import NoteRefused, UsageError
from zkcompliance.log.store import SealedLog

SAID = ("--from", "a", "--to", "b")


def test_a_mask_is_drawn_accepted_and_told_nobody(tmp_path: Path) -> None:
    """Two masks in one log, by the command line and from Python: each amount is its own, and no output has it."""
    two, cap, log = Two(tmp_path), tmp_path / "cap.toml", tmp_path / "ab"
    cap.write_text(two.text())
    at = ("--joint", cap, "--key")
    made = run("note", "new", log, *at, tmp_path / "ab.key", *SAID, "--mask", "--copy", tmp_path / "one", "--json")
    done = run(
        "note", "accept", tmp_path / "one", *at, tmp_path / "b.cosigner", "--state", tmp_path / "b.seen",
        "--serial", "1", *SAID, "--mask",
    )  # fmt: skip
    assert made.exit_code == 0 and json.loads(made.stdout)["note"] == {"from": "a", "to": "b", "flop": None}
    assert done.exit_code == 0 and "a gives b a mask" in done.stdout
    zk.take_note(log, cap, tmp_path / "one" / "checkpoint")
    zk.new_note(log, cap, key=tmp_path / "ab.key", to=tmp_path / "one", giver="b", taker="a", mask=True)
    rows = [
        row
        for segment in SealedLog.open(log).segments
        for row in schemas.decode_rows(schemas.note, segment.load_columns())
    ]
    amounts = [int(row["amount"]) for row in rows]
    assert [row["serial"] for row in rows] == [1, 2] and {row["cap"] for row in rows} == {two.joint.note_id}
    assert len(set(amounts)) == 2 and all(each > 2**32 for each in amounts)
    assert not any(str(each) in text for each in amounts for text in (made.output, done.output))


def test_masks_and_amounts_have_each_their_file(tmp_path: Path) -> None:
    """Under a masked total no amount is chosen; under allowances none is drawn; one of the two is said."""
    places = {}
    for kind in (World, Two):
        folder = tmp_path / kind.__name__
        folder.mkdir()
        (folder / "cap.toml").write_text(kind(folder).text())
        places[kind] = folder
    said = {"giver": "a", "taker": "b"}
    for kind, how, words in (
        (Two, {"amount": 5}, "an amount that somebody chose hides nothing"),
        (World, {"mask": True}, "a mask would give away what was drawn"),
    ):
        at = places[kind]
        with pytest.raises(NoteRefused, match=words):
            zk.new_note(at / "ab", at / "cap.toml", key=at / "ab.key", to=at / "copy", **said, **how)  # type: ignore[arg-type]
    at = places[Two]
    for how in ({"mask": True, "amount": 5}, {}, {"mask": True, "empty": True}):
        with pytest.raises(UsageError, match="giver, taker and amount, or mask in the place of the amount"):
            zk.new_note(at / "ab", at / "cap.toml", key=at / "ab.key", to=at / "copy", **said, **how)  # type: ignore[arg-type]
