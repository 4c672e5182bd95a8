"""What a source has now, as files to be read: those that match, the answer of a server, what a program printed.

    GET URL/api/v1/query_range?query=…&start=…&end=…&step=…

No answer is followed elsewhere, no proxy is asked, and what is longer or takes longer than is stated is refused.
"""

from __future__ import annotations

import glob
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from zkcompliance.edge import exchange, regular
from zkcompliance.errors import ImporterError
from zkcompliance.live.plan import MAX_POINTS, Command, Files, Prometheus, Source

MAX_FILES = 10_000  # that a pattern may match
MAX_BODY_BYTES = 256 << 20  # of an answer, or of what a program prints
MAX_SAID = 300  # characters of what a program says on its error stream
ANSWER_SECONDS = 120  # from the connection to the last byte
SILENT_SECONDS = 30  # without a byte


@dataclass(frozen=True)
class Pulled:
    """A file to be read. name: what messages call it; seen: what tells a file that was not changed since (empty: none
    does); until: for servers, up to when was asked, UTC seconds."""

    source: Source
    name: str
    path: Path
    seen: tuple[int, ...] = ()
    until: int = 0


def pulled(source: Source, folder: Path, now: int, since: int) -> Iterator[Pulled]:
    """What the source has. folder: a private one, for what is no file yet; since: until when a server was asked before,
    0 where it was not. ImporterError."""
    if isinstance(source, Files):
        yield from _files(source)
    elif isinstance(source, Prometheus):
        yield from _answers(source, folder, now, since)
    elif isinstance(source, Command):
        yield _printed(source, folder)


def _files(source: Files) -> Iterator[Pulled]:
    """ImporterError where none matches: a pattern that was mistyped is not taken for one without rows."""
    found = sorted(glob.glob(source.pattern, root_dir=source.root, recursive=True))  # noqa: PTH207, Path's are relative
    if not found:
        raise ImporterError(f"{source.name}: no file matches {source.pattern}", help="# correct glob, or wait for one")
    if len(found) > MAX_FILES:
        raise ImporterError(f"{source.name}: over {MAX_FILES} files match {source.pattern}", help="# match fewer")
    for name in found:
        path = source.root / name
        seen: tuple[int, ...] = ()
        with suppress(OSError):
            there = path.stat()
            if path.is_file():
                seen = (there.st_dev, there.st_ino, there.st_size, there.st_mtime_ns)
        yield Pulled(source, name, path, seen)


def windows(source: Prometheus, now: int, since: int) -> Iterator[tuple[int, int]]:
    """(start, end) of queries, UTC seconds, that have whole intervals up to now, none with over MAX_POINTS readings.

    A reading of dcgm stands for the time since the one before, and belongs to the interval in which it was taken, so
    that the first query begins a step early. One of kube-state stands for the step before it, and the last one of an
    interval is taken at its end.
    """
    whole = source.interval
    last = (now - source.settle) // whole * whole
    first = since or (now - source.back) // whole * whole
    early, late = (source.step, source.step) if source.importer.name == "dcgm" else (-source.step, 0)
    most = max(1, (MAX_POINTS - 2) * source.step // whole) * whole
    while first < last:
        end = min(last, first + most)
        yield first - early, end - late
        first = end


def _answers(source: Prometheus, folder: Path, now: int, since: int) -> Iterator[Pulled]:
    done = since
    late = source.step if source.importer.name == "dcgm" else 0
    for start, end in windows(source, now, since):
        done = end + late
        path = folder / f"{source.name}.{done}" / f"{source.name}.json"  # the name is that of the run, by default
        path.parent.mkdir(mode=0o700)
        asked = {"query": source.query, "start": start, "end": end, "step": source.step}
        _fetch(source, asked, path)
        yield Pulled(source, source.name, path, until=done)


def _fetch(source: Prometheus, asked: dict[str, object], path: Path) -> None:
    """GET, to a file. ImporterError, which repeats nothing that the server says."""
    parts = urlsplit(source.url)
    headers = {"Accept": "application/json"}
    if source.token is not None:
        headers["Authorization"] = f"Bearer {_token(source.token)}"
    where, target = f"{source.name}: {source.url}", f"{parts.path}/api/v1/query_range?{urlencode(asked)}"
    try:
        with (
            exchange.answered(parts, target, headers=headers, silent=SILENT_SECONDS, seconds=ANSWER_SECONDS) as answer,
            open(path, "xb", opener=_private) as file,
        ):
            if answer.status != 200:
                raise ImporterError(f"{where}: answers with status {answer.status}", help="# ask it yourself: curl")
            for block in exchange.blocks(answer, MAX_BODY_BYTES):
                file.write(block)
    except exchange.TooLong as error:
        remedy = "# ask for fewer series, with a longer step, or more often"
        raise ImporterError(f"{where}: {error.why}", help=remedy) from None
    except exchange.Unanswered as error:
        raise ImporterError(f"{where}: {error.why}", help="# it is asked again") from None


def _token(path: Path) -> str:
    try:
        with regular.open_given(path) as file:
            text = file.read(8193).partition(b"\n")[0].strip().decode("ascii")
    except (OSError, ValueError) as error:
        why = regular.reason(error) if isinstance(error, OSError) else "is not ASCII"
        raise ImporterError(f"{path}: {why}", help="# token_file is a file of one line") from None
    if not text or len(text) > 8192 or not text.isprintable():
        raise ImporterError(f"{path}: holds no token", help="# token_file is a file of one line")
    return text


def _printed(source: Command, folder: Path) -> Pulled:
    """What the program prints. It is ended where it takes too long or prints too much; its status has to be 0."""
    path, said = folder / f"{source.name}.txt", folder / f"{source.name}.said"
    where = f"{source.name}: {source.command[0]}"
    with open(path, "xb", opener=_private) as output, open(said, "xb", opener=_private) as errors:
        try:
            running = subprocess.Popen(
                source.command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors, env=dict(source.environment),
                cwd="/", start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise ImporterError(f"{where}: {regular.reason(error)}", help="# correct command") from None
        why = _waited(running, source.timeout, [path, said])
    if why:
        raise ImporterError(f"{where}: {why}", help="# ask for less: a later start, fewer fields")
    if running.returncode:
        with said.open("rb") as file:
            text = " ".join(file.read(4 * MAX_SAID).decode("utf-8", "replace").split())[:MAX_SAID]
        raise ImporterError(
            f"{where}: ends with status {running.returncode}{': ' if text else ''}{text}", help="# run it by hand"
        )
    return Pulled(source, source.name, path)


def _waited(running: subprocess.Popen[bytes], timeout: int, outputs: list[Path]) -> str:
    """Wait for a program; why it was ended, empty where it ended itself."""
    last, pause = time.monotonic() + timeout, 0.01
    while True:
        try:
            running.wait(pause)
            why = ""
        except subprocess.TimeoutExpired:
            why = f"took over {timeout} s" if time.monotonic() >= last else ""
        if any(path.stat().st_size > MAX_BODY_BYTES for path in outputs):
            why = f"prints more than {MAX_BODY_BYTES} bytes"
        if running.returncode is not None and not why:
            return ""
        if why:
            with suppress(OSError):
                os.killpg(running.pid, 9)
            running.wait()
            return why
        pause = min(0.25, 2 * pause)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
