"""Cases of the conformance kit over one proof file: a fault in each of its sections, and what asks otherwise.

A fault is one edit, [at, remove, insert], at an offset that is found by the sizes of docs/spec/proof.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from zkcompliance.verify.bundle import Bundle, decode_bundle, programs_of
from zkcompliance.verify.openings import opening_order
from zkcompliance.verify.shape import shape_of
from zkcompliance.verify.statement import decode_statement

Edit = tuple[int, int, bytes]
P = 15 * 2**27 + 1


@dataclass(frozen=True)
class Sections:
    """Offsets into a proof file: where each section begins; `end` is that of the proof, where attachments would."""

    data: bytes
    at: dict[str, int]

    def flip(self, section: str, further: int = 0, bit: int = 0) -> Edit:
        at = self.at[section] + further
        return at, 1, bytes([self.data[at] ^ 1 << bit])


def sections(data: bytes) -> Sections:
    """Of a proof file of one program and one log."""
    bundle = decode_bundle(data)
    statement = decode_statement(bundle.statement_bytes)
    shape = shape_of(statement, programs_of(bundle, statement))
    at = {"statement": 10}
    at["program"] = at["statement"] + len(bundle.statement_bytes) + 1 + 4
    at["note"] = at["program"] + len(bundle.program_bytes[0]) + 1 + 2
    at["proof"] = at["note"] + len(bundle.notes[0]) + 4
    heights = len(shape.heights)
    sizes = {
        "witness roots": 32 * heights,
        "extension roots": 32 * heights,
        "terminals": 24 * len(shape.instances),
        "quotient roots": 32 * heights,
        "values": 24 * len(opening_order(shape)),
        "FRI roots": 32 * len(shape.layers),
        "final": 24 * shape.degree(shape.final_size),
        "nonce": 8,
    }
    place = at["proof"]
    for name, size in sizes.items():
        at[name] = place
        place += size
    at["openings"] = place
    at["end"] = at["proof"] + len(bundle.proof_bytes)
    return Sections(data, at)


def faults(data: bytes) -> Iterator[tuple[str, str, Edit]]:
    """(name, error code, edit) of a sound proof file."""
    s = sections(data)
    bundle = decode_bundle(data)
    statement, end = decode_statement(bundle.statement_bytes), s.at["end"]
    yield "frame: another magic", "malformed-bundle", (3, 1, b"B")
    yield "frame: version 1", "malformed-bundle", (4, 1, b"\1")
    yield "frame: version 3", "malformed-bundle", (4, 1, b"\3")
    yield "frame: empty", "malformed-bundle", (0, len(data), b"")
    yield "frame: cut by a byte", "malformed-bundle", (end - 1, 1, b"")
    yield "statement: a length over the limit", "limit-exceeded", (6, 4, b"\xff" * 4)
    yield "statement: another magic", "malformed-statement", s.flip("statement")
    yield "statement: version 3", "malformed-statement", (s.at["statement"] + 4, 1, b"\3")
    yield "statement: a profile that there is not", "parameters-rejected", (s.at["statement"] + 6, 1, b"\4")
    yield "statement: another profile", "parameters-rejected", (s.at["statement"] + 6, 1, b"\1")
    root = data.index(statement.claims[0].program_digest)
    yield "statement: another program named", "program-mismatch", (root, 1, bytes([data[root] ^ 1]))
    yield "program: a length over the limit", "limit-exceeded", (s.at["program"] - 4, 4, b"\xff" * 4)
    yield "program: a bit", "program-mismatch", s.flip("program", 40)
    yield "note: another text", "signature-rejected", s.flip("note")
    last = len(bundle.notes[0]) - 12
    yield "note: its signature", "signature-rejected", (
        s.at["note"] + last, 1, b"A" if data[s.at["note"] + last] != 65 else b"B",
    )  # fmt: skip
    yield "note: no line end", "malformed-note", (s.at["note"] + len(bundle.notes[0]) - 1, 1, b"x")
    yield "note: a control character", "malformed-note", (s.at["note"], 1, b"\7")
    for name in ("witness roots", "extension roots", "terminals", "quotient roots", "values"):
        yield f"{name}: a bit of the first", "quotient-mismatch", s.flip(name)
    for name in ("FRI roots", "final", "nonce"):
        yield f"{name}: a bit of the first", "grinding-rejected", s.flip(name)
    for name in ("terminals", "values", "final"):
        yield f"{name}: a number that is not below p", "malformed-proof", (s.at[name], 4, P.to_bytes(4, "little"))
    yield "openings: a bit of the first row's salt", "opening-mismatch", s.flip("openings")
    yield "openings: a bit of the first row", "opening-mismatch", s.flip("openings", 32)
    yield "openings: a bit of the last digest", "opening-mismatch", (end - 1, 1, bytes([data[end - 1] ^ 1]))
    size = len(bundle.proof_bytes)
    yield "openings: a byte too many", "malformed-proof", grown(s, size, b"\0")
    yield "attachments: none, and a byte that says so", "malformed-bundle", (end, 0, b"\0")
    yield "attachments: of an unknown kind", "malformed-bundle", (end, 0, bytes((1, 9, 1, 0, 0, 0, 7)))
    yield "attachments: an empty one", "malformed-bundle", (end, 0, bytes((1, 1, 0, 0, 0, 0)))
    yield "attachments: one twice", "malformed-bundle", (end, 0, bytes((2, *(1, 1, 0, 0, 0, 7) * 2)))
    yield "attachments: out of order", "malformed-bundle", (end, 0, bytes((2, 2, 1, 0, 0, 0, 7, 1, 1, 0, 0, 0, 7)))


def grown(s: Sections, size: int, more: bytes) -> Edit:
    """The proof with more bytes behind it, and a length that says so: an edit of all from its length on."""
    at = s.at["proof"] - 4
    return at, size + 4, (size + len(more)).to_bytes(4, "little") + s.data[at + 4 : s.at["end"]] + more


def stated(bundle: Bundle) -> dict[str, object]:
    """What a verdict of this file must state of its log, as its statement has it."""
    (log,) = decode_statement(bundle.statement_bytes).logs
    return {
        "origin": log.origin, "size": str(log.checkpoint.size), "first": str(log.first),
        "root": log.checkpoint.root.hex(), "rows_log2": [str(entry.k) for entry in log.entries],
    }  # fmt: skip
