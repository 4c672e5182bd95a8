"""The body of an `add-checkpoint` request (https://c2sp.org/tlog-witness).

old SIZE            how many entries of the log the witness has signed before
BASE64              each hash of the RFC 6962 consistency proof from there, at most 63
                    an empty line
…                   the signed checkpoint
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from zkcompliance.errors import MalformedNote
from zkcompliance.limits import MAX_WITNESS_REQUEST_BYTES
from zkcompliance.log import note
from zkcompliance.log.checkpoint import MAX_SIZE

MAX_HASHES = 63
SIZE_TYPE = "text/x.tlog.size"  # of an answer 409: a size in decimal, and a newline
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True)
class Request:
    """old: entries; proof: hashes of 32 bytes; note: the signed checkpoint as it came, nothing of it verified."""

    old: int
    proof: tuple[bytes, ...]
    note: str

    def encode(self) -> bytes:
        """The body."""
        hashes = "".join(f"{base64.b64encode(each).decode()}\n" for each in self.proof)
        return f"old {self.old}\n{hashes}\n{self.note}".encode()

    @classmethod
    def parse(cls, body: bytes) -> Request:
        """MalformedNote unless body is in its one form; of the note only that it is text of its length."""
        if len(body) > MAX_WITNESS_REQUEST_BYTES:
            raise MalformedNote(f"a request has at most {MAX_WITNESS_REQUEST_BYTES} bytes")
        head, separator, rest = body.partition(b"\n\n")
        first, *lines = head.split(b"\n")
        old = parse_size(first.removeprefix(b"old ")) if first.startswith(b"old ") else None
        if not separator or old is None:
            raise MalformedNote("a request begins with `old SIZE`, hashes, and an empty line")
        if len(lines) > MAX_HASHES:
            raise MalformedNote(f"a consistency proof has at most {MAX_HASHES} hashes")
        proof = tuple(note.decode_base64(line.decode("ascii", "replace")) or b"" for line in lines)
        if any(len(each) != 32 for each in proof):
            raise MalformedNote("a hash of a consistency proof is 32 bytes in base64")
        return cls(old, proof, note.decoded(rest))


def parse_size(text: bytes) -> int | None:
    """A size in decimal without leading zeros, below 2^63; None for anything else."""
    word = text.decode("ascii", "replace")
    return int(word) if _SIZE.fullmatch(word) and int(word) <= MAX_SIZE else None
