"""What a reader asks of a verdict first, and the answers: one list for all that people read.

`head` is of the verdict as a whole, `of_finding` of one requirement, `of_log` of one log in it. Whatever a verdict says
more one day is said here, and the terminal, the one-file verifier and the page have it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from zkcompliance.policy import auditing
from zkcompliance.policy.verdict import Chooser, Finding, LogShown, Tells, Value, Verdict
from zkcompliance.quantities import listed
from zkcompliance.report import words


@dataclass(frozen=True)
class Fact:
    """name: of one to three words; text: the answer; digest: bytes that stand below it in hexadecimal digits; strong:
    whether it is not to be passed over."""

    name: str
    text: str
    digest: bytes = b""
    strong: bool = False


def head(verdict: Verdict) -> list[Fact]:
    """By what, about what, of when, by whom, with which reference, and whose keys."""
    made = [*_policy(verdict), *_subject(verdict)] if verdict.error is None else []
    if verdict.error is None:
        proved = words.moment(verdict.proved_at)
        made.append(Fact("proved", f"{proved}, as the lab says" if verdict.proved_at else proved))
    made.append(Fact("judged", words.judged(verdict)))
    if verdict.error is None:
        made.append(Fact("reference", words.reference_said(verdict)))
    size = f"{verdict.file_bytes:,} bytes" if verdict.file_sha256 else "it was not read"
    made.append(Fact("file", size, verdict.file_sha256))
    made += [Fact("made for", text, strong=True) for text in words.made_for(verdict)]
    made += [Fact("key", text) for text in _keys(verdict)]
    if verdict.attested is not None:
        made.append(Fact("attested", words.attested(verdict), verdict.attested.digest))
    if verdict.others:
        made.append(Fact("not judged", words.others(verdict)))
    return made


def _policy(verdict: Verdict) -> list[Fact]:
    policy = verdict.policy
    if policy is None:
        return [Fact("policy", "none: it was not held against a policy")]
    force = f"{words.in_force(policy.valid_from, policy.valid_until)}, both days included"
    own = "" if policy.ready else "; no ready-made policy: its digest alone says which it is"
    return [
        Fact("policy", f"{policy.id}@{policy.version}: {policy.title} ({policy.jurisdiction}){own}", policy.digest),
        Fact("in force", f"{force}; its sentences were last held against its sources {words.checked(policy)}"),
    ]


def _subject(verdict: Verdict) -> list[Fact]:
    subject = verdict.subject
    if subject is None:
        return [Fact("model", "none is named: the proof is about no particular model")]
    tree = "" if subject.tree else words.NO_TREE
    return [
        Fact("model", subject.name),
        Fact("contents", "SHA-256 of what is in its files", subject.digest),
        Fact("file names", tree or "SHA-256 of names, sizes and contents", subject.tree),
    ]


def _keys(verdict: Verdict) -> list[str]:
    """Whose key each log's checkpoint was held against; logs of one holder together."""
    logs = {log.origin: log for finding in verdict.findings for log in finding.logs if log.key}
    holders: dict[str, list[str]] = {}
    for log in logs.values():
        holders.setdefault(holder(log), []).append(words.clean(log.called or log.slot))
    return [f"of {listed(names)}: {who}" for who, names in holders.items()]


def holder(log: LogShown) -> str:
    """Whose key signed a log, as the policy says, and as the keyring of whoever judged does, where one was given."""
    said = "no policy says whose key it is"
    if log.meterer:
        said = f"{words.clean(log.meterer)}, who seals this log and is not the lab, as the policy says"
    elif log.lab:
        said = f"{words.clean(log.lab)}, as the policy says"
    if log.named is None:
        return said
    return (
        f"{said}; {words.clean(log.named)}, as your keyring says" if log.named else f"{said}; it is not on your keyring"
    )


def of_finding(finding: Finding) -> list[Fact]:
    """Of which rows a requirement is shown, and who chose what; nothing where nothing is shown of it."""
    if not finding.proof_sha256:
        return []
    return [
        Fact("period", _period(finding)),
        Fact("counted", _counted(finding)),
        Fact("models", _models(finding)),
        Fact("outside", _outside(finding)),
        Fact("chosen by", "; ".join(_chosen(finding)) or "nobody: the claim has no parameters"),
    ]


def _of(finding: Finding, *tells: Tells) -> list[Value]:
    return [value for value in finding.values if value.tells in tells]


