"""Notes between two labs: made by the one, signed by the other, and what neither can do alone."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit.command_line import run
from tests.kit.joint_labs import World
from zkcompliance import schemas
from zkcompliance.errors import (
    CheckpointMismatch,
    CosignRefused,
    LogCorrupt,
    LogEvidence,
    NoteRefused,
    SignatureRejected,
    UsageError,
    ZkComplianceError,
)
from zkcompliance.log import cosigned, keys, note
from zkcompliance.log.cosigner import Cosigner
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.notes import making

GIVEN = {"giver": "b", "taker": "a", "amount": 3}


class Pair(World):
    """a seals the log that it shares with b, as files: what each of them calls."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.cap = folder / "cap.toml"
        self.cap.write_text(self.text())
        self.log = folder / "ab"

    def new(self, copy: str, **said: object) -> object:
        to = self.folder / copy
        return zk.new_note(self.log, self.cap, key=self.folder / "ab.key", to=to, **(said or GIVEN))  # type: ignore[arg-type]

    def accept(self, copy: str, *, serial: int | None = 1, state: str = "b.seen", **other: object) -> object:
        said = other or (GIVEN if serial is not None else {})
        return zk.accept_note(
            self.folder / copy, self.cap, key=self.folder / "b.cosigner", state=self.folder / state, serial=serial,
            **said,  # type: ignore[arg-type]
        )  # fmt: skip

    def take(self, copy: str) -> object:
        return zk.take_note(self.log, self.cap, self.folder / copy / "checkpoint")

    def by_hand(self, *rows: dict[str, object], name: str = "ab", empty: bool = False) -> Path:
        """What a, which has the log's key, seals without the command; and a copy of it."""
        place = self.folder / name
        with zk.open_log(place, key=self.folder / "ab.key", schema=schemas.note) as log:
            if rows:
                log.append([{"cap": self.joint.note_id, "serial": 1, **GIVEN, **row} for row in rows])
            log.seal(empty=empty)
        return zk.hand_over(place, self.folder / f"{name}-copy", share="1/2")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    yield Pair(tmp_path)


def test_two_notes_and_what_is_refused_between(pair: Pair) -> None:
    """Made, accepted and taken; the second one in the same copy; each step a second time, or out of its turn."""
    made = pair.new("one")
    assert (made.serial, made.other, made.place) == (1, "b", pair.folder / "one")  # type: ignore[attr-defined]
    with pytest.raises(NoteRefused, match=r"handed over to .*one, and is not accepted by b yet"):
        pair.new("two", **GIVEN)
    with pytest.raises(NoteRefused, match="b has not signed it"):
        pair.take("one")
    done = pair.accept("one")
    assert [str(each) for each in done.notes] == ["b gives a 3 FLOP"]  # type: ignore[attr-defined]
    with pytest.raises(NoteRefused, match="accepted it already"):
        pair.accept("one")
    with pytest.raises(NoteRefused, match="is not accepted by b yet"):
        pair.new("one", giver="a", taker="b", amount="1e3")
    log = pair.take("one")
    assert log.checkpoint_note == (pair.folder / "one" / "checkpoint").read_text()  # type: ignore[attr-defined]
    made = pair.new("one", giver="a", taker="b", amount="1e3")
    assert made.serial == 2  # type: ignore[attr-defined]
    with pytest.raises(NoteRefused, match="is number 2, and 1 was agreed"):
        pair.accept("one")
    pair.accept("one", serial=2, giver="a", taker="b", amount=1000)
    pair.take("one")
    rows = list(zk.read_rows(pair.folder / "one"))
    assert [(row["serial"], row["amount"]) for row in rows] == [(1, 3), (2, 1000)]


