"""The verdict for people at a terminal, fits 80 columns; without a terminal, whole lines and no colour."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from zkcompliance.edge.screen import Fact, Screen, drawing, facts, hanging
from zkcompliance.policy import auditing
from zkcompliance.policy.verdict import Finding, LogShown, Status, Verdict
from zkcompliance.report import words

if TYPE_CHECKING:
    from rich.text import Text

STYLES = {
    "accepted": "bold green", "not accepted": "bold red", "not decided": "bold yellow",
    Status.MET: "green", Status.NOT_MET: "bold red", Status.NOT_SHOWN: "bold red", Status.UNDECIDED: "bold yellow",
}  # fmt: skip
NAME = 11  # columns of a fact's name: beside it, a digest fits 80 columns
TABLE = 60  # columns that the summary needs as a table


def show(verdict: Verdict, file: IO[str], *, width: int | None = None, seconds: float | None = None) -> None:
    """Print the verdict. width: columns, else the terminal's; seconds: how long it took, where that is known."""
    with drawing(file, width) as screen:
        hanging(screen, words.sentence(verdict), STYLES[words.outcome(verdict)])
        facts(screen, _head(verdict, seconds), NAME)
        if len(verdict.findings) > 1:
            _summary(screen, verdict)
        for finding in verdict.findings:
            _finding(screen, finding)
        _once(screen, "Warnings", [w for f in verdict.findings for w in f.warnings], "bold")
        _once(screen, "This does not prove", [line for f in verdict.findings for line in f.not_proven], "")


def _text(content: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(words.clean(content), style=style, overflow="fold")


def _head(verdict: Verdict, seconds: float | None) -> list[Fact]:
    rows = []
    if verdict.policy is not None:
        policy = verdict.policy
        valid = f"in force {words.day(policy.valid_from)} until {words.day(policy.valid_until)}"
        valid += f", held against its sources {words.checked(policy)}"
        rows += [("policy", f"{policy.id}@{policy.version}: {policy.title} ({policy.jurisdiction}), {valid}", "")]
        rows += [("", policy.digest.hex(), "dim")]
    if verdict.subject is not None:
        rows += [("model", verdict.subject.name, ""), ("contents", verdict.subject.digest.hex(), "dim")]
        rows.append(("tree", verdict.subject.tree.hex() or words.NO_TREE, "dim"))
    rows.append(("proved", f"{words.moment(verdict.proved_at)}{', as the lab says' if verdict.proved_at else ''}", ""))
    rows.append(("judged", words.moment(verdict.judged_at), ""))
    if verdict.reference:
        rows.append(("reference", words.reference(verdict.reference), ""))
    rows += [("file", f"{verdict.file_bytes:,} bytes", ""), ("", verdict.file_sha256.hex(), "dim")]
    rows += [("made for", text, "bold") for text in words.made_for(verdict)]
    if verdict.attested is not None:
        rows += [("attested", words.attested(verdict), ""), ("", verdict.attested.digest.hex(), "dim")]
    if verdict.others:
        rows.append(("not judged", f"{verdict.others:,} proof(s) in the file for other policies", ""))
    if seconds is not None:
        rows.append(("took", f"{seconds:.2f} s", ""))
    return rows


def _summary(screen: Screen, verdict: Verdict) -> None:
    from rich import box
    from rich.table import Table

    if screen.width < TABLE:
        screen.line()
        for finding in verdict.findings:
            _status(screen, finding, lead="  ")
            hanging(screen, words.gist(finding), lead="    ")
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=True)
    for heading in ("Requirement", "Status", "What is shown, or why not"):
        table.add_column(heading, overflow="fold")
    for finding in verdict.findings:
        status = _text(finding.status.value, STYLES[finding.status])
        table.add_row(_text(finding.name), status, _text(words.gist(finding)))
    screen.draw(table)


def _status(screen: Screen, finding: Finding, lead: str = "") -> None:
    """The status, then the name, which so begins no line."""
    said = f"{finding.status.value.upper()}: "
    hanging(screen, finding.name or finding.claim, "bold", lead=lead, word=(said, STYLES[finding.status]))


def _finding(screen: Screen, finding: Finding) -> None:
    screen.line()
    _status(screen, finding)
    rows = [("why", words.why(finding), "bold"), ("", _help(finding), "dim")] if finding.error is not None else []
    rows.append(("claim", finding.claim, ""))
    if finding.says:
        rows.append(("says", finding.says, ""))
    rows += [("holds if" if i == 0 else "", line, "") for i, line in enumerate(words.claim_lines(finding))]
    for value in words.shown(finding, "parameter"):
        bound = "  [chosen by the lab]" if value.chosen else ""
        bound = bound or (f"  [asked: {words.asked(value)}]" if value.asked else "")
        rows.append((value.name, f"{words.figure(value)}{bound}", "bold yellow" if value.chosen else ""))
    for value in words.shown(finding, "revealed"):
        bound = f"  [asked: {words.asked(value)}]" if value.asked else ""
        rows.append(("reveals", f"{value.name} = {words.disclosed(value)}{bound}", "bold"))
    if finding.margin is not None:
        rows.append(("margin", words.margin_words(finding), "bold"))
    if finding.audit is not None:
        rows.append(("audit", auditing.words(finding.audit), ""))
    for log in finding.logs:
        rows += _log(log)
    if finding.proof_sha256:
        rows.append(("proof", f"{finding.proof_bytes:,} bytes, profile {finding.profile}", ""))
        rows.append(("", finding.proof_sha256.hex(), "dim"))
        rows.append(("security", f"{finding.security_bits} bits, provable in the random oracle model", ""))
    if finding.card:
        rows.append(("card", finding.card.hex(), "dim"))
    if finding.program:
        rows.append(("program", finding.program.hex(), "dim"))
    facts(screen, rows, NAME)


def _help(finding: Finding) -> str:
    return f"help: {finding.error.help}" if finding.error is not None else ""


def _log(log: LogShown) -> list[Fact]:
    rows = [("log", f"{log.name}: {'all of ' if log.whole else ''}{log.origin}, {words.segments(log)}", "")]
    rows.append(("rows", words.least_rows(log, "no least number was shown"), ""))
    rows.append(("provenance", words.printable_source(log.sources), ""))
    rows.append(("signed by", log.key or "not compared with any key", ""))
    if log.meterer:
        rows.append(("metered by", f"{log.meterer}, who is not the lab, as the policy says", ""))
    rows += [("cosigned by", f"{who}, {words.moment(at)}", "") for who, at in (log.cosigned or {}).items()]
    rows += [("sealed", when, "")] if (when := words.sealed(log)) else []
    return [*rows, ("root", log.root.hex(), "dim")]


def _once(screen: Screen, title: str, said: list[str], style: str) -> None:
    """Each line once, in the order in which it is first said."""
    if not said:
        return
    screen.line()
    hanging(screen, title, "bold")
    for line in dict.fromkeys(said):
        hanging(screen, line, style, lead="  - ")
