"""What a witness of ours answers: by the C2SP text, never two histories, and evidence kept of who asks for them."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.kit.support import ENVIRONMENT
from tests.kit.witnesses import asked, signer, state_at
from zkcompliance.cosigning import state as state_module
from zkcompliance.cosigning.answering import Witness
from zkcompliance.cosigning.request import Request
from zkcompliance.cosigning.state import MOST_EVIDENCE, State, open_bound
from zkcompliance.errors import KeyFileError, LogCorrupt, LogError, MalformedNote, Unsupported
from zkcompliance.limits import MAX_NOTE_BYTES, MAX_WITNESS_REQUEST_BYTES
from zkcompliance.log import keys, merkle, note
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.cosignature import ML_DSA_44
from zkcompliance.log.evidence import FORK, SUCCEEDED, Evidence
from zkcompliance.log.signer import SignerKey

KEY, OTHER = SignerKey("lab.example/x", bytes(32)), SignerKey("lab.example/y", bytes([77]) * 32)
ENTRIES = [b"entry %d" % i for i in range(40)]
FORKED = [b"another", *ENTRIES[1:]]
NOW = 1_800_000_000
SAMPLE = """old 20852014
PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=
jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=
5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=
/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=

example.com/behind-the-sofa
20852163
CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=

— example.com/behind-the-sofa \
Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=
""".encode()  # the example of the C2SP text


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    return made(tmp_path)


def made(folder: Path, *, logs: tuple[SignerKey, ...] = (KEY, OTHER), told: list[str] | None = None) -> Witness:
    tell = (told if told is not None else []).append
    return Witness([signer(1)], [key.verifier for key in logs], state_at(folder / "state"), tell)


def status(witness: Witness, body: bytes) -> tuple[int, str]:
    answer = witness.answer(body, NOW)
    assert answer.body.endswith("\n") and (answer.status != 409 or answer.kind == "text/x.tlog.size")
    return answer.status, answer.body


def kept(folder: Path) -> list[Evidence]:
    return [Evidence.parse(path.read_bytes()) for path in sorted(folder.glob("state.evidence.*"))]


# Requests


def test_the_request_of_the_text() -> None:
    parsed = Request.parse(SAMPLE)
    assert (parsed.old, len(parsed.proof), parsed.encode()) == (20852014, 4, SAMPLE)
    assert Checkpoint.parse(note.parse(parsed.note).text).size == 20852163


@pytest.mark.parametrize(
    "change",
    [
        lambda body: b"", lambda body: body.replace(b"old ", b"Old "), lambda body: body.replace(b"old 2", b"old 02"),
        lambda body: body.replace(b"old 2", b"old -2"), lambda body: body.replace(b"old 2", b"old  2"),
        lambda body: body.replace(b"20852014", b"9223372036854775808"), lambda body: body.replace(b"\n", b"\r\n"),
        lambda body: body.replace(b"aw=\n", b"aw==\n"), lambda body: body.replace(b"PlRN", b"PlR"),
        lambda body: body.replace(b"aw=\n", b"aw=\n" * 61), lambda body: body.replace(b"\n\n", b"\n"),
        lambda body: body.replace(b"sofa\n", b"sofa\xff\n"), lambda body: body + b"x" * MAX_NOTE_BYTES,
        lambda body: body.replace(b"old 20852014", "old ٣".encode()), lambda body: body[:20],
        lambda body: b"old 1\n" + b"x" * MAX_WITNESS_REQUEST_BYTES,
    ],
)  # fmt: skip
def test_what_is_no_request(witness: Witness, change) -> None:  # type: ignore[no-untyped-def]
    body = change(SAMPLE)
    with pytest.raises(MalformedNote):
        Request.parse(body)
    assert status(witness, body)[0] == 400


def test_63_hashes_and_no_more() -> None:
    line = b"PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
    assert len(Request.parse(b"old 1\n" + line * 63 + b"\nx").proof) == 63
    with pytest.raises(MalformedNote, match="at most 63"):
        Request.parse(b"old 1\n" + line * 64 + b"\nx")


# Answers


def test_what_is_signed_is_what_follows(witness: Witness, tmp_path: Path) -> None:
    code, body = status(witness, asked(KEY, ENTRIES[:3], 0))
    text = KEY.sign(Checkpoint(KEY.name, 3, merkle.root(ENTRIES[:3])).body)
    assert code == 200 and signer(1).verifier.timestamp(note.parse(text + body)) == NOW
    assert status(witness, asked(KEY, ENTRIES[:3], 3))[0] == 200, "the same again has a new time"
    assert status(witness, asked(KEY, ENTRIES[:8], 3))[0] == 200
    assert status(witness, asked(OTHER, ENTRIES[:2], 0))[0] == 200, "another log has a memory of its own"
    again = made(tmp_path)
    assert status(again, asked(KEY, ENTRIES[:9], 3)) == (409, "8\n")
    assert status(again, asked(KEY, ENTRIES[:9], 0)) == (409, "8\n")
    assert status(again, asked(KEY, ENTRIES[:9], 8))[0] == 200
    assert not kept(tmp_path)


def test_what_is_not_signed(witness: Witness, tmp_path: Path) -> None:
    assert status(witness, asked(KEY, ENTRIES[:8], 0))[0] == 200
    stranger, unknown = SignerKey(KEY.name, bytes([9]) * 32), SignerKey("lab.example/z", bytes(32))
    whole, part = asked(KEY, ENTRIES[:12], 8), asked(KEY, ENTRIES[:6], 0)
    wrong = merkle.consistency_proof(7, ENTRIES[:12])
    cases = {
        404: [asked(unknown, ENTRIES[:3], 0)],
        403: [asked(stranger, ENTRIES[:12], 8), whole.replace(b"\n12\n", b"\n13\n")],
        400: [asked(KEY, ENTRIES[:6], 8), whole.replace(b"\n12\n", b"\n012\n")],
        409: [part, asked(KEY, ENTRIES[:12], 7), asked(KEY, ENTRIES[:8], 0)],
        422: [
            asked(KEY, ENTRIES[:12], 8, proof=[]), asked(KEY, ENTRIES[:12], 8, proof=wrong),
            asked(KEY, ENTRIES[:8], 8, proof=wrong), asked(KEY, FORKED[:12], 8),
        ],
    }  # fmt: skip
    for code, bodies in cases.items():
        for body in bodies:
            assert status(witness, body)[0] == code
    assert status(witness, asked(KEY, ENTRIES[:9], 0)) == (409, "8\n"), "nothing of it was taken"


def test_a_fork_is_refused_and_kept(tmp_path: Path) -> None:
    told: list[str] = []
    witness = made(tmp_path, told=told)
    assert status(witness, asked(KEY, ENTRIES[:7], 0))[0] == 200
    assert status(witness, asked(KEY, FORKED[:7], 7)) == (409, "7\n")
    assert status(witness, asked(KEY, FORKED[:12], 7))[0] == 422
    found = kept(tmp_path)
    assert [each.kind for each in found] == [FORK, FORK] and sorted(len(each.proof) > 0 for each in found) == [0, 1]
    assert len(told) == 2 and "evidence in" in told[0] and str(tmp_path) in told[0]
    assert status(witness, asked(KEY, FORKED[:7], 7))[0] == 409 and len(kept(tmp_path)) == 2, "the same is one file"
    for number in range(2 * MOST_EVIDENCE):
        status(witness, asked(KEY, [b"%d" % number, *ENTRIES[1:7]], 7))
    assert len(kept(tmp_path)) == MOST_EVIDENCE and "enough evidence" in told[-1]
    assert status(witness, asked(OTHER, ENTRIES[:3], 0))[0] == status(witness, asked(KEY, ENTRIES[:9], 7))[0] == 200
    status(witness, asked(OTHER, FORKED[:3], 3))
    assert len(kept(tmp_path)) == MOST_EVIDENCE + 1, "one log's evidence keeps out no other's"


def test_generations(tmp_path: Path) -> None:
    witness = made(tmp_path)
    first = Checkpoint(KEY.name, 3, merkle.root(ENTRIES[:3]))

    def generation(number: int, size: int, after: Checkpoint, old: int) -> tuple[int, str]:
        of = Checkpoint(f"{KEY.name}/g{number}", size, merkle.root(FORKED[:size]), after)
        proof = merkle.consistency_proof(old, FORKED[:size]) if 0 < old < size else []
        return status(witness, Request(old, tuple(proof), KEY.sign(of.body)).encode())

    assert status(witness, asked(KEY, ENTRIES[:3], 0))[0] == 200
    ahead = Checkpoint(KEY.name, 5, merkle.root(ENTRIES[:5]))
    code, words = generation(2, 1, ahead, 0)
    assert code == 422 and "the newest that was signed here of it has 3" in words and not kept(tmp_path)
    assert generation(2, 1, first, 0)[0] == 200 and generation(2, 4, first, 1)[0] == 200
    assert status(witness, asked(KEY, ENTRIES[:5], 3))[0] == 422, "what was left goes on no more"
    assert [each.kind for each in kept(tmp_path)] == [SUCCEEDED]
    assert status(witness, asked(KEY, ENTRIES[:3], 3))[0] == 200, "how it ended may be signed again"


def test_two_keys_of_a_log_have_one_history(tmp_path: Path) -> None:
    """While an old and a new key are trusted, both are the log's; a key that is given no more has signed nothing."""
    new = SignerKey(KEY.name, bytes([2]) * 32)
    both = made(tmp_path, logs=(KEY, new))
    assert status(both, asked(KEY, ENTRIES[:3], 0))[0] == 200
    assert status(both, asked(new, FORKED[:3], 0)) == (409, "3\n")
    assert status(both, asked(new, FORKED[:3], 3)) == (422, "lab.example/x: another root over the same segments\n")
    assert status(both, asked(new, ENTRIES[:4], 3))[0] == 200
    assert status(made(tmp_path, logs=(KEY,)), asked(KEY, ENTRIES[:2], 0))[0] == 200, "begun anew"


