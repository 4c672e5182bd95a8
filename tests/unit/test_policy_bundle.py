"""Policy bundles as bytes: one form, and every limit at the limit and one past it."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import pytest

from tests.kit import support
from tests.kit.bundles import framed
from tests.kit.bundles import unproved as proof
from zkcompliance import limits
from zkcompliance.edge.steady import InMemory
from zkcompliance.errors import (
    LimitExceeded,
    MalformedBundle,
    MalformedError,
    MalformedStatement,
    UsageError,
    ZkComplianceError,
)
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.policy.frame import frame_of
from zkcompliance.policy.proofs import File, Proof
from zkcompliance.stark.statement import encode_policy_bundle
from zkcompliance.verify.bundle import Bundle


def bundled(data: bytes) -> tuple[Proof, ...]:
    """Those of a policy bundle, and of nothing else."""
    frame_of(InMemory(data))
    return File(data).proofs


def lineages(data: bytes) -> dict[str, bytes]:
    return {name: span.read() for name, span in File(data).lineages.items()}


def lineage(origin: str) -> bytes:
    """The beginning of a lineage: as much as says of which log it is."""
    note = support.SIGNER.sign(Checkpoint(origin, 1, bytes(32)).body).encode()
    return b"zkcl\1\0zkcg" + len(note).to_bytes(2, "little") + note


NAME = support.CLAIM.id
A, B, C = proof(b""), proof(b"a"), proof(b"b")
WHOLE = framed(A, B, C)


def test_every_order_gives_the_one_bundle() -> None:
    for order in permutations([((b"", NAME), A), ((b"a", NAME), B), ((b"b", NAME), C)]):
        assert encode_policy_bundle(dict(order)) == WHOLE
    found = bundled(WHOLE)
    assert [each.data for each in found] == [A, B, C]
    assert [each.statement.head for each in found] == [b"", b"a", b"b"]
    assert bundled(framed(A))[0].data == A


FAULTS: dict[str, tuple[bytes, type[ZkComplianceError]]] = {
    "empty": (b"", MalformedBundle),
    "no proof": (framed(), MalformedBundle),
    "another magic": (b"zkcq" + WHOLE[4:], MalformedBundle),
    "a later format": (framed(A, head=b"zkcd\x03\x00"), MalformedBundle),
    "an earlier format": (framed(A, head=b"zkcd\x01\x00"), MalformedBundle),
    "a proof file": (A, MalformedBundle),
    "one too many counted": (framed(A, B, count=3), MalformedBundle),
    "one too few counted": (framed(A, B, count=1), LimitExceeded),
    "a byte too many": (WHOLE + b"\0", MalformedBundle),
    "a byte too few": (WHOLE[:-1], MalformedBundle),
    "twice the same": (framed(A, A), MalformedBundle),
    "two of one head and requirement": (framed(A, proof(b"", size=1)), MalformedBundle),
    "two of one head, out of order": (framed(proof(b"", "b"), proof(b"", "a")), MalformedBundle),
    "one requirement in two proofs": (framed(proof(b"", "a", "c"), proof(b"", "b", "c")), MalformedBundle),
    "one requirement in two proofs, first in one": (framed(proof(b"", "a", "b"), proof(b"", "b")), MalformedBundle),
    "out of order": (framed(B, A), MalformedBundle),
    "a bundle within": (framed(framed(A)), MalformedBundle),
    "an empty part": (framed(b""), MalformedBundle),
    "a part with a byte too many": (framed(A + b"\0"), MalformedBundle),
    "a statement cut short": (
        framed(Bundle(b"zkct", (support.CLAIM.program_bytes,), (), b"").encode()),
        MalformedStatement,
    ),
    "a length that is not there": (framed(A)[:8] + b"\xff\xff\xff\0" + A, MalformedBundle),
    "a length over any proof file": (framed(A)[:8] + b"\1\0\0\1" + A, LimitExceeded),
    "all ones": (b"\xff" * 100, MalformedBundle),
}


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault(name: str) -> None:
    data, error = FAULTS[name]
    with pytest.raises(ZkComplianceError) as caught:
        bundled(data)
    assert caught.type is error, caught.value


def test_lineages_stand_by_name_and_once() -> None:
    """They are framed here and read by whoever judges; names are compared as bytes."""
    some = {name: lineage(name) for name in ("lab/a", "lab/b", "lab/ü")}
    made = encode_policy_bundle({(b"", NAME): A, (b"a", NAME): B}, some)
    assert made == framed(A, B, lineages=tuple(some.values())) and lineages(made) == some
    assert len(bundled(made)) == 2 and lineages(framed(A)) == {}
    for bad in ((lineage("b"), lineage("a")), (lineage("a"), lineage("a"))):
        with pytest.raises(MalformedBundle):
            lineages(framed(A, lineages=bad))
    for bad in ((b"",), (b"zkcl\1\0",), (b"zkcl\2\0zkcg" + lineage("a")[10:],), (lineage("a")[:-1],), (A,)):
        with pytest.raises(MalformedError):
            lineages(framed(A, lineages=bad))
    with pytest.raises(LimitExceeded):
        bundled(framed(A, lineages=(lineage("a"),) * (limits.MAX_POLICY_LOGS + 1)))
    with pytest.raises(MalformedBundle):
        bundled(framed(A)[:-1] + b"\1\xff\xff\xff\xff")


def test_under_one_head_requirements_stand_in_their_order() -> None:
    """The first claim's requirement is what a proof goes by, compared as bytes."""
    names = ["a", "b", "ü", "\N{OLD ITALIC LETTER A}"]
    parts = {(b"x", name): proof(b"x", name) for name in names}
    whole = encode_policy_bundle(dict(reversed(parts.items())))
    assert whole == framed(*parts.values())
    found = bundled(framed(proof(b"w", "z"), *parts.values(), proof(b"y", "a", "b")))
    assert [each.statement.claims[0].requirement for each in found] == ["z", *names, "a"]


