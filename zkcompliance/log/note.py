"""C2SP signed notes with Ed25519 signatures (https://c2sp.org/signed-note).

A note is a text that ends with a newline, an empty line, and one line `— NAME BASE64(key id ‖ signature)` for each
signature.

    key id = SHA-256(name ‖ 0x0A ‖ 0x01 ‖ public key)[:4]
    vkey   = name "+" hex(key id) "+" base64(0x01 ‖ public key)

Parsing is strict: what Go's sumdb/note refuses is refused here, and base64 must be canonical.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from zkcompliance.errors import KeyFileError, MalformedNote, SignatureRejected
from zkcompliance.limits import MAX_NOTE_BYTES, MAX_TEXT_BYTES
from zkcompliance.log.signatures import ed25519_verifies
from zkcompliance.quantities import fault_of

ED25519 = 1
MAX_SIGNATURES = 100
_DASH = "— "


def decode_base64(text: str) -> bytes | None:
    """Standard base64, canonical only (padding present, unused bits zero); None when it is not."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def check_name(name: str) -> bool:
    """Whether a key name is 1 to 255 bytes of text as `quantities.names` has it, without space or plus sign."""
    return not name_fault(name)


def name_fault(name: str) -> str:
    """What is wrong with a key name, as words behind its place; empty when nothing is."""
    if not name or len(name) > MAX_TEXT_BYTES:
        return f"is not 1 to {MAX_TEXT_BYTES} bytes long"
    if " " in name or "+" in name:
        return "has a space or a plus sign"
    if why := fault_of(name):
        return why
    return "" if len(name.encode()) <= MAX_TEXT_BYTES else f"is not 1 to {MAX_TEXT_BYTES} bytes long"


def key_id(name: str, public: bytes, algorithm: int = ED25519) -> bytes:
    """The 4 bytes that, with the name, tell which key a signature is of."""
    return hashlib.sha256(name.encode() + b"\n" + bytes([algorithm]) + public).digest()[:4]


@dataclass(frozen=True)
class VerifierKey:
    """A public key with its name."""

    name: str
    public: bytes

    @property
    def id(self) -> bytes:
        """4 bytes."""
        return key_id(self.name, self.public)

    @property
    def text(self) -> str:
        """The vkey text, without a newline."""
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([ED25519]) + self.public).decode()}"

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """KeyFileError unless text is one canonical Ed25519 vkey."""
        name, _, public = parse_key(text, "verifier key", {ED25519: 32})
        key = cls(name, public)
        if key.text != text:
            raise KeyFileError(f"the key id of {name} does not match its key")
        return key

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Whether signature (64 bytes) is this key's over message."""
        return ed25519_verifies(self.public, signature, message)


def parse_key(text: str, what: str, sizes: Mapping[int, int]) -> tuple[str, int, bytes]:
    """(name, algorithm, key bytes) of `name+id+base64`. `sizes`: algorithm → key bytes, those that are accepted.

    KeyFileError for any other form; the id is for the caller to compare.
    """
    parts = text.split("+", 2)
    if len(parts) != 3 or not check_name(parts[0]) or len(parts[1]) != 8:
        raise KeyFileError(f"not a {what} (name+hash+base64)")
    data = decode_base64(parts[2])
    if not data or sizes.get(data[0]) != len(data) - 1:
        raise KeyFileError(f"the {what} of {parts[0]} is not of a kind that is taken here")
    return parts[0], data[0], data[1:]


@dataclass(frozen=True)
class Signature:
    """One signature line: the signer's name, its 4-byte key id, and the algorithm's own bytes."""

    name: str
    id: bytes
    data: bytes

    @property
    def line(self) -> str:
        """As it stands in a note, newline included."""
        return f"{_DASH}{self.name} {base64.b64encode(self.id + self.data).decode()}\n"

    @classmethod
    def parse(cls, line: str) -> Signature:
        """MalformedNote unless `line`, without its newline, is one canonical signature line."""
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        payload = decode_base64(encoded)
        if not line.startswith(_DASH) or not check_name(name) or payload is None or len(payload) < 5:
            raise MalformedNote("a signature line is `— NAME BASE64`")
        return cls(name, payload[:4], payload[4:])


@dataclass(frozen=True)
class Note:
    """A parsed note: nothing in it is verified yet."""

    text: str
    signatures: tuple[Signature, ...]


def check_text(text: str) -> None:
    """MalformedNote unless text ends with a newline and has no control character but newlines."""
    if not text.endswith("\n"):
        raise MalformedNote("a note's text ends with a newline")
    if any((c < " " and c != "\n") or c == "\x7f" for c in text):
        raise MalformedNote("a note's text holds a control character")


def parse(data: bytes | str) -> Note:
    """Split a note into text and signatures; MalformedNote unless it is in the strict form."""
    whole = decoded(data.encode(errors="surrogatepass") if isinstance(data, str) else data)
    check_text(whole)
    text, separator, tail = whole.rpartition("\n\n")
    if not separator or not tail:
        raise MalformedNote("a note has an empty line before its signatures")
    signatures = tuple(Signature.parse(line) for line in tail.removesuffix("\n").split("\n"))
    if len(signatures) > MAX_SIGNATURES:
        raise MalformedNote(f"a note has at most {MAX_SIGNATURES} signatures")
    return Note(text + "\n", signatures)


def decoded(data: bytes) -> str:
    """The text of a note's bytes; MalformedNote where they are too many, or not UTF-8."""
    if len(data) > MAX_NOTE_BYTES:
        raise MalformedNote(f"a note has at most {MAX_NOTE_BYTES} bytes")
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise MalformedNote("a note is UTF-8") from error


def verify(data: bytes | str, key: VerifierKey) -> str:
    """The text of a note that `key` signed. MalformedNote for its form, SignatureRejected when the key did not sign it.

    Lines of other keys are left aside; two lines of this key, or one that does not verify, are refused.
    """
    note = parse(data)
    mine = [line for line in note.signatures if line.name == key.name and line.id == key.id]
    if not mine:
        raise SignatureRejected(f"not signed by {key.name} ({key.id.hex()})")
    if len(mine) > 1:
        raise SignatureRejected(f"signed more than once by {key.name}")
    if not key.verifies(note.text.encode(), mine[0].data):
        raise SignatureRejected(f"the signature of {key.name} does not match the text")
    return note.text
