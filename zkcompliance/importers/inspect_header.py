"""The head of an Inspect log: which task, model and scorer it is about, and whether it is complete and unedited.

Also the check that the log's own results follow from its samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from zkcompliance import limits
from zkcompliance.errors import ImporterError
from zkcompliance.importers import settings
from zkcompliance.importers.exact import moment, number, whole
from zkcompliance.importers.json_stream import as_list, as_object, as_text
from zkcompliance.quantities import MILLION, parse_integer

VERSION = 2
_MEANS = ("accuracy", "mean")


@dataclass(frozen=True)
class Result:
    """One line of the log's results for the chosen scorer: a mean over items, after a reducer over epochs."""

    reducer: str
    scored: int
    value: Fraction


@dataclass(frozen=True)
class Header:
    """What the rows take from the head of the log.

    `expected`: samples in all; `partly`: some may be missing; `dirty`: `yes`, `no` or `unknown`.
    """

    suite: str
    model: str
    scorer: str
    epochs: int
    expected: int
    completed: int
    partly: bool
    results: tuple[Result, ...]
    finished: Fraction
    dirty: str

    @classmethod
    def judged(cls, head: Mapping[str, object], options: Mapping[str, str]) -> Header:
        """From the members of the log before its samples. ImporterError when it is not a sound, finished log."""
        version = head.get("version")
        if version != VERSION:
            shown = version if isinstance(version, int) and version < 1000 else "not named"
            raise ImporterError(f"version: {shown} is not known, only {VERSION}")
        if head.get("status") != "success":
            raise ImporterError("status: is not success: a run that failed or was stopped has no results")
        if head.get("invalidated") not in (False, None):
            raise ImporterError("invalidated: the log was declared invalid")
        spec = as_object(head.get("eval"), "eval")
        results = as_object(head.get("results"), "results")
        total = whole(results.get("total_samples"), "results.total_samples")
        completed = whole(results.get("completed_samples"), "results.completed_samples")
        partly = settings.flag(options, "incomplete")
        if completed > total or (completed != total and not partly):
            raise ImporterError(
                "results.completed_samples: differs from total_samples", help="add --set incomplete=yes to accept it"
            )
        dirty = _dirty(spec, options)
        _check_whole(spec, results, options)
        scorer, lines = _scores(results, options)
        epochs = whole(as_object(spec.get("config"), "eval.config").get("epochs", 1) or 1, "eval.config.epochs")
        if "epochs" in options and parse_integer(options["epochs"]) != epochs:
            raise ImporterError("eval.config.epochs: is not the stated number")
        stats = as_object(head.get("stats"), "stats")
        return cls(
            suite=_suite(spec, options),
            model=options.get("model") or as_text(spec.get("model"), "eval.model"),
            scorer=scorer,
            epochs=epochs,
            expected=total,
            completed=completed,
            partly=partly,
            results=lines,
            finished=moment(stats.get("completed_at"), "stats.completed_at"),
            dirty=dirty,
        )


def _dirty(spec: Mapping[str, object], options: Mapping[str, str]) -> str:
    """Whether the evaluation's code was changed and not committed. ImporterError where that is not `no` or accepted."""
    revision = spec.get("revision")
    stated = revision.get("dirty") if isinstance(revision, dict) else None
    found = {False: "no", True: "yes"}[stated] if isinstance(stated, bool) else "unknown"
    if found != "no" and not settings.flag(options, "dirty"):
        raise ImporterError(
            "eval.revision.dirty: is not false: the evaluation's code is not known, or had uncommitted changes",
            help="add --set dirty=yes to accept it",
        )
    return found


def _check_whole(spec: Mapping[str, object], results: Mapping[str, object], options: Mapping[str, str]) -> None:
    """ImporterError when the suite was cut, by a limit, by chosen sample ids or by stopping early."""
    if settings.flag(options, "limited"):
        return
    config = as_object(spec.get("config"), "eval.config")
    for name, value in (
        ("eval.config.limit", config.get("limit")),
        ("eval.config.sample_id", config.get("sample_id")),
        ("results.early_stopping", results.get("early_stopping")),
    ):
        if value is not None:
            raise ImporterError(f"{name}: is set, so the suite was cut", help="add --set limited=yes to accept it")


