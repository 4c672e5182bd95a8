"""What every report says of a verdict, in the same words: pure functions from the verdict's data to plain text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from fractions import Fraction

from zkcompliance.card import catalogue
from zkcompliance.edge.shown import one_line
from zkcompliance.errors import ZkComplianceError
from zkcompliance.policy.binding import ForPolicy, reference_text
from zkcompliance.policy.catalogue import FLOOR
from zkcompliance.policy.verdict import Chooser, Finding, LogShown, Margin, PolicyRef, Status, Value, Verdict
from zkcompliance.quantities import exact_beside, listed, show_integer, show_time

_POWER = re.compile(r"≈?-?[0-9.]+e[0-9]+( [A-Za-z/]+)?")
_PARAMETER = re.compile(r"`([^`]*)`( is none or )?")
_BARE = ("yes", "no", "(none)")  # values of parameters that are no words of a sentence
_NOT_SHOWN = re.compile(r"(?<![^ ])Not shown: ")
_FIELD = re.compile(r"(subject|reference|policy|rehearsal|checkpoint|logs|time|requirement): ")
_HOLDS = "It holds when all of this is so:"
_CHOSEN = {
    Chooser.POLICY: "chosen by the policy",
    Chooser.LAB_WITHIN: "chosen by the lab within this",
    Chooser.LAB: "chosen by the lab",
    Chooser.JUDGE: "chosen by whoever judged",
    None: "held against nothing",
}
LAST = 32_503_679_999  # 2999-12-31 23:59:59 UTC
ASSUMPTIONS = (
    "The security is proven in the random oracle model: SHA-256 is taken for a function that was drawn at random. No "
    "conjecture is used.",
    "The signatures of the logs' keys and of the cosigners cannot be forged, and SHA-256 has no collisions.",
)
PAGE_IS_NO_PROOF = (
    "A report is a reading of the proof file, and proves nothing by itself: whoever relies on it verifies the file."
)


NO_TREE = "not bound: only the contents of the files are, in their order, and not their names"


def clean(text: str) -> str:
    """Text from outside on one line, with nothing that is invisible or that reorders what stands around it.

    Every kind of white space becomes a space; control, format and unassigned characters (bidirectional overrides,
    zero-width characters, surrogates, blank letters among them) become U+FFFD.
    """
    return one_line(text)


def lines(text: str) -> list[str]:
    """The same for text of several lines; empty ones are left out."""
    return [line for part in text.split("\n") if (line := clean(part).strip())]


def claim_lines(finding: Finding) -> list[str]:
    """The claim in words: what it says, and its requirements one by one.

    A claim's sentences also list its logs, its parameters and what it reveals, which a report says of this very proof;
    sentences of another form are given whole.
    """
    parts = [line for line in finding.sentences.split("\n") if line.strip()]
    if _HOLDS not in parts[1:]:
        return lines(finding.sentences)
    start = parts.index(_HOLDS, 1)
    end = next((i for i in range(start + 1, len(parts)) if not parts[i].startswith(" ")), len(parts))
    return [_with_values(line, finding.values) for line in lines("\n".join([parts[0], *parts[start:end]]))]


def doc(value: Value, finding: Finding) -> str:
    """What a value is, with the values of parameters in the place of their names."""
    return _with_values(clean(value.doc), finding.values)


def named(value: Value, finding: Finding) -> str:
    """What a value is called, with the values of parameters in the place of their names: `first day of deploy`."""
    return _with_values(clean(value.name), finding.values)


def others(verdict: Verdict) -> str:
    """How many proofs of the file are for other policies."""
    if verdict.others == 1:
        return "1 proof in the file, which is for another policy"
    return f"{verdict.others:,} proofs in the file, which are for other policies"


def _with_values(line: str, values: Sequence[Value]) -> str:
    """A sentence with the values of parameters in the place of their names, where they are known.

    `model` is none or … is said of a model that may be left open: where one is stated, its first half is false, and
    left out. A truth value, and what is left open, keep their names: `worst` (no), `model` (none).
    """
    known = {value.name: value for value in values if value.role == "parameter"}

    def put(name: re.Match[str]) -> str:
        value = known.get(name[1])
        if value is None:
            return name[0]
        if value.exact and name[2]:
            return ""
        said = clean(value.said or figure(value).replace("_", " "))  # a choice as sentences have it
        return (f"`{name[1]}` ({said.strip('()')})" if said in _BARE else said) + (name[2] or "")

    return _PARAMETER.sub(put, line)


def title(name: str) -> str:
    """What a requirement is called where people read: its name, but for what a policy asks of a log by itself."""
    return f"rows of the log {name.removeprefix(FLOOR)}" if name.startswith(FLOOR) else name


def heading(finding: Finding) -> str:
    """The same of a requirement of a verdict; of a claim by itself its id."""
    return title(finding.name) or finding.claim


def status(finding: Finding) -> str:
    """The status in words."""
    return "not decided" if finding.status is Status.UNDECIDED else finding.status.value


def asserted(says: str) -> str:
    """What a requirement says that is shown: `says` up to where it begins to say what is not."""
    return _NOT_SHOWN.split(clean(says))[0].rstrip()


def not_shown(finding: Finding) -> str:
    """The rest of `says`, `Not shown: …`, as policies end it; empty where it says nothing of that."""
    found = _NOT_SHOWN.search(clean(finding.says))
    return "" if found is None else clean(finding.says)[found.start() :]


def gist(finding: Finding) -> str:
    """For a summary: why it is not met, else the margin, else the first sentence of what the requirement says.

    A margin to a limit of 0 comes last: that there is none of something is beside the point of most requirements.
    """
    told = clean(finding.says).partition(". ")[0].rstrip(".")
    margin = margin_words(finding)
    if finding.margin is not None and finding.margin.limit == 0:
        return why(finding) or told or margin
    return why(finding) or margin or told


def limits(verdict: Verdict, *, whole: bool = True) -> list[str]:
    """What the verdict does not show, each line once: of every proof, then what each requirement says of itself.

    whole: False where a summary stands beside it, which has the second part. Nothing is said of what was not judged,
    nor of what a policy asks of a log itself where another requirement is about that log.
    """
    judged = [each for each in verdict.findings if each.status is not Status.NOT_JUDGED]
    told = {log.name for each in judged if not of_log_itself(each) for log in each.logs}
    own = [each for each in judged if not of_log_itself(each) or {log.name for log in each.logs} - told]
    said = [clean(line) for finding in own for line in finding.not_proven]
    if whole or len(verdict.findings) < 2:
        said += [f"{clean(heading(each))}: {part}" for each in judged if (part := not_shown(each))]
    return list(dict.fromkeys(said))


def of_log_itself(finding: Finding) -> bool:
    """Whether it is what a policy asks of a log by itself: how many rows, and from which sources."""
    return finding.name.startswith(FLOOR)


def outcome(verdict: Verdict) -> str:
    """`accepted`, `not decided`, or `not accepted`."""
    if verdict.accepted:
        return "accepted"
    statuses = {finding.status for finding in verdict.findings}
    if Status.UNDECIDED in statuses and statuses <= {Status.UNDECIDED, Status.MET}:
        return "not decided"
    return "not accepted"


def sentence(verdict: Verdict) -> str:
    """The verdict in one sentence; of a rehearsal, that it is one first."""
    said = _sentence(verdict)
    return f"REHEARSAL, which shows nothing of any time. {said}" if verdict.rehearsal else said


def _sentence(verdict: Verdict) -> str:
    found = {status: sum(f.status is status for f in verdict.findings) for status in Status}
    total = len(verdict.findings)
    if verdict.policy is None:
        if total == 1:
            return _of_one(verdict.findings[0])
        whole = "the file"
    else:
        whole = policy_name(verdict.policy)
    if verdict.error is not None:
        return f"Not accepted: nothing was judged ({verdict.error.code}: {clean(verdict.error.message)})."
    if not total:
        return f"Not accepted: nothing of {whole} was judged."
    if verdict.mismatches and all(each.status is Status.NOT_JUDGED for each in verdict.findings):
        said = listed([spoken(each) for each in verdict.mismatches])
        return f"Not accepted: {said}. Nothing of {whole} was judged."
    if verdict.accepted:
        met = "The one requirement" if total == 1 else f"All {total} requirements"
        taken = sum(each.recognised is not None for each in verdict.findings)
        by = f", {taken} of them by another's verdict and without a proof here" if taken else ""
        return f"Accepted: {met[0].lower()}{met[1:]} of {whole} {'is' if total == 1 else 'are'} met{by}."
    parts = [
        f"{count} {'is' if count == 1 else 'are'} {status.value if status is not Status.UNDECIDED else 'not decided'}"
        for status, count in found.items()
        if count and status is not Status.MET
    ]
    noun = "requirement" if total == 1 else "requirements"
    return f"{outcome(verdict).capitalize()}: of {total} {noun} of {whole}, {listed(parts)}."


def spoken(error: ZkComplianceError) -> str:
    """What an error says, without the field that it begins with."""
    return clean(_FIELD.sub("", error.message, count=1) if _FIELD.match(error.message) else error.message)


def judged(verdict: Verdict) -> str:
    """When, and by which program."""
    given = ", a moment that was given" if verdict.asked is not None and verdict.asked.at else ""
    return f"{moment(verdict.judged_at)}{given}, by {clean(verdict.verifier)}"


def reference_said(verdict: Verdict) -> str:
    """Which reference was asked for, and which the proof is bound to."""
    bound = reference(verdict.reference)
    if verdict.asked is None:
        return bound
    wanted = verdict.asked.reference
    if wanted is None:
        tail = "none was asked for, and that the proof is no older than it states is the lab's word"
        return f"the proof is bound to {bound}; {tail}" if verdict.reference else f"none; {tail}"
    drawn = "" if verdict.asked.drawn is None else f", drawn on {moment(verdict.asked.drawn)}"
    if wanted == verdict.reference:
        return f"{bound}, which was asked for{drawn}, and the proof is bound to it"
    return f"{reference(wanted)} was asked for{drawn}, and the proof is bound to {bound}"


def policy_name(policy: PolicyRef) -> str:
    """Id and version; of one that is not ready-made also the beginning of the digest by which alone it is known."""
    own = "" if policy.ready else f" (no ready-made policy; its SHA-256 begins {policy.digest.hex()[:16]})"
    return f"{clean(f'{policy.id}@{policy.version}')}{own}"


def _of_one(finding: Finding) -> str:
    """The verdict on a proof by itself."""
    claim = clean(finding.claim) or "the claim"
    if own := own_claim(finding):
        claim += f" ({own[:28]}…)"
    if finding.status is Status.MET:
        return f"Accepted: the proof shows {claim} as asked."
    if finding.status is Status.NOT_JUDGED and finding.error is not None:
        return f"Not accepted: {spoken(finding.error)}. Nothing of {claim} was judged."
    if finding.status is Status.UNDECIDED:
        return f"Not decided: the proof of {claim} verifies, but nothing was given to hold it against."
    return f"Not accepted: {claim} is {finding.status.value}."


def own_claim(finding: Finding) -> str:
    """Of a claim that is not of the catalogue, the digest by which alone it is known: its id says nothing.

    Empty for one that is, and where no proof was found.
    """
    name = finding.claim.partition("@")[0]
    if name in catalogue.names() and catalogue.load(name).label == finding.claim:
        return ""
    digest = finding.card or finding.program
    return f"{'card' if finding.card else 'program'} sha256 {digest.hex()}" if digest else ""


def why(finding: Finding) -> str:
    """Code and message of the error; empty where there is none. One that was said is not said again."""
    if finding.error is None:
        return ""
    if finding.status is Status.NOT_JUDGED:
        return "nothing is known of it: the file is about something else than was asked"
    said = f"for the same reason as {finding.same_as}" if finding.same_as else finding.error.message
    return f"{finding.error.code}: {clean(said)}"


def shown(finding: Finding, *roles: str) -> list[Value]:
    """The finding's values of these roles, in their order."""
    return [value for value in finding.values if value.role in roles]


