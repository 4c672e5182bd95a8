"""The pieces of evidence behind a log's rows: files that others signed, kept in the private part.

    secret/evidence/00000001   the first piece, as it was given; then 00000002 …
    secret/evidence/digests    32 bytes for each piece in the order of their numbers: its SHA-256, each once
    segments/…/evidence        how many pieces the log had when the segment was sealed, in decimal; none: no such file

A row names its piece by the number, from 1 on, which stays the same in all generations of the log. The entry of a
segment that was sealed with evidence has

    SHA-256(0x17 ‖ u32 n ‖ root)     root: RFC 6962, over the digests of the log's first n pieces, each a leaf's data

n as the segment's file says: piece i is leaf i − 1. The root alone binds no numbers: leaf 2 of 3 is reached as leaf 1
of 2 is, by one hash from its left. Segments that are put together have the one with most; a segment that was sealed
without evidence has 32 zero bytes.

Pieces are durable before a seal begins. Of a seal that is dropped they stay, with their numbers, and no row names them.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence

from zkcompliance.edge.shown import command
from zkcompliance.errors import LimitExceeded, LogCorrupt, LogError
from zkcompliance.limits import MAX_EVIDENCE_BYTES, MAX_EVIDENCE_PIECES
from zkcompliance.log import files, merkle
from zkcompliance.log.layout import Layout, SegmentPaths

NONE = bytes(32)
_DIGEST = 32


def digests(layout: Layout) -> list[bytes]:
    """The SHA-256 of every piece, in the order of their numbers. LogCorrupt where the file is damaged."""
    if not os.path.lexists(layout.digests):
        return []
    data = files.read(layout.digests, _DIGEST * MAX_EVIDENCE_PIECES, folders=2)
    found = [data[at : at + _DIGEST] for at in range(0, len(data), _DIGEST)]
    if len(data) % _DIGEST or len(set(found)) != len(found):
        raise LogCorrupt(f"{layout.digests} is damaged", help=command("zkcompliance", "fsck", layout.root))
    return found


def planned(layout: Layout, pieces: Sequence[bytes]) -> tuple[list[int], int]:
    """The numbers that `keep` will give these pieces, and how many the log has then. Nothing is written."""
    numbers = {digest: number for number, digest in enumerate(digests(layout), 1)}
    found = []
    for piece in pieces:
        found.append(numbers.setdefault(hashlib.sha256(piece).digest(), len(numbers) + 1))
    return found, len(numbers)


def keep(layout: Layout, pieces: Sequence[bytes]) -> list[int]:
    """The numbers of these pieces, of which those that are new are kept, durably. For the log's holder.

    LimitExceeded where a piece, or the number of all, is over its limit.
    """
    known = digests(layout)
    numbers = {digest: number for number, digest in enumerate(known, 1)}
    found: list[int] = []
    for piece in pieces:
        digest = hashlib.sha256(piece).digest()
        if digest not in numbers:
            if len(piece) > MAX_EVIDENCE_BYTES or len(known) == MAX_EVIDENCE_PIECES:
                raise LimitExceeded(
                    f"a log keeps {MAX_EVIDENCE_PIECES:,} pieces of evidence, each of at most {MAX_EVIDENCE_BYTES:,} "
                    "bytes",
                    help="seal in a log of its own",
                )
            if not os.path.lexists(layout.evidence):
                files.make_dir(layout.evidence)
                files.sync_dir(layout.secret)
            known.append(digest)
            numbers[digest] = len(known)
            files.replace(layout.piece(len(known)), piece, files.PRIVATE)
        found.append(numbers[digest])
    if known and len(known) != len(digests(layout)):
        files.replace(layout.digests, b"".join(known), files.PRIVATE)
    return found


def load(layout: Layout, number: int) -> bytes:
    """The piece with this number. LogError where there is none, LogCorrupt where it is not what it was."""
    known = digests(layout)
    if not 1 <= number <= len(known):
        raise LogError(f"{layout.root} has no piece of evidence {number}: it keeps {len(known)}")
    piece = files.read(layout.piece(number), MAX_EVIDENCE_BYTES, folders=2)
    if hashlib.sha256(piece).digest() != known[number - 1]:
        raise LogCorrupt(f"{layout.piece(number)} is not the piece that was kept")
    return piece


def root(layout: Layout, count: int) -> bytes:
    """The evidence root of an entry whose segment was sealed when the log had `count` pieces; 0: there was none."""
    if not count:
        return NONE
    known = digests(layout)
    if count > len(known):
        raise LogCorrupt(f"{layout.digests} has {len(known)} pieces of evidence, and a segment was sealed with {count}")
    return bound(count, merkle.root(known[:count]))


def bound(count: int, tree: bytes) -> bytes:
    """What an entry holds of a tree of `count` pieces, 1 ≤ count < 2^32, whose RFC 6962 root is `tree`."""
    return hashlib.sha256(b"\x17" + count.to_bytes(4, "little") + tree).digest()


def inclusion(layout: Layout, count: int, number: int) -> list[bytes]:
    """The RFC 6962 path from piece `number` to the root of the first `count`. LogError where it is none of those."""
    if not 1 <= number <= count:
        raise LogError(f"piece of evidence {number} is none of the {count} that the segment was sealed with")
    return merkle.inclusion_proof(number - 1, digests(layout)[:count])


def count_of(paths: SegmentPaths) -> int:
    """How many pieces the log had when this segment was sealed; 0 where that was without evidence. LogCorrupt."""
    if not os.path.lexists(paths.evidence):
        return 0
    text = files.read(paths.evidence, 16, folders=SegmentPaths.DEPTH).decode("ascii", "replace")
    number = text.removesuffix("\n")
    if not (number.isascii() and number.isdecimal() and f"{int(number)}\n" == text and int(number)):
        raise LogCorrupt(f"{paths.evidence} is damaged")
    return int(number)


def count_bytes(count: int) -> bytes:
    """What a segment's file says."""
    return f"{count}\n".encode()


def copy(old: Layout, new: Layout) -> None:
    """All pieces, to the folder of the log's next generation, which has none yet."""
    if not (known := digests(old)):
        return
    files.make_dir(new.evidence)
    for number in range(1, len(known) + 1):
        files.create(new.piece(number), load(old, number))
    files.create(new.digests, b"".join(known))
    files.sync_dir(new.evidence)
