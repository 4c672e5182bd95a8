"""A desk by the command line: what it keeps, what it refuses, and the digits of keys."""

from __future__ import annotations

import base64
import sqlite3
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit.command_line import ok, run
from zkcompliance.desk.store import Desk, Standing
from zkcompliance.errors import DeskRefused, UsageError
from zkcompliance.log.fingerprint import fingerprint
from zkcompliance.log.note import VerifierKey
from zkcompliance.request.proof import ProofRequest, draw

NOW = 1_800_000_000
KEY = VerifierKey("north.example/compute", bytes(range(32)))


def request(**parts: object) -> ProofRequest:
    made = ProofRequest(None, draw(), NOW, NOW + 86400, "north", "yearly@1", bytes(32), {"jobs": (KEY,)})
    return replace(made, **parts)  # type: ignore[arg-type]


def test_a_desk_keeps_what_came(tmp_path: Path) -> None:
    path, made = tmp_path / "desk", request()
    with Desk.create(path) as desk:
        number = desk.add(made, NOW)
        assert desk.request(number).standing(NOW) is Standing.OPEN
        assert desk.request(number).standing(NOW + 86401) is Standing.OVERDUE
        came = desk.receive(number, b"\1" * 32, Path("a.zkp"), NOW + 5)
        assert desk.receive(number, b"\1" * 32, Path("again.zkp"), NOW + 9) == came
        desk.judge(came, False, "{}", NOW + 6)
        assert desk.request(number).standing(NOW + 7) is Standing.OPEN
        desk.judge(came, True, "{}", NOW + 8)
        desk.attach(number, "letter", b"text", NOW + 9)
    with Desk(path) as desk:
        (found,) = desk.requests()
        assert found.request == made and found.standing(NOW + 86401) is Standing.ANSWERED and not found.late
        assert [each.accepted for each in found.proofs[0].verdicts] == [False, True]
        assert found.proofs[0].received == NOW + 5 and found.evidence[0].document == b"text"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_requests_with_one_reference(tmp_path: Path) -> None:
    """One proof would answer both: without the check the second would be met by what answered the first."""
    first = request()
    with Desk.create(tmp_path / "desk") as desk:
        desk.add(first, NOW)
        with pytest.raises(UsageError, match="same reference"):
            desk.add(request(reference=first.reference, lab="south"), NOW)
        with pytest.raises(UsageError, match="already, as number 1"):
            desk.add(first, NOW)
        assert len(desk.requests()) == 1


def damaged(path: Path, *statements: str) -> Path:
    with sqlite3.connect(path) as to:
        for each in statements:
            to.execute(each)
    to.close()
    return path


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("PRAGMA user_version = 2", "of version 2"),
        ("PRAGMA application_id = 7", "is no desk"),
        ("CREATE TABLE more (x)", "other tables"),
        ("CREATE TRIGGER t AFTER INSERT ON proofs BEGIN DELETE FROM verdicts; END", "other tables"),
        ("UPDATE requests SET reference = 'x'", "another digest or reference"),
        ("UPDATE requests SET file = x'00'", "request 1"),
        ("UPDATE evidence SET document = x'00'", "not what was put there"),
        ("INSERT INTO verdicts (proof, judged, accepted, document) VALUES (9, 0, 1, '{}')", "damaged"),
    ],
)
def test_what_is_no_desk_is_refused(tmp_path: Path, statement: str, why: str) -> None:
    path = tmp_path / "desk"
    with Desk.create(path) as desk:
        desk.attach(desk.add(request(), NOW), "letter", b"text", NOW)
    damaged(path, statement)
    with pytest.raises(DeskRefused, match=why), Desk(path) as desk:
        desk.requests()


def test_a_desk_is_private_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "desk"
    Desk.create(path).__exit__(None, None, None)
    with pytest.raises(UsageError, match="exists already"):
        Desk.create(path)
    path.chmod(0o640)
    with pytest.raises(DeskRefused, match="by others"):
        Desk(path)
    path.chmod(0o600)
    data = path.read_bytes()
    for other in (b"", data[:50], data[:-1000], b"x" * len(data)):
        path.write_bytes(other)
        with pytest.raises(DeskRefused):
            Desk(path)
    with pytest.raises(DeskRefused):
        Desk(tmp_path / "none")


def test_a_step_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with Desk.create(tmp_path / "desk") as desk:
        number = desk.add(request(), NOW)
        with pytest.raises(DeskRefused):
            desk.judge(99, True, "{}", NOW)
        assert desk.request(number).proofs == ()
        desk.attach(number, "letter", b"text", NOW)  # nothing is held open


def test_digits_differ_wherever_keys_do() -> None:
    """Every bit of the key and every letter of its name: other digits, in at least five of the eight groups."""
    digits, seen = fingerprint(KEY), set()
    keys = [VerifierKey(KEY.name, bytes(b ^ (1 << bit) if at == i else b for i, b in enumerate(KEY.public)))
            for at in range(32) for bit in range(8)]  # fmt: skip
    keys += [VerifierKey(KEY.name[:at] + "_" + KEY.name[at + 1 :], KEY.public) for at in range(len(KEY.name))]
    for key in keys:
        other = fingerprint(key)
        seen.add(other)
        assert sum(a != b for a, b in zip(digits.split(), other.split(), strict=True)) >= 5
    assert len(seen) == len(keys) and len(digits.replace(" ", "")) == 40 and 10**40 > 2**128


def test_digits_are_those_of_other_tools(tmp_path: Path) -> None:
    import hashlib

    text = f"{KEY.name}+{KEY.id.hex()}+{base64.b64encode(bytes([1]) + KEY.public).decode()}"
    number = str(int(hashlib.sha256(text.encode()).hexdigest(), 16))[-40:]
    assert fingerprint(KEY).replace(" ", "") == number
    (tmp_path / "k.pub").write_text(text + "\n")
    assert ok("desk", "key", "digits", tmp_path / "k.pub")["fingerprint"] == fingerprint(KEY)
    ok("desk", "init", tmp_path / "desk")
    ok("desk", "key", "add", tmp_path / "desk", "North Lab", tmp_path / "k.pub")
    for name in ("North Lab", "another"):
        again = run("desk", "key", "add", tmp_path / "desk", name, tmp_path / "k.pub")
        assert again.exit_code == 2 and "a key has one name" in " ".join(again.stderr.split())
    assert [each["name"] for each in ok("desk", "key", "list", tmp_path / "desk")["keys"]] == ["North Lab"]
    assert run("desk", "key", "add", tmp_path / "desk", "evil\x1b[2J", tmp_path / "k.pub").exit_code == 2


def test_a_name_moves_nothing_on_the_screen(tmp_path: Path) -> None:
    with Desk.create(tmp_path / "desk") as desk:
        number = desk.add(request(), int(time.time()))
        desk.receive(number, bytes(32), Path("a\x1b[2J\nrequest 9  answered"), NOW)
        desk.judge(1, False, '{"error": {"message": "a\\u001b[2J\\nrequest 9"}, "mismatches": []}', NOW)
        desk.judge(1, False, "[]", NOW)
        desk.attach(number, "b\x1b[2J\u202e", b"", NOW)
    shown = run("desk", "show", tmp_path / "desk", 1).stdout
    assert "\x1b" not in shown and "\u202e" not in shown and "\nrequest 9" not in shown
    assert "request 9" in shown and "- the verdict that is kept cannot be read" in shown
    assert run("desk", "show", tmp_path / "desk", 2).exit_code == 2
