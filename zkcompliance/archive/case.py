"""The files and options that one question to the verifier is made of, under names of the archive's own.

What a user named by paths of a machine is named here by what it is: `proof.zkp`, `policy.toml`, `keys/1.pub`. The
options are those of the command line, so that the one file in the archive answers them as they stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zkcompliance import limits
from zkcompliance.card.model import encode
from zkcompliance.card.own import own
from zkcompliance.errors import UsageError
from zkcompliance.policy import catalogue as policies
from zkcompliance.policy.proofs import read, read_proof
from zkcompliance.policy.subject import parse_subject
from zkcompliance.progress import Progress, silent
from zkcompliance.quantities import parse_time
from zkcompliance.report import words
from zkcompliance.report.again import digests

PROOF = "proof.zkp"
_MAX_TEXT = 1 << 20  # bytes of a key, a trust file, a PEM file
_NOT_KEPT = {
    "state": "what you remember of a log is yours, and goes on growing: verify with --state first, then make the "
    "archive without it",
    "new_keys": "it goes with --state, which is not kept",
}


@dataclass(frozen=True)
class Case:
    """files: by their names in the archive; options: of `verify`, behind the proof, naming files by those names."""

    files: Mapping[str, bytes]
    options: tuple[str, ...]


def gather(proof: Path, asked: Mapping[str, Any], *, clock: int, progress: Progress = silent) -> Case:
    """All that a question rests on. asked: by the names of `decide.Request`, texts as the command line has them.

    A ready-made policy is kept as its text, a claim's text as its card, a model as its digests. clock: UTC seconds,
    the time of judgement where none is given. UsageError for what cannot be kept, and the errors of reading.
    """
    for name, why in _NOT_KEPT.items():
        if asked.get(name):
            raise UsageError(f"--{name.replace('_', '-').removesuffix('s')} is not kept: {why}")
    made = _Gathered()
    made.files[PROOF] = read_proof(proof)
    if asked["policy"] is not None:
        made.files["policy.toml"] = _policy(str(asked["policy"]), asked["claim_files"])
        made.options += ["--policy", "policy.toml"]
    for number, each in enumerate(asked["claim_files"], 1):
        made.add("--claim-file", f"claims/{number}.json", encode(own(each).card))
    if asked["claim"] is not None:
        made.claim(str(asked["claim"]))
    made.options += [part for each in asked["params"] for part in ("--param", each)]
    made.named("--log-key", "keys", ".pub", asked["log_keys"], _MAX_TEXT)
    if asked["subject"] is not None:
        subject = parse_subject(asked["subject"], progress)
        made.options += ["--subject", f"{subject.name}={digests(subject)}"]
    for name in ("context", "drawn"):
        made.options += [] if asked[name] is None else [f"--{name}", asked[name]]
    made.options += ["--rehearsal"] if asked["rehearsal"] else []
    made.file("--trust", "trust.txt", asked["trust"], _MAX_TEXT)
    for number, path in enumerate(asked["roll_ups"], 1):
        made.file("--roll-up", f"roll-ups/{number}.zkr", path, limits.MAX_POLICY_BUNDLE_BYTES)
    for number, path in enumerate(asked["requests"], 1):
        made.file("--request", f"requests/{number}.toml", path, _MAX_TEXT)
    for number, path in enumerate(asked["openings"], 1):
        made.file("--openings", f"openings/{number}.zkp", path, limits.MAX_POLICY_BUNDLE_BYTES)
    for number, path in enumerate(asked["recognised"], 1):
        made.file("--recognised", f"recognised/{number}.json", path, limits.MAX_ATTESTATION_BYTES)
    for number, path in enumerate(asked["withdrawn"], 1):
        made.file("--withdrawn", f"withdrawn/{number}.json", path, limits.MAX_ATTESTATION_BYTES)
    made.named("--lineage", "lineages", ".zkl", asked["lineages"], limits.MAX_POLICY_BUNDLE_BYTES)
    made.file("--attestation", "attestation.json", asked["attestation"], limits.MAX_ATTESTATION_BYTES)
    made.file("--attestation-key", "attestation.pub.pem", asked["attestation_key"], _MAX_TEXT)
    at = clock if asked["at"] is None else parse_time(asked["at"])
    return Case(made.files, (*made.options, "--at", words.iso(at) if at < words.LAST else str(at)))


def _policy(name: str, claims: Sequence[str]) -> bytes:
    return policies.load(name, claims).text


class _Gathered:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.options: list[str] = []

    def add(self, option: str, name: str, data: bytes, label: str = "") -> None:
        self.files[name] = data
        self.options += [option, f"{label}={name}" if label else name]

    def file(self, option: str, name: str, path: str | Path | None, most: int) -> None:
        if path is not None:
            self.add(option, name, _whole(Path(path), most))

    def named(self, option: str, folder: str, ending: str, given: Sequence[str], most: int) -> None:
        """[LOG=]FILE options: a text that is no file as a whole has a log's name before it."""
        for number, text in enumerate(given, 1):
            label, equals, path = text.partition("=")
            if not equals or Path(text).exists():
                label, path = "", text
            self.add(option, f"{folder}/{number}{ending}", _whole(Path(path), most), label)

    def claim(self, text: str) -> None:
        if text.endswith((".json", ".py")):
            self.add("--claim", "claim.json", encode(own(text).card))
        else:
            self.options += ["--claim", text]


def _whole(path: Path, most: int) -> bytes:
    data = read(path, most)
    if len(data) > most:
        raise UsageError(f"{path} is longer than {most} bytes")
    return data
