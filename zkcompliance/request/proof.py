"""A request for a proof: of which policy, by which lab, over whose logs, bound to which reference, until when.

    format = "zkcompliance-request/v1"
    asker = "VKEY"              left out where nobody signs
    reference = "…"             ends in 32 hexadecimal digits that were drawn when the request was made
    made = 2026-08-02T09:00:00Z
    answer_by = 2026-08-16T09:00:00Z

    [proof]
    lab = "NAME"                as the asker calls it
    policy = "ID@VERSION"
    policy_sha256 = "…"         of the policy's text, to the last letter

    [keys]                      a line for each log of the policy
    compute = "VKEY VKEY"       those that are trusted, in the order of their texts; empty: any

    [signed]                    left out where nobody signs
    signature = "…"             as of a request for rows

The digest is SHA-256 of all but [signed]: another signature is no other request.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zkcompliance import limits
from zkcompliance.errors import KeyFileError, MalformedRequest, SignatureRejected, UsageError
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.note import parse as parse_note
from zkcompliance.request import lines
from zkcompliance.request.file import FORMAT, SIGNED, asker_of, signature_of
from zkcompliance.request.lines import Moment, Value

if TYPE_CHECKING:
    from zkcompliance.log.signer import SignerKey

Keys = Mapping[str, tuple[VerifierKey, ...]]  # by the policy's name of a log; none: its key is not said
DRAWN_BYTES = 16  # of a reference: nobody guesses 128 bits, and no two requests draw the same
_REFERENCE = re.compile(rf"(?:.+-)?[0-9a-f]{{{2 * DRAWN_BYTES}}}")
_LOG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_POLICY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*@[1-9][0-9]{0,8}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def draw(before: str = "") -> str:
    """A reference that nobody could have known: 32 hexadecimal digits of the operating system's randomness, behind a
    text of the asker's, such as a file number, and a hyphen."""
    drawn = secrets.token_hex(DRAWN_BYTES)
    return f"{before}-{drawn}" if before else drawn


