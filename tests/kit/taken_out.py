"""The one-file verifier with one check taken out, and what it then accepts: for whoever reviews, and for the tests.

    python -m tests.kit.taken_out [CHECK …]

For each: where the check stands, the case of the conformance kit that it refuses, and what both verifiers make of it.
"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tests.kit import conformance as kit
from zkcompliance.standalone.build import SHEBANG, archive

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Check:
    """file: below the package; line: stands there once; instead: what it becomes; case: what is accepted without it."""

    file: str
    line: str
    instead: str
    case: str

    @property
    def place(self) -> str:
        """file, line number."""
        before, found, _ = (ROOT / self.file).read_text().partition(self.line)
        assert found
        return f"{self.file}:{before.count(chr(10)) + 1}"


_VERIFY, _POLICY = "zkcompliance/verify", "zkcompliance/policy"
CHECKS = {
    "signature": Check(
        "zkcompliance/log/note.py", "if not key.verifies(note.text.encode(), mine[0].data):", "if False:",
        "proof, note: its signature",
    ),
    "opening": Check(
        f"{_VERIFY}/openings.py", "if level != [tree.root]:", "if False:",
        "proof, openings: a bit of the last digest",
    ),
    "quotient": Check(
        f"{_VERIFY}/constraints.py", "if composition != quotient:", "if False:", "dishonest prover: no-quotient",
    ),
    "grinding": Check(
        f"{_VERIFY}/verifier.py", 'if int.from_bytes(digest, "big") >> (256 - shape.profile.grinding):', "if False:",
        "dishonest prover: no-work",
    ),
    "fold": Check(
        f"{_VERIFY}/fri.py", "if leaves[position >> arity_log][position & ((1 << arity_log) - 1)] != value:",
        "if False:", "dishonest prover: another-layer",
    ),
    "final": Check(
        f"{_VERIFY}/fri.py", "if _evaluate(packed, pow(root, bit_reverse(position, log_size), P)) != value:",
        "if False:", "dishonest prover: another-end",
    ),
    "age": Check(
        f"{_POLICY}/requirement.py", "if terms.now - binding.time > terms.proof_age:", "if False:",
        "policy: 31 days later",
    ),
    "reference": Check(
        f"{_POLICY}/requirement.py", "if terms.reference is not None and binding.reference != terms.reference:",
        "if False:", "question: another reference",
    ),
    "model": Check(
        f"{_POLICY}/requirement.py", "if asked.digest and stated.digest != asked.digest:", "if False:",
        "question: another model",
    ),
    "drawn": Check(
        f"{_POLICY}/requirement.py",
        "if terms.drawn is not None and binding.time < terms.drawn - MAX_CLOCK_SECONDS:", "if False:",
        "question: a reference drawn after the proof",
    ),
}  # fmt: skip


def without(check: Check) -> bytes:
    """The one-file verifier whose only difference is this line."""
    buffer = io.BytesIO(SHEBANG)
    buffer.seek(0, io.SEEK_END)
    with zipfile.ZipFile(io.BytesIO(archive())) as sound, zipfile.ZipFile(buffer, "w") as made:
        for entry in sound.infolist():
            data = sound.read(entry)
            if entry.filename == check.file:
                assert data.count(check.line.encode()) == 1, check
                data = data.replace(check.line.encode(), check.instead.encode())
            made.writestr(entry, data)
    return buffer.getvalue()


def cases(made: Path) -> list[dict[str, object]]:
    """Of a kit that was written."""
    return list(json.loads((made / "index.json").read_text())["cases"])


def ran(made: Path, verifier: Path, only: str) -> tuple[int, list[str]]:
    """run.py's exit status and lines, of the cases with this text in their name, against a one-file verifier."""
    command = [sys.executable, str(made / "run.py"), "--only", only, "--", sys.executable, "-I", "-S", str(verifier)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert not done.stderr, done.stderr
    return done.returncode, done.stdout.splitlines()


def main(names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made, verifier = kit.write(Path(folder)), Path(folder) / "verifier.pyz"
        for name in names or list(CHECKS):
            check = CHECKS[name]
            print(f"{name}: {check.place}\n  taken out: {check.line}\n  the case: {check.case}")
            for what, data in (("as it is", archive()), ("without it", without(check))):
                verifier.write_bytes(data)
                status, lines = ran(made, verifier, check.case)
                print(f"  {what}: {'refused, as the kit says' if status == 0 else lines[0]}")


if __name__ == "__main__":
    main(sys.argv[1:])
