"""Which records a seal took: an attempt of a job, a step of a run, a sample of an evaluation.

A record has an identity that stays the same from one export of a tool to the next. The file `records` lies beside the
meta of a seal's first segment, durable before it, and stays in the private part:

    records = "zkci" ‖ u16(1) ‖ record* ‖ check    record = identity (16) ‖ row (16)
    identity = SHA-256("zkcompliance-record-1" ‖ JSON of its format and parts), the first 16 bytes
    row      = SHA-256("zkcompliance-row-1" ‖ schema digest ‖ its limbs but act, u16 each), the first 16 bytes; limbs
               of columns of which the file says nothing of its own, as a time that is stated for a whole run, are 0

in the order of the identities, each once; check = the first 16 bytes of the SHA-256 of all before.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from zkcompliance.errors import LimitExceeded, LogCorrupt
from zkcompliance.limits import MAX_SEAL_RECORDS
from zkcompliance.log import files
from zkcompliance.log.layout import SegmentPaths
from zkcompliance.schemas import Schema

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_HEAD = b"zkci\x01\x00"
_ENCODER = json.JSONEncoder(ensure_ascii=True, separators=(",", ":"))
_BYTES = 16  # of an identity, a row's digest and the check


class Record(NamedTuple):
    """identity: 16 bytes; name: what messages call it; aside: columns that its row's digest leaves out.

    help: what to do besides where its row was changed, "" for what holds of all.
    """

    identity: bytes
    name: str
    aside: tuple[str, ...] = ()
    help: str = ""

    @classmethod
    def of(
        cls, form: str, parts: tuple[str | int, ...], name: str, aside: tuple[str, ...] = (), help: str = ""
    ) -> Record:
        """The record of a format that these parts name."""
        return cls(identity_of(form, parts), name, aside, help)


def identity_of(form: str, parts: tuple[str | int, ...]) -> bytes:
    """The identity of a record of a format, 16 bytes. parts: texts and whole numbers, which tell it from all others."""
    text = _ENCODER.encode([form, *parts])
    return hashlib.sha256(b"zkcompliance-record-1" + text.encode()).digest()[:_BYTES]


def row_digests(schema: Schema, columns: NDArray[np.uint32], asides: Sequence[tuple[str, ...]] = ()) -> list[bytes]:
    """The digest of each row of limbs (width, n), act included. asides: of each row, the columns it leaves out."""
    columns = without(schema, columns, asides)
    data = columns[1:].T.astype("<u2").tobytes()
    size = 2 * (len(columns) - 1)
    head = hashlib.sha256(b"zkcompliance-row-1" + schema.digest)
    found = []
    for start in range(0, len(data), size):
        one = head.copy()
        one.update(data[start : start + size])
        found.append(one.digest()[:_BYTES])
    return found


def without(schema: Schema, columns: NDArray[np.uint32], asides: Sequence[tuple[str, ...]]) -> NDArray[np.uint32]:
    """Limbs (width, n) with 0 in the columns that a row leaves out. A column that the schema lacks is none of them."""
    sets = {names for names in asides if names}
    if not sets:
        return columns
    known = {column.name for column in schema.columns}
    columns = columns.copy()
    for names in sets:
        rows = [at for at, each in enumerate(asides) if each == names]
        for limbs in (schema.limbs(name) for name in names if name in known):
            columns[limbs.start : limbs.stop, rows] = 0
    return columns


def encode(records: Mapping[bytes, bytes]) -> bytes:
    """The bytes of the file. LimitExceeded where there are over MAX_SEAL_RECORDS."""
    if len(records) > MAX_SEAL_RECORDS:
        raise LimitExceeded(f"one seal takes at most {MAX_SEAL_RECORDS:,} records", help="seal them in several steps")
    body = _HEAD + b"".join(identity + records[identity] for identity in sorted(records))
    return body + hashlib.sha256(body).digest()[:_BYTES]


def load(paths: SegmentPaths) -> dict[bytes, bytes]:
    """Identity → digest of the row, of the records whose seal begins with this segment; LogCorrupt where damaged."""
    if not os.path.lexists(paths.records):
        return {}
    most = len(_HEAD) + 2 * _BYTES * MAX_SEAL_RECORDS + _BYTES
    data = files.read(paths.records, most, folders=SegmentPaths.DEPTH)
    body, check = data[:-_BYTES], data[-_BYTES:]
    records = {
        body[at : at + _BYTES]: body[at + _BYTES : at + 2 * _BYTES] for at in range(len(_HEAD), len(body), 2 * _BYTES)
    }
    if hashlib.sha256(body).digest()[:_BYTES] != check or encode(records) != data:
        raise LogCorrupt(f"{paths.records} is damaged")
    return records
