"""What a proof is bound to besides its claims and logs: the statement's head (docs/spec/policy.md).

    "zkcx" ‖ u16(2) ‖ u8 policy ‖ [policy digest, 32 bytes ‖ text id ‖ u32 version]
    ‖ u8 subject ‖ [text name ‖ content digest, 32 bytes ‖ [tree digest, 32 bytes]] ‖ u64 time ‖ bytes16 reference

policy is 0 where there is none, 1 where there is one, 2 where it is rehearsed: proved as if at the time that is stated,
of a policy that may not be in force yet. subject is 0 where no model is named, 1 where only its content digest is
known, 2 with its tree digest (`policy.subject` says what the two are).

The head is part of the statement, which the transcript absorbs before anything else: a proof shows its claims for this
binding alone. The name that a requirement has in the policy stands beside its claim. Decoding is canonical.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from zkcompliance import limits
from zkcompliance.errors import LimitExceeded, MalformedBinding, UsageError
from zkcompliance.quantities import check_text, fault_of
from zkcompliance.verify.codec import Reader, bytes16, text, u8, u16, u32, u64

_MAGIC = b"zkcx" + u16(2)
_WHOLE = "--subject NAME=PATH, or NAME=sha256:HEX,tree:HEX"


@dataclass(frozen=True)
class ForPolicy:
    """Which policy; digest: SHA-256 of its file."""

    digest: bytes
    id: str
    version: int

    @property
    def label(self) -> str:
        return f"{self.id}@{self.version}"


class Source(Enum):
    """Where digests come from: files that were read here, or somebody's word."""

    FILES = "files"
    SIGNATURE = "a signature file, whose signature was not checked"
    UNSIGNED = "a signature file that bears no signature"
    GIVEN = "digits that were given"


@dataclass(frozen=True)
class Subject:
    """The model that is released: its name, and the digests that stand for its files.

    digest: of the contents, 32 bytes; empty where only the tree is asked for, which is no binding. tree: of names,
    sizes and contents, 32 bytes; empty where it is not known. source: where the digests of one that is asked for come
    from; a model is the same whatever it is.
    """

    name: str
    digest: bytes
    tree: bytes = b""
    source: Source = field(default=Source.GIVEN, compare=False)


def reference_of(given: str) -> bytes:
    """The reference that a proof is to be bound to: a text that is seen as it is, or bytes that are no UTF-8.

    UsageError otherwise: a regulator who types what is seen would have the proof refused. Who verifies may compare with
    anything.
    """
    try:
        data = given.encode(errors="surrogateescape")
        data.decode()
    except UnicodeDecodeError:
        return data
    except UnicodeEncodeError:
        raise UsageError("the reference (--context) holds half of a surrogate pair, and is no text") from None
    if data:
        check_text(given, "the reference (--context)", limits.MAX_CONTEXT_BYTES)
    return data


def reference_text(data: bytes) -> str:
    """A reference as people read it: its text where that is seen as it is, else `0x` and hexadecimal digits, or none.

    The lab chooses it: `AISI-1` with a letter in it that nobody sees is not printed as the regulator's `AISI-1`, nor
    the text `0x00` as a byte, or `none` as no reference.
    """
    if not data:
        return "none"
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return f"0x{data.hex()}"
    return f"0x{data.hex()}" if fault_of(text) or text.startswith("0x") or text == "none" else text


def raw_text(head: bytes) -> str:
    """A head that is no binding, for people."""
    return repr(head.decode(errors="replace")) if head else "empty"


@dataclass(frozen=True)
class Binding:
    """time: UTC seconds at which the lab says that it proved; reference: the regulator's nonce or file number.

    rehearsal: whether it was made as if at that time, whatever the time was; only of a policy.
    """

    policy: ForPolicy | None = None
    subject: Subject | None = None
    time: int = 0
    reference: bytes = b""
    rehearsal: bool = False

    def encode(self) -> bytes:
        """LimitExceeded when a part is longer than a head may be, UsageError for what could not be read back."""
        if len(self.reference) > limits.MAX_CONTEXT_BYTES:
            raise LimitExceeded(f"a reference of {len(self.reference)} bytes: at most {limits.MAX_CONTEXT_BYTES}")
        if self.rehearsal and self.policy is None:
            raise UsageError("a rehearsal is of a policy", help="--rehearse goes with --policy")
        out = [_MAGIC, u8(0 if self.policy is None else 2 if self.rehearsal else 1)]
        if self.policy is not None:
            out += [self.policy.digest, _text(self.policy.id), u32(self.policy.version)]
        subject = self.subject
        out.append(u8(0 if subject is None else 2 if subject.tree else 1))
        if subject is not None:
            if not subject.digest:
                raise UsageError(f"{subject.name}: a proof is bound to the digest of contents too", help=_WHOLE)
            out += [_text(subject.name), subject.digest, subject.tree]
        data = b"".join([*out, u64(self.time), bytes16(self.reference)])
        if len(data) > limits.MAX_CONTEXT_BYTES:
            raise LimitExceeded(f"a binding of {len(data)} bytes: at most {limits.MAX_CONTEXT_BYTES}")
        return data

    @classmethod
    def decode(cls, data: bytes) -> Binding:
        """MalformedBinding unless data is a binding in its one form."""
        reader = Reader(data, MalformedBinding)
        reader.expect(_MAGIC, "a binding")
        policy = None
        if kind := reader.u8():
            policy = ForPolicy(reader.digest(), reader.text("policy"), reader.u32())
        subject = None
        if form := reader.u8():
            name, digest = reader.text("subject"), reader.digest()
            subject = Subject(name, digest, reader.digest() if form == 2 else b"")
        time, reference = reader.u64(), reader.bytes16(limits.MAX_CONTEXT_BYTES, "reference")
        made = cls(policy, subject, time, reference, rehearsal=kind == 2)
        reader.finish()
        if made.subject is not None and fault_of(made.subject.name):
            raise MalformedBinding("the subject's name holds a character that nobody sees, or is not composed")
        if made.encode() != data:
            raise MalformedBinding("the binding is not in its canonical form")
        return made


def _text(value: str) -> bytes:
    """A text as it can be read again: without control characters, and no longer than a text may be."""
    if len(value.encode()) > limits.MAX_TEXT_BYTES:
        raise LimitExceeded(f"a text of {len(value.encode())} bytes, over {limits.MAX_TEXT_BYTES}")
    if any(ord(character) < 0x20 or ord(character) == 0x7F for character in value):
        raise UsageError(f"control character in {value!r}")
    return text(value)
