"""The files and options that one question to the verifier is made of, under names of the archive's own.

What a user named by paths of a machine is named here by what it is: `proof.zkp`, `policy.toml`, `keys/1.pub`. The
options are those of the command line, so that the one file in the archive answers them as they stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from zkcompliance import limits
from zkcompliance.archive.signed import names
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

_OF_STREAKS = ("policy", "claim_files", "log_keys", "subject", "trust", "roll_ups", "lineages", "at")


@dataclass(frozen=True)
class Case:
    """files: by their names in the archive; options: of `verify`, or of `streak`, behind the proofs, naming files by
    those names; proofs: the names of the proof files."""

    files: Mapping[str, bytes]
    options: tuple[str, ...]
    proofs: tuple[str, ...] = (PROOF,)

    def kept_with(self, verdicts: Sequence[Path], keys: Sequence[Path]) -> Case:
        """The same with signed verdicts, and the public keys (PEM) of whoever signed them. UsageError."""
        if bool(verdicts) != bool(keys):
            raise UsageError(
                "--signed and --signed-key go together: a verdict, and the public key of whoever signed it",
                help="zkcompliance archive --help",
            )
        called = [name for group in names(len(verdicts), len(keys)) for name in group]
        more = {name: _whole(path, _MAX_TEXT) for name, path in zip(called, (*verdicts, *keys), strict=True)}
        return replace(self, files={**self.files, **more})


def gather(proof: Path, asked: Mapping[str, Any], *, clock: int, progress: Progress = silent) -> Case:
    """All that a question rests on. asked: by the names of `decide.Request`, texts as the command line has them.

    A ready-made policy is kept as its text, a claim's text as its card, a model as its digests. clock: UTC seconds,
    the time of judgement where none is given. UsageError for what cannot be kept, and the errors of reading.
    """
    made = _Gathered()
    made.files[PROOF] = read_proof(proof)
    options = made.asked(asked, clock, progress)
    return Case(made.files, options)


def gather_joint(proofs: Sequence[Path], joint: Path, asked: Mapping[str, Any], *, clock: int) -> Case:
    """The same of several labs' proofs under a joint file, with which no option but `at` goes."""
    if given := [name for name, value in asked.items() if value and name != "at"]:
        raise UsageError(
            f"--{given[0].replace('_', '-')} does not go with --joint: the joint file says what is asked of each lab"
        )
    made = _Gathered()
    called = made.proofs(proofs)
    made.file("--joint", "joint.toml", joint, limits.MAX_POLICY_BYTES)
    return Case(made.files, (*made.options, "--at", _moment(asked, clock)), called)


def gather_streak(proofs: Sequence[Path], asked: Mapping[str, Any], *, clock: int, progress: Progress = silent) -> Case:
    """The same of a streak, whose proofs are judged as of the times that they state: `at` is when all of them are."""
    if given := [name for name, value in asked.items() if value and name not in _OF_STREAKS]:
        raise UsageError(f"--{given[0].replace('_', '-')} is of one proof, and does not go with --streak")
    made = _Gathered()
    called = made.proofs(proofs)
    return Case(made.files, ("--streak", *made.asked(asked, clock, progress)), called)


def _moment(asked: Mapping[str, Any], clock: int) -> str:
    """The time of judgement, as `--at` reads it."""
    at = clock if asked["at"] is None else parse_time(asked["at"])
    return words.iso(at) if at < words.LAST else str(at)


def _keep(made: _Gathered, asked: Mapping[str, Any], progress: Progress) -> None:
    for name, why in _NOT_KEPT.items():
        if asked.get(name):
            raise UsageError(f"--{name.replace('_', '-').removesuffix('s')} is not kept: {why}")
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


def _policy(name: str, claims: Sequence[str]) -> bytes:
    return policies.load(name, claims).text


class _Gathered:
    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.options: list[str] = []

    def asked(self, asked: Mapping[str, Any], clock: int, progress: Progress) -> tuple[str, ...]:
        """The options of `verify`, whose files are kept."""
        _keep(self, asked, progress)
        return (*self.options, "--at", _moment(asked, clock))

    def proofs(self, paths: Sequence[Path]) -> tuple[str, ...]:
        """Several proof files, under numbers, in the order in which they are given."""
        if len(set(paths)) != len(paths):
            raise UsageError("a file is given twice")
        called = tuple(f"proofs/{number}.zkp" for number in range(1, len(paths) + 1))
        self.files |= {name: read_proof(path) for name, path in zip(called, paths, strict=True)}
        return called

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
