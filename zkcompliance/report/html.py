"""The verdict as one self-contained HTML page: nothing is loaded, nothing runs, and it prints on A4.

The page's own security policy forbids every request and every script; its one style is allowed by its SHA-256. All text
passes through `markup`, which escapes it.
"""

from __future__ import annotations

from zkcompliance.errors import ZkComplianceError
from zkcompliance.policy.verdict import LogShown, PolicyRef, Status, Verdict
from zkcompliance.quantities import number_of
from zkcompliance.report import facts as of_facts
from zkcompliance.report import words
from zkcompliance.report.again import command
from zkcompliance.report.facts import Fact
from zkcompliance.report.html_finding import anchor, listed, section, short, status
from zkcompliance.report.markup import Markup, digest, facts, join, page, table, tag, text
from zkcompliance.report.markup import sentence as clause
from zkcompliance.report.style import STYLE


def write(verdict: Verdict) -> str:
    """The page as text."""
    body = tag("body", _body(verdict), class_="single" if len(verdict.findings) == 1 else None)
    return page(words.sentence(verdict), STYLE + _running(verdict), body)


def _running(verdict: Verdict) -> str:
    """Header and footer of every printed page: fixed words and hexadecimal digits only."""
    small = 'font: 7pt "Helvetica Neue", Arial, "Liberation Sans", sans-serif; color: #4d535e;'
    return (
        f'@page {{ @top-left {{ content: "Verification report: {words.outcome(verdict)}"; {small} }}\n'
        f'  @top-right {{ content: "{words.day(verdict.judged_at)[:23]}"; {small} }}\n'
        f'  @bottom-left {{ content: "file SHA-256 {verdict.file_sha256.hex()}"; {small} }}\n'
        f'  @bottom-right {{ content: counter(page) " / " counter(pages); {small} }} }}\n'
    )


def _body(verdict: Verdict) -> Markup:
    sections = [
        _nothing(verdict),
        *_requirements(verdict),
        _logs(verdict),
        _check(verdict) if verdict.error is None else None,
        _security(verdict),
        tag("footer", tag("p", "File SHA-256 ", digest(verdict.file_sha256))),
    ]
    policy = _policy(verdict.policy) if verdict.policy else None
    return join(tag("header", _header(verdict)), tag("main", _overview(verdict), policy, *sections))


def _requirements(verdict: Verdict) -> list[Markup]:
    """Each in a section of its own; what is asked of the logs themselves, and met, in few lines, in one place."""
    made: list[Markup] = []
    told = [(index, finding) for index, finding in enumerate(verdict.findings, 1)]
    shortly = [each for each in told if words.of_log_itself(each[1]) and each[1].status is Status.MET]
    if whole := [each for each in told if each not in shortly]:
        made.append(tag("h2", "Requirements" if verdict.policy else "The claim"))
        made += [section(finding, index) for index, finding in whole]
    if shortly:
        made.append(tag("h2", "What is asked of the logs themselves"))
        made += [short(finding, index) for index, finding in shortly]
    return made


def _header(verdict: Verdict) -> Markup:
    """The verdict, what it does not show, and the facts of it: what is on the first printed page."""
    title = tag("p", verdict.policy.title, class_="says") if verdict.policy else None
    limits = words.limits(verdict, whole=False)
    unshown = join(tag("h2", "What this does not show"), tag("ul", (tag("li", clause(each)) for each in limits)))
    return join(
        tag("p", "Verification report", class_="kind"),
        tag("h1", words.sentence(verdict)),
        title,
        [_mismatch(error) for error in verdict.mismatches],
        listed(of_facts.head(verdict)),
        unshown if limits else None,
    )


def _mismatch(error: ZkComplianceError) -> Markup:
    """What was asked about and what the file is about, once for all requirements that were not judged for it."""
    said = tag("p", f"Not what was asked: {words.spoken(error)}", class_="error")
    return join(said, tag("p", f"{error.code}. What to do: ", tag("code", error.help), class_="soft"))


def _nothing(verdict: Verdict) -> Markup | None:
    """Why nothing was judged."""
    if verdict.error is None:
        return None
    why = tag("p", f"{verdict.error.code}: {verdict.error.message}", class_="error")
    remedy = tag("p", "What to do: ", tag("code", verdict.error.help), class_="soft")
    return tag("section", tag("h2", "Nothing was judged"), why, remedy)


