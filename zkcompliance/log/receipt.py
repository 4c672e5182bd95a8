"""Receipts that an entry is in a (co)signed log: `tlog-proof` files (https://c2sp.org/tlog-proof).

c2sp.org/tlog-proof@v1
extra BASE64                 left out when there is none; not authenticated by anything
index DECIMAL
BASE64 of 32 bytes           for each sibling from the leaf upwards (RFC 6962, section 2.1.1)
(an empty line)
the signed note of the checkpoint, verbatim
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from zkcompliance.errors import CheckpointMismatch, MalformedNote, UsageError
from zkcompliance.limits import MAX_NOTE_BYTES
from zkcompliance.log import merkle, note
from zkcompliance.log.checkpoint import MAX_SIZE, Checkpoint
from zkcompliance.log.store import SealedLog
from zkcompliance.log.trust import Trusted, TrustPolicy

HEADING = "c2sp.org/tlog-proof@v1"
MAX_PROOF = 63
MAX_EXTRA_BYTES = 4096
_INDEX = re.compile(r"index (0|[1-9][0-9]{0,18})", re.ASCII)
_MAX_BYTES = MAX_NOTE_BYTES + 2 * MAX_EXTRA_BYTES + 64 * MAX_PROOF


@dataclass(frozen=True)
class Receipt:
    """That entry `index` is in the log whose signed note is `note`, by the sibling hashes `proof`."""

    index: int
    proof: tuple[bytes, ...]
    note: str
    extra: bytes | None = None

    @property
    def text(self) -> str:
        """The file's text."""
        extra = [] if self.extra is None else [f"extra {base64.b64encode(self.extra).decode()}"]
        nodes = [base64.b64encode(node).decode() for node in self.proof]
        return "\n".join([HEADING, *extra, f"index {self.index}", *nodes, "", self.note])

    @classmethod
    def parse(cls, data: bytes | str) -> Receipt:
        """MalformedNote unless data is one receipt in the strict form, its note included. Nothing is verified yet."""
        raw = data.encode(errors="surrogatepass") if isinstance(data, str) else data
        if len(raw) > _MAX_BYTES:
            raise MalformedNote(f"a receipt has at most {_MAX_BYTES} bytes")
        try:
            head, separator, signed = raw.decode().partition("\n\n")
        except UnicodeDecodeError as error:
            raise MalformedNote("a receipt is UTF-8") from error
        lines = head.split("\n")
        if not separator or lines.pop(0) != HEADING:
            raise MalformedNote(f"a receipt begins with {HEADING}")
        extra = None
        if lines and lines[0].startswith("extra "):
            extra = note.decode_base64(lines.pop(0).removeprefix("extra "))
            if not extra or len(extra) > MAX_EXTRA_BYTES:
                raise MalformedNote("a receipt's extra line is `extra BASE64`")
        match = _INDEX.fullmatch(lines.pop(0)) if lines else None
        if match is None or int(match[1]) > MAX_SIZE:
            raise MalformedNote("a receipt has a line `index DECIMAL`")
        proof = [note.decode_base64(line) for line in lines]
        nodes = tuple(node for node in proof if node is not None and len(node) == 32)
        if len(nodes) != len(proof) or len(nodes) > MAX_PROOF:
            raise MalformedNote("a receipt's proof is one base64 line of 32 bytes for each node")
        Checkpoint.parse(note.parse(signed).text)
        return cls(int(match[1]), nodes, signed, extra)

    def check(self, entry: bytes, trust: TrustPolicy, *, now: int | None = None) -> Trusted:
        """What the receipt is worth for this entry: checkpoint, the log's key, cosigners.

        Errors of `TrustPolicy.check`, or CheckpointMismatch when the entry is not at `index` of that checkpoint.
        """
        trusted = trust.check(self.note, now=now)
        checkpoint = trusted.checkpoint
        if merkle.root_from_inclusion(self.index, checkpoint.size, entry, self.proof) != checkpoint.root:
            raise CheckpointMismatch(f"the entry is not number {self.index} of the log {checkpoint.origin}")
        return trusted


def receipt_for(log: SealedLog, index: int) -> Receipt:
    """The receipt of segment `index` in the log's checkpoint, cosignatures included. UsageError when there is none."""
    entries = [segment.entry.encode() for segment in log.segments]
    if not 0 <= index < len(entries):
        raise UsageError(f"{log.path} has no segment {index}: it has {len(entries)}")
    return Receipt(index, tuple(merkle.inclusion_proof(index, entries)), log.checkpoint_note)
