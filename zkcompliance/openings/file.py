"""A file of opened rows: the proof, and what makes its rows readable (docs/spec/openings.md).

    "zkco" ‖ u16(1) ‖ bytes16 request ‖ bytes16 round ‖ bytes16 schema
    ‖ u32 t ‖ t × (u32 length ‖ text) ‖ u32 e ‖ e × piece ‖ u32 length ‖ bundle
    piece = u32 segment ‖ u32 leaf ‖ u32 leaves ‖ u8 h ‖ h × 32 bytes ‖ u32 length ‖ evidence

request and round: empty where nobody asked. schema: the text whose SHA-256 the entries name. Texts ascend by their
bytes, pieces by segment and leaf; h hashes lead from a leaf to the root of a tree of so many (RFC 6962), and these two
to the evidence root of the entry. Nothing here is verified yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from zkcompliance import limits
from zkcompliance.errors import LimitExceeded, MalformedOpenings
from zkcompliance.verify.codec import Reader, at_most, bytes16, bytes32, u8, u16, u32

MAGIC = b"zkco" + u16(1)
_MOST_PATH = 32
_MOST_SCHEMA = 1 << 16


@dataclass(frozen=True)
class Piece:
    """Evidence about a segment: leaf `leaf` of `leaves` under the evidence root of its entry, by the hashes `path`."""

    segment: int
    leaf: int
    leaves: int
    path: tuple[bytes, ...]
    data: bytes

    def encode(self) -> bytes:
        """Its bytes in the file."""
        head = u32(self.segment) + u32(self.leaf) + u32(self.leaves)
        return head + u8(len(self.path)) + b"".join(self.path) + bytes32(self.data)


@dataclass(frozen=True)
class OpenedFile:
    """The parts of the file, still undecoded but for their frames."""

    request: bytes
    round: bytes
    schema: bytes
    texts: tuple[str, ...]
    pieces: tuple[Piece, ...]
    bundle: bytes

    def encode(self) -> bytes:
        """The file. LimitExceeded where it is longer than any may be."""
        texts = b"".join(bytes32(text.encode()) for text in self.texts)
        pieces = b"".join(piece.encode() for piece in self.pieces)
        data = b"".join(
            [
                MAGIC, bytes16(self.request), bytes16(self.round), bytes16(self.schema), u32(len(self.texts)), texts,
                u32(len(self.pieces)), pieces, bytes32(self.bundle),
            ]
        )  # fmt: skip
        if len(data) > limits.MAX_OPENINGS_BYTES:
            raise LimitExceeded(f"a file of opened rows has at most {limits.MAX_OPENINGS_BYTES} bytes")
        return data

    @classmethod
    def decode(cls, data: bytes) -> OpenedFile:
        """MalformedOpenings or LimitExceeded."""
        at_most(len(data), limits.MAX_OPENINGS_BYTES, "a file of opened rows")
        reader = Reader(data, MalformedOpenings)
        reader.expect(MAGIC, "a file of opened rows")
        request = reader.bytes16(limits.MAX_REQUEST_BYTES, "request")
        of = reader.bytes16(512, "round")
        schema = reader.bytes16(_MOST_SCHEMA - 1, "schema")
        count = at_most(reader.u32(), limits.MAX_OPENED_TEXTS, "texts")
        texts = tuple(_text(reader) for _ in range(count))
        if any(later.encode() <= earlier.encode() for earlier, later in pairwise(texts)):
            raise MalformedOpenings("the texts do not ascend by their bytes, each once")
        count = at_most(reader.u32(), limits.MAX_OPENED_PIECES, "pieces of evidence")
        pieces = tuple(_piece(reader) for _ in range(count))
        places = [(piece.segment, piece.leaf) for piece in pieces]
        if any(later <= earlier for earlier, later in pairwise(places)):
            raise MalformedOpenings("the pieces of evidence do not ascend by segment and leaf")
        bundle = reader.take(at_most(reader.u32(), limits.MAX_BUNDLE_BYTES, "bundle"))
        reader.finish()
        if bool(request) != bool(of):
            raise MalformedOpenings("a request is answered with its round, and nothing else is")
        return cls(request, of, schema, texts, pieces, bundle)


def _text(reader: Reader) -> str:
    raw = reader.take(at_most(reader.u32(), limits.MAX_OPENED_TEXT_BYTES, "the text of an id"))
    try:
        return raw.decode()
    except UnicodeDecodeError:
        raise reader.fail("the text of an id is not UTF-8") from None


def _piece(reader: Reader) -> Piece:
    segment, leaf, leaves = reader.u32(), reader.u32(), reader.u32()
    path = tuple(reader.digest() for _ in range(at_most(reader.u8(), _MOST_PATH, "hashes of a piece")))
    return Piece(segment, leaf, leaves, path, reader.take(at_most(reader.u32(), limits.MAX_OPENINGS_BYTES, "evidence")))
