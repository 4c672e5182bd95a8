"""Samples of an Inspect log as rows of the eval schema, and whether they are all there and say what the log says.

A sample that was retried n times after errors is n + 1 rows: n attempts that failed, without a score, and the last one.
The log does not say when the others ended: they have the time at which the run began, so that none looks later than it
was. Nothing that ran is left out: what failed, hit a limit, or belongs to a run that did not end well is a row that
says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from zkcompliance.errors import ImporterError
from zkcompliance.importers import settings
from zkcompliance.importers.exact import Seen, second, whole
from zkcompliance.importers.grades import Grades
from zkcompliance.importers.inspect_header import Header
from zkcompliance.importers.inspect_recount import LETTERS, Recount, as_number
from zkcompliance.importers.json_stream import as_list, as_object, as_text
from zkcompliance.importers.model import Identified, Row
from zkcompliance.quantities import MILLION, Exact

WANTED = frozenset({"id", "epoch", "scores", "metadata", "error", "error_retries", "completed_at", "limit"})
MOST_RETRIES = 1 << 16  # of one sample
_LIMITS = {"time": "time", "working": "time", "message": "messages", "token": "tokens", "cost": "cost"}
_Reading = tuple[object, object]  # a score as the log has it, and as the rows take it


class Samples:
    """Samples → rows; then `check`."""

    def __init__(self, header: Header, options: Mapping[str, str]) -> None:
        self._header = header
        self._grades = Grades.of(options, LETTERS)
        self._domain = options.get("domain", "")
        self._unscored = options.get("unscored", "refuse")
        self._edits = options.get("edits", "refuse")
        self._source = settings.source(options)
        self._worth_of: dict[str, Exact] = {}  # texts that have a worth: those that are stated, and the letters
        self._seen, self._epochs = Seen(), dict[str, int]()
        self._stated = Recount()
        self._original = Recount() if self._edits == "original" else None
        self._mapped = Recount() if self._grades.stated else None
        self._failed = 0

    def rows(self, sample: Mapping[str, object], where: str) -> Iterator[Row]:
        """The rows of one sample, an attempt each; none when it has no score and an option says to leave it out."""
        item, epoch = self._identity(sample, where)
        error = sample.get("error") is not None
        limit = _limit(sample.get("limit"), f"{where}, limit")
        if error:
            if not self._header.partly:
                raise ImporterError(
                    f"{where}, error: the sample failed",
                    help="add --set incomplete=yes to seal it as a row that says so",
                )
            self._failed += 1
        entries = sample.get("scores")
        scores = as_object({} if entries is None and self._may_lack_scores(error) else entries, f"{where}, scores")
        worth = self._worth(item, scores, f"{where}, scores", may_lack=error or self._may_lack_scores(limit != "none"))
        if worth == "skip":
            return
        retries = len(as_list(sample.get("error_retries") or [], f"{where}, error_retries"))
        if retries > MOST_RETRIES:
            raise ImporterError(f"{where}, error_retries: are over {MOST_RETRIES}")
        row = {
            "suite": self._header.suite,
            "item": item,
            "epoch": epoch,
            "attempt": retries + 1,
            "model": self._header.model,
            "domain": self._domain_of(sample, where),
            "score": worth,
            "grader": self._header.score.name,
            "at": self._when(sample, where),
            "limit": limit,
            "status": "error" if error else "limit" if limit != "none" else self._header.ended,
            "dirty": self._header.dirty,
            "source": self._source,
        }
        for attempt in range(1, retries + 1):
            failed = {"score": None, "at": self._began(where), "limit": "none", "status": "error"}
            yield self._record({**row, "attempt": attempt, **failed}, (item, epoch, attempt), where, ())
        aside = () if error or limit != "none" else ("status",)
        aside = aside if self._dated(sample) else (*aside, "at")
        yield self._record(row, (item, epoch, retries + 1), where, aside)

    def _record(self, row: Row, graded: tuple[str, int, int], where: str, aside: tuple[str, ...]) -> Row:
        """The row as that of its record, an attempt (item, epoch, attempt) that this score grades.

        aside: what is the run's and not the sample's, and may change as the run goes on.
        """
        header = self._header
        if not header.run:
            return row
        return Identified(row, (*header.run, *graded, header.score.name), where, aside)

    def check(self) -> None:
        """ImporterError when samples are missing, or the log's results do not follow from them."""
        header, count = self._header, len(self._seen)
        if header.expected is not None and header.completed is not None:
            if count > header.expected or count - self._failed < header.completed:
                raise ImporterError(
                    "samples: are not as many as results.completed_samples",
                    help="give the log whole, as Inspect wrote it at the end of the run",
                )
            if not header.partly and any(epochs != header.epochs for epochs in self._epochs.values()):
                raise ImporterError(
                    "samples: one is not there in every epoch", help="add --set incomplete=yes to seal those that are"
                )
        readings = [each for each in (self._stated, self._original, self._mapped) if each is not None]
        for line in header.score.results:
            faults = [reading.fault(line) for reading in readings]
            if None not in faults:
                raise ImporterError(str(faults[0]))

    def _identity(self, sample: Mapping[str, object], where: str) -> tuple[str, int]:
        item = sample.get("id")
        if isinstance(item, bool) or not isinstance(item, (int, str)) or item == "":
            raise ImporterError(f"{where}, id: is neither a text nor a whole number")
        epoch = whole(sample.get("epoch"), f"{where}, epoch")
        if not 1 <= epoch <= self._header.epochs:
            raise ImporterError(f"{where}, epoch: is not 1 to the number of epochs")
        if not self._seen.add(str(item), epoch):
            raise ImporterError(f"{where}, id: is there twice in one epoch")
        self._epochs[str(item)] = self._epochs.get(str(item), 0) + 1
        return str(item), epoch

    def _may_lack_scores(self, stopped: bool) -> bool:
        """Whether a sample may be without a score and no option says so: it was stopped, or its run was."""
        return stopped or self._header.ended != "success"

    @staticmethod
    def _dated(sample: Mapping[str, object]) -> bool:
        """Whether the sample says when it was completed, so that the run's end does not stand for it."""
        return sample.get("completed_at") not in (None, "")

    def _when(self, sample: Mapping[str, object], where: str) -> int:
        done = sample.get("completed_at")
        if not self._dated(sample):
            if self._header.finished is None:
                raise ImporterError(f"{where}, completed_at: is missing, and the run has no end")
            return int(self._header.finished)
        return second(done, f"{where}, completed_at")

    def _began(self, where: str) -> int:
        if self._header.started is None:
            raise ImporterError(f"{where}, error_retries: stats.started_at is missing, so they have no time")
        return int(self._header.started)

    def _domain_of(self, sample: Mapping[str, object], where: str) -> str:
        if not self._domain:
            return ""
        return as_text(as_object(sample.get("metadata"), f"{where}, metadata").get(self._domain), f"{where}, domain")

    def _worth(self, item: str, scores: Mapping[str, object], where: str, *, may_lack: bool) -> Exact | str | None:
        """The score in parts per million; None for a missing one; `skip` for a row that is left out."""
        entry = scores.get(self._header.score.scorer)
        stated, taken = (None, None) if entry is None else self._reading(as_object(entry, where), where)
        if entry is not None:
            self._count(item, stated, taken, f"{where}, value")
        if not _nothing(taken):
            return self._ppm(taken, f"{where}, value")
        if may_lack:
            return None
        if self._unscored == "refuse":
            raise ImporterError(
                f"{where}: the sample has no score", help="add --set unscored=missing, unscored=zero or unscored=skip"
            )
        if self._unscored == "zero":
            if entry is None:
                raise ImporterError(
                    f"{where}: the scorer has no entry, so that nothing says that it ran: that is not a score of 0",
                    help="say --set unscored=missing or unscored=skip",
                )
            return Exact(0)
        return "skip" if self._unscored == "skip" else None

    def _ppm(self, grade: object, where: str) -> Exact:
        """What a grade is worth; that of a text is kept, since few of them are given again and again."""
        known = self._worth_of.get(grade) if isinstance(grade, str) else None
        if known is None:
            known = Exact(round(self._grades.worth(grade, where) * MILLION))
            if isinstance(grade, str):
                self._worth_of[grade] = known
        return known

    def _count(self, item: str, stated: object, taken: object, where: str) -> None:
        """For the recount: as Inspect counts the log's value, the original one, and a text by what `map` says."""
        self._stated.add(item, None if _nothing(stated) else as_number(stated, where))
        if self._original is not None:
            self._original.add(item, None if _nothing(taken) else as_number(taken, where))
        if self._mapped is not None:
            worth = self._grades.stated.get(stated) if isinstance(stated, str) else None
            other = None if _nothing(stated) else as_number(stated, where)
            self._mapped.add(item, other if worth is None else worth)

    def _reading(self, score: Mapping[str, object], where: str) -> _Reading:
        value = taken = score.get("value")
        history = as_list(score.get("history") or [], f"{where}, history")
        if history:
            if self._edits == "refuse":
                raise ImporterError(
                    f"{where}, history: the score was edited", help="add --set edits=accept or edits=original"
                )
            if self._edits == "original":
                taken = as_object(history[0], f"{where}, history").get("value")
        return self._part(value, f"{where}, value"), self._part(taken, f"{where}, value")

    def _part(self, value: object, where: str) -> object:
        """The value itself, or what `key` names of a dict or a list."""
        key = self._header.score.key
        if _nothing(value):
            return value
        if not key:
            if isinstance(value, (dict, list)):
                raise ImporterError(
                    f"{where}: holds several scores, and one is wanted",
                    help="name one: --set key=NAME of a dict, --set key=POSITION of a list, from 0",
                )
            return value
        if isinstance(value, dict):
            if key not in value:
                raise ImporterError(f"{where}: the dict has no such key", help="name another with --set key=NAME")
            return value[key]
        if isinstance(value, list):
            if not (key.isascii() and key.isdecimal() and len(key) < 10 and int(key) < len(value)):
                raise ImporterError(
                    f"{where}: the list has no such position", help=f"name one of 0 to {len(value) - 1}: --set key=0"
                )
            return value[int(key)]
        raise ImporterError(f"{where}: is a single value, and a key was named", help="leave --set key=… out")


def _nothing(value: object) -> bool:
    """Whether a scorer gave no grade: null or NaN."""
    return value is None or (isinstance(value, Decimal) and value.is_nan())


def _limit(limit: object, where: str) -> str:
    """The eval schema's word for the limit that a sample hit."""
    if limit is None:
        return "none"
    return _LIMITS.get(as_text(as_object(limit, where).get("type"), f"{where}, type"), "other")
