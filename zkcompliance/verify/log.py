"""Sealed segments as a statement names them: entries, their tag challenge, and checkpoints (docs/spec/log.md)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from zkcompliance import limits
from zkcompliance.errors import MalformedError, ParametersRejected
from zkcompliance.verify.field import Ext
from zkcompliance.verify.origin import is_origin
from zkcompliance.verify.profile import Profile
from zkcompliance.verify.reader import Reader, at_most, extension_bytes, u8, u16
from zkcompliance.verify.transcript import Transcript

_MAGIC = b"zkcs" + u16(1)
_MAX_BODY_BYTES = 512  # origin (255), size (20), root (44) and three line ends


@dataclass(frozen=True, slots=True)
class Entry:
    """One sealed segment of 2^k rows and capacity κ: header ‖ root ‖ v0, 99 bytes."""

    profile_id: int
    schema_digest: bytes
    width: int
    k: int
    kappa: int
    root: bytes
    tag: Ext  # v0 = Σ_c λ^c·T̂_c(z0)

    def header(self) -> bytes:
        """ "zkcs" ‖ u16(1) ‖ u8(profile) ‖ schema digest ‖ u16(w) ‖ u8(k) ‖ u8(κ)."""
        return _MAGIC + u8(self.profile_id) + self.schema_digest + u16(self.width) + u8(self.k) + u8(self.kappa)

    def encode(self) -> bytes:
        return self.header() + self.root + extension_bytes(self.tag)

    def tag_challenge(self) -> tuple[Ext, Ext]:
        """(z0, λ), a function of header and root alone."""
        transcript = Transcript("zkcompliance/tag/v1")
        transcript.absorb("header", self.header())
        transcript.absorb("root", self.root)
        stream = transcript.squeeze("tag")
        z0 = stream.outside_field()
        return z0, stream.extension()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The state of a log: its name, its number of entries and their RFC 6962 root; `body` is the signed text."""

    origin: str
    size: int
    root: bytes
    body: bytes


def read_entry(reader: Reader, profile: Profile) -> Entry:
    """An entry whose header has this profile and the κ that follows from its k."""
    reader.expect(_MAGIC, "an entry's header")
    profile_id = reader.u8()
    schema_digest = reader.digest()
    width = at_most(reader.u16(), limits.MAX_WIDTH, "width of a segment")
    k = reader.u8()
    kappa = reader.u8()
    root = reader.digest()
    (tag,) = reader.extension(reader.take(24))
    if width == 0:
        raise reader.fail("a segment has no columns")
    if profile_id != profile.id:
        raise ParametersRejected("a segment was sealed under another profile than the statement's")
    if not limits.MIN_LOG_ROWS_LOG2 <= k <= limits.MAX_LOG_ROWS_LOG2:
        raise ParametersRejected(f"a segment of 2^{k} rows")
    if kappa != profile.capacity(k):
        raise ParametersRejected(f"a segment of 2^{k} rows with capacity 2^{kappa}")
    return Entry(profile_id, schema_digest, width, k, kappa, root, tag)


def parse_checkpoint(body: bytes, error: type[MalformedError]) -> Checkpoint:
    """Three lines: origin, size in decimal, base64 of the root; raises `error` for any other form."""
    at_most(len(body), _MAX_BODY_BYTES, "checkpoint body")
    try:
        lines = body.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise error("a checkpoint is not UTF-8") from None
    if len(lines) != 4 or lines[3]:
        raise error("a checkpoint body has three lines")
    origin, size_text, root_text = lines[0], lines[1], lines[2]
    if not is_origin(origin):
        raise error("a checkpoint's origin is empty or has a space, a plus, or a character that nobody sees")
    at_most(len(origin.encode("utf-8")), limits.MAX_TEXT_BYTES, "checkpoint origin")
    if not (1 <= len(size_text) <= 20 and size_text.isascii() and size_text.isdigit()):
        raise error("a checkpoint's size is not a decimal number")
    try:
        root = base64.b64decode(root_text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise error("a checkpoint's root is not base64") from None
    checkpoint = Checkpoint(origin, int(size_text), root, body)
    if len(root) != 32 or checkpoint_body(origin, checkpoint.size, root) != body:
        raise error("a checkpoint is not in its canonical form")
    return checkpoint


def checkpoint_body(origin: str, size: int, root: bytes) -> bytes:
    """origin "\\n" size "\\n" base64(root) "\\n"."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode('ascii')}\n".encode()


def log_root(entries: Sequence[bytes]) -> bytes:
    """RFC 6962 section 2.1 over at least one entry; at most 32 here, so the recursion is shallow."""
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1 << ((len(entries) - 1).bit_length() - 1)
    return hashlib.sha256(b"\x01" + log_root(entries[:split]) + log_root(entries[split:])).digest()
