"""Before a proof: all that can be refused is refused, then budgets are spent; what never left is given back."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import zkcompliance as zk
from zkcompliance import limits, schemas
from zkcompliance.claim import catalogue
from zkcompliance.commands.main import cli
from zkcompliance.errors import BudgetSpent, InternalError, LogCorrupt, UsageError, ZkComplianceError
from zkcompliance.log.reservation import Reservation, reserving
from zkcompliance.log.store import SealedLog
from zkcompliance.progress import Progress, silent
from zkcompliance.prove import api, early
from zkcompliance.prove import policy as of_policy
from zkcompliance.stark.commit import cache

CLAIM = "training-compute-below"
UNITS = 86
DAY = 1_767_571_200


def rows(count: int, first: int = 0) -> list[dict[str, object]]:
    row = {"end": DAY + 2_000_000, "run": "r", "phase": "pretraining", "flop": 7, "method": "measured"}
    return [{**row, "start": DAY + first + i} for i in range(count)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log with one segment of 2^13 rows, with its cache, and one of eight, without."""
    folder = tmp_path_factory.mktemp("made")
    zk.keygen(folder / "key", "lab.example/order")
    with zk.open_log(folder / "log", schema=schemas.compute, key=folder / "key") as log:
        log.append(rows(1 << cache.KEPT_LOG2))
        log.seal()
        log.append(rows(3, 1_000_000))
        log.seal()
    return folder


@pytest.fixture
def log(made: Path, tmp_path: Path) -> SealedLog:
    """A copy of it, alone with its records."""
    shutil.copytree(made / "log", tmp_path / "log")
    return SealedLog.open(tmp_path / "log")


@pytest.fixture(autouse=True)
def own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from zkcompliance.log import spent

    monkeypatch.setattr(spent, "state_folder", lambda: tmp_path / "state" / "spent")


def ledgers(*logs: SealedLog) -> list[bytes]:
    return [segment.paths.budget.read_bytes() for log in logs for segment in log.segments]


def spent(log: SealedLog) -> list[int]:
    return [segment.budget().spent() - 6 for segment in log.segments]


def test_small_segments_keep_nothing_beside_them(log: SealedLog) -> None:
    large, small = (sorted(p.name for p in segment.paths.folder.iterdir()) for segment in log.segments)
    assert small == ["budget", "meta", "rows", "seed"] and {*large} - {*small} == {
        "cache.rows.npy", "cache.tag.npy", "cache.tree.npy",
    }  # fmt: skip
    assert sum(p.stat().st_size for p in log.segments[1].paths.folder.iterdir()) < 100_000


