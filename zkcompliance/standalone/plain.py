"""A verdict as plain text, for a terminal of any kind: one paragraph for each requirement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zkcompliance.edge.shown import folded
from zkcompliance.policy.verdict import Finding, Status, Verdict
from zkcompliance.report import facts, words
from zkcompliance.report.facts import Fact

_BESIDE = 13  # columns before a value


def text(verdict: Verdict, width: int | None = None) -> str:
    """Everything that the verdict says, ending with a newline.

    width: columns of the terminal, where there is one: longer lines continue behind spaces, so that nothing in them
    begins a line.
    """
    lines = [*_head(verdict), *(line for finding in verdict.findings for line in _finding(finding))]
    indent = _BESIDE if width is not None and width >= 3 * _BESIDE else 4
    return "\n".join(part for line in lines for part in folded(line, width, indent)) + "\n"


def _head(verdict: Verdict) -> Iterator[str]:
    yield words.clean(words.sentence(verdict))
    yield from _facts(facts.head(verdict))
    for error in verdict.mismatches:
        yield ""
        yield f"NOT WHAT WAS ASKED: {words.spoken(error)}"


def _facts(known: Iterable[Fact]) -> Iterator[str]:
    for fact in known:
        digest = f" {fact.digest.hex()}" if fact.digest else ""
        yield f"  {fact.name:10} {words.clean(fact.text)}{digest}"


def _finding(finding: Finding) -> Iterator[str]:
    yield ""
    yield f"{words.status(finding).upper()}: {words.clean(words.heading(finding))}"
    yield f"  {words.clean(finding.says)}"
    if finding.status is Status.NOT_JUDGED:
        yield f"  claim      {words.clean(finding.claim)}"
        return
    if finding.error is not None:
        yield f"  why        {words.why(finding)}"
    yield from _facts(facts.of_finding(finding))
    for value in words.shown(finding, "parameter", "revealed"):
        bound = words.asked(value)
        yield f"  {value.role:9}  {words.clean(value.name)} = {words.disclosed(value)}" + (
            f" ({bound})" if bound else ""
        )
    if finding.margin is not None:
        yield f"  margin     {words.margin_words(finding)}"
    for log in finding.logs:
        yield from _facts(facts.of_log(log))
    yield from _facts(facts.evidence(finding))
    for warning in finding.warnings:
        yield f"  note       {words.clean(warning)}"
    for line in finding.not_proven:
        yield f"  not proven {words.clean(line)}"
