"""`zkcompliance policies new --promptly POLICY -o FILE`: a policy that also asks that rows were sealed promptly.

What is added stands at the end: `[anchors]`, with whom the regulator believes, and a requirement for each log whose
rows are about a moment. Everything above stays as it was, but for `id`, and `checked`, which says when all sentences of
the file were last held against its sources.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence
from pathlib import Path

from zkcompliance import limits
from zkcompliance.card import catalogue as cards
from zkcompliance.card.own import owned
from zkcompliance.commands import console
from zkcompliance.commands.policy_text import said
from zkcompliance.edge.pairs import pairs
from zkcompliance.edge.shown import quoted
from zkcompliance.errors import UsageError
from zkcompliance.outputs import Outputs, kinds
from zkcompliance.policy import catalogue
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import BEACONS, Policy
from zkcompliance.policy.proofs import read

PROMPTLY = "rows-sealed-promptly-"
_HELP = "zkcompliance policies new --promptly POLICY --dated-by NAME=KEY.pub -o FILE"
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----\s*([A-Za-z0-9+/=\s]+?)-----END CERTIFICATE-----\s*")


def run(
    output: Path, base: str, dated_by: Sequence[str], quorum: int | None, within: str, claim_files: Sequence[str]
) -> None:
    """Write the policy. base: a ready-made one or a file; dated_by: NAME=FILE texts, of a cosigner's public key, or
    NAME=FILE:OID of an authority's root (PEM) and its policy; quorum: how many of them it takes (None: all).

    UsageError for a policy that has nothing to add to; MalformedPolicy where what is made would be refused.
    """
    given = pairs(dated_by, "--dated-by")
    files = {name: value.partition(":")[0] for name, value in given.items()}
    outputs = Outputs({output: kinds.POLICY}, read=[*files.values(), *claim_files])
    if not output.name.endswith(".toml"):
        raise UsageError(f"{output}: a policy's file ends in .toml")
    policy = catalogue.load(base, claim_files)
    if not given:
        raise UsageError("nobody is named who dates checkpoints: --dated-by NAME=KEY.pub", help=_HELP)
    if policy.anchors is not None:
        raise UsageError(f"{policy.label} says whom it believes already: add a requirement to its file", help=_HELP)
    asked = {name: PROMPTLY + rule.schema.replace("_", "-") for name, rule in policy.logs.items()}
    there = {name: claim for name, claim in asked.items() if claim in cards.names()}
    if not there:
        raise UsageError(f"no log of {policy.label} has rows that are about a moment: {', '.join(policy.logs)}")
    operators = {name: _operator(name, value) for name, value in given.items()}
    made = _text(policy, operators, len(operators) if quorum is None else quorum, within, there)
    parse_policy(made.encode(), {id: each.card for id, each in owned(claim_files).items()})
    outputs.write({output: made.encode()})
    if left := [name for name in policy.logs if name not in there]:
        console.note(f"not asked of {', '.join(left)}: rows there are about no one moment")
    console.note(f"{output}: what it asks of a lab: zkcompliance policies needs FILE")


def _operator(name: str, value: str) -> object:
    """A cosigner's vkey text, or an authority as a policy has it."""
    path, _, oid = value.partition(":")
    data = read(Path(path), limits.MAX_POLICY_CERTIFICATE_BYTES)
    if not oid:
        if b"BEGIN CERTIFICATE" in data:
            raise UsageError(
                f"--dated-by {name}: under a root anybody can buy an authority: say which of its policies counts",
                help=f"--dated-by {quoted(f'{name}={path}:OID')}  # such as 1.3.6.1.4.1.13762.3",
            )
        return data.decode(errors="replace").strip()
    found = _PEM.fullmatch(data.strip() + b"\n")
    if found is None:
        raise UsageError(f"--dated-by {name}: {path} is no certificate (PEM)")
    return {"root": base64.b64encode(base64.b64decode(found[1])).decode(), "policy": oid}


def _text(policy: Policy, operators: dict[str, object], quorum: int, within: str, claims: dict[str, str]) -> str:
    text = policy.text.decode().rstrip("\n")
    text = re.sub(r"^id = .*$", f"id = {said(f'{policy.id}-promptly')}", text, count=1, flags=re.MULTILINE)
    text = re.sub(r"^checked = .*\n", "", text, count=1, flags=re.MULTILINE)
    lines = [text, "", "[anchors]", f"beacons = {said(list(BEACONS[:1]))}", f"quorum = {quorum}", ""]
    lines += ["[anchors.operators]", *(f"{name} = {said([each])}" for name, each in operators.items())]
    for log, claim in claims.items():
        card = cards.load(claim)
        says = (
            f"Every row of {log} was sealed at most {within} after its moment, and at most a day before it. Not shown: "
            "that rows are true, or that none is missing."
        )
        lines += ["", "[[requirements]]", f"name = {said(f'promptly-{log}')}", f"says = {said(says)}"]
        lines += [f"claim = {said(card.label)}", f"card = {said(card.digest.hex())}"]
        lines += [f"logs = {{ log = {said(log)} }}", f"params.delay = {said(within)}"]
    return "\n".join(lines) + "\n"
