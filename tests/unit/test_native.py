"""Compiled kernels: what is called is what numba would run; what is kept is taken only where it is safe and fits."""

from __future__ import annotations

import errno
import os
import resource
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.kit import small_kernels, support
from zkcompliance.edge import regular
from zkcompliance.errors import InternalError, UsageError
from zkcompliance.stark.field import ext_kernels, kernels, twin
from zkcompliance.stark.native import kept, signature, target, workers
from zkcompliance.stark.native.engine import Engine

KEY, OTHER = bytes(range(32)), bytes(32)
OBJECTS = [b"an object", b"", b"another" * 1000]


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where kernels are kept during a test: below the folder of the test, which nobody else may change."""
    folder = tmp_path / "home" / ".cache" / "kernels"
    monkeypatch.setattr(kept, "folder", lambda: folder)
    return folder


@pytest.fixture(scope="module")
def compiled() -> list[bytes]:
    return workers.compiled(small_kernels.ENGINE.modules, target.current(), lambda *_: None)


@pytest.fixture
def engine(compiled: list[bytes], place: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """The engine of the small kernels as in a new process, with compiling done already."""
    monkeypatch.setattr(workers, "compiled", lambda *_: compiled)
    engine = small_kernels.ENGINE
    monkeypatch.setattr(engine, "_loaded", None)
    for kernel in small_kernels.KERNELS:
        monkeypatch.setattr(kernel, "_entry", None)
    yield engine


def told(engine: Engine) -> list[str]:
    said: list[str] = []
    engine.prepare(tell=said.append)
    return said


# Kernels are called as declared


def arguments(seed: int) -> list[object]:
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(1, 9)), int(rng.integers(1, 5))
    return [
        rng.integers(0, 2**32, n, np.uint32), rng.integers(-(2**31), 2**31, n, np.int32),
        rng.integers(-(2**40), 2**40, (m, n), np.int64), rng.integers(0, 2, n).astype(bool),
        rng.integers(0, 2**32, (m, 3, n), np.uint32), np.uint32(rng.integers(0, 2**32)),
        int(rng.integers(-(2**31), 2**31)), int(rng.integers(-(2**50), 2**50)), bool(seed % 2),
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_every_kind_of_argument_as_python_has_it(seed: int, engine: Engine) -> None:
    given = arguments(seed)
    python = int(small_kernels.every_kind.function(*given))  # type: ignore[attr-defined]
    assert small_kernels.every_kind(*given) == python


def test_results(engine: Engine) -> None:
    a = np.array([1, 2, 3], np.uint32)
    assert small_kernels.all_below(a, 4) is True and small_kernels.all_below(a, 3) is False
    assert small_kernels.fill_from_a_copy(a, 3) is None and a.tolist() == [3, 5, 7]
    empty = np.zeros(0, np.uint32)
    assert small_kernels.all_below(empty, 0) and small_kernels.fill_from_a_copy(empty, 0) is None


@pytest.mark.parametrize("size", [1 << 60, (1 << 61) + 5, (1 << 63) - 1, -1])
def test_memory_that_there_is_not(size: int, engine: Engine) -> None:
    with pytest.raises(MemoryError):
        small_kernels.fill_from_a_copy(np.zeros(1, np.uint32), size)


READ_ONLY = np.zeros(4, np.uint32)
READ_ONLY.flags.writeable = False


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ((np.zeros(4, np.int32), 1), TypeError),
        ((np.zeros(4, ">u4"), 1), TypeError),
        ((np.zeros((4, 1), np.uint32), 1), TypeError),
        ((np.zeros(8, np.uint32)[::2], 1), TypeError),
        ((READ_ONLY, 1), TypeError),
        ((np.zeros(4, np.uint32), 2**63), struct.error),
        ((np.zeros(4, np.uint32), 1.0), struct.error),
        ((np.zeros(4, np.uint32),), ValueError),
        ((np.zeros(4, np.uint32), 1, 1), ValueError),
    ],
)
def test_other_arguments_are_refused(given: tuple[object, ...], error: type[Exception], engine: Engine) -> None:
    with pytest.raises(error):
        small_kernels.all_below(*given)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [-1, 2**32])
def test_nothing_wraps(value: int, engine: Engine) -> None:
    with pytest.raises(struct.error):
        small_kernels.every_kind(*arguments(0)[:5], value, 0, 0, False)


def test_signatures() -> None:
    parsed = signature.parse("u4[:,:] i4 b1[:] -> b1")
    assert [(w.code, w.dimensions) for w in parsed.arguments] == [("u4", 2), ("i4", 0), ("b1", 1)]
    assert parsed.returned == "b1" and signature.parse("i8").returned == ""
    for text in ("u8", "u4[", "u4[,]", "u4[::]", "i8 -> u4", "i8 ->", "f8[:]"):
        with pytest.raises(ValueError, match="is no"):
            signature.parse(text)


def test_kernels_agree_with_numbas_own_dispatch_and_with_the_twin() -> None:
    """The same source, compiled and called by numba in this process; and the slow twin in Python."""
    rng = np.random.default_rng(7)
    a, b = (rng.integers(1, twin.P, 1000, np.uint32) for _ in range(2))
    for kernel in (kernels.multiply, kernels.add, kernels.sub):
        ours, numbas = np.zeros_like(a), np.zeros_like(a)
        kernel(a, b, ours, 3, 990)
        kernel.dispatcher()(a, b, numbas, 3, 990)  # type: ignore[attr-defined]
        assert ours.tolist() == numbas.tolist()
    products = np.zeros_like(a)
    kernels.multiply(a, b, products, 0, 1000)
    assert products.tolist() == [int(x) * int(y) % twin.P for x, y in zip(a, b, strict=True)]
    columns = rng.integers(1, twin.P, (6, 600), np.uint32)
    ours, numbas = np.zeros_like(columns), np.zeros_like(columns)
    assert ext_kernels.invert(columns, ours, 0, 600) is True
    assert ext_kernels.invert.dispatcher()(columns, numbas, 0, 600)  # type: ignore[attr-defined]
    assert (ours == numbas).all()
    assert kernels.invert(np.zeros(3, np.uint32), np.zeros(3, np.uint32), 0, 3) is False


def test_threads_run_a_kernel_side_by_side(engine: Engine) -> None:
    """Each on arrays of its own; a thread that waits for another would not end."""
    results, start = [], threading.Barrier(4)

    def work(seed: int) -> None:
        start.wait(30)
        given = arguments(seed)
        results.append(small_kernels.every_kind(*given) == int(small_kernels.every_kind.function(*given)))  # type: ignore[attr-defined]

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [True] * 4


# What is kept


def test_what_is_written_is_read(place: Path) -> None:
    assert kept.read(KEY) == ([], "")
    assert kept.write(KEY, OBJECTS) == ""
    assert kept.read(KEY) == (OBJECTS, "") and kept.read(OTHER) == ([], "")
    (path,) = place.iterdir()
    assert path.stat().st_mode & 0o777 == 0o600 and place.stat().st_mode & 0o777 == 0o700
    assert kept.write(KEY, OBJECTS[:1]) == "" and kept.read(KEY) == (OBJECTS[:1], "")


def test_every_damage_is_seen(place: Path) -> None:
    kept.write(KEY, [b"abc", b"defg"])
    (path,) = place.iterdir()
    sound = path.read_bytes()
    damaged = [sound[:n] for n in range(len(sound))] + [sound + b"\0"]
    damaged += [sound[:n] + bytes([sound[n] ^ 1]) + sound[n + 1 :] for n in range(len(sound))]
    for data in damaged:
        path.write_bytes(data)
        assert kept.read(KEY) == ([], f"{path}: it is damaged")
    path.write_bytes(sound)
    assert kept.read(KEY)[0] == [b"abc", b"defg"]


def test_a_file_of_another_key_under_this_name(place: Path) -> None:
    kept.write(OTHER, OBJECTS)
    (place / f"{OTHER.hex()}.kernels").rename(place / f"{KEY.hex()}.kernels")
    objects, why = kept.read(KEY)
    assert objects == [] and "other sources" in why


def a_link(place: Path, path: Path) -> None:
    path.rename(place / "elsewhere")
    path.symlink_to(place / "elsewhere")


def a_linked_folder(place: Path, path: Path) -> None:
    place.rename(place.with_name("elsewhere"))
    place.symlink_to(place.with_name("elsewhere"))


def others(path: Path) -> None:
    if os.geteuid():
        pytest.skip("only the superuser can give a file away")
    os.chown(path, 12345, 12345)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda place, path: path.chmod(0o640), "can be read or changed by others"),
        (lambda place, path: path.chmod(0o602), "can be read or changed by others"),
        (lambda place, path: others(path), "belongs to another user"),
        (a_link, "is a link"),
        (lambda place, path: (path.unlink(), os.mkfifo(path, 0o600)), "is not a regular file"),
        (lambda place, path: (path.unlink(), path.mkdir()), "is not a regular file"),
        (lambda place, path: place.chmod(0o750), "is not for this user alone"),
        (lambda place, path: place.chmod(0o702), "can be changed by others|is not for this user alone"),
        (lambda place, path: others(place), "belongs to another user"),
        (lambda place, path: place.parent.chmod(0o775), "can be changed by others"),
        (lambda place, path: place.parents[1].chmod(0o707), "can be changed by others"),
        (lambda place, path: others(place.parents[1]), "belongs to another user"),
        (a_linked_folder, "is no folder"),
        (lambda place, path: os.truncate(path, kept.MOST_BYTES + 1), "is longer than"),
    ],
)
def test_what_others_could_have_changed_is_not_taken(
    change: Callable[[Path, Path], object], said: str, place: Path
) -> None:
    kept.write(KEY, OBJECTS)
    path = place / f"{KEY.hex()}.kernels"
    assert kept.read(KEY)[0] == OBJECTS
    change(place, path)
    objects, why = kept.read(KEY)
    assert objects == []
    assert any(each in why for each in said.split("|")), why


def test_what_to_do_about_it_is_said(place: Path) -> None:
    """And doing it is enough."""
    kept.write(KEY, OBJECTS)
    for path, mode in ((place, 0o755), (place.parent, 0o775)):
        path.chmod(mode)
        objects, why = kept.read(KEY)
        assert objects == []
        subprocess.run(why.partition("to use it: ")[2], shell=True, check=True)  # noqa: S602 - what a person pastes
        assert kept.read(KEY) == (OBJECTS, "")


def test_nothing_is_kept_in_a_folder_that_others_may_change(place: Path) -> None:
    place.mkdir(parents=True)
    place.chmod(0o777)
    assert "others" in kept.write(KEY, OBJECTS) or "alone" in kept.write(KEY, OBJECTS)
    assert list(place.iterdir()) == []


def test_the_place_is_the_accounts_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No variable names it, nor the folder that the process is run in; an account without a home has none."""
    import pwd

    before = kept.folder()
    for name in ("HOME", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR", "TMPDIR"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert before == kept.folder() == Path(pwd.getpwuid(os.geteuid()).pw_dir, ".cache", "zkcompliance", "kernels")

    def nobody(_: int) -> pwd.struct_passwd:
        raise KeyError

    for entry in (nobody, lambda _: pwd.struct_passwd(("x", "x", 1, 1, "", "here", ""))):
        monkeypatch.setattr(pwd, "getpwuid", entry)
        assert kept.folder() is None and kept.read(KEY) == ([], "")
        assert kept.write(KEY, OBJECTS) == "this account has no home"


def test_the_latest_files_stay(place: Path) -> None:
    for number in range(kept.MOST_FILES + 3):
        kept.write(bytes([number]) * 32, [b"x"])
        os.utime(place / f"{(bytes([number]) * 32).hex()}.kernels", (number, number))
    kept.write(KEY, [b"x"])
    assert len(list(place.iterdir())) == kept.MOST_FILES and kept.read(KEY)[0] == [b"x"]


def test_the_key_is_of_all_that_code_follows_from(tmp_path: Path) -> None:
    source = tmp_path / "a.py"
    source.write_text("x = 1\n")
    one = target.Target("generic", "+sha")
    key = kept.key(one, [source])
    assert key == kept.key(one, [source])
    others = {kept.key(other, [source]) for other in (target.Target("generic", "-sha"), target.Target("x", "+sha"))}
    assert len({key, *others}) == 3
    source.write_text("x = 2\n")
    assert kept.key(one, [source]) != key


# Full disks, homes that cannot be written to


def test_a_full_disk(engine: Engine, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Kernels run all the same, nothing is left, and it is said once."""
    write = regular.write_all

    def full(descriptor: int, data: bytes) -> None:
        write(descriptor, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(regular, "write_all", full)
    (said,) = told(engine)
    assert "could not be kept" in said and "is full" in said
    assert small_kernels.all_below(np.zeros(1, np.uint32), 1) and list(place.iterdir()) == []


def test_a_home_that_cannot_be_written_to(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path, mode: int = 0o777) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr(Path, "mkdir", refuse)
    (said,) = told(engine)
    assert "compiles again" in said and "Read-only file system" in said
    assert small_kernels.all_below(np.zeros(1, np.uint32), 1)


def test_a_limit_on_the_size_of_files(tmp_path: Path) -> None:
    """The operating system's own, which ends a write in the middle."""
    code = (
        "import resource, signal\nfrom pathlib import Path\nfrom zkcompliance.stark.native import kept\n"
        f"kept.folder = lambda: Path({str(tmp_path)!r}, 'kernels')\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "print(kept.write(bytes(32), [bytes(5000)]))"
    )
    done = subprocess.run([sys.executable, "-c", code], env=support.ENVIRONMENT, capture_output=True, text=True)
    assert "is full" in done.stdout and list((tmp_path / "kernels").iterdir()) == [], done
    assert resource.getrlimit(resource.RLIMIT_FSIZE)[0] != 1000


def test_what_does_not_fit_is_compiled_anew_and_kept(engine: Engine, place: Path) -> None:
    assert told(engine) == []
    (path,) = place.iterdir()
    sound = path.read_bytes()
    path.write_bytes(sound[:-1])
    engine._loaded = None
    (said,) = told(engine)
    assert said == f"compiled kernels that were kept are not taken: {path}: it is damaged"
    assert path.read_bytes() == sound
    engine._loaded = None
    assert told(engine) == []


def test_sources_that_change_while_they_are_compiled(
    engine: Engine, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was made under the key of the old ones is not kept under it, and not run."""
    keys = iter((b"a" * 32, b"b" * 32))
    monkeypatch.setattr(kept, "key", lambda *_: next(keys))
    with pytest.raises(UsageError, match="was changed while its proof engine was compiled"):
        told(engine)
    assert engine._loaded is None and list(place.glob("*")) == []


TWO = """
import sys
from pathlib import Path
import numpy as np
from zkcompliance.stark.native import kept
kept.folder = lambda: Path(sys.argv[1])
from tests.kit import small_kernels
said = []
small_kernels.ENGINE.prepare(tell=said.append)
print(small_kernels.all_below(np.arange(5, dtype=np.uint32), 5), said, "numba" in sys.modules)
"""


def test_two_processes_that_compile_at_once(tmp_path: Path) -> None:
    """Each by itself; one file is kept, which is whole, and a third process compiles nothing."""
    folder = tmp_path / "kernels"
    command = [sys.executable, "-c", TWO, str(folder)]
    both = [subprocess.Popen(command, env=support.ENVIRONMENT, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    assert [each.communicate(timeout=300)[0] for each in both] == ["True [] False\n"] * 2
    (path,) = folder.iterdir()
    before = path.stat().st_mtime_ns
    third = subprocess.run(command, env=support.ENVIRONMENT, capture_output=True, text=True)
    assert third.stdout == "True [] False\n" and path.stat().st_mtime_ns == before, third.stderr


# Processes that compile


def test_what_cannot_be_compiled_is_said() -> None:
    with pytest.raises(InternalError, match="could not be compiled: ModuleNotFoundError"):
        workers.compiled(["tests.kit.no_such_module"], target.current(), lambda *_: None)


def test_a_process_that_is_killed_leaves_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    class Recorded(subprocess.Popen):  # type: ignore[type-arg]
        def __init__(self, *args: object, **options: object) -> None:
            super().__init__(*args, **options)  # type: ignore[call-overload]
            started.append(self)

    def kill(stage: str, done: int, total: int) -> None:
        started[0].kill()

    monkeypatch.setattr(subprocess, "Popen", Recorded)
    with pytest.raises(InternalError, match="ended with status -9"):
        workers.compiled(small_kernels.ENGINE.modules, target.current(), kill)
    assert started and all(each.poll() is not None for each in started)


def test_an_interrupt_leaves_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(stage: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workers.compiled(small_kernels.ENGINE.modules, target.current(), interrupt)