def test_several_signatures(tmp_path: Path) -> None:
    try:
        pair = [signer(1), signer(2, ML_DSA_44)]
    except Unsupported:
        pytest.skip("NOT TESTED: ML-DSA-44 cosignatures (the installed cryptography lacks it)")
    witness = Witness(pair, [KEY.verifier], state_at(tmp_path / "state"))
    code, body = status(witness, asked(KEY, ENTRIES[:3], 0))
    whole = note.parse(KEY.sign(Checkpoint(KEY.name, 3, merkle.root(ENTRIES[:3])).body) + body)
    assert code == 200 and [each.verifier.timestamp(whole) for each in pair] == [NOW, NOW]


# Two at once


def race(witness: Witness) -> list[int]:
    """Two histories, each asked by eight clients at once."""
    assert status(witness, asked(KEY, ENTRIES[:3], 0))[0] == 200
    bodies = [asked(KEY, ENTRIES[:4], 3), asked(KEY, [*ENTRIES[:3], b"other"], 3)] * 8
    gate = threading.Barrier(len(bodies))

    def ask(body: bytes) -> int:
        gate.wait()
        return witness.answer(body, NOW).status

    with ThreadPoolExecutor(len(bodies)) as pool:
        return list(pool.map(ask, bodies))


def test_two_at_once_never_sign_a_fork(tmp_path: Path) -> None:
    found = race(made(tmp_path))
    signed = {index % 2 for index, code in enumerate(found) if code == 200}
    assert found.count(200) == 1 and len(signed) == 1 and set(found) == {200, 409}


