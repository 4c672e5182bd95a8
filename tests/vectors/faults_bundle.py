"""Writes policy_bundles.json: policy bundles and bindings with one fault each, and the error code that each must get.

    python -m tests.vectors.faults_bundle

A vector is one edit of the sound twin of its kind: [at, remove, insert], byte offsets, the inserted bytes in hex. The
twin of the bundles holds three framed proofs whose last part is 8 zeros: it is decoded, not verified. Where an edit
shifts what follows, what is read as a length is over its limit. All of it is drawn from fixed seeds, so a second run
writes the same bytes.
"""

from __future__ import annotations

import base64
import json
from hashlib import sha256
from pathlib import Path

from tests.kit.bundles import unproved
from zkcompliance.policy.binding import Binding, ForPolicy, Subject
from zkcompliance.stark.statement import encode_policy_bundle

OUTPUT = Path(__file__).with_name("policy_bundles.json")
Edit = tuple[int, int, bytes]

MODEL = Subject("base-1", sha256(b"weights").digest())
BINDING = Binding(ForPolicy(sha256(b"a policy").digest(), "example", 3), MODEL, 1_767_614_400, b"file 7")
REQUIREMENTS = ("below", "cadence", "floor: compute")


def proof(*requirements: str) -> bytes:
    """A proof file that states the claim for each of these."""
    return unproved(BINDING.encode(), *requirements, size=8)


def twins() -> dict[str, bytes]:
    whole = encode_policy_bundle({(BINDING.encode(), name): proof(name) for name in REQUIREMENTS})
    return {"bundle": whole, "binding": BINDING.encode()}


def bundles(whole: bytes) -> list[tuple[str, str, Edit]]:
    first, second, third = (proof(name) for name in REQUIREMENTS)
    assert len(first) < len(second)
    one, two, three = 8, 12 + len(first), 16 + len(first) + len(second)  # where their lengths stand
    statement = int.from_bytes(first[6:10], "little")
    head = one + 4 + first.index(b"zkcx")
    end = len(whole)
    bad, long = "malformed-bundle", "limit-exceeded"
    other = second.replace(b"file 7", b"file 6")
    again = proof("cadence", "floor: compute")
    return [
        ("empty", bad, (0, end, b"")),
        ("another magic", bad, (0, 4, b"zkcq")),
        ("a magic in capitals", bad, (0, 4, b"ZKCP")),
        ("version 0", bad, (4, 2, b"\0\0")),
        ("version 1", bad, (4, 2, b"\1\0")),
        ("version 3", bad, (4, 2, b"\3\0")),
        ("version 256", bad, (4, 2, b"\0\1")),
        ("no proof", bad, (6, end - 6, b"\0\0")),
        ("none counted", bad, (6, 2, b"\0\0")),
        ("one counted too few", long, (6, 2, b"\2\0")),
        ("one counted too many", bad, (6, 2, b"\4\0")),
        ("as many counted as there may be", bad, (6, 2, b"\x40\0")),
        ("more counted than there may be", long, (6, 2, b"\x41\0")),
        ("all ones counted", long, (6, 2, b"\xff\xff")),
        ("counted big-endian", long, (6, 2, b"\0\3")),
        ("a length one short", bad, (one, 4, (len(first) - 1).to_bytes(4, "little"))),
        ("a length one long", long, (one, 4, (len(first) + 1).to_bytes(4, "little"))),
        ("a length of nothing", long, (one, 4, bytes(4))),
        ("a length of all the rest", bad, (one, 4, (end - 12).to_bytes(4, "little"))),
        ("a length past the end", bad, (three, 4, (len(third) + 1).to_bytes(4, "little"))),
        ("a length over any proof", long, (one, 4, (16 << 20 | 1).to_bytes(4, "little"))),
        ("a length of all ones", long, (one, 4, b"\xff" * 4)),
        ("a length big-endian", long, (one, 4, len(first).to_bytes(4, "big"))),
        ("cut in the head", bad, (7, end - 7, b"")),
        ("cut in a length", bad, (two + 2, end - two - 2, b"")),
        ("cut in a proof", bad, (two + 100, end - two - 100, b"")),
        ("cut by a byte", bad, (end - 2, 2, b"")),
        ("a byte more", bad, (end, 0, b"\0")),
        ("itself again", bad, (end, 0, whole)),
        ("a lineage counted that is not there", bad, (end - 1, 1, b"\1")),
        ("a lineage of a length that is not there", bad, (end - 1, 1, b"\1\1\0\0\0")),
        ("more lineages than there may be", long, (end - 1, 1, b"\x11")),
        ("no number of lineages", bad, (end - 1, 1, b"")),
        ("the first proof twice", bad, (two, len(second) + 4, framed(first))),
        ("the last proof twice", long, (three, len(third) + 4, framed(third) + framed(third))),
        ("first and second exchanged", bad, (one, three - one, framed(second) + framed(first))),
        ("second and third exchanged", bad, (two, end - 1 - two, framed(third) + framed(second))),
        ("the first at the end", bad, (one, end - 1 - one, framed(second) + framed(third) + framed(first))),
        ("two of one requirement", bad, (two, len(second) + 4, framed(first[:-1] + b"\1"))),
        ("a requirement in two proofs", bad, (one, len(first) + 4, framed(proof("below", "floor: compute")))),
        ("a requirement in two proofs, in the second", bad, (two, len(second) + 4, framed(again))),
        ("a proof of a smaller head behind", bad, (three, len(third) + 4, framed(other))),
        ("a proof within that is no proof file", bad, (one + 4, 4, b"zkcq")),
        ("a policy bundle within", bad, (one, len(first) + 4, framed(whole))),
        ("a byte too many within a proof", bad, (one, len(first) + 4, framed(first + b"\0"))),
        ("a statement length too short", "malformed-statement", (one, len(first) + 4, framed(shorter(first)))),
        ("another magic of a statement", "malformed-statement", (one + 14, 4, b"zkcs")),
        ("another version of a statement", "malformed-statement", (one + 18, 2, b"\1\0")),
        ("a profile that there is not", "parameters-rejected", (one + 20, 1, b"\7")),
        ("a head length past the statement", long, (head - 2, 2, b"\xff\xff")),
        ("a head cut", "malformed-statement", (head - 2, 2, b"\1\0")),
        ("a statement length over any", long, (one + 10, 4, (statement + (256 << 10)).to_bytes(4, "little"))),
    ]