def figure(value: Value) -> str:
    """A value as people read it, with all digits beside it where the short form is not exact."""
    return clean(value.text if str(value.exact) in value.text else exact_beside(value.text, value.exact))


def disclosed(value: Value) -> str:
    """A revealed value as people read it, and whether it stands for more than it says."""
    return f"{figure(value)}{', rounded down' if value.rounding else ''}"


def short(value: Value) -> str:
    """A value as people read it, without the digits that stand beside it."""
    return clean(value.text.removesuffix(f" ({value.exact})"))


def exact(value: Value) -> str:
    """The exact integer in groups of three where the short form is a power of ten; empty where it says no less."""
    return f"{value.exact:,}" if _POWER.fullmatch(short(value)) else ""


def asked(value: Value) -> str:
    """What the policy asks of a value: its bound in words; `left to the lab`; empty where there is no policy."""
    return "left to the lab" if value.chosen else clean(value.asked)


def chooser(value: Value) -> str:
    """Who chose the value of a parameter."""
    return _CHOSEN[value.chooser]


def share(margin: Margin) -> str:
    """The revealed value as a share of the limit: `63%`, `≈63.21%`; empty where the limit is nothing.

    Of a value that was rounded down: `at least 63%`.
    """
    if margin.limit <= 0 or margin.value < 0:
        return ""
    hundredths = Fraction(margin.value * 10_000, margin.limit)
    whole, rest = divmod(int(hundredths), 100)
    fraction = f"{rest:02d}".rstrip("0")
    number = f"{show_integer(whole)}{'.' + fraction if fraction else ''}"
    if margin.value and not int(hundredths):  # rounding down takes less than half of the true value
        return "under 0.02%" if margin.rounding else "under 0.01%"
    if margin.rounding:
        return f"at least {number.replace('≈', '')}%"
    return f"{'' if hundredths.denominator == 1 else '≈'}{number.replace('≈', '')}%"


