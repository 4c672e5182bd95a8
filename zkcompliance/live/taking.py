"""One seal of what is new of some files, as a process of its own: where that is killed, who asked goes on.

Standard input: {"log": folder, "key": file, "schema": label, "now": UTC seconds, "inputs": [{"format", "options",
"name", "path"}, …]}; `name`: what messages and numbered rows call the file. Standard output, a line each:
    {"rows": so many were sealed}, and then {"said": [sentence, …]}, once segments are together
    {"error": {"code", "message", "help"}}
"""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zkcompliance import errors, importers, schemas, start
from zkcompliance.client.logs import next_folder, open_log
from zkcompliance.client.rounds import Rounds
from zkcompliance.errors import AlreadySealed, ImporterError, InternalError, LogError, UsageError, ZkComplianceError
from zkcompliance.importers import WHOLE, parts
from zkcompliance.importers.ranges import WholeLines
from zkcompliance.log import keys, moving
from zkcompliance.log.once import Input, Passed, Piece
from zkcompliance.log.records import Record
from zkcompliance.log.writer import Writer
from zkcompliance.schemas import Schema
from zkcompliance.schemas.word import self_declared

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_NUMBERED = "zkcompliance-watch"  # the format of which a numbered row of a file is a record
_RENAMED = "a file that is watched only grows, and another has another name"


class Killed(LogError):
    """The process that seals ended before it had said what came of it."""


@dataclass(frozen=True)
class File:
    """A file to be read by the importer of this name."""

    format: str
    options: dict[str, str]
    name: str
    path: str


@dataclass(frozen=True)
class Taking:
    """What is asked for: seal what is new of all these files, or of none. beacon: the file of a round that segments
    hold; required: whether nothing is sealed without one of the last day."""

    log: str
    key: str
    schema: str
    now: float
    inputs: tuple[File, ...]
    beacon: str | None = None
    required: bool = False

    @classmethod
    def of(cls, text: str) -> Taking:
        found = json.loads(text)
        return cls(**{**found, "inputs": tuple(File(**each) for each in found["inputs"])})


def sealed_beside(asked: Taking, sealed: Callable[[int], None]) -> list[str]:
    """Have another process do it; what it says of the log. sealed: told how many rows are sealed, as soon as they are.

    Raises what that raises, and Killed; then nothing was sealed, or `sealed` was told of it, or the next seal of the
    same files finds it in the log.
    """
    with subprocess.Popen(
        start.command("zkcompliance.live.taking"), stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}, cwd="/",
        start_new_session=True, text=True,
    ) as process:  # fmt: skip
        if process.stdin is None or process.stdout is None:
            raise InternalError("a process without its pipes")
        try:
            process.stdin.write(json.dumps(asdict(asked)))
            process.stdin.close()
        except BrokenPipeError:
            process.stdin = None  # it has ended, and says so below
        for line in process.stdout:
            found = json.loads(line)
            if "error" in found:
                raise _raised(**found["error"])
            if "said" in found:
                return list(found["said"])
            sealed(int(found["rows"]))
    raise Killed(f"{asked.log}: the process that seals it {_ended(process.returncode)}", help="# it is tried again")


def _ended(status: int) -> str:
    if status >= 0:
        return f"ended with status {status}"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"


def _raised(code: str, message: str, help: str) -> ZkComplianceError:
    """The error of another process, of the class that has its code."""
    kinds = [each for each in vars(errors).values() if isinstance(each, type) and issubclass(each, ZkComplianceError)]
    kind = next((each for each in kinds if each.code == code), InternalError)
    error = kind.__new__(kind)
    ZkComplianceError.__init__(error, message, help=help)
    return error


def named(error: Exception) -> ZkComplianceError:
    """An error as one of this package."""
    if isinstance(error, ZkComplianceError):
        return error
    if isinstance(error, OSError):
        return ImporterError(f"{error.filename or 'a file'}: {error.strerror}", help="# it is tried again")
    return InternalError.of(error)


def run() -> None:
    """Seal what standard input asks for, and leave with status 0 whatever came of it."""

    def tell(line: dict[str, Any]) -> None:
        print(json.dumps(line), flush=True)

    try:
        tell({"said": sealed(Taking.of(sys.stdin.read()), lambda rows: tell({"rows": rows}))})
    except Exception as raised:
        error = named(raised)
        tell({"error": {"code": error.code, "message": error.message, "help": error.help}})
    sys.exit(0)


def sealed(asked: Taking, tell: Callable[[int], None]) -> list[str]:
    """Seal; put segments together before there are too many. What is to be said of the log; tell: of the rows."""
    folder, began = moving.newest(asked.log, lambda sentence: None), time.monotonic()

    def clock() -> float:
        return asked.now + time.monotonic() - began

    with Writer(folder, keys.load_private(Path(asked.key)), clock=clock) as writer:
        rounds = None if asked.beacon is None else Rounds(Path(asked.beacon), asked.required)
        round_, remarks = (None, []) if rounds is None else rounds.newest(folder, asked.now)
        read = _Reading(schemas.by_name(asked.schema), int(asked.now))
        passed: list[Passed] = []
        waiting = writer.pending_rows
        try:
            writer.seal_inputs(read.inputs(asked.inputs), passed=passed, beacon=round_)
            rows = waiting + read.rows - sum(each.rows for each in passed)
        except (AlreadySealed, UsageError):
            if read.done < len(asked.inputs):
                raise
            rows = waiting  # nothing is new in any file
            if waiting:
                writer.seal(beacon=round_)
    if not rows:
        return []
    tell(rows)
    with open_log(folder, key=Path(asked.key), spool=True, clock=clock) as opened:
        said = None if opened.spooling else opened.grown()
        return [*remarks, *([said] if said is not None and not opened.compact(next_folder(opened)) else [])]


class _Reading:
    """The rows of files, counted. done: how many files were read to their end."""

    def __init__(self, schema: Schema, now: int) -> None:
        self.rows = self.done = 0
        self._schema, self._now = schema, now

    def inputs(self, given: Sequence[File]) -> Iterator[Input]:
        """Those of the files that have rows; an input without any would be kept as a seal of none."""
        for each in given:
            chunks = self._chunks(each)
            first = next(chunks, None)
            if first is not None:
                yield Input(each.name, itertools.chain([first], chunks))

    def _chunks(self, given: File) -> Iterator[NDArray[np.uint32] | Piece]:
        """The rows of one file; what is refused of it is said with the name that it goes by."""
        try:
            yield from self._read(given)
        except ZkComplianceError as error:
            message = error.message.replace(given.path, given.name)
            raise type(error)(message, help=error.help) from error.__cause__
        self.done += 1

    def _read(self, given: File) -> Iterator[NDArray[np.uint32] | Piece]:
        """Them with their records; of a file that is being written, those of whole lines."""
        importer = importers.by_name(given.format)
        within = WholeLines() if importer.grows else WHOLE
        path = Path(given.path)
        found = parts(importer, path, self._schema, given.options, now=self._now, empty=True, within=within)
        first = 1
        for part in found:
            (columns,) = self_declared(self._schema, [part.columns])
            n = columns.shape[1]
            if importer.schemas:
                records = [Record.of(importer.name, *each) for each in part.records]
            else:
                records = [
                    Record.of(_NUMBERED, (given.name, number), f"row {number}", help=_RENAMED)
                    for number in range(first, first + n)
                ]
            first += n
            self.rows += n
            yield Piece(columns, records) if records else columns
