"""What follows the proof in a proof file: one form, read by one hand as the other writes it, and its limits."""

from __future__ import annotations

import pytest

from tests.kit.bundles import unproved
from zkcompliance import limits
from zkcompliance.errors import LimitExceeded, MalformedBundle, ZkComplianceError
from zkcompliance.stark import statement as prover
from zkcompliance.verify.bundle import Attachment, decode_bundle

PLAIN = unproved(b"", size=8)


def part(kind: int, data: bytes) -> bytes:
    return bytes([kind]) + len(data).to_bytes(4, "little") + data


def test_one_form_from_both_hands() -> None:
    given = [(3, b"c"), (1, b"b"), (1, b"a"), (1, b"aa"), (4, b"\0"), (1, b"a")]
    written = prover._attached(given)
    assert written == b"\x05" + b"".join([part(1, b"a"), part(1, b"aa"), part(1, b"b"), part(3, b"c"), part(4, b"\0")])
    read = decode_bundle(PLAIN + written)
    assert read.attachments == tuple(Attachment(*each) for each in sorted(set(given)))
    assert read.encode() == PLAIN + written


def test_none_is_nothing() -> None:
    assert prover._attached([]) == b""
    assert decode_bundle(PLAIN).attachments == () and decode_bundle(PLAIN).encode() == PLAIN


FAULTS: dict[str, tuple[bytes, type[ZkComplianceError]]] = {
    "a count of none": (b"\0", MalformedBundle),
    "one too few": (b"\2" + part(1, b"a"), MalformedBundle),
    "one too many": (b"\1" + part(1, b"a") + part(1, b"b"), MalformedBundle),
    "one twice": (b"\2" + part(1, b"a") * 2, MalformedBundle),
    "not in order": (b"\2" + part(1, b"b") + part(1, b"a"), MalformedBundle),
    "kinds not in order": (b"\2" + part(2, b"a") + part(1, b"b"), MalformedBundle),
    "empty": (b"\1" + part(1, b""), MalformedBundle),
    "kind 0": (b"\1" + part(0, b"a"), MalformedBundle),
    "an unknown kind": (b"\1" + part(5, b"a"), MalformedBundle),
    "cut off": (b"\1" + part(1, b"abc")[:-1], MalformedBundle),
    "cut off in its length": (b"\1\1\1\0", MalformedBundle),
    "a byte behind": (b"\1" + part(1, b"a") + b"\0", MalformedBundle),
    "a length over the limit": (b"\1\1" + (limits.MAX_ATTACHMENT_BYTES + 1).to_bytes(4, "little"), LimitExceeded),
}


@pytest.mark.parametrize("name", FAULTS)
def test_other_bytes_are_refused(name: str) -> None:
    tail, error = FAULTS[name]
    with pytest.raises(error):
        decode_bundle(PLAIN + tail)


def test_the_limits() -> None:
    """At each and one past it, whoever writes and whoever reads."""
    one = bytes(limits.MAX_ATTACHMENT_BYTES)
    assert decode_bundle(PLAIN + prover._attached([(1, one)])).attachments == (Attachment(1, one),)
    many = [(1, bytes([number])) for number in range(limits.MAX_ATTACHMENTS)]
    assert len(decode_bundle(PLAIN + prover._attached(many)).attachments) == limits.MAX_ATTACHMENTS
    most = limits.MAX_ATTACHMENTS_BYTES // limits.MAX_ATTACHMENT_BYTES
    full = [(1, bytes([number]) + one[1:]) for number in range(most)]
    assert len(decode_bundle(PLAIN + prover._attached(full)).attachments) == most
    with pytest.raises(LimitExceeded):
        decode_bundle(PLAIN + bytes([most + 1]) + b"".join(part(kind, data) for kind, data in [*full, (2, b"a")]))
    for over in ([(1, one + b"\0")], [*many, (2, b"a")], [*full, (2, b"a")]):
        with pytest.raises(LimitExceeded):
            prover._attached(over)