def margin_words(finding: Finding) -> str:
    """What was revealed beside the limit; empty where nothing was."""
    margin = finding.margin
    if margin is None:
        return ""
    texts = {value.name: figure(value) for value in finding.values}
    value = texts.get(margin.revealed) or exact_beside(show_integer(margin.value), margin.value)
    limit = texts.get(margin.limit_name) or exact_beside(show_integer(margin.limit), margin.limit)
    part = share(margin)
    of = f", {part} of it" if part else ""
    rounded = ", rounded down" if margin.rounding else ""
    return f"{clean(margin.revealed)} is {value}{rounded}; {clean(margin.limit_name)} is {limit}{of}"


def made_for(verdict: Verdict) -> list[str]:
    """The policies, each with the requirements, that its proofs are bound to, where that is not the one judged by."""
    judged = verdict.policy.digest if verdict.policy is not None else b""
    found: dict[ForPolicy, list[str]] = {}
    for finding in verdict.findings:
        if finding.made_for is not None and finding.made_for.policy.digest != judged:
            found.setdefault(finding.made_for.policy, []).append(finding.made_for.requirement)
    return [
        clean(f"{policy.label} for {listed(names)}, SHA-256 {policy.digest.hex()}") for policy, names in found.items()
    ]


def attested(verdict: Verdict) -> str:
    """By which key an attestation of the file was signed; empty where none was given."""
    found = verdict.attested
    return f"signed by the {found.kind} key {found.keyid}" if found is not None else ""


