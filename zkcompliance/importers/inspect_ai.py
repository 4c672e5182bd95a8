"""Inspect logs, `.eval` (a zip archive with zstd) and `.json`, version 2: one row per sample and epoch.

The score is that of one scorer. Reducers over epochs are left to the claim: the rows are the single epochs. The log's
own results (means of `mean` and `at_least_K`) are recomputed from the rows and have to agree. Refused, where no option
says otherwise: a log that is not finished, with status other than success, invalidated, of uncommitted code, of a
suite that was cut, with samples missing, doubled or not scored, and with scores that were edited after the fact.
Transcripts are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import BinaryIO

from zkcompliance.errors import ImporterError
from zkcompliance.importers import settings
from zkcompliance.importers.archive import Member, members
from zkcompliance.importers.exact import Seen, moment, number, whole
from zkcompliance.importers.inspect_header import Header, Recount, check_options
from zkcompliance.importers.json_stream import JsonStream, as_list, as_object, as_text
from zkcompliance.importers.model import Importer, Row
from zkcompliance.quantities import MILLION, Exact
from zkcompliance.schemas import Schema

FORMULA = (
    "score = the chosen scorer's value of one sample in one epoch: C = 1, P = 0.5, I = N = 0, true = 1, false = 0, or "
    "a number from 0 to 1, in parts per million, rounded half to even from its decimal digits; suite = task@version, "
    "item = sample id, attempt = 1 + retries after errors, limit = the limit that the sample hit, grader = scorer, "
    "at = when the sample was completed, whole seconds, rounded down; nothing is reduced over epochs"
)
_LETTERS = {"C": Fraction(1), "P": Fraction(1, 2), "I": Fraction(0), "N": Fraction(0)}
_LIMITS = {"time": "time", "working": "time", "message": "messages", "token": "tokens", "cost": "cost"}
_WANTED = ("id", "epoch", "scores", "metadata", "error", "error_retries", "completed_at", "limit")
_HEAD = ("version", "status", "eval", "results", "stats", "invalidated")


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows of the eval schema, in the order in which the log holds its samples."""
    check_options(options)
    yield from _archive(file, options) if settings.head(file, 4)[:2] == b"PK" else _document(file, options)


def _archive(file: BinaryIO, options: Mapping[str, str]) -> Iterator[Row]:
    listed = members(file)
    if "header.json" not in listed:
        raise ImporterError("has no header.json: the evaluation has not finished")
    stream = JsonStream(Member(file, listed["header.json"], "header.json"), "header.json")
    head = {name: stream.value() for name in stream.members() if name in _HEAD}
    stream.finish()
    samples = _Samples(Header.judged(head, options), options)
    number_of = 0
    for name, info in listed.items():
        if name.startswith("samples/") and name.endswith(".json"):
            number_of += 1
            stream = JsonStream(Member(file, info, f"sample {number_of}"), f"sample {number_of}")
            yield from samples.rows(_sample(stream), f"sample {number_of}")
            stream.finish()
    samples.check()


def _document(file: BinaryIO, options: Mapping[str, str]) -> Iterator[Row]:
    stream = JsonStream(file)
    head: dict[str, object] = {}
    samples: _Samples | None = None
    for name in stream.members():
        if name in _HEAD:
            if samples is not None:
                raise ImporterError(f"{name}: comes after the samples, which Inspect does not write")
            head[name] = stream.value()
        elif name == "samples":
            samples = _Samples(Header.judged(head, options), options)
            for position in stream.items():
                yield from samples.rows(_sample(stream), f"sample {position + 1}")
    stream.finish()
    if samples is None:
        Header.judged(head, options)
        raise ImporterError("samples: are missing")
    samples.check()


def _sample(stream: JsonStream) -> dict[str, object]:
    return {name: stream.value() for name in stream.members() if name in _WANTED}


