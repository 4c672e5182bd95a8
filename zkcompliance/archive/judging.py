"""Making an archive, and coming to its verdict again: both judge the files of the case, and nothing beside them."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from zkcompliance import streaks, strict_json
from zkcompliance.archive import box
from zkcompliance.archive.case import PROOF, Case
from zkcompliance.archive.judged import Judged, judged
from zkcompliance.archive.signed import FOLDER, check
from zkcompliance.archive.text import readme
from zkcompliance.decide import Request
from zkcompliance.errors import ArchiveChanged, MalformedArchive, ZkComplianceError
from zkcompliance.joint.file import load_joint
from zkcompliance.joint.judge import judge_joint
from zkcompliance.joint.verdict import JointVerdict
from zkcompliance.policy.proofs import open_proof
from zkcompliance.policy.subject import path_of
from zkcompliance.progress import Progress, silent
from zkcompliance.quantities import parse_time
from zkcompliance.report import refused

FORMAT = "zkcompliance-archive/v1"
CASE, VERDICT, VERIFIER, README = "case.json", "verdict.json", "zkcompliance-verify.pyz", "README.txt"
_PAGES = ("verdict.html", "verdict.txt")
_MAX_CASE = 1 << 20
_COMPARE = "compare: zkcompliance verify proof.zkp … --json, with the options of case.json, and verdict.json"
_JOINT = ("--joint", "joint.toml", "--at", "TIME")
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
    """What came of an archive. judged: today's, by this installation; same: whether its verifier is the archived one's
    bytes; files: how many were held against their digests; signed: how many signed verdicts were among them; unlike:
    the texts for people in it that this installation would write otherwise, which another release may have done."""

    judged: Judged
    same: bool
    files: int
    signed: int
    unlike: tuple[str, ...] = ()


def make(case: Case, verifier: bytes, *, clock: int, progress: Progress = silent) -> tuple[bytes, Judged]:
    """The archive's bytes and the verdict in it, whatever it is. verifier: the one file. Of one proof nothing is
    raised: what is in the way of a verdict is in it, as its `error`. Signed verdicts are refused as by `check`."""
    found = _judge(case, clock, progress)
    check(case.files, found)
    whole: dict[str, object] = {"format": FORMAT, "options": list(case.options)}
    if case.proofs != (PROOF,):
        whole["proofs"] = list(case.proofs)
    files = {
        **case.files,
        CASE: strict_json.canonical(whole) + b"\n",
        VERDICT: found.document.encode(),
        VERIFIER: verifier,
    }
    files |= _texts(found, case, files)
    return box.pack(files), found


def _texts(found: Judged, case: Case, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """The page and the README of a case. files: all others of it."""
    page = {found.page_name: found.page.encode()}
    return page | {README: readme(found, case, {**files, **page}).encode()}


def again(data: bytes, verifier: bytes, *, clock: int, progress: Progress = silent) -> Again:
    """The archive's question, asked again of its own files. ArchiveChanged where the verdict is another than the one
    that was filed, or, with the verifier of this installation, a text for people says something else; MalformedArchive
    for what is no archive, or has a file that is of no case; as `signed.check` for signed verdicts in it."""
    files = box.unpack(data)
    if CASE not in files:
        raise MalformedArchive(f"the archive has no {CASE}")
    case = _case(files)
    _refuse_others(case)
    found = _judge(case, clock, progress)
    _same(json.loads(found.document), files[VERDICT])
    same, signed = files[VERIFIER] == verifier, check(files, found)
    rest = {name: each for name, each in files.items() if name not in (*_PAGES, README)}
    unlike = tuple(name for name, text in _texts(found, case, rest).items() if files.get(name) != text)
    if same and unlike:
        raise ArchiveChanged(
            f"{unlike[0]} is not what was written of this verdict when the archive was made: {VERDICT} is",
            help=_COMPARE,
        )
    return Again(found, same, len(files), signed, unlike)


def _refuse_others(case: Case) -> None:
    """MalformedArchive for a file that no case of these options has, and for one that every case has and this lacks:
    whoever opens an archive takes what lies in it for what was judged."""
    page = _PAGES[case.options[:1] == ("--joint",)]
    always = {*case.proofs, CASE, VERDICT, VERIFIER, README, page}
    for name in sorted(always):
        if name not in case.files:
            raise MalformedArchive(f"the archive has no {name}")
    takes = {*_FILES, "--joint", "--claim"}
    given = {value.rpartition("=")[2] for option, value in pairwise(case.options) if option in takes}
    for name in sorted(case.files):
        if name not in always | given and not name.startswith(f"{FOLDER}/"):
            raise MalformedArchive(
                f"{name} is nothing that {CASE} names: an archive holds what was judged, and no more"
            )


def _case(files: Mapping[str, bytes]) -> Case:
    document = strict_json.loads(files[CASE], CASE, MalformedArchive, limit=_MAX_CASE)
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise MalformedArchive(f"{CASE} is not of the format {FORMAT}")
    options, proofs = document.get("options"), document.get("proofs", [PROOF])
    if not isinstance(options, list) or not all(isinstance(each, str) for each in options):
        raise MalformedArchive(f"{CASE} has an option that is no text")
    if not isinstance(proofs, list) or not all(isinstance(each, str) for each in proofs):
        raise MalformedArchive(f"{CASE} has a proof that is no text")
    numbered = [f"proofs/{number}.zkp" for number in range(1, len(proofs) + 1)]
    if proofs not in ([PROOF], numbered):
        raise MalformedArchive(f"{CASE} names proofs otherwise than {PROOF}, or proofs/1.zkp and on")
    return Case(files, tuple(options), tuple(proofs))


def _same(verdict: Any, filed: bytes) -> None:
    """The verdict that was filed, but for the version of the program that came to it."""
    before = strict_json.loads(filed, VERDICT, MalformedArchive, limit=len(filed))
    if not isinstance(before, dict):
        raise MalformedArchive(f"{VERDICT} is no verdict")
    for name in sorted({*before, *verdict} - {"verifier"}):
        if before.get(name) != verdict.get(name):
            raise ArchiveChanged(
                f"the verdict on these files is another than the one that was filed with them: {name} differs",
                help=_COMPARE,
            )


def _judge(case: Case, clock: int, progress: Progress) -> Judged:
    with _laid_out(case.files) as folder:
        if case.options[:1] == ("--joint",):
            return judged(_joint(case, folder, progress))
        if case.options[:1] == ("--streak",):
            at, asked = _moment(_request(replace(case, options=case.options[1:]), folder))
            paths = [folder / name for name in case.proofs]
            return judged(streaks.judge(paths, asked, clock=at, progress=progress))
        if case.proofs != (PROOF,):
            raise MalformedArchive(f"{CASE} has several proofs, and neither a joint file nor a streak is asked for")
        request = _request(case, folder)
        opened = None
        try:
            with open_proof(folder / PROOF) as opened:
                return judged(request.decide(opened, clock=clock, progress=progress))
        except ZkComplianceError as error:
            _by_its_name(error, folder)
            at_ = None if request.at is None else str(request.at)
            return judged(refused.verdict(error, file=opened, at=at_, clock=clock))


def _by_its_name(error: ZkComplianceError, folder: Path) -> None:
    """Files are named as the archive names them: where they lie for a moment is another place each time."""
    error.message, error.help = (text.replace(f"{folder}/", "") for text in (error.message, error.help))
    error.args = (error.message,)


def _joint(case: Case, folder: Path, progress: Progress) -> JointVerdict:
    """Of several labs, by the names that their files have in the archive."""
    if len(case.options) != len(_JOINT) or case.options[::2] != _JOINT[::2] or case.options[1] not in case.files:
        raise MalformedArchive(
            f"{CASE}: a joint file and a time, and no other option, go with the proofs of several labs"
        )
    with contextlib.ExitStack() as stack:
        read = {name: stack.enter_context(open_proof(folder / name)) for name in case.proofs}
        at = parse_time(case.options[3])
        return judge_joint(read, load_joint(folder / case.options[1]), clock=at, at=at, progress=progress)


def _moment(request: Request) -> tuple[int, Request]:
    """The time of judgement, which is all of a streak's, and the request without it."""
    at = request.at
    return (at if isinstance(at, int) else parse_time(str(at))), replace(request, at=None)


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