def _period(finding: Finding) -> str:
    first, last = _of(finding, Tells.FIRST), _of(finding, Tells.LAST)
    said = "it is not disclosed from when to when its rows are"
    if first and last:
        no_row = not first[0].exact and not last[0].exact
        one, other = words.figure(first[0]), words.figure(last[0])
        said = f"rows {f'of {one}' if one == other else f'from {one} to {other}'}, as they say themselves"
        said = "no row counts, and so there is no first and no last day" if no_row else said
    bounds = [f"{words.clean(value.name)} is {words.figure(value)}" for value in _of(finding, Tells.BOUND)]
    moments = [f"clocks are judged as of {words.figure(value)}" for value in _of(finding, Tells.MOMENT)]
    return "; ".join([said, *bounds, *moments])


def _counted(finding: Finding) -> str:
    disclosed = [f"{words.clean(value.name)}: {words.disclosed(value)}" for value in _of(finding, Tells.COUNTED)]
    if disclosed:
        return "; ".join(disclosed)
    least = [f"at least {log.counted:,} in {words.clean(log.name)}" for log in finding.logs if log.counted]
    return "; ".join(dict.fromkeys(least)) or "how many rows count is not disclosed"


def _models(finding: Finding) -> str:
    named = [words.figure(value) for value in _of(finding, Tells.MODEL)]
    if named and not any(value.exact for value in _of(finding, Tells.MODEL)):
        of_lab = "none: it is about rows that name no model, which are of the lab as a whole"
        return of_lab if named[0] == "the lab" else "it is about all rows, whatever model they name"
    return ", ".join(dict.fromkeys(named)) or "it is about all rows, whatever model they name"


def _outside(finding: Finding) -> str:
    said = []
    for value in _of(finding, Tells.OUTSIDE):
        if value.role == "parameter":
            said.append(f"{words.doc(value, finding) or words.clean(value.name)}: {words.figure(value)}")
        else:
            said.append(f"{words.named(value, finding)}: {words.disclosed(value)}")
    return "; ".join(said) or "how much of the log does not count is not disclosed"


def _chosen(finding: Finding) -> list[str]:
    """Who chose each parameter, those of one chooser together, the lab first."""
    made = []
    for chooser, who in _WHO.items():
        names = [words.clean(v.name) for v in words.shown(finding, "parameter") if v.chooser is chooser]
        made += [f"{who}: {', '.join(names)}"] if names else []
    return made


_WHO = {
    Chooser.LAB: "the lab",
    Chooser.LAB_WITHIN: "the lab within what the policy allows",
    Chooser.POLICY: "the policy",
    Chooser.JUDGE: "whoever judged",
    None: "the lab, and it was held against nothing",
}


def of_log(log: LogShown) -> list[Fact]:
    """What is shown of one log of a requirement."""
    whole = "all of " if log.whole else ""
    made = [Fact("log", f"{log.name}: {whole}{log.origin}, {words.segments(log)}", log.root)]
    made.append(Fact("rows", words.least_rows(log, "no least number was shown")))
    made.append(Fact("source", words.printable_source(log.sources)))
    made.append(Fact("signed by", f"{log.key}: {holder(log)}" if log.key else "not compared with any key"))
    made += [Fact("key digits", f"{log.digits}, to be compared over the phone")] if log.key else []
    cosigned = sorted((log.cosigned or {}).items())
    made += [Fact("cosigned by", f"{who}, {words.moment(at)}") for who, at in cosigned]
    return [*made, *([Fact("sealed", when)] if (when := words.sealed(log)) else [])]


def of_floor(finding: Finding) -> list[Fact]:
    """All that is told of a requirement that asks of a log itself, and is met."""
    logs = [replace(log, counted=None) for log in finding.logs]  # every row counts there
    known = [fact for log in logs for fact in of_log(log) if fact.name in ("log", "rows", "source")]
    return [*known, *(fact for fact in evidence(finding) if fact.name != "security")]


def evidence(finding: Finding) -> list[Fact]:
    """The claim and the proof by which it is known."""
    made = [Fact("audit level", auditing.words(finding.audit))] if finding.audit is not None else []
    made.append(Fact("claim", finding.claim))
    if finding.proof_sha256:
        made.append(Fact("proof", f"{finding.proof_bytes:,} bytes", finding.proof_sha256))
        made.append(Fact("security", words.security(finding)))
    made += [Fact("card", "SHA-256 of what is known of the claim", finding.card)] if finding.card else []
    return [*made, Fact("program", "SHA-256 of what is proved", finding.program)]
