"""The verdict for people at a terminal, fits 80 columns; without a terminal, whole lines and no colour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, TYPE_CHECKING

from zkcompliance.edge.screen import Fact as Line
from zkcompliance.edge.screen import Screen, drawing, facts, hanging
from zkcompliance.edge.shown import cells
from zkcompliance.errors import ZkComplianceError
from zkcompliance.policy.verdict import Finding, Status, Verdict
from zkcompliance.report import facts as of_facts
from zkcompliance.report import words
from zkcompliance.report.facts import Fact

if TYPE_CHECKING:
    from rich.text import Text

STYLES = {
    "accepted": "bold green", "not accepted": "bold red", "not decided": "bold yellow",
    Status.MET: "green", Status.NOT_MET: "bold red", Status.NOT_SHOWN: "bold red", Status.NOT_JUDGED: "bold red",
    Status.UNDECIDED: "bold yellow",
}  # fmt: skip
NAME = 11  # columns of a fact's name: beside it, a digest fits 80 columns
TABLE = 60  # columns that the summary needs as a table
EDGES, ROOM = 8, 28  # what the table has between its columns, and what its last one needs


def show(verdict: Verdict, file: IO[str], *, width: int | None = None, seconds: float | None = None) -> None:
    """Print the verdict. width: columns, else the terminal's; seconds: how long it took, where that is known."""
    with drawing(file, width) as screen:
        hanging(screen, words.sentence(verdict), STYLES[words.outcome(verdict)])
        took = [] if seconds is None else [Fact("took", f"{seconds:.2f} s")]
        facts(screen, _lines([*of_facts.head(verdict), *took]), NAME)
        for error in verdict.mismatches:
            _mismatch(screen, error)
        if len(verdict.findings) > 1 and any(each.status is not Status.NOT_JUDGED for each in verdict.findings):
            _summary(screen, verdict)
        for finding in verdict.findings:
            _finding(screen, finding)
        _once(screen, "Warnings", [w for f in verdict.findings for w in f.warnings], "bold")
        _once(screen, "This does not prove", words.limits(verdict, whole=False), "")


def _text(content: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(words.clean(content), style=style, overflow="fold")


def _lines(known: Sequence[Fact]) -> list[Line]:
    """Facts as they are drawn; a name that stands above the same one is said once."""
    made: list[Line] = []
    before = ""
    for fact in known:
        name = "" if fact.name == before else fact.name
        before = fact.name
        made.append((name, fact.text, "bold yellow" if fact.strong else ""))
        made += [("", fact.digest.hex(), "dim")] if fact.digest else []
    return made


def _mismatch(screen: Screen, error: ZkComplianceError) -> None:
    """What was asked about and what the file is about, once for all requirements that were not judged for it."""
    screen.line()
    hanging(screen, words.spoken(error), "bold", word=("NOT WHAT WAS ASKED: ", STYLES[Status.NOT_JUDGED]))
    facts(screen, [("error", error.code, ""), ("", f"help: {error.help}", "dim")], NAME)


def _summary(screen: Screen, verdict: Verdict) -> None:
    """A table where each name and status has room on one line; else one below the other."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    names = [words.heading(finding) for finding in verdict.findings]
    beside = max(map(cells, names)) + max(cells(words.status(finding)) for finding in verdict.findings) + EDGES
    if screen.width < max(TABLE, beside + ROOM):
        screen.line()
        for finding in verdict.findings:
            _status(screen, finding, lead="  ")
            for line in _summed(finding):
                hanging(screen, line, lead="    ")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=True)
    for heading, whole in (("Requirement", True), ("Status", True), ("What is shown, or why not", False)):
        table.add_column(heading, overflow="fold", no_wrap=whole)
    for finding, name in zip(verdict.findings, names, strict=True):
        status = _text(words.status(finding), STYLES[finding.status])
        table.add_row(_text(name), status, Text("\n").join(map(_text, _summed(finding))))
    screen.draw(table)


def _summed(finding: Finding) -> list[str]:
    """What is shown, or why not; and of what is judged also what is not."""
    judged = finding.status is not Status.NOT_JUDGED
    return list(filter(None, (words.gist(finding), words.not_shown(finding) if judged else "")))


def _status(screen: Screen, finding: Finding, lead: str = "") -> None:
    """The status, then the name, which so begins no line."""
    said = f"{words.status(finding).upper()}: "
    hanging(screen, words.heading(finding), "bold", lead=lead, word=(said, STYLES[finding.status]))


def _finding(screen: Screen, finding: Finding) -> None:
    screen.line()
    _status(screen, finding)
    if finding.status is Status.NOT_JUDGED:
        facts(screen, [("says", finding.says, ""), ("claim", finding.claim, "")], NAME)
        return
    rows: list[Line] = []
    if finding.status is Status.MET and words.of_log_itself(finding):
        facts(screen, [("says", finding.says, ""), *_lines(of_facts.of_floor(finding))], NAME)
        return
    if finding.error is not None:
        rows.append(("why", words.why(finding), "bold"))
        if not finding.same_as:
            rows.append(("", f"help: {finding.error.help}", "dim"))
    if finding.says:
        rows += [("says", finding.says, "")]
    rows += _lines(of_facts.of_finding(finding))
    rows += [("holds if" if i == 0 else "", line, "") for i, line in enumerate(words.claim_lines(finding))]
    for value in words.shown(finding, "parameter"):
        bound = "  [chosen by the lab]" if value.chosen else ""
        bound = bound or (f"  [asked: {words.asked(value)}]" if value.asked else "")
        rows.append((value.name, f"{words.figure(value)}{bound}", "bold yellow" if value.chosen else ""))
    for value in words.shown(finding, "revealed"):
        bound = f"  [asked: {words.asked(value)}]" if value.asked else ""
        rows.append(("reveals", f"{words.named(value, finding)} = {words.disclosed(value)}{bound}", "bold"))
    if finding.margin is not None:
        rows.append(("margin", words.margin_words(finding), "bold"))
    for log in finding.logs:
        rows += _lines(of_facts.of_log(log))
    rows += _lines(of_facts.evidence(finding))
    facts(screen, rows, NAME)


def _once(screen: Screen, title: str, said: list[str], style: str) -> None:
    """Each line once, in the order in which it is first said."""
    if not said:
        return
    screen.line()
    hanging(screen, title, "bold")
    for line in dict.fromkeys(said):
        hanging(screen, line, style, lead="  - ")