def framed(part: bytes) -> bytes:
    return len(part).to_bytes(4, "little") + part


def shorter(part: bytes) -> bytes:
    """The statement without its last byte, the frame telling so."""
    size = int.from_bytes(part[6:10], "little")
    return part[:6] + (size - 1).to_bytes(4, "little") + part[10 : 9 + size] + part[10 + size :]


def bindings(whole: bytes) -> list[tuple[str, str, Edit]]:
    bad, long = "malformed-binding", "limit-exceeded"
    name, subject = whole.index(b"example"), whole.index(b"base-1")
    has_subject, end = subject - 3, len(whole)
    return [
        ("empty", bad, (0, end, b"")),
        ("a text", bad, (0, end, b"file 7")),
        ("another magic", bad, (0, 4, b"zkcy")),
        ("version 1", bad, (4, 2, b"\1\0")),
        ("version 3", bad, (4, 2, b"\3\0")),
        ("a policy flag of 3", bad, (6, 1, b"\3")),
        ("a policy flag of 0", long, (6, 1, b"\0")),
        ("a subject flag of 2", bad, (has_subject, 1, b"\2")),
        ("a subject flag of 0", long, (has_subject, 1, b"\0")),
        ("a control character in the id", bad, (name, 1, b"\n")),
        ("an id that is not UTF-8", bad, (name, 1, b"\xff")),
        ("a control character in the model's name", bad, (subject, 1, b"\x7f")),
        ("an id over any text", long, (name - 2, 2, b"\0\1")),
        ("a digest one short", long, (7, 1, b"")),
        ("a digest one long", long, (7, 0, b"\0")),
        ("a subject digest one short", long, (subject + 6, 1, b"")),
        ("a time of 7 bytes", long, (end - 16, 1, b"")),
        ("a reference one short", bad, (end - 1, 1, b"")),
        ("a reference one long", bad, (end, 0, b"7")),
        ("a reference over any head", long, (end - 8, 2, b"\xff\xff")),
    ]


def document() -> str:
    whole = twins()
    found = [
        {"kind": kind, "name": name, "code": code, "edit": [at, remove, insert.hex()]}
        for kind, make in (("bundle", bundles), ("binding", bindings))
        for name, code, (at, remove, insert) in make(whole[kind])
    ]
    fixed = {kind: base64.b64encode(data).decode() for kind, data in whole.items()}
    return json.dumps({"twins": fixed, "vectors": found}, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    OUTPUT.write_text(document())