def _suite(spec: Mapping[str, object], options: Mapping[str, str]) -> str:
    """`task@version`, held against the options `task` and `task_version`."""
    task = as_text(spec.get("task"), "eval.task")
    version = spec.get("task_version", 0)
    if isinstance(version, bool) or not isinstance(version, (int, str)):
        raise ImporterError("eval.task_version: is neither a number nor a text")
    if options.get("task", task) != task:
        raise ImporterError("eval.task: is not the stated task")
    if options.get("task_version", str(version)) != str(version):
        raise ImporterError("eval.task_version: is not the stated version")
    return f"{task}@{version}"


def _scores(results: Mapping[str, object], options: Mapping[str, str]) -> tuple[str, tuple[Result, ...]]:
    """The scorer, and its results. ImporterError when it is not there, not the only one, or left samples unscored."""
    lines = [as_object(line, "results.scores") for line in as_list(results.get("scores"), "results.scores")]
    names = {as_text(line.get("name"), "results.scores.name") for line in lines}
    scorer = options.get("scorer") or (names.pop() if len(names) == 1 else "")
    if not scorer:
        raise ImporterError("results.scores: holds not one scorer", help="name one with --set scorer=NAME")
    chosen = [line for line in lines if line["name"] == scorer]
    if not chosen:
        raise ImporterError("results.scores: the stated scorer is not there")
    found = []
    for line in chosen:
        unscored = line.get("unscored_samples")
        if options.get("unscored", "refuse") == "refuse" and whole(
            0 if unscored is None else unscored, "results.scores.unscored_samples"
        ):
            raise ImporterError(
                "results.scores.unscored_samples: is not 0",
                help="add --set unscored=missing, zero or skip",
            )
        scored = whole(line.get("scored_samples", 0) or 0, "results.scores.scored_samples")
        metrics = as_object(line.get("metrics"), "results.scores.metrics")
        for name in _MEANS:
            if name in metrics:
                value = as_object(metrics[name], f"results.scores.metrics.{name}").get("value")
                found.append(Result(str(line.get("reducer") or "mean"), scored, number(value, f"metric {name}")))
    if "reducer" in options and options["reducer"] not in {line.reducer for line in found}:
        raise ImporterError("results.scores: the stated reducer is not there")
    return scorer, tuple(found)


class Recount:
    """Scores by item, to recompute the results that the log states."""

    def __init__(self) -> None:
        self._items: dict[object, tuple[int, Fraction, int]] = {}

    def add(self, item: object, value: Fraction) -> None:
        """One epoch's score of an item, 0 … 1."""
        count, total, ones = self._items.get(item, (0, Fraction(), 0))
        if not count and len(self._items) >= limits.MAX_IMPORT_IDENTITIES:
            raise ImporterError("too many samples in one file")
        self._items[item] = (count + 1, total + value, ones + (value >= 1))

    def check(self, results: tuple[Result, ...], epochs: int) -> None:
        """ImporterError when an item lacks an epoch, or a stated mean differs from the recomputed one by over 10^-6.

        Reducers `mean` and `at_least_K` are recomputed; others are not.
        """
        if any(count != epochs for count, _, _ in self._items.values()):
            raise ImporterError("samples: one is not there in every epoch")
        for line in results:
            reduced = self._reduced(line.reducer)
            if not reduced:
                continue
            if abs(sum(reduced, Fraction()) / len(reduced) - line.value) > Fraction(1, MILLION):
                raise ImporterError("results.scores: the stated result does not follow from the samples")

    def _reduced(self, reducer: str) -> list[Fraction]:
        if reducer == "mean":
            return [total / count for count, total, _ in self._items.values()]
        if reducer.startswith("at_least_") and reducer[9:].isdecimal():
            return [Fraction(ones >= int(reducer[9:])) for _, _, ones in self._items.values()]
        return []


def check_options(options: Mapping[str, str]) -> None:
    """UsageError for a value that an option does not have."""
    settings.flag(options, "incomplete")
    settings.flag(options, "dirty")
    settings.choice(options, "unscored", ("refuse", "missing", "zero", "skip"), "refuse")
    settings.choice(options, "edits", ("refuse", "accept", "original"), "refuse")
