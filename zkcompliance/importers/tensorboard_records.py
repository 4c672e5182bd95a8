"""The records of a TensorBoard event file, each under two checksums.

    length (8 bytes, lowest first) | masked CRC-32C of these 8 | data | masked CRC-32C of the data

masked(c) = (c rotated right by 15 bits) + 0xa282ead8 mod 2^32.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from zkcompliance import limits
from zkcompliance.errors import ImporterError
from zkcompliance.importers.crc32c import crc32c


def records(file: BinaryIO, *, cut: bool) -> Iterator[bytes]:
    """The data of each record. ImporterError for one that is damaged or too long, or a file that ends inside one.

    cut: whether such an end is taken: the records before it are whole.
    """
    number = 0
    while head := file.read(12):
        number += 1
        where = f"record {number}"
        if len(head) == 12:
            if _masked(head[:8]) != head[8:]:
                raise ImporterError(
                    f"{where}: is damaged, or the file is no event file: its length is not as its checksum says"
                )
            length = int.from_bytes(head[:8], "little")
            if length > limits.MAX_IMPORT_RECORD_BYTES:
                raise ImporterError(f"{where}: is longer than {limits.MAX_IMPORT_RECORD_BYTES} bytes")
            data = file.read(length + 4)
            if len(data) == length + 4:
                if _masked(data[:length]) != data[length:]:
                    raise ImporterError(f"{where}: is damaged: it is not as its checksum says")
                yield data[:length]
                continue
        if not cut:
            raise ImporterError(
                f"{where}: the file ends inside it",
                help="copy the file when the run has ended; of a run that was killed: --set cut=accept",
            )
        return


def _masked(data: bytes) -> bytes:
    checksum = crc32c(data)
    turned = (checksum >> 15 | checksum << 17) & 0xFFFF_FFFF
    return (turned + 0xA282_EAD8 & 0xFFFF_FFFF).to_bytes(4, "little")
