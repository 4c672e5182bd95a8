"""A request: who asks, under which reference, when and until when, what is asked; signed (docs/spec/openings.md).

    format = "zkcompliance-request/v1"
    asker = "VKEY"
    reference = "…"
    made = 2026-08-02T09:00:00Z
    answer_by = 2026-08-16T09:00:00Z

    [openings]          a table for each thing that is asked, here rows of a log

    [signed]
    signature = "…"     base64 of Ed25519 by `asker` over all bytes before the empty line above [signed]

What is signed begins with its format, which no checkpoint does: the key signs nothing else by it. The digest of a
request is that of what is signed: another signature is no other request.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from zkcompliance.errors import KeyFileError, MalformedRequest, SignatureRejected
from zkcompliance.log.note import VerifierKey, decode_base64
from zkcompliance.log.note import parse as parse_note
from zkcompliance.request import lines
from zkcompliance.request.lines import Moment, Value
from zkcompliance.request.rows import AskedRows

if TYPE_CHECKING:
    from zkcompliance.log.signer import SignerKey

FORMAT = "zkcompliance-request/v1"
SIGNED = "signed"


@dataclass(frozen=True)
class Request:
    """made, answer_by: UTC seconds; openings: which rows are asked for; signature: 64 bytes, empty before it is
    signed."""

    asker: VerifierKey
    reference: str
    made: int
    answer_by: int
    openings: AskedRows
    signature: bytes = b""

    @property
    def signed_bytes(self) -> bytes:
        """What the asker signs."""
        head: dict[str, Value] = {
            "format": FORMAT, "asker": self.asker.text, "reference": self.reference, "made": Moment(self.made),
            "answer_by": Moment(self.answer_by),
        }  # fmt: skip
        return lines.encode({"": head, "openings": self.openings.values()})

    @property
    def digest(self) -> bytes:
        """SHA-256 of what is signed: what is drawn from."""
        return hashlib.sha256(self.signed_bytes).digest()

    def encode(self) -> bytes:
        """The file."""
        signature = base64.b64encode(self.signature).decode()
        return self.signed_bytes + b"\n" + lines.encode({SIGNED: {"signature": signature}})

    def signed_by(self, key: SignerKey) -> Request:
        """With the signature of the asker's key, which is another's: SignatureRejected."""
        if key.verifier != self.asker:
            raise SignatureRejected(f"the request names {self.asker.text} as who asks, and this is another key")
        (line,) = parse_note(key.sign(self.signed_bytes.decode())).signatures
        return replace(self, signature=line.data)

    @classmethod
    def decode(cls, data: bytes) -> Request:
        """MalformedRequest for another form, SignatureRejected where the asker did not sign it."""
        tables = lines.decode(data)
        if "proof" in tables:
            raise MalformedRequest(
                "the request is for a proof, and none for rows",
                help="zkcompliance prove --policy POLICY --request FILE",
            )
        if list(tables) != ["", "openings", SIGNED]:
            raise MalformedRequest("a request has its head and the tables [openings] and [signed], in this order")
        head = tables[""]
        taken = ("format", "asker", "reference", "made", "answer_by")
        if tuple(head) != taken or head["format"] != FORMAT:
            raise MalformedRequest(f"the head of a request has {', '.join(taken)}, and its format is {FORMAT}")
        made, answer_by, reference = head["made"], head["answer_by"], head["reference"]
        if not isinstance(made, Moment) or not isinstance(answer_by, Moment) or not isinstance(reference, str):
            raise MalformedRequest("made and answer_by are times, and the reference is a text")
        if answer_by <= made:
            raise MalformedRequest("a request is answered after it is made")
        found = cls(
            asker_of(head), reference, int(made), int(answer_by), AskedRows.of(tables["openings"], int(made)),
            signature_of(tables[SIGNED]),
        )  # fmt: skip
        if found.encode() != data:
            raise MalformedRequest("the request is not in its one form")
        if not found.asker.verifies(found.signed_bytes, found.signature):
            raise SignatureRejected(f"the request was not signed by {found.asker.name}, who it says asks")
        return found


def asker_of(head: Mapping[str, Value]) -> VerifierKey:
    """Who asks, by the head of a request. MalformedRequest for what is no key."""
    try:
        return VerifierKey.parse(str(head["asker"]))
    except KeyFileError as error:
        raise MalformedRequest(f"who asks: {error.message}") from None


def signature_of(values: Mapping[str, Value]) -> bytes:
    """64 bytes, from the table [signed]. MalformedRequest for anything else."""
    text = values.get("signature")
    data = decode_base64(text) if isinstance(text, str) and len(values) == 1 else None
    if data is None or len(data) != 64:
        raise MalformedRequest("[signed] has the signature, 64 bytes in base64, and nothing else")
    return data
