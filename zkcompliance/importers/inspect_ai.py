"""Inspect logs, `.eval` (a zip archive with zstd, chunked or not) and `.json`, version 2: one row per attempt.

The score is that of one scorer, or of one key of a scorer's dict or list. Reducers over epochs (pass@k, any of them)
are left to the claim: the rows are the single epochs. The log's own results are recomputed from the samples and have to
agree. Refused, where no option says otherwise: a run that failed or was stopped, an invalidated log, a suite that was
cut, samples that failed, are missing, doubled or not scored, and scores that were edited after the fact. Transcripts
are passed over.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO
from zipfile import ZipInfo

from zkcompliance.errors import ImporterError
from zkcompliance.importers import grades, settings
from zkcompliance.importers.archive import Member, members
from zkcompliance.importers.inspect_header import Header, check_options
from zkcompliance.importers.inspect_samples import WANTED, Samples
from zkcompliance.importers.json_members import SMALL, chosen
from zkcompliance.importers.json_stream import JsonStream
from zkcompliance.importers.model import Importer, Row, Said
from zkcompliance.schemas import Schema

FORMULA = (
    "score = the chosen scorer's value of one sample in one epoch, or one key of it: C = 1, P = 0.5, I = N = 0, true = "
    "1, false = 0, a text as `map` says, or a number v as (v − low) / (high − low) of `scale`, 0..1 unless stated; in "
    "parts per million, rounded half to even from its decimal digits; suite = task@version, item = sample id, grader = "
    "scorer, with a key scorer.key; a sample that was retried n times after errors is n + 1 rows, attempts 1 to n "
    "without a score, at the time when the run began; limit = the limit that the sample hit, status = how it ended, or "
    "how its run did if that was not well, dirty = whether the code was committed; at = when the sample was completed, "
    "whole seconds, rounded down; nothing is reduced over epochs"
)
_HEAD = frozenset({"version", "status", "eval", "results", "stats", "invalidated"})
_CHUNKED = re.compile(r"samples/.+_epoch_[0-9]+/", re.DOTALL)


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row | Said]:
    """Rows of the eval schema, in the order in which the log holds its samples."""
    check_options(options)
    yield from _archive(file, options) if settings.head(file, 4)[:2] == b"PK" else _document(file, options)


def _archive(file: BinaryIO, options: Mapping[str, str]) -> Iterator[Row | Said]:
    listed = members(file)
    header = Header.judged(_head(file, listed), options)
    yield from header.said()
    samples = Samples(header, options)
    for number, (info, beside) in enumerate(_samples(listed), 1):
        where = f"sample {number}"
        sample = _members(file, info, where, WANTED)
        if beside is not None:
            sample["metadata"] = JsonStream(Member(file, beside, where), where).whole()
        yield from samples.rows(sample, where)
    samples.check()


def _head(file: BinaryIO, listed: Mapping[str, ZipInfo]) -> dict[str, object]:
    """The log's head; of a run that was killed, before it could write one, what stands in its journal."""
    for name, more in (("header.json", {}), ("_journal/start.json", {"status": "started"})):
        if name in listed:
            return {**_members(file, listed[name], name, _HEAD), **more}
    raise ImporterError("has no header.json and no _journal/start.json: the evaluation had not begun")


def _samples(listed: Mapping[str, ZipInfo]) -> Iterator[tuple[ZipInfo, ZipInfo | None]]:
    """Each sample's member; of Inspect's chunked layout, where a sample is a folder, its metadata's beside it."""
    folders = {
        name.removesuffix("sample.json")
        for name in listed
        if name.endswith("/sample.json") and _CHUNKED.fullmatch(name.removesuffix("sample.json"))
    }
    for name, info in listed.items():
        if not name.startswith("samples/") or not name.endswith(".json"):
            continue
        match = _CHUNKED.match(name) if folders else None
        folder = match[0] if match else ""
        if folder not in folders:
            yield info, None
        elif name == f"{folder}sample.json":
            yield info, listed.get(f"{folder}metadata.json")


def _members(file: BinaryIO, info: ZipInfo, where: str, wanted: frozenset[str]) -> dict[str, object]:
    """The members of that name, of the object that an archive's member is."""
    member = Member(file, info, where)
    if info.file_size > SMALL:
        return _wanted(JsonStream(member, where), wanted, whole=True)
    data = member.whole()
    found = chosen(data, wanted)
    return _wanted(JsonStream(io.BytesIO(data), where), wanted, whole=True) if found is None else found


def _wanted(stream: JsonStream, wanted: frozenset[str], *, whole: bool) -> dict[str, object]:
    """The members of that name, of the object that comes next; whole: of a document that ends with it."""
    found = {name: stream.value() for name in stream.members() if name in wanted}
    if whole:
        stream.finish()
    return found


def _document(file: BinaryIO, options: Mapping[str, str]) -> Iterator[Row | Said]:
    stream = JsonStream(file)
    head: dict[str, object] = {}
    samples: Samples | None = None
    for name in stream.members():
        if name in _HEAD:
            if samples is not None:
                raise ImporterError(f"{name}: comes after the samples, which Inspect does not write")
            head[name] = stream.value()
        elif name == "samples":
            header = Header.judged(head, options)
            yield from header.said()
            samples = Samples(header, options)
            for position in stream.items():
                yield from samples.rows(_wanted(stream, WANTED, whole=False), f"sample {position + 1}")
    stream.finish()
    if samples is None:
        Header.judged(head, options)
        raise ImporterError("samples: are missing")
    samples.check()


IMPORTER = Importer(
    "inspect",
    "Inspect log, .eval or .json",
    FORMULA,
    read,
    ("eval",),
    {
        "scorer": "whose score, SCORER.KEY for one key of a scorer's dict; default the only one",
        "key": "which of several values: the key of a dict, or the position in a list, from 0; default none",
        **grades.OPTIONS,
        "task": "refuse any other task",
        "task_version": "refuse any other version of the task",
        "epochs": "refuse any other number of epochs",
        "reducer": "refuse a log whose results lack this reducer, e.g. mean or at_least_2",
        "model": "name of the model; default as in the log",
        "domain": "member of the sample's metadata that names its domain; default not stated",
        "incomplete": "yes accepts a run that failed or was stopped, or lacks samples, as what it is; default no",
        "running": "refuse (default) or accept a run that goes on: its samples that ended are rows like others",
        "limited": "yes accepts a suite cut by a limit, chosen samples or an early stop; default no",
        "unscored": "refuse (default), missing, zero or skip: what the score of a sample is whose scorer gave none",
        "edits": "refuse (default), accept (the edited score) or original: what an edited score is",
        "unchecked": "yes accepts a score of which the log states no mean that can be recomputed; default no",
        "dirty": "no refuses evaluation code that is not committed or not known; default yes: the rows say it",
        **settings.SOURCE,
    },
    columns=(
        "suite", "item", "epoch", "attempt", "model", "domain", "score", "grader", "at", "limit", "status", "dirty",
        "source",
    ),
)  # fmt: skip
