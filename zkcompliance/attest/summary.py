"""A verdict as an in-toto Statement: a SLSA Verification Summary (docs/attestation.md, "A verdict, signed").

Everything that decided stands in it, under one name of ours, so that whoever takes the verdict over can hold it against
what they ask themselves: the policy's digest, and what the policy left to whoever judged; each requirement with its
claim's card, program, public values, and the statement that was proved; each log with its checkpoint and its key. There
is one way to write it: decoding takes no other bytes. Integers are decimal strings, digests hexadecimal digits.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from zkcompliance import limits, strict_json
from zkcompliance.attest import dsse
from zkcompliance.attest.statement import STATEMENT_TYPE, TREE
from zkcompliance.errors import MalformedAttestation, UsageError
from zkcompliance.policy.binding import ForPolicy, Subject
from zkcompliance.policy.verdict import Asked, Finding, Status, Verdict

VSA = "https://slsa.dev/verification_summary/v1"
SVR = "https://in-toto.io/attestation/svr/v0.1"
DETAILS = "https://zkcompliance/verdict/v1"  # the member of the predicate that is ours
WITHDRAWN = "https://zkcompliance/withdrawn/v1"  # of a list of verdicts (attest/withdrawn.py)
_WHAT = "the verdict's statement"
_ID = re.compile(r"[a-z][a-z0-9+.-]{0,30}:[!-~]{1,480}")  # a URI, as far as it matters: seen, in ASCII
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,99}")
_HEX = re.compile(r"(?:[0-9a-f]{2})*")
_MOST_TEXT = 4096
LATEST = 253_402_300_799  # the last second of the year 9999


@dataclass(frozen=True)
class LogSeen:
    """A log in a slot: its checkpoint of `size` segments, and the vkey text that signed it; stands_for: whether it is a
    roll-up, which stands for another log."""

    slot: str
    origin: str
    size: int
    root: bytes
    key: str
    stands_for: bool = False


@dataclass(frozen=True)
class RequirementSeen:
    """A requirement as it was judged. card, program: of its claim; statement: SHA-256 of the statement that was proved
    (empty where nothing was); values: parameters and what is revealed; revealed: the names of those that the proof
    reveals; recognised: whether it was taken over from another verdict."""

    name: str
    claim: str
    status: str
    card: bytes
    program: bytes
    statement: bytes
    values: Mapping[str, int]
    revealed: tuple[str, ...]
    logs: tuple[LogSeen, ...]
    recognised: bool


@dataclass(frozen=True)
class Summary:
    """What a signed verdict says. verifier: the URI of who judged; version: of the program; judged_at, proved_at: UTC
    seconds, the second as the lab says (0: nothing said); file: SHA-256 of the proof file; options: what whoever judged
    gave besides, by name."""

    verifier: str
    version: str
    judged_at: int
    file: bytes
    policy: ForPolicy
    subject: Subject | None
    reference: bytes
    proved_at: int
    options: Mapping[str, str]
    requirements: tuple[RequirementSeen, ...]

    @property
    def passed(self) -> bool:
        return all(each.status == Status.MET.value for each in self.requirements)

    def encode(self) -> bytes:
        """The statement with a SLSA Verification Summary, as canonical JSON."""
        levels = ["ZKCOMPLIANCE_POLICY_MET" if self.passed else "FAILED"]
        return self.stated(self.judged_at, [self.file], levels, {DETAILS: self.details()})

    def stated(self, at: int, files: Sequence[bytes], levels: list[str], ours: Mapping[str, object]) -> bytes:
        """A Verification Summary about this model, judged at `at` by these files; ours: the members that are ours."""
        about = self.subject.digest if self.subject is not None else self.file
        predicate: dict[str, object] = {
            "verifier": {"id": self.verifier, "version": {"zkcompliance": self.version}},
            "timeVerified": _time(at),
            "resourceUri": _uri(about),
            "policy": {"uri": _uri(self.policy.digest), "digest": {"sha256": self.policy.digest.hex()}},
            "inputAttestations": [{"uri": _uri(each), "digest": {"sha256": each.hex()}} for each in files],
            "verificationResult": "PASSED" if self.passed else "FAILED",
            "verifiedLevels": levels,
            **ours,
        }
        return self._statement(VSA, predicate)

    def encode_simple(self) -> bytes:
        """The statement with a Simple Verification Result: the properties that were verified, and no more."""
        met = [each.name for each in self.requirements if each.status == Status.MET.value]
        whole = [f"ZKCOMPLIANCE_POLICY_MET:{self.policy.label}"] if self.passed else []
        policy = {"uri": _uri(self.policy.digest), "digest": {"sha256": self.policy.digest.hex()}}
        predicate: dict[str, object] = {
            "verifier": {"id": self.verifier, "policy": policy},
            "timeCreated": _time(self.judged_at),
            "properties": [*whole, *(f"ZKCOMPLIANCE_REQUIREMENT_MET:{self.policy.label}:{name}" for name in met)],
        }
        return self._statement(SVR, predicate)

    def _statement(self, kind: str, predicate: dict[str, object]) -> bytes:
        of = self.subject
        named = {"name": "proof file", "digest": {"sha256": self.file.hex()}}
        if of is not None:
            tree = {TREE: of.tree.hex()} if of.tree else {}
            named = {"name": of.name, "digest": {"sha256": of.digest.hex()} | tree}
        document = {"_type": STATEMENT_TYPE, "subject": [named], "predicateType": kind, "predicate": predicate}
        return strict_json.canonical(document)

    def details(self) -> dict[str, object]:
        """Our member: everything that decided."""
        of = self.subject
        return {
            "judgedAt": str(self.judged_at),
            "policy": {"id": self.policy.id, "version": str(self.policy.version)},
            "subject": {} if of is None else {"name": of.name, "sha256": of.digest.hex(), "tree": of.tree.hex()},
            "reference": self.reference.hex(),
            "provedAt": str(self.proved_at),
            "options": dict(self.options),
            "requirements": [_requirement(each) for each in self.requirements],
        }

    @classmethod
    def of(cls, verdict: Verdict, verifier: str) -> Summary:
        """What `verifier`, a URI, says by a verdict. UsageError for a verdict that decides nothing, and for no URI."""
        if _ID.fullmatch(verifier) is None:
            raise UsageError("who judged is named by a URI, such as https://regulator.example/verifier/1")
        if verdict.policy is None:
            raise UsageError(
                "a verdict is signed where it was judged by a policy",
                help="zkcompliance verify FILE --policy POLICY --sign KEY --verifier URI -o FILE",
            )
        open_ = [each.name for each in verdict.findings if each.status in (Status.UNDECIDED, Status.NOT_JUDGED)]
        if verdict.error is not None or open_ or not verdict.findings:
            raise UsageError("nothing was decided here, so that there is no verdict to sign: see why without --sign")
        if verdict.rehearsal:
            raise UsageError("a verdict of a rehearsal shows nothing of any time, and is not signed")
        policy = verdict.policy
        return cls(
            verifier,
            verdict.verifier,
            verdict.judged_at,
            verdict.file_sha256,
            ForPolicy(policy.digest, policy.id, policy.version),
            verdict.subject,
            verdict.reference,
            verdict.proved_at,
            _options(verdict.asked),
            tuple(_seen(each) for each in verdict.findings),
        )

    @classmethod
    def decode(cls, payload: bytes) -> Summary:
        """MalformedAttestation unless payload is a Verification Summary in its one form."""
        return cls.of_predicate(predicate_of(payload, VSA, _WHAT), payload)

    @classmethod
    def of_predicate(cls, predicate: Mapping[str, object], payload: bytes) -> Summary:
        """As `decode`, where the predicate of payload was read."""
        details = members(predicate.get(DETAILS), DETAILS)
        inputs = _list(predicate.get("inputAttestations"), "inputAttestations")
        made = cls.of_details(predicate, details, inputs[0] if inputs else None)
        if made.judged_at > LATEST or not made.requirements or made.encode() != payload:
            raise MalformedAttestation(f"{_WHAT} is not in its canonical form (docs/attestation.md)")
        return made

    @classmethod
    def of_details(cls, predicate: Mapping[str, object], details: Mapping[str, object], given: object) -> Summary:
        """By the predicate, what is said in it of one proof file, and that file among the inputs. The caller holds what
        comes of it, encoded again, against what was read. MalformedAttestation."""
        verifier = members(predicate.get("verifier"), "verifier")
        policy = members(details.get("policy"), "policy")
        digest = members(members(predicate.get("policy"), "policy").get("digest"), "policy.digest")
        version = members(verifier.get("version"), "verifier.version")
        of, options = members(details.get("subject"), "subject"), members(details.get("options"), "options")
        file = members(members(given, "inputAttestations").get("digest"), "inputAttestations")
        return cls(
            text(verifier, "id"),
            text(version, "zkcompliance"),
            whole(details, "judgedAt"),
            _digest(file, "sha256"),
            ForPolicy(_digest(digest, "sha256"), text(policy, "id"), whole(policy, "version")),
            Subject(text(of, "name"), _digest(of, "sha256"), _hex(of, "tree")) if of else None,
            _hex(details, "reference"),
            whole(details, "provedAt"),
            {name: text(options, name) for name in options},
            tuple(
                _requirement_of(members(each, "requirements"))
                for each in _list(details.get("requirements"), "requirements")
            ),
        )


def _seen(finding: Finding) -> RequirementSeen:
    logs = tuple(
        LogSeen(each.slot, each.origin, each.size, each.root, each.key, each.stands_for is not None)
        for each in finding.logs
    )
    return RequirementSeen(
        finding.name,
        finding.claim,
        finding.status.value,
        finding.card,
        finding.program,
        finding.statement_sha256,
        {each.name: each.exact for each in finding.values if each.role != "derived"},
        tuple(each.name for each in finding.values if each.role == "revealed"),
        logs,
        finding.recognised is not None,
    )


def _options(asked: Asked | None) -> dict[str, str]:
    """What was left to whoever judged, as far as it was given; the keys of logs stand with the logs."""
    if asked is None:
        return {}
    of = asked.subject
    found = {
        "subject": "" if of is None else f"{of.name} {of.digest.hex()} {of.tree.hex()}".strip(),
        "reference": "" if asked.reference is None else asked.reference.hex(),
        "drawn": "" if asked.drawn is None else str(asked.drawn),
        "at": "given" if asked.at else "",
        "trust": asked.trust_sha256.hex(),
        "state": "given" if asked.state else "",
        "lineages": " ".join(asked.lineages),
        "claimFiles": str(asked.claim_files) if asked.claim_files else "",
        "requests": str(asked.requests) if asked.requests else "",
        "openings": str(asked.openings) if asked.openings else "",
        "recognised": str(asked.recognised) if asked.recognised else "",
        "withdrawn": str(asked.withdrawn) if asked.withdrawn else "",
    }
    return {name: value for name, value in found.items() if value}


def _requirement(seen: RequirementSeen) -> dict[str, object]:
    return {
        "name": seen.name,
        "claim": seen.claim,
        "status": seen.status,
        "card": seen.card.hex(),
        "program": seen.program.hex(),
        "statement": seen.statement.hex(),
        "values": {name: str(value) for name, value in seen.values.items()},
        "revealed": list(seen.revealed),
        "logs": [
            {
                "slot": each.slot,
                "origin": each.origin,
                "size": str(each.size),
                "root": each.root.hex(),
                "key": each.key,
                "by": "roll-up" if each.stands_for else "log",
            }
            for each in seen.logs
        ],
        "by": "recognition" if seen.recognised else "proof",
    }


def _requirement_of(given: dict[str, object]) -> RequirementSeen:
    values = members(given.get("values"), "values")
    logs = [members(each, "logs") for each in _list(given.get("logs"), "logs")]
    return RequirementSeen(
        text(given, "name"),
        text(given, "claim"),
        text(given, "status"),
        _hex(given, "card"),
        _hex(given, "program"),
        _hex(given, "statement"),
        {name: whole(values, name) for name in values},
        tuple(text({"revealed": each}, "revealed") for each in _list(given.get("revealed"), "revealed")),
        tuple(
            LogSeen(
                text(each, "slot"),
                text(each, "origin"),
                whole(each, "size"),
                _hex(each, "root"),
                text(each, "key"),
                each.get("by") == "roll-up",
            )
            for each in logs
        ),
        given.get("by") == "recognition",
    )


def _uri(digest: bytes) -> str:
    """A digest as a URI (RFC 6920)."""
    return f"ni:///sha-256;{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def _time(moment: int) -> str:
    """RFC 3339, in UTC, to the second."""
    if not 0 <= moment <= LATEST:
        raise UsageError("a verdict of a time after the year 9999 is not signed")
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def predicate_of(payload: bytes, kind: str, what: str) -> dict[str, object]:
    """The predicate of a statement of this predicateType. MalformedAttestation for any other; what: as which the
    statement is named."""
    loaded = strict_json.loads(payload, what, MalformedAttestation, limit=limits.MAX_ATTESTATION_BYTES)
    statement = dsse.members(loaded, what)
    if statement.get("predicateType") != kind:
        raise MalformedAttestation(f"{what}: predicateType is not {kind}")
    return dsse.members(statement.get("predicate"), f"{what}: predicate")


def members(value: object, what: str) -> dict[str, object]:
    """The members of an object of a verdict. MalformedAttestation for what is none; what: as which it is named."""
    return dsse.members(value, f"{_WHAT}: {what}")


def _list(value: object, what: str) -> list[object]:
    if not isinstance(value, list) or len(value) > limits.MAX_POLICY_REQUIREMENTS * limits.MAX_POLICY_LOGS:
        raise MalformedAttestation(f"{_WHAT}: {what}: a list is expected")
    return value


def text(given: Mapping[str, object], name: str) -> str:
    """A member that is a text of at most 4096 characters. MalformedAttestation."""
    value = given.get(name)
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        raise MalformedAttestation(f"{_WHAT}: {name:.60}: a text of at most {_MOST_TEXT} characters")
    return value


def whole(given: Mapping[str, object], name: str) -> int:
    """A member that is a decimal number of at most 100 digits. MalformedAttestation."""
    value = text(given, name)
    if _DECIMAL.fullmatch(value) is None:
        raise MalformedAttestation(f"{_WHAT}: {name:.60}: a decimal number of at most 100 digits is expected")
    return int(value)


def _hex(given: Mapping[str, object], name: str) -> bytes:
    value = text(given, name)
    if _HEX.fullmatch(value) is None:
        raise MalformedAttestation(f"{_WHAT}: {name:.60}: lower-case hexadecimal digits are expected")
    return bytes.fromhex(value)


def _digest(given: Mapping[str, object], name: str) -> bytes:
    value = _hex(given, name)
    if len(value) != 32:
        raise MalformedAttestation(f"{_WHAT}: {name:.60}: a SHA-256 is expected")
    return value