def test_the_reservation_is_durable_before_a_proof_is_made(log: SealedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    real = api.Prover.prove

    def prove(self: api.Prover) -> bytes:
        seen.append(spent(SealedLog.open(log.path)))
        return real(self)

    monkeypatch.setattr(api.Prover, "prove", prove)
    zk.prove(CLAIM, {"compute": log}, limit=10**9)
    assert seen == [[UNITS, UNITS]] and spent(log) == [UNITS, UNITS]


@pytest.mark.parametrize("error", [InternalError("x"), KeyboardInterrupt(), MemoryError(), ZkComplianceError("x")])
def test_what_fails_before_it_leaves_is_given_back(
    log: SealedLog, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """By a new line in each ledger: the older ones stay, and all of it stays in the count of what was ever spent."""
    before = ledgers(log)

    def fail(self: api.Prover) -> bytes:
        raise error

    monkeypatch.setattr(api.Prover, "prove", fail)
    with pytest.raises(type(error)):
        zk.prove(CLAIM, {"compute": log}, limit=10**9)
    after = ledgers(log)
    assert spent(log) == [0, 0]
    assert all(new.startswith(old) and len(new) == len(old) + 96 for new, old in zip(after, before, strict=True))
    for segment, held in zip(log.segments, after, strict=True):
        segment.paths.budget.write_bytes(held[:48])
        with pytest.raises(LogCorrupt, match="remembers 92"):
            segment.budget().check(UNITS)


def test_only_who_holds_the_token_gives_back_and_only_once(log: SealedLog) -> None:
    budget = log.segments[1].budget()
    token, other = os.urandom(32), os.urandom(32)
    budget.reserve(UNITS, hashlib.sha256(token).digest())
    for wrong in (other, hashlib.sha256(token).digest(), bytes(32)):
        budget.give_back(wrong)
        assert budget.spent() == 6 + UNITS
    budget.give_back(token)
    budget.give_back(token)
    assert budget.spent() == 6
    budget.reserve(UNITS, hashlib.sha256(other).digest())
    line = log.segments[1].paths.budget.read_bytes()[-96:-48]
    with log.segments[1].paths.budget.open("ab") as file:
        file.write(line)  # the line that gave back, once more
    assert budget.spent() == 6 + UNITS


def test_what_may_have_left_is_never_given_back(log: SealedLog) -> None:
    wanted = [(segment.budget(), UNITS) for segment in log.segments]
    with pytest.raises(RuntimeError), reserving(wanted) as held:
        held.keep()
        raise RuntimeError
    assert spent(log) == [UNITS, UNITS]
    with pytest.raises(ValueError, match="closed"):
        held.spend(*wanted[0], last=False)


def test_another_process_gives_nothing_back(log: SealedLog) -> None:
    """A fork has the token too, and a killed process has it no more."""
    held = Reservation()
    held.spend(log.segments[1].budget(), UNITS, last=False)
    held._process += 1
    held.give_back()
    assert spent(log)[1] == UNITS
    child = os.fork()
    if child == 0:
        try:
            with reserving([(log.segments[0].budget(), UNITS)]):
                os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert spent(log)[0] == UNITS


def test_provers_at_the_same_time_never_overspend(log: SealedLog) -> None:
    budget = log.segments[1].budget()
    while budget.proofs_left() > 5:
        budget.reserve(UNITS, os.urandom(32))
    kept, refused = [], []

    def run() -> None:
        try:
            with reserving([(segment.budget(), UNITS) for segment in log.segments]) as held:
                held.keep()
            kept.append(1)
        except BudgetSpent:
            refused.append(1)

    threads = [threading.Thread(target=run) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(kept), len(refused)) == (5, 7)
    assert spent(log)[0] == 5 * UNITS
    assert budget.spent() <= budget.capacity


# Refused before anything is spent


def two_slots() -> str:
    return next(name for name in catalogue.names() if len(catalogue.load(name).slots) == 2 and "unchanged" not in name)


def test_two_logs_of_one_origin(made: Path, tmp_path: Path) -> None:
    """One log in two slots, or two logs of one key: refused, and not a byte of a ledger is written."""
    claim = catalogue.load(two_slots())
    opened = {}
    for slot, schema in claim.slots.items():
        shutil.copy(made / "key", tmp_path / f"{slot}.key")  # a copy remembers no other log
        with zk.open_log(tmp_path / slot, schema=schema, key=tmp_path / f"{slot}.key"):
            pass
        opened[slot] = SealedLog.open(tmp_path / slot)
    with pytest.raises(UsageError, match=r"are both of lab\.example/order"):
        zk.prove(claim, opened, **{param.name: 1 for param in claim.params if param.default is None})


REFUSALS: list[tuple[str, Callable[[pytest.MonkeyPatch], None], dict[str, object]]] = [
    ("a limit that does not hold", lambda patch: None, {"limit": 5}),
    ("a context that is too long", lambda patch: None, {"limit": 10**9, "context": "x" * 1025}),
    ("a parameter of too many bits", lambda patch: None, {"limit": 1 << 300}),
    ("too many segments", lambda patch: patch.setattr(limits, "MAX_SEGMENTS", 1), {"limit": 10**9}),
    ("a statement too long", lambda patch: patch.setattr(limits, "MAX_STATEMENT_BYTES", 99), {"limit": 10**9}),
    ("a file too long", lambda patch: patch.setattr(limits, "MAX_BUNDLE_BYTES", 20_000), {"limit": 10**9}),
    ("too many columns", lambda patch: patch.setattr(limits, "MAX_COLUMNS", 9), {"limit": 10**9}),
]


@pytest.mark.parametrize("case", REFUSALS, ids=[each[0] for each in REFUSALS])
def test_what_a_verifier_would_refuse_costs_nothing(
    log: SealedLog, monkeypatch: pytest.MonkeyPatch, case: tuple[str, Callable[[pytest.MonkeyPatch], None], dict]
) -> None:
    _, arrange, given = case
    arrange(monkeypatch)
    before = ledgers(log)
    monkeypatch.setattr(api.Prover, "prove", lambda self: pytest.fail("a proof was made"))
    with pytest.raises(ZkComplianceError):
        zk.prove(CLAIM, {"compute": log}, **given)
    assert ledgers(log) == before


def test_policies_reserve_all_before_the_first_proof(log: SealedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """And where the last proof fails, or the judge refuses, nothing of any is spent."""
    prove: dict[str, object] = {
        "policy": "eu-ai-act", "params": {}, "subject": f"lab/m={log.path / 'schema'}",
    }  # fmt: skip
    seen: list[list[int]] = []
    real = api.make

    def make(ready: api.Ready, progress: Progress = silent) -> bytes:
        seen.append(spent(log))
        return real(ready, progress)

    monkeypatch.setattr(api, "make", make)
    try:
        zk.prove(None, {"compute": log}, **prove)  # type: ignore[arg-type]
    except UsageError as error:
        pytest.skip(f"NOT TESTED: {error.message}")
    assert len({tuple(each) for each in seen}) == 1 and seen[0] == [UNITS * len(seen)] * 2
    before = spent(log)

    def refuse(*given: object) -> None:
        raise InternalError("refused")

    monkeypatch.setattr(of_policy, "_judge", refuse)
    with pytest.raises(InternalError):
        zk.prove(None, {"compute": log}, **prove)  # type: ignore[arg-type]
    assert spent(log) == before


def test_a_ledger_put_back_on_the_command_line(log: SealedLog, tmp_path: Path) -> None:
    """`prove` stops, `fsck` says what is wrong, and `fsck --count-spent` makes it right."""

    def run(*arguments: object) -> tuple[int, str]:
        done = CliRunner().invoke(cli, [str(each) for each in arguments], prog_name="zkcompliance")
        return done.exit_code, done.stderr

    asked = ("prove", CLAIM, "--log", log.path, "-p", "limit=1e9", "-o", tmp_path / "proof")
    assert run(*asked)[0] == 0
    before = spent(log)
    for segment in log.segments:
        os.truncate(segment.paths.budget, 48)
    for attempt in (asked, ("fsck", log.path)):
        status, said = run(*attempt)
        assert status == 2 and "error[log-corrupt]" in said
        assert f"help: zkcompliance fsck {log.path} --count-spent" in said
    assert run("fsck", log.path, "--count-spent")[0] == 0 and spent(log) == before
    assert run(*asked)[0] == 0


# What is kept beside a segment


def prefix(log: SealedLog) -> Path:
    return log.segments[0].paths.folder / "cache"


def spoil(path: Path, how: str) -> None:
    data = path.read_bytes()
    path.unlink()
    if how == "cut":
        path.write_bytes(data[: len(data) // 2])
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "other bytes":
        path.write_bytes(os.urandom(len(data)))
    elif how == "other values":
        path.write_bytes(data[:128] + bytes(b ^ 1 for b in data[128:]))
    if path.exists():
        path.chmod(0o600)
    if how == "folder":
        path.mkdir()
        (path / "x").write_text("x")
    elif how == "link":
        path.with_name("elsewhere").write_bytes(data)
        path.symlink_to(path.with_name("elsewhere"))
    elif how == "fifo":
        os.mkfifo(path)


@pytest.mark.parametrize("name", ["rows", "tree", "tag"])
@pytest.mark.parametrize("how", ["gone", "cut", "empty", "other bytes", "other values", "folder", "link", "fifo"])
def test_a_cache_of_any_kind_is_made_again(log: SealedLog, name: str, how: str) -> None:
    """What is read afterwards is what the rows and the seed give, or the proof of it is made again."""
    segment = log.segments[0]
    fresh = np.asarray(table(log).extension().rows)
    spoil(prefix(log).with_name(f"cache.{name}.npy"), how)
    if name == "rows" and how.startswith("other"):
        with pytest.MonkeyPatch.context() as patch:
            proofs = count(patch)
            zk.prove(CLAIM, {"compute": log}, limit=10**9)
        assert len(proofs) == (2 if how == "other values" else len(proofs)) and spent(log) == [UNITS, UNITS]
    assert (np.asarray(table(log).extension().rows) == fresh).all()
    assert cache.load(prefix(log), segment.entry, segment.profile) is not None


def table(log: SealedLog) -> api.SealedTable:
    segment = log.segments[0]
    return api.SealedTable(segment.load_columns(), segment.seed, segment.entry, segment.profile, segment.cache)


def count(patch: pytest.MonkeyPatch) -> list[int]:
    made: list[int] = []
    real = api.Prover.prove

    def prove(self: api.Prover) -> bytes:
        made.append(1)
        return real(self)

    patch.setattr(api.Prover, "prove", prove)
    return made


@pytest.mark.parametrize("how", ["gone", "cut"])
def test_a_cache_that_goes_while_it_is_read(log: SealedLog, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """Deleted, it is read to its end; cut, it is made again. Never is the process killed for it."""
    real = api.Prover.commit_quotient
    path = prefix(log).with_name("cache.rows.npy")

    def disturbed(self: api.Prover) -> None:
        for each in self.tables:
            each.extension()
        if how == "gone":
            path.unlink()
        elif len(proofs) == 1:
            os.truncate(path, 5000)
        real(self)

    proofs = count(monkeypatch)
    monkeypatch.setattr(api.Prover, "commit_quotient", disturbed)
    zk.prove(CLAIM, {"compute": log}, limit=10**9)
    assert len(proofs) == (1 if how == "gone" else 2) and spent(log) == [UNITS, UNITS]


def test_what_killed_provers_left_half_written_is_removed(log: SealedLog) -> None:
    cache.remove(prefix(log))
    left = prefix(log).with_name(".cache.rows.0123456789ab.tmp")
    left.write_bytes(bytes(1000))
    left.chmod(0o600)
    table(log).extension()
    assert not left.exists()


def test_the_early_check_is_the_verifiers(log: SealedLog) -> None:
    """A proof file without its proof passes it, and nothing else does."""
    claim = catalogue.load(CLAIM)
    ready = api.get_ready([api.Asked(CLAIM, claim, {"compute": [log]}, {"limit": 10**9})], b"")
    notes = api.notes_of(ready.logs)
    assert early.refuse_early(ready.statement, notes) > 50_000
    for wrong in ([], [b"x\n\n\xe2\x80\x94 y z\n"], notes * 2):
        with pytest.raises(ZkComplianceError):
            early.refuse_early(ready.statement, wrong)