def _overview(verdict: Verdict) -> Markup | None:
    """The requirements on one page, each with a link to its own part."""
    if len(verdict.findings) < 2:
        return None
    rows = []
    for index, finding in enumerate(verdict.findings, 1):
        chosen = [value.name for value in finding.values if value.chosen]
        notes = [tag("span", f"chosen by the lab: {', '.join(chosen)}", class_="doc")] if chosen else []
        if finding.warnings:
            count = len(finding.warnings)
            notes.append(tag("span", number_of(count, "warning"), class_="doc"))
        if finding.status is not Status.NOT_JUDGED and (part := words.not_shown(finding)):
            notes.insert(0, tag("span", clause(part), class_="unshown"))
        link = tag("a", f"{index}. {words.heading(finding)}", href=f"#{anchor(index)}")
        rows.append([link, status(finding), join(words.gist(finding), *notes)])
    made = table("Requirements and their status", ["Requirement", "Status", "What is shown, or why not"], rows)
    return tag("section", tag("h2", "Summary"), made, class_="summary")


def _policy(policy: PolicyRef) -> Markup:
    sources = tag("ul", (tag("li", source) for source in policy.sources)) if policy.sources else "none stated"
    until = f"{words.in_force(policy.valid_from, policy.valid_until)}, both days included, UTC"
    said = facts(
        [
            ("Title", policy.title),
            ("Identifier", f"{policy.id}, version {policy.version}"),
            ("Jurisdiction", policy.jurisdiction),
            ("In force", until),
            ("Held against its sources", words.checked(policy)),
            ("Sources", sources),
            ("File, SHA-256", digest(policy.digest)),
        ]
    )
    return tag("section", tag("h2", "The policy"), said, class_="keep")


def _logs(verdict: Verdict) -> Markup | None:
    logs: dict[tuple[str, bytes], LogShown] = {}
    for finding in verdict.findings:
        for log in finding.logs:
            logs.setdefault((log.origin, log.root), log)
    if not logs:
        return None
    about = tag(
        "p",
        "A log is a sequence of sealed segments under a signed checkpoint. Each proof is about all segments up to the "
        "checkpoint; leaving one out is refused. The rows themselves stay with the lab.",
    )
    return tag("section", tag("h2", "Logs, keys and receipts"), about, (_log(log) for log in logs.values()))


def _log(log: LogShown) -> Markup:
    made = [fact for fact in of_facts.of_log(log) if fact.name not in ("rows", "source")]
    if not log.cosigned:
        made.append(Fact("cosigned by", "nobody who was asked for or counted"))
    if not words.sealed(log):
        made.append(Fact("sealed", "at no moment that is shown"))
    return tag("section", tag("h3", log.called or log.slot), listed(made), class_="keep finding")


def _security(verdict: Verdict) -> Markup | None:
    bits = sorted({finding.security_bits for finding in verdict.findings if finding.proof_sha256}, key=_number)
    if not bits:
        return None
    least = f"Of something false a proof passes at most once in 2^{bits[0]} attempts, by a computer as there are today."
    return tag(
        "section", tag("h2", "Security and assumptions"), tag("p", least), _list(words.ASSUMPTIONS), class_="keep"
    )


def _number(bits: str) -> tuple[int, str]:
    whole = bits.partition(".")[0]
    return (int(whole) if whole.isascii() and whole.isdigit() and len(whole) < 9 else 0, bits)


def _list(lines: tuple[str, ...]) -> Markup:
    return tag("ul", (tag("li", line) for line in lines))


def _check(verdict: Verdict) -> Markup:
    """How to come to the same verdict without this page."""
    steps = [
        tag("p", words.PAGE_IS_NO_PROOF),
        tag(
            "p",
            "1. Compare the file with the one that this page is about: the command must print these digits.",
        ),
        tag("pre", tag("code", "sha256sum FILE"), "\n", digest(verdict.file_sha256)),
        tag("p", "2. Verify it. It takes seconds, needs no network, and uses no secret of the lab."),
        tag("pre", tag("code", Markup(" \\\n  ".join(text(part, code=True) for part in command(verdict))))),
    ]
    asked = (
        "A policy that is not a ready-made one is given as its file, with the SHA-256 above; so is a claim of its "
        "author's own, with --claim-file CLAIM.py. "
        if verdict.policy
        else ""
    )
    given = (
        "TRUST is the trust policy, CLAIM.py the claim's file, POLICY.toml the policy's, ATTESTATION and PEM the "
        "attestation and the key that it was held against, each where the command has it. "
    )
    note = (
        f"FILE is the proof file. {asked}{given}"
        "PUB is the public key file of a log, from the lab or from whoever vouches for it; compare it with the key "
        "above, under Logs. The one-file verifier zkcompliance-verify.pyz takes the same options."
    )
    return tag("section", tag("h2", "How to check this yourself"), *steps, tag("p", note, class_="soft"))
