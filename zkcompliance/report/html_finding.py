"""One requirement on the page: what was asked, what is shown, what is revealed, and what is not proven."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from zkcompliance.policy.verdict import Finding, LogShown, Status, Value
from zkcompliance.report import facts as of_facts
from zkcompliance.report import words
from zkcompliance.report.facts import Fact
from zkcompliance.report.markup import Markup, digest, facts, grouped, join, sentence, table, tag
from zkcompliance.report.picture import picture

_CLASS = {
    Status.MET: "met",
    Status.NOT_MET: "not-met",
    Status.NOT_SHOWN: "not-shown",
    Status.NOT_JUDGED: "not-judged",
    Status.UNDECIDED: "undecided",
}


def anchor(index: int) -> str:
    """The identifier of a requirement's part of the page."""
    return f"requirement-{index}"


def status(finding: Finding) -> Markup:
    """The status as a word in a border that also prints in grey."""
    return tag("span", words.status(finding), class_=f"status {_CLASS[finding.status]}")


def listed(known: Iterable[Fact]) -> Markup:
    """Facts as a list; a digest stands below its text, and what has one name stands under it once."""
    made: dict[str, list[Markup]] = {}
    for fact in known:
        said = join(fact.text, tag("br"), digest(fact.digest)) if fact.digest else join(fact.text)
        made.setdefault(fact.name, []).append(tag("strong", said) if fact.strong else said)
    return facts(
        (name.capitalize(), said[0] if len(said) == 1 else join(*(tag("p", each) for each in said)))
        for name, said in made.items()
    )


def section(finding: Finding, index: int) -> Markup:
    """index: from 1, as the summary counts."""
    name = anchor(index)
    heading = tag("h3", tag("span", f"{index}. {words.heading(finding)}"), status(finding), id=f"{name}-name")
    parts: list[Markup | None] = [tag("p", sentence(finding.says), class_="says") if finding.says else None]
    if finding.status is Status.NOT_JUDGED:
        parts.append(listed([Fact("claim", finding.claim), Fact("why", words.why(finding))]))
    else:
        parts += [
            _why(finding),
            _warnings(finding),
            listed(of_facts.of_finding(finding)) if finding.proof_sha256 else None,
            _claim(finding),
            _parameters(finding),
            _revealed(finding, name) if finding.proof_sha256 else None,
            join(tag("h4", "Over which logs"), (_log(log) for log in finding.logs)) if finding.logs else None,
            _not_proven(finding),
            join(tag("h4", "Evidence"), listed(of_facts.evidence(finding))),
        ]
    return tag("section", heading, *parts, id=name, class_="finding", aria_labelledby=f"{name}-name")


def short(finding: Finding, index: int) -> Markup:
    """A requirement that asks of a log itself, and is met: all of it in a few lines."""
    name = anchor(index)
    heading = tag("h3", tag("span", f"{index}. {words.heading(finding)}"), status(finding), id=f"{name}-name")
    known = [replace(fact, digest=b"") if fact.name == "log" else fact for fact in of_facts.of_floor(finding)]
    parts = [tag("p", sentence(finding.says), class_="says"), _warnings(finding), listed(known)]
    return tag("section", heading, *parts, id=name, class_="finding", aria_labelledby=f"{name}-name")


def _why(finding: Finding) -> Markup | None:
    if finding.error is None:
        return None
    remedy = tag("p", "What to do: ", tag("code", finding.error.help), class_="soft")
    return join(tag("p", words.why(finding), class_="error"), remedy)


def _warnings(finding: Finding) -> Markup | None:
    items = [tag("li", f"Warning: {warning}") for warning in finding.warnings]
    return tag("ul", items, class_="warnings") if items else None


def _claim(finding: Finding) -> Markup | None:
    """The claim's sentences; numbered ones hang, and what their names stand for is set in below them."""
    lines = words.claim_lines(finding)
    if not lines:
        return None
    said = (tag("p", sentence(line), class_=_kind(line)) for line in lines)
    proven = finding.proof_sha256 and finding.status is not Status.NOT_MET
    return join(tag("h4", "What is proven" if proven else "What would have to be proven"), *said)


def _kind(line: str) -> str | None:
    """A clause has a number, and a meaning begins with the name that stands for it."""
    return "clause" if line[0].isdigit() else "meaning" if line.startswith("“") else None


def _parameters(finding: Finding) -> Markup | None:
    values = words.shown(finding, "parameter")
    if not values:
        return None
    rows = [[_name(value, finding), _figure(value), _asked(value)] for value in values]
    made = table("Parameters of the claim", ["Parameter", "Value in the proof", "Asked, or chosen by"], rows)
    return join(tag("h4", "Limits and parameters"), made)


def _name(value: Value, finding: Finding) -> Markup:
    return join(
        words.named(value, finding),
        tag("span", sentence(words.doc(value, finding)), class_="doc") if value.doc else None,
    )


def _figure(value: Value) -> Markup:
    exact = words.exact(value)
    rounded = ", rounded down" if value.rounding else None
    return join(words.short(value), rounded, tag("span", grouped(exact), class_="doc") if exact else None)


def _asked(value: Value) -> Markup:
    who = words.chooser(value)
    if value.chosen or not value.asked:
        return tag("span", who, class_="mark" if value.chosen else None)
    return join(words.asked(value), tag("span", who, class_="doc"))


def _revealed(finding: Finding, name: str) -> Markup:
    values = words.shown(finding, "revealed")
    if not values:
        said = tag("p", "No figure. Public are the parameters above, and of each log its name and the sizes below.")
        return join(tag("h4", "What is revealed"), said)
    rows = [[_name(value, finding), _figure(value), value.asked or "no bound"] for value in values]
    made = table("Values that the proof discloses", ["Value", "Disclosed", "Asked by the policy"], rows)
    margin = None
    if finding.margin is not None:
        margin = picture(finding, f"{name}-picture") or tag("p", f"{words.margin_words(finding)}.")
    return join(tag("h4", "What is revealed"), made, margin)


def _log(log: LogShown) -> Markup:
    names = ("log", "rows", "source")
    return listed(replace(fact, digest=b"") for fact in of_facts.of_log(log) if fact.name in names)


def _not_proven(finding: Finding) -> Markup | None:
    if not finding.not_proven:
        return None
    return join(tag("h4", "What this does not prove"), tag("ul", (tag("li", line) for line in finding.not_proven)))
