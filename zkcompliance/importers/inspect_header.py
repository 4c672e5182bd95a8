"""The head of an Inspect log: which task, model and score it is about, how the run ended, and whether it is whole."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from zkcompliance.errors import ImporterError
from zkcompliance.importers import settings
from zkcompliance.importers.exact import moment, number, whole
from zkcompliance.importers.inspect_scores import Chosen, choose
from zkcompliance.importers.json_stream import as_object, as_text
from zkcompliance.importers.model import Said
from zkcompliance.quantities import parse_integer

VERSION = 2
_ENDS = {"success": "success", "error": "error", "cancelled": "cancelled", "started": "cancelled"}


@dataclass(frozen=True)
class Header:
    """What the rows take from the head of the log.

    run: what tells this evaluation from all others, and stays the same while its log grows; empty where the log does
    not say. ended: the eval schema's word for how the run ended; a killed run (`started`) is a cancelled one, and one
    that goes on has ended well as far as it has. expected, completed: samples in all and without an error, None of a
    run that ended before it counted them, or had none to count. partly: whether some may be missing or failed. started,
    finished: of the run, None where the log does not say. dirty: `yes`, `no` or `unknown`. limits: those that each
    sample had, by name.
    """

    run: tuple[str, ...]
    suite: str
    model: str
    score: Chosen
    epochs: int
    ended: str
    expected: int | None
    completed: int | None
    partly: bool
    started: Fraction | None
    finished: Fraction | None
    dirty: str
    limits: Mapping[str, str]

    @classmethod
    def judged(cls, head: Mapping[str, object], options: Mapping[str, str]) -> Header:
        """From the members of the log before its samples. ImporterError where they are not sound, or not accepted."""
        version = head.get("version")
        if version != VERSION:
            shown = version if isinstance(version, int) and version < 1000 else "not named"
            raise ImporterError(f"version: {shown} is not known, only {VERSION}")
        going = head.get("status") == "started" and options.get("running") == "accept"
        partly = settings.flag(options, "incomplete") or going
        ended = "success" if going else _ended(head.get("status"), partly)
        if head.get("invalidated") not in (False, None):
            raise ImporterError("invalidated: the log was declared invalid")
        spec = as_object(head.get("eval"), "eval")
        cut_short = partly and head.get("results") is None
        if head.get("results") is None and not partly:
            raise ImporterError(
                "results: are missing: not one sample was scored",
                help="add --set incomplete=yes to seal the samples as rows that say how each ended",
            )
        results = {} if cut_short else as_object(head.get("results"), "results")
        total, completed = (None, None) if cut_short else _counted(results, partly)
        dirty = _dirty(spec, options)
        _check_whole(spec, results, options)
        score = choose(results, spec, options)
        epochs = whole(as_object(spec.get("config"), "eval.config").get("epochs", 1) or 1, "eval.config.epochs")
        if "epochs" in options and parse_integer(options["epochs"]) != epochs:
            raise ImporterError("eval.config.epochs: is not the stated number", help=f"say --set epochs={epochs}")
        stats = as_object({} if cut_short and head.get("stats") is None else head.get("stats"), "stats")
        started = stats.get("started_at") or spec.get("created")
        finished = stats.get("completed_at")
        return cls(
            run=_run(spec),
            suite=_suite(spec, options),
            model=options.get("model") or as_text(spec.get("model"), "eval.model"),
            score=score,
            epochs=epochs,
            ended=ended,
            expected=total,
            completed=completed,
            partly=partly,
            started=moment(started, "stats.started_at") if started else None,
            finished=None if (going or ended != "success") and not finished else moment(finished, "stats.completed_at"),
            dirty=dirty,
            limits=_limits(as_object(spec.get("config"), "eval.config")),
        )

    def said(self) -> Iterator[Said]:
        """What whoever seals the log should know of it besides its rows."""
        if self.limits:
            stated = ", ".join(f"{name} {value}" for name, value in self.limits.items())
            yield Said(f"each sample was given {stated} (eval.config); the rows of those that hit it say so (limit)")


def _limits(config: Mapping[str, object]) -> dict[str, str]:
    """`message_limit`, `token_limit` and the like, as numbers of the log; those that are not set are left out."""
    found = {name: value for name, value in sorted(config.items()) if re.fullmatch(r"[a-z]{1,20}_limit", name)}
    for name, value in found.items():
        if value is not None:
            number(value, f"eval.config.{name}")
    return {name: str(value) for name, value in found.items() if value is not None}


def _run(spec: Mapping[str, object]) -> tuple[str, ...]:
    """By `eval_id`; of logs of before there was one, by all that names the run, its task and when it was made."""
    identity = spec.get("eval_id")
    if isinstance(identity, str) and identity:
        return (identity,)
    parts = [spec.get(name) for name in ("run_id", "task_id", "created", "task")]
    return tuple(part if isinstance(part, str) else "" for part in parts) if any(parts[:2]) else ()


def _ended(status: object, partly: bool) -> str:
    if not isinstance(status, str) or status not in _ENDS:
        raise ImporterError("status: is none of success, error, cancelled and started")
    if status != "success" and not partly:
        raise ImporterError(
            "status: is not success: the run failed, or was cancelled or killed",
            help="add --set incomplete=yes to seal what it has, in rows that say how it ended"
            + ("; or --set running=accept, if it goes on" if status == "started" else ""),
        )
    return _ENDS[status]


def _counted(results: Mapping[str, object], partly: bool) -> tuple[int, int]:
    """Samples in all, and those without an error."""
    total = whole(results.get("total_samples"), "results.total_samples")
    completed = whole(results.get("completed_samples"), "results.completed_samples")
    if completed > total or (completed != total and not partly):
        raise ImporterError(
            "results.completed_samples: differs from total_samples: samples failed, or are missing",
            help="add --set incomplete=yes to seal those that failed as rows that say so",
        )
    return total, completed


def _dirty(spec: Mapping[str, object], options: Mapping[str, str]) -> str:
    """Whether the evaluation's code was changed and not committed: rows say it. ImporterError where `dirty=no`."""
    revision = spec.get("revision")
    stated = revision.get("dirty") if isinstance(revision, dict) else None
    found = {False: "no", True: "yes"}[stated] if isinstance(stated, bool) else "unknown"
    if found != "no" and settings.choice(options, "dirty", ("yes", "no"), "yes") == "no":
        raise ImporterError(
            "eval.revision.dirty: is not false: the evaluation's code is not known, or had uncommitted changes",
            help="leave --set dirty=no out: the rows then say so themselves",
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
        raise ImporterError("eval.task: is not the stated task", help="leave --set task=… out")
    if options.get("task_version", str(version)) != str(version):
        raise ImporterError("eval.task_version: is not the stated version", help="leave --set task_version=… out")
    return f"{task}@{version}"


def check_options(options: Mapping[str, str]) -> None:
    """UsageError for a value that an option does not have."""
    for name in ("incomplete", "limited", "unchecked"):
        settings.flag(options, name)
    settings.choice(options, "dirty", ("yes", "no"), "yes")
    settings.choice(options, "unscored", ("refuse", "missing", "zero", "skip"), "refuse")
    settings.choice(options, "running", ("refuse", "accept"), "refuse")
    settings.choice(options, "edits", ("refuse", "accept", "original"), "refuse")