def moment(seconds: int) -> str:
    """UTC seconds for people, to the minute where nothing is lost; `not stated` for 0."""
    if not seconds:
        return "not stated"
    text = show_time(seconds)
    return text.replace(":00 UTC", " UTC") if seconds % 60 == 0 else text


def sealed(log: LogShown) -> str:
    """When a log's segments were sealed, by whom that is shown: from the earliest to the latest moment of all of them;
    empty where the proof says nothing of it."""
    if not log.brackets:
        return ""
    if not log.brackets_checked:
        return "between moments that the proof states, and that were not checked here"
    first, last = min(first for first, _ in log.brackets), max(last for _, last in log.brackets)
    by = f", by {clean(listed(list(log.anchored)))}" if log.anchored else ""
    if last > LAST:
        dated = sum(end <= LAST for _, end in log.brackets)
        until = f"; {dated} of {len(log.brackets)} segments are dated" if dated else ""
        return f"at or after {moment(first)}{until}{by}" if first else f"at no moment that is shown for all{until}{by}"
    return f"between {moment(first)} and {moment(last)}{by}" if first else f"at or before {moment(last)}{by}"


def checked(policy: PolicyRef) -> str:
    """When a policy's sentences were last held against the texts of its sources."""
    return "on no stated day" if policy.checked is None else f"on {day(policy.checked)}"


