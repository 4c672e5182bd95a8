"""A lab's release as a gate finds it: a model, a proof that it meets a policy, keys."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.kit import support

POLICY = "us-frontier-threshold"
REFERENCE = "case 7"
ROW = (
    '{"start": "2026-01-05T00:00:00Z", "end": "2026-01-06T00:00:00Z", "run": "base-1", "phase": "pretraining", '
    '"flop": "2.5e24", "method": "hardware"}\n'
)


@dataclass(frozen=True)
class Release:
    folder: Path
    programs: Path  # a folder with `zkcompliance` and `python`, as an installation has

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.programs}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            command,
            cwd=self.folder,
            capture_output=True,
            text=True,
            env={**support.ENVIRONMENT, "PATH": path},
            timeout=300,
        )

    def must(self, *command: str) -> str:
        done = self.run(*command)
        assert done.returncode == 0, done.stderr
        return done.stdout


def make(folder: Path, programs: Path) -> Release:
    """release.zkp shows that `lab/model` meets POLICY; release.intoto.json says so, signed with attest.pem."""
    verb = programs / "zkcompliance"
    verb.write_text(f"#!{sys.executable}\nfrom zkcompliance.commands.main import main\nmain()\n")
    verb.chmod(0o755)
    python = programs / "python"
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')  # a link would be of no environment
    python.chmod(0o755)
    made = Release(folder, programs)
    (made.folder / "run.jsonl").write_text(ROW)
    (made.folder / "model").mkdir()
    (made.folder / "model" / "weights").write_text("weights")
    made.must("openssl", "genpkey", "-algorithm", "ed25519", "-out", "attest.pem")
    made.must("openssl", "pkey", "-in", "attest.pem", "-pubout", "-out", "attest.pub.pem")
    made.must("chmod", "600", "attest.pem")
    made.must("zkcompliance", "keygen", "example.com/lab/compute", "-o", "lab.key")
    made.must("zkcompliance", "keygen", "example.com/lab/compute", "-o", "other.key")
    made.must("zkcompliance", "seal", "run.jsonl", "--schema", "compute", "--log", "compute-log", "--key", "lab.key")
    made.must(
        "zkcompliance", "prove", "--policy", POLICY, "--log", "compute=compute-log", "--subject", "lab/model=model",
        "--context", REFERENCE, "-o", "release.zkp", "--attest", "release.intoto.json", "--attest-key", "attest.pem",
    )  # fmt: skip
    return made
