"""What the archive says to whoever opens it, in ten years perhaps, with nothing else at hand."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from zkcompliance.archive.case import PROOF, Case
from zkcompliance.archive.judged import Judged
from zkcompliance.edge.shown import quoted
from zkcompliance.report import words

_ABOUT = {
    "proof.zkp": "the proof file, as the lab handed it over",
    "policy.toml": "the policy that it was held against",
    "case.json": "the question, as the options of the verifier",
    "verdict.json": "the verdict, for machines",
    "verdict.html": "the verdict, for people: open it in any browser",
    "zkcompliance-verify.pyz": "the verifier that came to it: a zip file of Python sources, which can be read",
    "trust.txt": "who must have cosigned the logs",
    "attestation.json": "the attestation that came with the proof",
    "attestation.pub.pem": "the key that must have signed it",
    "joint.toml": "the joint file: the cap, the labs and their allowances, the logs",
    "verdict.txt": "the verdict, for people",
}
_FOLDERS = {
    "keys": "the public key of a log", "claims": "the card of a claim: what its program asks, in words",
    "requests": "which rows were asked for", "openings": "the rows that answer a request",
    "recognised": "another's signed verdict, which was taken over",
    "proofs": "a proof file, as the lab handed it over", "signed": "a signed verdict on these files, or a signer's key",
    "withdrawn": "which of its verdicts another has withdrawn",
    "lineages": "how a log went on from an earlier one", "roll-ups": "for which log a roll-up stands",
}  # fmt: skip


_ALONE = """
Nothing else is needed to come to the verdict again, but a Python of version 3.11 or later, without any package and
without a network."""
_SEVERAL = """
The program in it judges proof by proof; what holds them together takes the installed program, zkcompliance, which needs
no network."""


def readme(judged: Judged, case: Case, files: Mapping[str, bytes]) -> str:
    """The text of README.txt."""
    several = case.proofs != (PROOF,)
    what = "proofs" if several else "a proof"
    return f"""{judged.sentence}

This is a case for the shelf: {what}, all that was asked, the verdict, and the program that
judges a proof, as of {words.iso(judged.at)}.{_SEVERAL if several else _ALONE}

1. CHECK THAT NOTHING WAS CHANGED

    python3 -m zipfile -e case.zip case && cd case
    sha256sum --check SHA256SUMS

SHA256SUMS lies in this same file: it shows damage, not forgery. Against forgery keep the SHA-256 of the zip file where
nobody who could change the file can change it too: have it time-stamped, cosigned or printed, on the day and again
before the hash or the signature of the older stamp is thought to be weak.

2. COME TO THE VERDICT AGAIN

{_together(case) if several else _again(case)}

3. WHERE NO SUCH PYTHON RUNS ANY MORE

zkcompliance-verify.pyz is a zip file of plain sources: `unzip -l zkcompliance-verify.pyz` lists them. They import
Python's standard library alone, and of it what counts is whole numbers, SHA-256, and zip files. The formats and the
protocol are specified in the folder docs/spec of the project zkcompliance; what is promised of them, and how a hash or
a signature is replaced, says docs/spec/stability.md there.

4. WHAT THE VERDICT RESTS ON

On the keys in this file being those of the logs that they are said to be of: that is for whoever made the archive to
have asked. On SHA-256, on the signature schemes of the keys, and on the soundness of the proof system, as they were
thought of on that day. What the rows of the logs meant is the word of whoever wrote them, but where the verdict says
otherwise.

WHAT IS IN HERE

{_listing(files)}"""


def _again(case: Case) -> str:
    command = " ".join(quoted(each) for each in (PROOF, *case.options))
    return f"""    python3 -I -S zkcompliance-verify.pyz {command}

Exit status 0 is accepted, 1 rejected or a requirement not met, 2 malformed, 4 nothing to decide it by. `--at` in this
line is the time of judgement: without it the proof would be judged as of now, and its age refused. The installed
program does the same, and where a policy asks for rounds of beacons, time stamps, devices or opened rows it decides
more: the one file has no library for these, and says of what rests on them that it does not decide it. The program
also holds its verdict against the one in here: zkcompliance archive verify case.zip"""


def _together(case: Case) -> str:
    """Of several proofs: the installed program's command, and what the one file says of each by itself."""
    joint = case.options[0] == "--joint"
    at, verb = case.options[-1], "verify" if joint else "streak"
    options = case.options[:-2] if joint else case.options[1:-2]
    command = " ".join(quoted(each) for each in ("zkcompliance", verb, *case.proofs, *options))
    each = "what each of them states" if joint else "what each of them states, or, with the options above, shows"
    more = f" --at {at}" if joint else ""
    return f"""    zkcompliance archive verify case.zip
    {command}{more}

The first judges as of {at}, and holds its verdict, and the signed verdicts that are in here, against these files. Exit
status 0 is accepted. Without the installed program the one file says {each}:

    python3 -I -S zkcompliance-verify.pyz {case.proofs[0]}"""


def _listing(files: Mapping[str, bytes]) -> str:
    lines = []
    for name, data in sorted(files.items()):
        about = _ABOUT.get(name) or _FOLDERS.get(name.partition("/")[0], "")
        lines.append(f"{name}  {len(data)} bytes, {about}\n    {sha256(data).hexdigest()}\n")
    return "".join(lines)