def day(seconds: int) -> str:
    """UTC seconds as a date where they are midnight."""
    text = show_time(seconds)
    return text.removesuffix(" 00:00:00 UTC")


def in_force(valid_from: int, valid_until: int) -> str:
    """From which day to which a policy is in force. valid_until: the first second after it."""
    return f"{day(valid_from)} to {show_time(valid_until - 1).partition(' ')[0]}"


_TRADES = {  # what the profile of a log means for whoever reads of it: nothing is shown more or less surely
    "standard": ", the usual one",
    "fast": ": proofs are made sooner, and are larger",
    "small": ": proofs are smaller, and take longer to make",
}


def security(finding: Finding) -> str:
    """How likely it is that a proof of something false passes."""
    bits, profile = clean(finding.security_bits), clean(finding.profile)
    trade = _TRADES.get(profile, "")
    return f"something false passes at most once in 2^{bits} attempts, which is proven; profile {profile}{trade}"


def iso(seconds: int) -> str:
    """UTC seconds in RFC 3339; what is beyond the year 2999 (OSCAL dates end there) as its last second."""
    return datetime.fromtimestamp(min(seconds, LAST), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def segments(log: LogShown) -> str:
    """Which segments of its checkpoint a proof is about, and of how many rows."""
    if log.whole or not log.rows_log2:
        return rows(log.rows_log2)
    last = log.first + len(log.rows_log2) - 1
    few = f"segment {log.first:,}" if last == log.first else f"segments {log.first:,} to {last:,}"
    return f"only {few} of {log.size:,} (counted from 0): {rows(log.rows_log2)}"


def least_rows(log: LogShown, otherwise: str) -> str:
    """The least number of rows that was shown of a log, or of it and those that share its name, and how many of them
    count; otherwise: of none."""
    counted = f"at least {log.counted:,} {'counts' if log.counted == 1 else 'count'}" if log.counted else ""
    if not log.rows:
        return counted or otherwise
    rows = f"at least {log.rows:,}" + (f" in all logs of {clean(log.name)} together" if log.several else "")
    return f"{rows}; {counted}" if counted else rows


def rows(rows_log2: tuple[int, ...]) -> str:
    """The sizes of a log's segments: `2 segments of at most 1,024 rows each`."""
    if not rows_log2:
        return "no segments"
    low, high = (f"{1 << min(k, 64):,}" for k in (min(rows_log2), max(rows_log2)))
    if len(rows_log2) == 1:
        return f"1 segment of at most {high} rows"
    return f"{len(rows_log2):,} segments of at most {high if low == high else f'{low} to {high}'} rows each"


def reference(data: bytes) -> str:
    """The reference as `reference_text` has it, also in hexadecimal digits where a terminal would change it."""
    text = reference_text(data)
    return text if clean(text) == text else f"0x{data.hex()}"


def printable_source(sources: tuple[str, ...]) -> str:
    """The provenance that was shown of every row."""
    return clean(", ".join(sources)) if sources else "not shown: the rows may be self-declared"