def test_without_the_transaction_a_fork_is_signed(tmp_path: Path) -> None:
    """What one that looks first and writes afterwards accepts."""

    class Careless(State):
        @contextmanager
        def changing(self, log: str):  # type: ignore[no-untyped-def]
            with super().changing(log) as before:
                notes = dict(before)
            late.wait()
            yield notes
            with super().changing(log) as now:
                now.update(notes)

    late = threading.Barrier(1)
    witness = Witness([signer(1)], [KEY.verifier], Careless(State.create(tmp_path / "state").path))
    assert status(witness, asked(KEY, ENTRIES[:3], 0))[0] == 200
    late = threading.Barrier(2)
    with ThreadPoolExecutor(2) as pool:
        bodies = [asked(KEY, ENTRIES[:4], 3), asked(KEY, [*ENTRIES[:3], b"other"], 3)]
        assert [each.status for each in pool.map(lambda body: witness.answer(body, NOW), bodies)] == [200, 200]


def test_processes_that_share_a_state(tmp_path: Path) -> None:
    State.create(tmp_path / "state")
    code = (
        "import sys; from pathlib import Path\n"
        "from tests.unit.test_cosigning_answers import made, asked, KEY, ENTRIES, NOW\n"
        "witness = made(Path(sys.argv[1]))\n"
        "bodies = [asked(KEY, [*ENTRIES[:3], b'%d' % (int(sys.argv[2]) * 100 + i)], 0) for i in range(20)]\n"
        "print(sum(witness.answer(body, NOW).status == 200 for body in bodies))\n"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path), str(number)], stdout=subprocess.PIPE, text=True,
            cwd=Path(__file__).parents[2], env=ENVIRONMENT,
        )
        for number in range(3)
    ]  # fmt: skip
    assert sum(int(each.communicate()[0]) for each in running) == 1


