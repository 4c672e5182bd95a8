"""A small policy that requires a reference, logs for it, and requests for proofs of it, by the command line."""

from __future__ import annotations

from pathlib import Path

from tests.kit.asking import rows_file
from tests.kit.command_line import ok
from zkcompliance.card import catalogue
from zkcompliance.request.proof import ProofRequest

POLICY = """format = "zkcompliance-policy/v1"
id = "yearly"
version = {version}
title = "Some rows are sealed"
jurisdiction = "nowhere"
sources = ["made up"]
valid_from = 2025-08-02
valid_until = 2035-08-02
subject = "none"
reference = "required"

[logs.jobs]
schema = "compute"

[[requirements]]
name = "some-rows"
says = "the lab seals some rows, and says so itself"
claim = "{claim}"
card = "{card}"
logs = {{ log = "jobs" }}
params = {{ rows = {rows}, sources = "self_declared" }}
"""


def policy(path: Path, *, rows: int = 1, version: int = 1) -> Path:
    card = catalogue.load("log-floor-compute")
    path.write_text(POLICY.format(version=version, rows=rows, claim=card.label, card=card.digest.hex()))
    return path


def log(folder: Path, name: str, count: int = 4) -> Path:
    """A log of so many rows at folder/name, its key beside it (name.key)."""
    given = rows_file(folder / f"{name}.jsonl", 0, count)
    ok("keygen", f"{name}.example/compute", "-o", folder / f"{name}.key")
    ok("seal", given, "--log", folder / name, "--key", folder / f"{name}.key")
    return folder / name


def ask(path: Path, policy: Path, *more: object, lab: str = "north", due: str = "2 weeks") -> ProofRequest:
    """more: further options, such as --key and --log-key."""
    ok("request", "new", "--policy", policy, "--lab", lab, "--due", due, *more, "-o", path)
    return ProofRequest.decode(path.read_bytes())


def prove(path: Path, policy: Path, log: Path, *more: object) -> Path:
    ok("prove", "--policy", policy, "--log", f"jobs={log}", *more, "-o", path)
    return path
