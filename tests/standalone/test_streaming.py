"""The longest proof file that there may be is judged in less than 256 MiB, by both verifiers: by the system's word."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from tests.kit import support
from tests.kit.bundles import framed, unproved
from tests.kit.regulated_lab import Lab
from zkcompliance.limits import MAX_BUNDLE_BYTES, MAX_NOTE_BYTES, MAX_POLICY_BUNDLE_BYTES
from zkcompliance.policy.binding import Binding, ForPolicy
from zkcompliance.policy.proofs import Proof, proofs_in
from zkcompliance.verify.bundle import decode_bundle

MEMORY = 256 << 20  # bytes
# What a process starts with counts as its own: so a small one starts it, and says what the most was.
MEASURED = """
import os, sys
pid = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ)
_, status, used = os.wait4(pid, 0)
print(used.ru_maxrss * (1 if sys.platform == "darwin" else 1024), file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def judged(verifier: Sequence[str | Path], path: Path, *asked: str) -> tuple[int, dict[str, object]]:
    """The exit status and the document of a verifier; its memory is held."""
    python = [sys.executable, "-I", "-S", "-c", MEASURED]
    command = [*python, sys.executable, *verifier, path, *asked, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=support.ENVIRONMENT, check=False)
    *_, peak = done.stderr.split()
    assert int(peak) < MEMORY, f"{int(peak) >> 20} MiB"
    return done.returncode, json.loads(done.stdout)


def filled(proof: Proof, past: int, lineages: tuple[bytes, ...] = ()) -> bytes:
    """A bundle of the proof and of what goes by another policy, of so many bytes past the limit."""
    others = []
    room = MAX_POLICY_BUNDLE_BYTES + past - len(framed(proof.data, lineages=lineages))
    for number in range(room):
        head = Binding(ForPolicy(bytes(32), "other", 1), None, 1, bytes([number])).encode()
        frame = 4 + len(unproved(head))
        size = min(room, 4 + MAX_BUNDLE_BYTES) - frame
        if 0 < room - frame - size <= frame:
            size -= 2 * frame  # so that there is room for the last
        others.append((head, unproved(head, size=size)))
        if not (room := room - frame - size):
            break
    parts = sorted([*others, (proof.statement.head, proof.data)])
    data = framed(*(part for _, part in parts), lineages=lineages)
    assert len(data) == MAX_POLICY_BUNDLE_BYTES + past
    return data


@pytest.fixture(scope="module", params=["installed", "one file"])
def verifier(request: pytest.FixtureRequest, pyz: Path) -> Sequence[str | Path]:
    return ["-m", "zkcompliance", "verify"] if request.param == "installed" else ["-I", "-S", pyz]


def test_the_longest_file_is_accepted_and_one_byte_more_is_refused(
    verifier: Sequence[str | Path], lab: Lab, tmp_path: Path
) -> None:
    (proof,) = proofs_in(lab.bundle.read_bytes())
    path, data = tmp_path / "long.zkp", filled(proof, 0)
    path.write_bytes(data)
    status, said = judged(verifier, path, *lab.asked_of_bundle())
    assert status == 0, said
    assert said["file"] == {"sha256": sha256(data).hexdigest(), "bytes": str(MAX_POLICY_BUNDLE_BYTES)}
    path.write_bytes(filled(proof, 1))
    status, said = judged(verifier, path, *lab.asked_of_bundle())
    assert status == 2 and "longer than any proof file" in str(said), said


def test_what_is_no_proof_costs_no_more(verifier: Sequence[str | Path], lab: Lab, tmp_path: Path) -> None:
    """Notes without end, which are kept; a lineage that is nearly all of the file; proofs that are all asked for."""
    (proof,) = proofs_in(lab.bundle.read_bytes())
    path, head = tmp_path / "long.zkp", proof.statement.head
    note = proof.outside.notes[0]
    many = replace(decode_bundle(unproved(head)), notes=(bytes(MAX_NOTE_BYTES),) * 255)
    heads = sorted(Binding(ForPolicy(bytes(32), "other", 1), None, 1, bytes([i])).encode() for i in range(24))
    notes = framed(*(replace(many, statement_bytes=decode_bundle(unproved(h)).statement_bytes).encode() for h in heads))
    lineage = b"zkcl\1\0zkcg" + len(note).to_bytes(2, "little") + note + bytes(80 << 20)
    padded = proof.bundle.proof_bytes + bytes(MAX_BUNDLE_BYTES - proof.size)
    long = replace(proof.bundle, proof_bytes=padded).encode()
    for data, error in (
        (notes, "statement-mismatch"), (filled(proof, 0, (lineage,)), "lineage-rejected"),
        (framed(long), "malformed-proof"),
    ):  # fmt: skip
        path.write_bytes(data)
        status, said = judged(verifier, path, *lab.asked_of_bundle())
        assert status and error in str(said), said