# The state


def test_a_state_that_cannot_be_written_signs_nothing(witness: Witness, tmp_path: Path, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o600
    monkeypatch.setattr(state_module, "_BUSY_SECONDS", 0.1)
    other = sqlite3.connect(tmp_path / "state", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LogError, match="locked"):
        witness.answer(asked(KEY, ENTRIES[:3], 0), NOW)
    other.execute("ROLLBACK")
    other.execute("DROP TABLE checkpoints")
    other.close()
    with pytest.raises(LogError):
        witness.answer(asked(KEY, ENTRIES[:3], 0), NOW)


def test_what_is_no_state(tmp_path: Path) -> None:
    with pytest.raises(LogError):
        State(tmp_path / "none")
    for data in (b"", b"not a database" * 400):
        (tmp_path / "state").write_bytes(data)
        (tmp_path / "state").chmod(0o600)
        with pytest.raises((LogCorrupt, LogError)):
            State(tmp_path / "state")
    with pytest.raises(LogError):
        State.create(tmp_path / "state")
    (tmp_path / "state").unlink()
    State.create(tmp_path / "state")
    (tmp_path / "state").chmod(0o644)
    with pytest.raises(LogCorrupt):
        State(tmp_path / "state")
    (tmp_path / "link").symlink_to("state")
    with pytest.raises(LogCorrupt):
        State(tmp_path / "link")
    assert not list(tmp_path.glob(".*.tmp*"))


def test_a_key_signs_from_one_state(tmp_path: Path) -> None:
    """From another, or from an empty one in its place, it could sign a second history."""
    key, second = tmp_path / "w.key", tmp_path / "v.key"
    keys.generate_cosigner(key, "witness.example/1")
    keys.generate_cosigner(second, "witness.example/1")
    made_now = open_bound(tmp_path / "a", [key])
    assert open_bound(tmp_path / "a", [key, second]).id == made_now.id, "a second key is added to it"
    with pytest.raises(KeyFileError, match="another state"):
        open_bound(tmp_path / "b", [key])
    assert not (tmp_path / "b").exists()
    (tmp_path / "a").rename(tmp_path / "moved")
    with pytest.raises(KeyFileError, match="another state"):
        open_bound(tmp_path / "a", [second])
    assert open_bound(tmp_path / "moved", [second]).id == made_now.id, "it may be moved"
    shutil.copy(tmp_path / "w.key.witness", tmp_path / "kept")
    for data in (b"", b"zkcompliance-witness-1\nxyz\n"):
        (tmp_path / "w.key.witness").write_bytes(data)
        with pytest.raises(KeyFileError, match="damaged"):
            open_bound(tmp_path / "moved", [key])
    (tmp_path / "kept").replace(tmp_path / "w.key.witness")
    assert stat.S_IMODE((tmp_path / "w.key.witness").stat().st_mode) == 0o600
