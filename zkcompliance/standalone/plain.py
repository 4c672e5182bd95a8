"""A verdict as plain text, for a terminal of any kind: one paragraph for each requirement."""

from __future__ import annotations

from collections.abc import Iterator

from zkcompliance.edge.shown import folded
from zkcompliance.policy import auditing
from zkcompliance.policy.verdict import Finding, LogShown, Verdict
from zkcompliance.report import words

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
    yield f"  file       {verdict.file_bytes:,} bytes, SHA-256 {verdict.file_sha256.hex()}"
    if verdict.policy is not None:
        policy = verdict.policy
        yield f"  policy     {words.clean(policy.id)}@{policy.version}, SHA-256 {policy.digest.hex()}"
    if verdict.subject is not None:
        yield f"  model      {words.clean(verdict.subject.name)}, SHA-256 of contents {verdict.subject.digest.hex()}"
        yield f"  tree       {verdict.subject.tree.hex() or words.NO_TREE}"
    yield f"  proved     {words.moment(verdict.proved_at)}, as the lab says"
    yield f"  judged     {words.moment(verdict.judged_at)}"
    yield f"  reference  {words.reference(verdict.reference)}"
    for made_for in words.made_for(verdict):
        yield f"  made for   {made_for}"
    if verdict.attested is not None:
        yield f"  attested   {words.attested(verdict)}; its file's SHA-256 {verdict.attested.digest.hex()}"
    if verdict.others:
        yield f"  also in the file, not judged: {verdict.others} of other policies"


def _finding(finding: Finding) -> Iterator[str]:
    yield ""
    yield f"{finding.status.value.upper()}: {words.clean(finding.name)}"
    yield f"  {words.clean(finding.says)}"
    if finding.error is not None:
        yield f"  why        {words.why(finding)}"
    program = f", program {finding.program.hex()}" if finding.program else ""
    yield f"  claim      {words.clean(finding.claim)}{program}"
    if finding.card:
        yield f"  card       {finding.card.hex()}"
    for value in words.shown(finding, "parameter", "revealed"):
        bound = words.asked(value)
        yield f"  {value.role:9}  {words.clean(value.name)} = {words.disclosed(value)}" + (
            f" ({bound})" if bound else ""
        )
    if finding.margin is not None:
        yield f"  margin     {words.margin_words(finding)}"
    if finding.audit is not None:
        yield f"  audit      {words.clean(auditing.words(finding.audit))}"
    for log in finding.logs:
        yield from _log(log)
    if finding.proof_sha256:
        said = words.clean(f"{finding.security_bits} bits ({finding.profile})")
        yield f"  proof      {finding.proof_bytes:,} bytes, {said}"
    for warning in finding.warnings:
        yield f"  note       {words.clean(warning)}"
    for line in finding.not_proven:
        yield f"  not proven {words.clean(line)}"


def _log(log: LogShown) -> Iterator[str]:
    yield f"  log        {words.clean(log.name)}: {words.clean(log.origin)}, {words.segments(log)}"
    if log.rows or log.counted:
        yield f"             rows: {words.least_rows(log, 'none')}"
    yield f"             sources: {words.printable_source(log.sources)}"
    if log.meterer:
        yield f"             metered by {words.clean(log.meterer)}, who is not the lab, as the policy says"
    for operator, at in (log.cosigned or {}).items():
        yield f"             cosigned by {words.clean(operator)}, {words.moment(at)}"
    if when := words.sealed(log):
        yield f"             sealed {when}"