@dataclass(frozen=True)
class ProofRequest:
    """asker: None where nobody signs. made, answer_by: UTC seconds; the reference was drawn when it was made. lab: as
    the asker calls it; policy: `id@version`; policy_digest: 32 bytes; signature: 64 bytes, empty before it is signed.
    """

    asker: VerifierKey | None
    reference: str
    made: int
    answer_by: int
    lab: str
    policy: str
    policy_digest: bytes
    keys: Keys
    signature: bytes = b""

    @property
    def signed_bytes(self) -> bytes:
        """All but the signature."""
        head: dict[str, Value] = {"format": FORMAT}
        if self.asker is not None:
            head["asker"] = self.asker.text
        head |= {"reference": self.reference, "made": Moment(self.made), "answer_by": Moment(self.answer_by)}
        proof: dict[str, Value] = {
            "lab": self.lab, "policy": self.policy, "policy_sha256": self.policy_digest.hex(),
        }  # fmt: skip
        keys: dict[str, Value] = {
            name: " ".join(sorted(key.text for key in several)) for name, several in self.keys.items()
        }
        return lines.encode({"": head, "proof": proof, "keys": keys})

    @property
    def digest(self) -> bytes:
        """SHA-256 of what is signed: by which a request is known."""
        return hashlib.sha256(self.signed_bytes).digest()

    def encode(self) -> bytes:
        """The file."""
        if self.asker is None:
            return self.signed_bytes
        signature = base64.b64encode(self.signature).decode()
        return self.signed_bytes + b"\n" + lines.encode({SIGNED: {"signature": signature}})

    def signed_by(self, key: SignerKey) -> ProofRequest:
        """Asked and signed by the owner of this key."""
        named = replace(self, asker=key.verifier)
        (line,) = parse_note(key.sign(named.signed_bytes.decode())).signatures
        return replace(named, signature=line.data)

    @classmethod
    def decode(cls, data: bytes) -> ProofRequest:
        """MalformedRequest for another form, SignatureRejected where it names an asker who did not sign it."""
        tables = lines.decode(data)
        head = tables[""]
        signed = [SIGNED] if "asker" in head else []
        if list(tables) != ["", "proof", "keys", *signed]:
            raise MalformedRequest(
                "a request for a proof has its head, [proof] and [keys], and [signed] where it names an asker"
            )
        taken = ("format", *(["asker"] if signed else []), "reference", "made", "answer_by")
        if tuple(head) != taken or head["format"] != FORMAT:
            raise MalformedRequest(f"the head of a request has {', '.join(taken)}, and its format is {FORMAT}")
        made, answer_by, reference = head["made"], head["answer_by"], head["reference"]
        if not isinstance(made, Moment) or not isinstance(answer_by, Moment) or answer_by <= made:
            raise MalformedRequest("made and answer_by are times, and a request is answered after it is made")
        if not isinstance(reference, str) or not _REFERENCE.fullmatch(reference):
            raise MalformedRequest(f"the reference ends in {2 * DRAWN_BYTES} hexadecimal digits that were drawn")
        if len(reference.encode()) > limits.MAX_CONTEXT_BYTES // 2:
            raise MalformedRequest("the reference is longer than a proof can be bound to")
        found = cls(
            asker_of(head) if signed else None, reference, int(made), int(answer_by), *_proof(tables["proof"]),
            _keys(tables["keys"]), signature_of(tables[SIGNED]) if signed else b"",
        )  # fmt: skip
        if found.encode() != data:
            raise MalformedRequest("the request is not in its one form")
        if found.asker is not None and not found.asker.verifies(found.signed_bytes, found.signature):
            raise SignatureRejected(f"the request was not signed by {found.asker.name}, who it says asks")
        return found

    def check_policy(self, label: str, digest: bytes) -> None:
        """UsageError for a policy that is not the one that is asked about."""
        if digest == self.policy_digest and label == self.policy:
            return
        raise UsageError(
            f"the request asks about {self.policy} with SHA-256 {self.policy_digest.hex()}, and the policy that "
            f"is given is {label} with {digest.hex()}",
            help="take the very file that the request was made with, letter by letter",
        )

    def check_asker(self, expected: VerifierKey) -> None:
        """SignatureRejected unless this key signed the request."""
        if self.asker != expected:
            by = "nobody" if self.asker is None else f"{self.asker.text}"
            raise SignatureRejected(f"the request is signed by {by}, and not by {expected.text}")

    def check_keys(self, given: Keys) -> None:
        """UsageError where logs have other keys than those that the request names for them. given: some of its logs."""
        for name, several in given.items():
            wanted = self.keys.get(name)
            if wanted is None:
                raise UsageError(f"the request is about no log {name!r}: it has {', '.join(self.keys)}")
            if wanted and {key.text for key in wanted} != {key.text for key in several}:
                raise UsageError(
                    f"the request names {_said(wanted)} for the log {name}, and {_said(several)} is given",
                    help="ask whoever made the request which log is meant",
                )


def _said(keys: tuple[VerifierKey, ...]) -> str:
    return " and ".join(key.text for key in keys) or "no key"


def _proof(values: Mapping[str, Value]) -> tuple[str, str, bytes]:
    if tuple(values) != ("lab", "policy", "policy_sha256"):
        raise MalformedRequest("[proof] has lab, policy and policy_sha256, in this order")
    lab, policy, digest = values.values()
    if not isinstance(lab, str) or not lab:
        raise MalformedRequest("proof.lab is the name of a lab")
    if not isinstance(policy, str) or not _POLICY.fullmatch(policy):
        raise MalformedRequest("proof.policy is ID@VERSION")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise MalformedRequest("proof.policy_sha256 is 64 hexadecimal digits, lower case")
    return lab, policy, bytes.fromhex(digest)


def _keys(values: Mapping[str, Value]) -> Keys:
    if not 1 <= len(values) <= limits.MAX_POLICY_LOGS:
        raise MalformedRequest(f"[keys] has from 1 to {limits.MAX_POLICY_LOGS} logs")
    found = {}
    for name, text in values.items():
        if not _LOG.fullmatch(name) or not isinstance(text, str):
            raise MalformedRequest("[keys] has the name of a log, and its public keys as a text")
        try:
            found[name] = tuple(VerifierKey.parse(each) for each in text.split(" ")) if text else ()
        except KeyFileError as error:
            raise MalformedRequest(f"keys.{name}: {error.message}") from None
        if len(set(found[name])) != len(found[name]):
            raise MalformedRequest(f"keys.{name} names a key twice")
    return found
