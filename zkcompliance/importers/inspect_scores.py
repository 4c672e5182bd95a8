"""Which of an Inspect log's scores is meant, and what the log states of it.

A scorer gives each sample one value, a dict of values or a list of them. Each key of a dict is a score of its own: its
line in the log's results has the key as its name beside the scorer's, and it is called SCORER.KEY here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from zkcompliance.errors import ImporterError
from zkcompliance.importers.exact import signed, whole
from zkcompliance.importers.inspect_recount import Result, known
from zkcompliance.importers.json_stream import as_list, as_object, as_text

_MEANS = ("accuracy", "mean")


@dataclass(frozen=True)
class Chosen:
    """A score: `scorer`, as samples name it, `key` of its dict or list ("" for none), and what is stated of it."""

    scorer: str
    key: str
    results: tuple[Result, ...]

    @property
    def name(self) -> str:
        """The grader of the rows."""
        return f"{self.scorer}.{self.key}" if self.key else self.scorer


@dataclass(frozen=True)
class _Line:
    """A line of results.scores."""

    scorer: str
    key: str
    reducer: str | None
    stated: Mapping[str, object]

    @classmethod
    def of(cls, item: object) -> _Line:
        stated = as_object(item, "results.scores")
        name = as_text(stated.get("name"), "results.scores.name")
        given = stated.get("scorer")
        scorer = name if given is None else as_text(given, "results.scores.scorer")
        reducer = stated.get("reducer")
        if reducer is not None:
            as_text(reducer, "results.scores.reducer")
        return cls(scorer, "" if name == scorer else name, None if reducer is None else str(reducer), stated)


def choose(results: Mapping[str, object], spec: Mapping[str, object], options: Mapping[str, str]) -> Chosen:
    """By the options `scorer`, `key`, `reducer` and `unchecked`. results, spec: the log's, or empty of a cut run.

    ImporterError when no score, or not one, is meant, and when nothing that is stated of it can be recomputed.
    """
    lines = [_Line.of(item) for item in as_list(results.get("scores", []), "results.scores")]
    scorer, key = _named(lines, spec, options)
    found = tuple(
        result for line in lines if (line.scorer, line.key) == (scorer, key) for result in _results(line.stated)
    )
    if "reducer" in options and options["reducer"] not in {line.reducer or "mean" for line in found}:
        raise ImporterError("results.scores: the stated reducer is not there", help="leave --set reducer=… out")
    checked = tuple(line for line in found if known(line.reducer))
    if results and not checked and options.get("unchecked", "no") != "yes":
        raise ImporterError(
            "results.scores: has no mean and no accuracy of this score that could be recomputed from the samples",
            help="add --set unchecked=yes to accept scores that nothing in the log is held against",
        )
    return Chosen(scorer, key, checked)


def _named(lines: list[_Line], spec: Mapping[str, object], options: Mapping[str, str]) -> tuple[str, str]:
    """(scorer, key) that the options name, or the only ones."""
    listed = as_list(spec.get("scorers") or [], "eval.scorers")
    pairs = {(line.scorer, line.key) for line in lines} or {
        (as_text(as_object(item, "eval.scorers").get("name"), "eval.scorers.name"), "") for item in listed
    }
    scorers = {scorer for scorer, _ in pairs}
    name, key = options.get("scorer", ""), options.get("key", "")
    if not name:
        if key and len(scorers) == 1:
            return scorers.pop(), key
        if len(pairs) == 1:
            return pairs.pop()
        raise ImporterError(
            "results.scores: holds not one scorer" if pairs else "results.scores: holds not one scorer, but none",
            help="name one with --set scorer=NAME, or SCORER.KEY for one key of a scorer's dict",
        )
    if name in scorers and (key or (name, "") in pairs):
        return name, key
    if key:
        raise ImporterError(
            "results.scores: the stated scorer is not there", help="name one that the log has with --set scorer=NAME"
        )
    fitting = {pair for pair in pairs if pair[1] and name in (f"{pair[0]}.{pair[1]}", pair[1])}
    if len(fitting) != 1:
        scorer, dot, rest = name.rpartition(".")
        if dot and scorer in scorers:
            return scorer, rest
        raise ImporterError(
            "results.scores: the stated scorer is not there, or is one of several keys",
            help="name one with --set scorer=NAME, or SCORER.KEY for one key of a scorer's dict",
        )
    return fitting.pop()


def _results(line: Mapping[str, object]) -> list[Result]:
    """The means of one line of results.scores."""

    def count(name: str) -> int | None:
        stated = line.get(name)
        return None if stated is None else whole(stated, f"results.scores.{name}")

    metrics = as_object(line.get("metrics"), "results.scores.metrics")
    reducer, scored, unscored = line.get("reducer"), count("scored_samples"), count("unscored_samples")
    found = []
    for name in _MEANS:
        if name in metrics:
            value = as_object(metrics[name], f"results.scores.metrics.{name}").get("value")
            nothing = scored == 0 and isinstance(value, Decimal) and value.is_nan()
            amount = None if nothing else signed(value, f"metric {name}")
            found.append(Result(None if reducer is None else str(reducer), scored, unscored, amount))
    return found