def test_as_many_proofs_as_there_may_be() -> None:
    many = {(bytes([i]), NAME): proof(bytes([i])) for i in range(limits.MAX_POLICY_PROOFS)}
    assert len(bundled(encode_policy_bundle(many))) == limits.MAX_POLICY_PROOFS
    many[b"\xff", NAME] = proof(b"\xff")
    refused(lambda: encode_policy_bundle(many))
    refused(lambda: bundled(framed(*many.values())))
    with pytest.raises(UsageError):
        encode_policy_bundle({})


@pytest.mark.parametrize("past", [0, 1])
def test_as_long_as_it_may_be(past: int) -> None:
    whole = limits.MAX_POLICY_BUNDLE_BYTES // limits.MAX_BUNDLE_BYTES - 1
    frame = len(framed(*[b""] * (whole + 2)))
    room = limits.MAX_POLICY_BUNDLE_BYTES - frame + past
    outside = len(proof(b"x"))
    parts = {(bytes([i]), NAME): proof(bytes([i]), size=limits.MAX_BUNDLE_BYTES - outside) for i in range(whole)}
    rest = room - sum(map(len, parts.values()))
    parts[b"\xfe", NAME] = proof(b"\xfe", size=rest // 2 - outside)
    parts[b"\xff", NAME] = proof(b"\xff", size=rest - rest // 2 - outside)
    data = framed(*parts.values())
    assert len(data) == limits.MAX_POLICY_BUNDLE_BYTES + past
    if past:
        refused(lambda: bundled(data))
        refused(lambda: encode_policy_bundle(parts))
    else:
        assert encode_policy_bundle(parts) == data
        assert len(bundled(data)) == whole + 2


def refused(call: Callable[[], object]) -> None:
    with pytest.raises(LimitExceeded, match="policy bundle"):
        call()
