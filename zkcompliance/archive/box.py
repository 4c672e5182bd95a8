"""The zip file of a case: stored without compression, every member named and digested in `SHA256SUMS`.

Members are in the order of their names and dated 1980-01-01, so that the same case gives the same bytes. Reading is
strict: what a list does not name is not there, and what it names is what it was. Members follow each other from the
first byte on, and nothing lies before, between or behind them: neither bytes that no digest is over, nor members that
share bytes, which would be far more than the file is.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from hashlib import sha256
from io import BytesIO

from zkcompliance import limits
from zkcompliance.errors import ArchiveChanged, LimitExceeded, MalformedArchive

SUMS = "SHA256SUMS"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16
_UNIX = 3
_LOCAL, _CENTRAL, _END = 30, 46, 22  # bytes of a member's two heads, each besides its name, and of what ends a zip file
_NAME = re.compile(r"(?:[a-z0-9-]+/)?[A-Za-z0-9-]+(?:\.[a-z0-9]+)*")
_LINE = re.compile(r"([0-9a-f]{64})  ([!-~]{1,100})")


def pack(files: Mapping[str, bytes]) -> bytes:
    """The zip of these files, and of their digests."""
    sums = "".join(f"{sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as made:
        for name, data in sorted({**files, SUMS: sums.encode()}.items()):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = _UNIX, _MODE
            made.writestr(entry, data)
    return buffer.getvalue()


def unpack(data: bytes) -> dict[str, bytes]:
    """The files by their names, without the list. MalformedArchive, LimitExceeded, or ArchiveChanged, which names the
    file that is not what its digest says."""
    if len(data) > limits.MAX_ARCHIVE_BYTES:
        raise LimitExceeded(f"an archive of {len(data)} bytes: at most {limits.MAX_ARCHIVE_BYTES}")
    try:
        with zipfile.ZipFile(BytesIO(data)) as box:
            found = _members(box, data)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError, RuntimeError) as error:
        raise MalformedArchive(f"not the zip file of an archive: {str(error)[:100]}") from None
    if SUMS not in found:
        raise MalformedArchive(f"the archive has no {SUMS}")
    listed = _sums(found.pop(SUMS))
    if set(listed) != set(found):
        odd = sorted(set(listed) ^ set(found))[0]
        raise MalformedArchive(f"{odd} is {'listed and not there' if odd in listed else 'there and not listed'}")
    for name, digest in listed.items():
        if sha256(found[name]).hexdigest() != digest:
            raise ArchiveChanged(f"{name} is not what it was when the archive was made: its SHA-256 is another")
    return found


def _members(box: zipfile.ZipFile, data: bytes) -> dict[str, bytes]:
    """Stored members alone, each once, under plain names, of which the file consists."""
    entries = box.infolist()
    if len(entries) > limits.MAX_ARCHIVE_FILES:
        raise LimitExceeded(f"an archive of {len(entries)} files: at most {limits.MAX_ARCHIVE_FILES}")
    names: set[str] = set()
    for entry in entries:
        if not _NAME.fullmatch(entry.filename) or entry.filename in names:
            raise MalformedArchive(f"an archive has no file of the name {entry.filename[:100]!r}, and none twice")
        names.add(entry.filename)
        if entry.compress_type != zipfile.ZIP_STORED or entry.flag_bits & 1:
            raise MalformedArchive(f"{entry.filename} is compressed or encrypted, and no file of an archive is")
        if entry.file_size != entry.compress_size:
            raise MalformedArchive(f"{entry.filename} states two sizes")
    _check_layout(entries, data)
    return {entry.filename: box.read(entry) for entry in entries}


def _check_layout(entries: Sequence[zipfile.ZipInfo], data: bytes) -> None:
    """MalformedArchive unless the members follow each other and, with their list, are the whole file."""
    at = listed = 0
    for entry in entries:
        extra = data[at + _LOCAL - 2 : at + _LOCAL]
        if entry.header_offset != at or extra != b"\0\0" or entry.extra or entry.comment:
            raise MalformedArchive(f"{entry.filename} does not lie right behind the file before it, or brings more")
        at += _LOCAL + len(entry.filename) + entry.file_size
        listed += _CENTRAL + len(entry.filename)
    if at + listed + _END != len(data):
        raise MalformedArchive("the archive has bytes that are of none of its files")


def _sums(data: bytes) -> dict[str, str]:
    """Name → digest, as `sha256sum` writes them."""
    found: dict[str, str] = {}
    for line in data.decode("ascii", "replace").split("\n")[:-1]:
        matched = _LINE.fullmatch(line)
        if matched is None or matched[2] in found:
            raise MalformedArchive(f"{SUMS} has a line that is not `digest  name`, or a name twice")
        found[matched[2]] = matched[1]
    return found