class _Samples:
    """Samples → rows, and whether they are all there."""

    def __init__(self, header: Header, options: Mapping[str, str]) -> None:
        self._header = header
        self._domain = options.get("domain", "")
        self._unscored = options.get("unscored", "refuse")
        self._edits = options.get("edits", "refuse")
        self._source = settings.source(options)
        self._seen, self._recount = Seen(), Recount()
        self._unscored_samples = self._failed = 0

    def rows(self, sample: Mapping[str, object], where: str) -> Iterator[Row]:
        """The row of one sample; none when it failed or has no score and an option says to leave it out."""
        item = sample.get("id")
        if isinstance(item, bool) or not isinstance(item, (int, str)) or item == "":
            raise ImporterError(f"{where}, id: is neither a text nor a whole number")
        epoch = whole(sample.get("epoch"), f"{where}, epoch")
        if not 1 <= epoch <= self._header.epochs:
            raise ImporterError(f"{where}, epoch: is not 1 to the number of epochs")
        if not self._seen.add(str(item), epoch):
            raise ImporterError(f"{where}, id: is there twice in one epoch")
        if sample.get("error") is not None:
            if not self._header.partly:
                raise ImporterError(f"{where}, error: the sample failed", help="add --set incomplete=yes to skip it")
            self._failed += 1
            return
        value = self._score(as_object(sample.get("scores"), f"{where}, scores"), f"{where}, scores")
        if value is None and self._unscored == "skip":
            return
        if value is not None:
            self._recount.add(str(item), value)
        limit = _limit(sample.get("limit"), f"{where}, limit")
        done = sample.get("completed_at")
        at = self._header.finished if done is None else moment(done, f"{where}, completed_at")
        yield {
            "suite": self._header.suite,
            "item": str(item),
            "epoch": epoch,
            "attempt": 1 + len(as_list(sample.get("error_retries") or [], f"{where}, error_retries")),
            "model": self._header.model,
            "domain": self._domain_of(sample, where),
            "score": None if value is None else Exact(round(value * MILLION)),
            "grader": self._header.scorer,
            "at": int(at),
            "limit": limit,
            "status": "success" if limit == "none" else "limit",
            "dirty": self._header.dirty,
            "source": self._source,
        }

    def check(self) -> None:
        """ImporterError when samples are missing, or the log's results do not follow from them."""
        if len(self._seen) > self._header.expected or len(self._seen) - self._failed < self._header.completed:
            raise ImporterError("samples: are not as many as results.completed_samples")
        if not self._unscored_samples and not self._failed and self._edits != "original":
            self._recount.check(self._header.results, self._header.epochs)

    def _domain_of(self, sample: Mapping[str, object], where: str) -> str:
        if not self._domain:
            return ""
        return as_text(as_object(sample.get("metadata"), f"{where}, metadata").get(self._domain), f"{where}, domain")

    def _score(self, scores: Mapping[str, object], where: str) -> Fraction | None:
        entry = scores.get(self._header.scorer)
        if entry is None:
            return self._no_score(where)
        score = as_object(entry, where)
        value = score.get("value")
        history = as_list(score.get("history") or [], f"{where}, history")
        if history:
            if self._edits == "refuse":
                raise ImporterError(
                    f"{where}, history: the score was edited", help="add --set edits=accept or edits=original"
                )
            if self._edits == "original":
                value = as_object(history[0], f"{where}, history").get("value")
        if isinstance(value, Decimal) and value.is_nan():
            return self._no_score(where)
        return _value(value, f"{where}, value")

    def _no_score(self, where: str) -> Fraction | None:
        if self._unscored == "refuse":
            raise ImporterError(
                f"{where}: the sample has no score", help="add --set unscored=missing, unscored=zero or unscored=skip"
            )
        self._unscored_samples += 1
        return Fraction(0) if self._unscored == "zero" else None


def _limit(limit: object, where: str) -> str:
    """The eval schema's word for the limit that a sample hit."""
    if limit is None:
        return "none"
    return _LIMITS.get(as_text(as_object(limit, where).get("type"), f"{where}, type"), "other")


def _value(value: object, where: str) -> Fraction:
    """A score as a number 0 … 1."""
    if isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, str):
        if value not in _LETTERS:
            raise ImporterError(f"{where}: is none of C, P, I, N")
        return _LETTERS[value]
    if isinstance(value, (dict, list)):
        raise ImporterError(f"{where}: holds several scores, and one is wanted")
    score = number(value, where)
    if score > 1:
        raise ImporterError(f"{where}: is over 1, and scores are 0 to 1")
    return score


IMPORTER = Importer(
    "inspect",
    "Inspect log, .eval or .json",
    FORMULA,
    read,
    ("eval",),
    {
        "scorer": "whose score; default the only one",
        "task": "refuse any other task",
        "task_version": "refuse any other version of the task",
        "epochs": "refuse any other number of epochs",
        "reducer": "refuse a log whose results lack this reducer, e.g. mean or at_least_2",
        "model": "name of the model; default as in the log",
        "domain": "member of the sample's metadata that names its domain; default not stated",
        "incomplete": "yes accepts a log in which samples failed or are missing; default no",
        "limited": "yes accepts a suite cut by a limit, chosen samples or an early stop; default no",
        "unscored": "refuse (default), missing, zero or skip: what the score of a sample without one is",
        "edits": "refuse (default), accept (the edited score) or original: what an edited score is",
        "dirty": "yes accepts evaluation code that is not committed or not known; default no",
        **settings.SOURCE,
    },
    columns=(
        "suite", "item", "epoch", "attempt", "model", "domain", "score", "grader", "at", "limit", "status", "dirty",
        "source",
    ),
)  # fmt: skip
