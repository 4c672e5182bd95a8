"""The verdict as one self-contained HTML page: nothing is loaded, nothing runs, and it prints on A4.

The page's own security policy forbids every request and every script; its one style is allowed by its SHA-256. All text
passes through `markup`, which escapes it.
"""

from __future__ import annotations

import base64
from hashlib import sha256

from zkcompliance.policy.verdict import LogShown, PolicyRef, Verdict
from zkcompliance.report import words
from zkcompliance.report.again import command
from zkcompliance.report.html_finding import anchor, section, status
from zkcompliance.report.markup import Markup, digest, facts, join, table, tag, text
from zkcompliance.report.style import STYLE


def write(verdict: Verdict) -> str:
    """The page as text."""
    style = STYLE + _running(verdict)
    allowed = base64.b64encode(sha256(style.encode()).digest()).decode()
    csp = f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=csp),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name="generator", content="zkcompliance"),
        tag("title", words.sentence(verdict)),
        tag("style", Markup(style)),
    )
    body = tag("body", _body(verdict), class_="single" if len(verdict.findings) == 1 else None)
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


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
    findings = verdict.findings
    sections = [
        _nothing(verdict),
        tag("h2", "Requirements" if verdict.policy else "The claim") if verdict.findings else None,
        [section(finding, index) for index, finding in enumerate(findings, 1)],
        _logs(verdict),
        _security(verdict),
        _check(verdict) if verdict.error is None else None,
        tag("footer", tag("p", "File SHA-256 ", digest(verdict.file_sha256))),
    ]
    policy = _policy(verdict.policy) if verdict.policy else None
    return join(tag("header", _header(verdict)), tag("main", _overview(verdict), policy, *sections))


def _header(verdict: Verdict) -> Markup:
    title = tag("p", verdict.policy.title, class_="says") if verdict.policy else None
    said = facts(_about(verdict) if verdict.error is None else _unjudged(verdict))
    return join(tag("p", "Verification report", class_="kind"), tag("h1", words.sentence(verdict)), title, said)


def _unjudged(verdict: Verdict) -> list[tuple[str, str | None]]:
    """What is known where nothing was judged: not what the file is about."""
    return [("Judged", words.moment(verdict.judged_at)), ("File, SHA-256", _file(verdict))]


def _file(verdict: Verdict) -> str:
    size = tag("span", f"{verdict.file_bytes:,} bytes", class_="doc")
    return join(digest(verdict.file_sha256), size) if verdict.file_sha256 else "it was not read"


def _about(verdict: Verdict) -> list[tuple[str, str | None]]:
    subject, policy = verdict.subject, verdict.policy
    tree = None if subject is None else digest(subject.tree) if subject.tree else words.NO_TREE
    model = None if subject is None else join(subject.name, tag("br"), digest(subject.digest))
    proved = words.moment(verdict.proved_at) + (", as the lab says" if verdict.proved_at else "")
    attested = verdict.attested
    attestation = (
        join(words.attested(verdict), tag("br"), "file SHA-256 ", digest(attested.digest)) if attested else None
    )
    others = f"{verdict.others:,} proof(s) in the file are for other policies" if verdict.others else None
    made = words.made_for(verdict)
    return [
        ("Model", model or "none is named: the proof is about no particular model"),
        ("Model, names of files too", tree),
        ("Policy", words.policy_name(policy) if policy else "none: a claim was judged by itself"),
        ("Judged", words.moment(verdict.judged_at)),
        ("Proved", proved),
        ("Reference", words.reference(verdict.reference)),
        ("Made for", join(*(tag("p", each) for each in made)) if made else None),
        ("File, SHA-256", _file(verdict)),
        ("Attestation", attestation),
        ("Not judged", others),
    ]


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
            notes.append(tag("span", f"{count} warning{'' if count == 1 else 's'}", class_="doc"))
        link = tag("a", f"{index}. {finding.name or finding.claim}", href=f"#{anchor(index)}")
        rows.append([link, status(finding), join(words.gist(finding), *notes)])
    made = table("Requirements and their status", ["Requirement", "Status", "What is shown, or why not"], rows)
    return tag("section", tag("h2", "Summary"), made, class_="summary")


def _policy(policy: PolicyRef) -> Markup:
    sources = tag("ul", (tag("li", source) for source in policy.sources)) if policy.sources else "none stated"
    until = f"from {words.day(policy.valid_from)} until {words.day(policy.valid_until)} (not included), UTC"
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
    receipts: str = "no cosignature was asked for or counted"
    if log.cosigned:
        receipts = tag("ul", (tag("li", f"{who}, {words.moment(at)}") for who, at in sorted(log.cosigned.items())))
    said = facts(
        [
            ("Origin", log.origin),
            ("Checkpoint", words.segments(log)),
            ("Root, SHA-256", digest(log.root)),
            ("Signed by", tag("code", log.key) if log.key else "not compared with any key"),
            ("Metered by", f"{log.meterer}, who is not the lab, as the policy says" if log.meterer else None),
            ("Cosigned by", receipts),
            ("Sealed", words.sealed(log) or "at no moment that is shown"),
        ]
    )
    return tag("section", tag("h3", log.called or log.slot), said, class_="keep finding")


def _security(verdict: Verdict) -> Markup | None:
    bits = sorted({finding.security_bits for finding in verdict.findings if finding.proof_sha256}, key=_number)
    if not bits:
        return None
    least = f"Every proof here is sound to at least {bits[0]} bits against a classical computer."
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
        tag("p", "1. Compare the file with the one that this page is about; the digest must be the one above."),
        tag("pre", tag("code", "sha256sum FILE")),
        tag("p", "2. Verify it. It takes seconds, needs no network, and uses no secret of the lab."),
        tag("pre", tag("code", Markup(" \\\n  ".join(text(part) for part in command(verdict))))),
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
        "under Logs. The one-file verifier zkcompliance-verify.pyz takes the same options."
    )
    return tag("section", tag("h2", "How to check this yourself"), *steps, tag("p", note, class_="soft"), class_="keep")
