"""A verdict as an in-toto Statement: a SLSA Verification Summary (docs/attestation.md, "A verdict, signed").

Everything that decided stands in it, under one name of ours, so that whoever takes the verdict over can hold it against
what they ask themselves: the policy's digest, and what the policy left to whoever judged; each requirement with its
claim's card, program, public values, and the statement that was proved; each log with its checkpoint and its key. There
is one way to write it: decoding takes no other bytes. Integers are decimal strings, digests hexadecimal digits.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from zkcompliance import limits, strict_json
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
_LATEST = 253_402_300_799  # the last second of the year 9999


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
        policy = {"uri": _uri(self.policy.digest), "digest": {"sha256": self.policy.digest.hex()}}
        about = self.subject.digest if self.subject is not None else self.file
        predicate: dict[str, object] = {
            "verifier": {"id": self.verifier, "version": {"zkcompliance": self.version}},
            "timeVerified": _time(self.judged_at),
            "resourceUri": _uri(about),
            "policy": policy,
            "inputAttestations": [{"uri": _uri(self.file), "digest": {"sha256": self.file.hex()}}],
            "verificationResult": "PASSED" if self.passed else "FAILED",
            "verifiedLevels": ["ZKCOMPLIANCE_POLICY_MET" if self.passed else "FAILED"],
            DETAILS: self._details(),
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

    def _details(self) -> dict[str, object]:
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
        whole = _object(
            strict_json.loads(payload, _WHAT, MalformedAttestation, limit=limits.MAX_ATTESTATION_BYTES), _WHAT
        )
        if whole.get("predicateType") != VSA:
            raise MalformedAttestation(f"{_WHAT}: predicateType is not {VSA}")
        predicate = _object(whole.get("predicate"), "predicate")
        details = _object(predicate.get(DETAILS), DETAILS)
        verifier = _object(predicate.get("verifier"), "verifier")
        policy = _object(details.get("policy"), "policy")
        digest = _object(_object(predicate.get("policy"), "policy").get("digest"), "policy.digest")
        version = _object(verifier.get("version"), "verifier.version")
        inputs = _list(predicate.get("inputAttestations"), "inputAttestations")
        first = _object(inputs[0] if inputs else None, "inputAttestations")
        of, options = _object(details.get("subject"), "subject"), _object(details.get("options"), "options")
        made = cls(
            _text(verifier, "id"),
            _text(version, "zkcompliance"),
            _whole(details, "judgedAt"),
            _digest(_object(first.get("digest"), "inputAttestations"), "sha256"),
            ForPolicy(_digest(digest, "sha256"), _text(policy, "id"), _whole(policy, "version")),
            Subject(_text(of, "name"), _digest(of, "sha256"), _hex(of, "tree")) if of else None,
            _hex(details, "reference"),
            _whole(details, "provedAt"),
            {name: _text(options, name) for name in options},
            tuple(
                _requirement_of(_object(each, "requirements"))
                for each in _list(details.get("requirements"), "requirements")
            ),
        )
        if made.judged_at > _LATEST or not made.requirements or made.encode() != payload:
            raise MalformedAttestation(f"{_WHAT} is not in its canonical form (docs/attestation.md)")
        return made


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


def _requirement_of(members: dict[str, object]) -> RequirementSeen:
    values = _object(members.get("values"), "values")
    logs = [_object(each, "logs") for each in _list(members.get("logs"), "logs")]
    return RequirementSeen(
        _text(members, "name"),
        _text(members, "claim"),
        _text(members, "status"),
        _hex(members, "card"),
        _hex(members, "program"),
        _hex(members, "statement"),
        {name: _whole(values, name) for name in values},
        tuple(_text({"revealed": each}, "revealed") for each in _list(members.get("revealed"), "revealed")),
        tuple(
            LogSeen(
                _text(each, "slot"),
                _text(each, "origin"),
                _whole(each, "size"),
                _hex(each, "root"),
                _text(each, "key"),
                each.get("by") == "roll-up",
            )
            for each in logs
        ),
        members.get("by") == "recognition",
    )


def _uri(digest: bytes) -> str:
    """A digest as a URI (RFC 6920)."""
    return f"ni:///sha-256;{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def _time(moment: int) -> str:
    """RFC 3339, in UTC, to the second."""
    if not 0 <= moment <= _LATEST:
        raise UsageError("a verdict of a time after the year 9999 is not signed")
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _object(value: object, what: str) -> dict[str, object]:
    if not isinstance(value, dict):
        raise MalformedAttestation(f"{_WHAT}: {what}: an object is expected")
    return value


def _list(value: object, what: str) -> list[object]:
    if not isinstance(value, list) or len(value) > limits.MAX_POLICY_REQUIREMENTS * limits.MAX_POLICY_LOGS:
        raise MalformedAttestation(f"{_WHAT}: {what}: a list is expected")
    return value


def _text(members: Mapping[str, object], name: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or len(value) > _MOST_TEXT:
        raise MalformedAttestation(f"{_WHAT}: {name:.60}: a text of at most {_MOST_TEXT} characters")
    return value


def _whole(members: Mapping[str, object], name: str) -> int:
    value = _text(members, name)
    if _DECIMAL.fullmatch(value) is None:
        raise MalformedAttestation(f"{_WHAT}: {name:.60}: a decimal number of at most 100 digits is expected")
    return int(value)


def _hex(members: Mapping[str, object], name: str) -> bytes:
    value = _text(members, name)
    if _HEX.fullmatch(value) is None:
        raise MalformedAttestation(f"{_WHAT}: {name:.60}: lower-case hexadecimal digits are expected")
    return bytes.fromhex(value)


def _digest(members: Mapping[str, object], name: str) -> bytes:
    value = _hex(members, name)
    if len(value) != 32:
        raise MalformedAttestation(f"{_WHAT}: {name:.60}: a SHA-256 is expected")
    return value
