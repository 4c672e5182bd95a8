"""`zkcompliance request new --policy P --lab NAME --due TIME -o FILE`: a request for a proof."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zkcompliance.commands import console

if TYPE_CHECKING:
    from zkcompliance.request.proof import ProofRequest


def ask(
    policy: str,
    claim_files: Sequence[str],
    lab: str,
    log_keys: Sequence[str],
    key: Path | None,
    until: int,
    context: str,
    output: Path,
    as_json: bool,
) -> None:
    """Draw the reference, and write the request, signed where there is a key. until: UTC seconds."""
    from zkcompliance.edge.pairs import by_names
    from zkcompliance.log import keys
    from zkcompliance.log.public_keys import load_public
    from zkcompliance.outputs import Outputs, kinds
    from zkcompliance.policy import catalogue
    from zkcompliance.request.proof import ProofRequest, draw

    asked = catalogue.load(policy, claim_files)
    open_to = [name for name, rule in asked.logs.items() if not rule.keys]
    files = by_names(open_to or list(asked.logs), log_keys, "--log-key") if log_keys else {}
    given = {name: tuple(load_public(path) for path in paths) for name, paths in files.items()}
    trusted = {name: tuple(each.key for each in rule.keys) or given.get(name, ()) for name, rule in asked.logs.items()}
    made = ProofRequest(None, draw(context), int(time.time()), until, lab, asked.label, asked.digest, trusted)
    if key is not None:
        made = made.signed_by(keys.load_private(key))
    data = made.encode()
    ProofRequest.decode(data)  # or the error that the lab would see
    read = [Path(path) for paths in files.values() for path in paths] + ([key] if key is not None else [])
    read += [Path(policy), *(Path(each) for each in claim_files)]
    Outputs({output: kinds.REQUEST}, read=read, closed=[]).write({output: data})
    if as_json:
        console.print_json({"request": str(output), **document(made)})
        return
    console.print_fields(
        f"request for a proof of {made.policy}, to {made.lab}", {"file": f"{output} (send it to the lab)", **said(made)}
    )


def document(request: ProofRequest) -> dict[str, Any]:
    """A request, for machines. Times are UTC seconds."""
    return {
        "sha256": request.digest.hex(), "asker": None if request.asker is None else request.asker.text,
        "reference": request.reference, "made": request.made, "answer_by": request.answer_by, "lab": request.lab,
        "policy": request.policy, "policy_sha256": request.policy_digest.hex(),
        "keys": {name: [key.text for key in several] for name, several in request.keys.items()},
    }  # fmt: skip


def said(request: ProofRequest) -> Mapping[str, str]:
    """A request, for people."""
    from zkcompliance.quantities import show_time

    return {
        "asked by": "nobody who signed it" if request.asker is None else request.asker.text,
        "reference": f"{request.reference}, drawn {show_time(request.made)}",
        "policy": f"{request.policy}, SHA-256 {request.policy_digest.hex()}",
        **{
            f"key of {name}": ", ".join(key.text for key in several) or "any: the request says none"
            for name, several in request.keys.items()
        },
        "answer by": show_time(request.answer_by),
        "sha256": request.digest.hex(),
    }