@pytest.mark.parametrize(
    ("said", "kind", "why"),
    [
        ({**GIVEN, "giver": "c"}, NoteRefused, "c is no party of ab.example/notes, which is of a and b"),
        ({**GIVEN, "taker": "b"}, NoteRefused, "b gives itself nothing"),
        ({**GIVEN, "amount": 0}, UsageError, "a note of 0 FLOP gives nothing"),
        ({**GIVEN, "amount": 2**96}, UsageError, "the amount of a note"),
        ({"giver": "b"}, UsageError, "who gives whom how much"),
        ({**GIVEN, "empty": True}, UsageError, "who gives whom how much"),
    ],
)
def test_what_is_no_note_is_not_made(pair: Pair, said: dict, kind: type[ZkComplianceError], why: str) -> None:
    with pytest.raises(kind, match=why):
        pair.new("one", **said)
    assert not pair.log.exists() and not (pair.folder / "one").exists()


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"cap": "0x" + "00" * 15 + "01"}, "note 1 of ab.example/notes is of another cap"),
        ({"giver": "c"}, "is not from a to b, nor from b to a"),
        ({"giver": "a"}, "is not from a to b, nor from b to a"),
        ({"amount": 0}, "is of 0 FLOP"),
        ({"amount": 4}, "b gives a 4 FLOP; agreed was: b gives a 3 FLOP"),
        ({"giver": "a", "taker": "b"}, "a gives b 3 FLOP; agreed was: b gives a 3 FLOP"),
        ({"serial": 2}, "says that it is number 2"),
    ],
)
def test_what_was_not_agreed_is_not_signed(pair: Pair, row: dict[str, object], why: str) -> None:
    """a has the key of the log, and seals what it likes."""
    before = pair.by_hand(row)
    with pytest.raises(NoteRefused, match=why):
        pair.accept("ab-copy")
    assert "notes-signer" not in (before / "checkpoint").read_text() and not (pair.folder / "b.seen").exists()


def test_a_signature_is_of_one_note_more(pair: Pair) -> None:
    """Two notes in one segment; two segments since; and the same with a state that forgot."""
    pair.by_hand({}, {"serial": 2}, name="ab")
    with pytest.raises(NoteRefused, match="has 2 notes, and each has one"):
        pair.accept("ab-copy", serial=2)


def test_a_log_that_grew_in_between(pair: Pair) -> None:
    """b looks at a copy in which a slipped a note in before the one that was agreed."""
    pair.new("one", empty=True)
    pair.accept("one", serial=None, empty=True)
    pair.take("one")
    shutil.copytree(pair.folder / "one", pair.folder / "kept")
    pair.by_hand({"amount": 30})
    with zk.open_log(pair.log, key=pair.folder / "ab.key") as log:
        log.append([{"cap": pair.joint.note_id, "serial": 2, **GIVEN}])
        log.seal()
    zk.hand_over(pair.log, pair.folder / "ab-copy", share="1/2")
    with pytest.raises(NoteRefused, match="grew by 2 segments since b signed it"):
        pair.accept("ab-copy", serial=2)
    with pytest.raises(NoteRefused, match="grew by 3 segments since b signed it"):
        pair.accept("ab-copy", serial=2, state="another")
    with pytest.raises(NoteRefused, match=r"b signed 1 segment of ab.example/notes, and the log has 3"):
        pair.take("kept")


def test_a_fork_and_a_rollback(pair: Pair) -> None:
    """a shows b another history of their log, and one that is shorter."""
    pair.new("one")
    pair.accept("one")
    pair.take("one")
    other = Pair.__new__(Pair)
    other.__dict__ = dict(pair.__dict__)
    folder = pair.folder / "elsewhere"
    folder.mkdir()
    shutil.copy(pair.folder / "ab.key", folder / "ab.key")
    with zk.open_log(folder / "ab", key=folder / "ab.key", schema=schemas.note) as log:
        log.append([{"cap": pair.joint.note_id, "serial": 1, **GIVEN}])
        log.seal()
    zk.hand_over(folder / "ab", pair.folder / "forked", share="1/2")
    with pytest.raises(LogEvidence, match=r"fork of the log ab\.example/notes") as caught:
        pair.accept("forked")
    assert caught.value.document
    signed = pair.folder / "forked" / "checkpoint"
    with pytest.raises(CheckpointMismatch, match="another history"):
        zk.take_note(pair.log, pair.cap, signed)
    pair.new("one", giver="a", taker="b", amount=1)
    pair.accept("one", serial=2, giver="a", taker="b", amount=1)
    shutil.rmtree(folder / "ab")
    (folder / "ab.key.log").unlink()
    with zk.open_log(folder / "ab", key=folder / "ab.key", schema=schemas.note) as log:
        log.seal(empty=True)
    zk.hand_over(folder / "ab", pair.folder / "short", share="1/2")
    with pytest.raises(CosignRefused, match=r"has 2 segments already, not 1"):
        pair.accept("short")


