"""Making an archive, and coming to its verdict again: both judge the files of the case, and nothing beside them."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zkcompliance import strict_json
from zkcompliance.archive import box
from zkcompliance.archive.case import PROOF, Case
from zkcompliance.archive.text import readme
from zkcompliance.decide import Request
from zkcompliance.errors import ArchiveChanged, MalformedArchive, ZkComplianceError
from zkcompliance.policy.proofs import open_proof
from zkcompliance.policy.subject import path_of
from zkcompliance.policy.verdict import Verdict
from zkcompliance.progress import Progress, silent
from zkcompliance.report import refused, write

FORMAT = "zkcompliance-archive/v1"
CASE, VERDICT, PAGE, VERIFIER, README = (
    "case.json",
    "verdict.json",
    "verdict.html",
    "zkcompliance-verify.pyz",
    "README.txt",
)
_MAX_CASE = 1 << 20
# Options of a case → the fields of a request, and whether a field holds several; a value may begin with a log's name.
_FIELDS = {
    "--policy": ("policy", False), "--claim-file": ("claim_files", True), "--claim": ("claim", False),
    "--param": ("params", True), "--log-key": ("log_keys", True), "--subject": ("subject", False),
    "--context": ("context", False), "--drawn": ("drawn", False), "--trust": ("trust", False),
    "--roll-up": ("roll_ups", True), "--request": ("requests", True), "--openings": ("openings", True),
    "--recognised": ("recognised", True), "--withdrawn": ("withdrawn", True),
    "--lineage": ("lineages", True), "--attestation": ("attestation", False),
    "--attestation-key": ("attestation_key", False), "--at": ("at", False),
}  # fmt: skip
_FILES = {
    "--policy", "--claim-file", "--log-key", "--trust", "--roll-up", "--request", "--openings", "--recognised",
    "--withdrawn", "--lineage", "--attestation", "--attestation-key",
}  # fmt: skip


@dataclass(frozen=True)
class Again:
    """What came of an archive. verdict: today's, by this installation; same: whether its verifier is the archived one's
    bytes; files: how many were held against their digests."""

    verdict: Verdict
    same: bool
    files: int


def make(case: Case, verifier: bytes, *, clock: int, progress: Progress = silent) -> tuple[bytes, Verdict]:
    """The archive's bytes and the verdict in it, whatever it is. verifier: the one file. Raises nothing of the proof:
    what is in the way of a verdict is in the verdict, as its `error`."""
    verdict = _judge(case, clock, progress)
    files = {
        **case.files,
        CASE: strict_json.canonical({"format": FORMAT, "options": list(case.options)}) + b"\n",
        VERDICT: write(verdict, "json").encode(),
        PAGE: write(verdict, "html").encode(),
        VERIFIER: verifier,
    }
    files[README] = readme(verdict, case.options, files).encode()
    return box.pack(files), verdict


def again(data: bytes, verifier: bytes, *, clock: int, progress: Progress = silent) -> Again:
    """The archive's question, asked again of its own files. ArchiveChanged where the verdict is another than the one
    that was filed; MalformedArchive for what is no archive."""
    files = box.unpack(data)
    for name in (PROOF, CASE, VERDICT, VERIFIER):
        if name not in files:
            raise MalformedArchive(f"the archive has no {name}")
    verdict = _judge(Case(files, _options(files)), clock, progress)
    _same(json.loads(write(verdict, "json")), files[VERDICT])
    return Again(verdict, files[VERIFIER] == verifier, len(files))


def _options(files: Mapping[str, bytes]) -> tuple[str, ...]:
    document = strict_json.loads(files[CASE], CASE, MalformedArchive, limit=_MAX_CASE)
    options = document.get("options") if isinstance(document, dict) else None
    if not isinstance(document, dict) or document.get("format") != FORMAT or not isinstance(options, list):
        raise MalformedArchive(f"{CASE} is not of the format {FORMAT}")
    if not all(isinstance(each, str) for each in options):
        raise MalformedArchive(f"{CASE} has an option that is no text")
    return tuple(options)


def _same(verdict: Any, filed: bytes) -> None:
    """The verdict that was filed, but for the version of the program that came to it."""
    before = strict_json.loads(filed, VERDICT, MalformedArchive, limit=len(filed))
    if not isinstance(before, dict):
        raise MalformedArchive(f"{VERDICT} is no verdict")
    for name in sorted({*before, *verdict} - {"verifier"}):
        if before.get(name) != verdict.get(name):
            raise ArchiveChanged(
                f"the verdict on these files is another than the one that was filed with them: {name} differs",
                help="compare: zkcompliance verify proof.zkp … --json, with the options of case.json, and verdict.json",
            )


def _judge(case: Case, clock: int, progress: Progress) -> Verdict:
    with _laid_out(case.files) as folder:
        request = _request(case, folder)
        opened = None
        try:
            with open_proof(folder / PROOF) as opened:
                return request.decide(opened, clock=clock, progress=progress)
        except ZkComplianceError as error:
            return refused.verdict(error, file=opened, at=None if request.at is None else str(request.at), clock=clock)


def _request(case: Case, folder: Path) -> Request:
    """MalformedArchive for options that a case does not have, and for files that are not of the archive."""
    fields: dict[str, Any] = {name: () for name, several in _FIELDS.values() if several}
    left = list(case.options)
    while left:
        option = left.pop(0)
        if option == "--rehearsal":
            fields["rehearsal"] = True
            continue
        if option not in _FIELDS or not left:
            raise MalformedArchive(f"{CASE} has an option that no case has: {option[:40]!r}")
        value = left.pop(0)
        named = option == "--claim" and value.endswith((".json", ".py"))
        if (named or option == "--claim-file") and not value.endswith(".json"):
            raise MalformedArchive(f"{CASE} names the text of a claim, which is Python: an archive has its card")
        if option == "--subject" and path_of(value) is not None:
            raise MalformedArchive(f"{CASE} names a model by a path: an archive has its digests")
        if option in _FILES or named:
            value = _inside(value, case.files, folder)
        name, several = _FIELDS[option]
        if not several and name in fields:
            raise MalformedArchive(f"{CASE} has {option} twice")
        fields[name] = (*fields[name], value) if several else value
    if "at" not in fields:
        raise MalformedArchive(f"{CASE} does not say at which time it was judged")
    return Request(**fields)


def _inside(value: str, files: Mapping[str, bytes], folder: Path) -> str:
    label, equals, name = value.partition("=")
    if not equals:
        label, name = "", value
    if name not in files:
        raise MalformedArchive(f"{CASE} names a file that is not in the archive: {name[:60]!r}")
    return f"{label}{equals}{folder / name}" if equals else str(folder / name)


@contextlib.contextmanager
def _laid_out(files: Mapping[str, bytes]) -> Iterator[Path]:
    """The files in a folder of their own, which nobody else reads, gone afterwards. Their names are `box`'s."""
    with tempfile.TemporaryDirectory(prefix="zkcompliance-archive-") as made:
        folder = Path(made)
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        yield folder