def test_one_lab_alone_makes_no_accepted_note(pair: Pair) -> None:
    """a has the log's key and not b's; it signs with a key of its own making too, in b's name."""
    pair.new("one")
    (pair.folder / "mine").mkdir()
    keys.generate_cosigner(pair.folder / "mine" / "b.cosigner", "b.example/notes-signer")
    mine = keys.load_cosigner(pair.folder / "mine" / "b.cosigner")
    with pytest.raises(NoteRefused, match=r"is to be signed by b\.example/notes-signer"):
        zk.accept_note(
            pair.folder / "one", pair.cap, key=pair.folder / "mine" / "b.cosigner", state=pair.folder / "s", serial=1,
            **GIVEN,  # type: ignore[arg-type]
        )  # fmt: skip
    text = pair.log.joinpath("checkpoint").read_text()
    line = Cosigner(mine, pair.folder / "s").cosign(text, keys.load_private(pair.folder / "ab.key").verifier)
    with pytest.raises(NoteRefused, match="b has not signed it"):
        zk.take_note(pair.log, pair.cap, (text + line).encode())
    theirs = keys.load_cosigner(pair.folder / "b.cosigner").verifier
    forged = note.Signature.parse(line.removesuffix("\n"))
    renamed = note.Signature(theirs.name, theirs.id, forged.data).line
    with pytest.raises(SignatureRejected):
        zk.take_note(pair.log, pair.cap, (text + renamed).encode())
    layout = Layout(pair.log)
    cosigned.add(layout, Settings.load(layout), _checkpoint(pair), [line], [mine.verifier])
    with pytest.raises(NoteRefused, match="is not accepted by b yet"):
        pair.new("two", **GIVEN)
    with pytest.raises(NoteRefused, match="has no note log of the key"):
        zk.new_note(pair.folder / "x", pair.cap, key=pair.folder / "b.key", to=pair.folder / "y", **GIVEN)  # type: ignore[arg-type]


def _checkpoint(pair: Pair):  # type: ignore[no-untyped-def]
    from zkcompliance.log.store import SealedLog

    return SealedLog.open(pair.log).checkpoint


def test_rows_that_are_not_those_that_were_sealed(pair: Pair) -> None:
    pair.new("one")
    rows = pair.folder / "one" / "secret" / "segments" / "00000000" / "rows"
    rows.write_bytes(rows.read_bytes()[:-1] + b"\x01")
    with pytest.raises(LogCorrupt):
        pair.accept("one")


def test_killed_between_seal_and_hand_over(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same call goes on with the note that is there; another one waits. So does a signature that was not kept."""

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(making, "hand_over", killed)
        with pytest.raises(KeyboardInterrupt):
            pair.new("one")
    with pytest.raises(NoteRefused, match="is not handed over yet, and comes first: b gives a 3 FLOP"):
        pair.new("one", giver="b", taker="a", amount=4)
    assert pair.new("one").serial == 1  # type: ignore[attr-defined]
    with monkeypatch.context() as patched:
        patched.setattr(cosigned, "add", killed)
        with pytest.raises(KeyboardInterrupt):
            pair.accept("one")
    assert len(pair.accept("one").notes) == 1  # type: ignore[attr-defined]
    pair.take("one")


def test_the_commands(pair: Pair) -> None:
    """As two labs type them, with the second note in a copy of its own."""
    at, joint = pair.folder, ("--joint", pair.cap)
    new = ("note", "new", pair.log, *joint, "--key", at / "ab.key", "--copy")
    accept = (*joint, "--key", at / "b.cosigner", "--state", at / "b.seen")
    made = run(*new, at / "one", "--empty")
    assert made.exit_code == 0 and "a log without a note" in made.stdout, made.output
    assert run("note", "accept", at / "one", *accept, "--serial", "1", "--empty").exit_code == 2
    assert run("note", "accept", at / "one", *accept, "--empty").exit_code == 0
    assert run("note", "take", pair.log, at / "one" / "checkpoint", *joint).exit_code == 0
    made = run(*new, at / "two", "--from", "b", "--to", "a", "--flop", "3", "--json")
    assert json.loads(made.stdout)["note"] == {"from": "b", "to": "a", "flop": "3"}
    said = ("--serial", "1", "--from", "b", "--to", "a", "--flop", "3", "--earlier", at / "one")
    done = run("note", "accept", at / "two", *accept, *said)
    assert done.exit_code == 0 and "b gives a 3 FLOP" in done.stdout, done.output
    taken = run("note", "take", pair.log, at / "two" / "checkpoint", *joint)
    assert taken.exit_code == 0 and "signed by both" in taken.stdout
    refused = run("note", "take", pair.log, at / "nothing", *joint)
    assert refused.exit_code == 2 and "nothing" in refused.stderr
