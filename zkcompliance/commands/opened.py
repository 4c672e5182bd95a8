"""`zkcompliance verify rows.zkp --log-key PUB [--request FILE]`: a file of opened rows, by itself."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zkcompliance.commands import console
from zkcompliance.edge import given
from zkcompliance.errors import Undecided, UsageError
from zkcompliance.quantities import number_of

if TYPE_CHECKING:
    from zkcompliance.openings.check import Shown

_WHOLE = "zkcompliance verify rows.zkp --log-key PUB --request FILE"
_TAKEN = ("log_keys", "requests", "state")  # of what a verdict is asked with


def is_opened(path: Path) -> bool:
    """Whether a file begins as one of opened rows; no, where it cannot be read."""
    from zkcompliance.openings.file import MAGIC

    return given.head(path, len(MAGIC)) == MAGIC


def verify(
    path: Path, asked: dict[str, Any], form: str, output: Path | None, evidence: Path | None, as_json: bool
) -> int:
    """Check the file and print or write its rows. UsageError for options that go with a policy or a claim."""
    from zkcompliance.log.public_keys import load_public
    from zkcompliance.openings import kept
    from zkcompliance.openings.answers import check_dated, read_openings, read_request, seen_in_time
    from zkcompliance.openings.check import check
    from zkcompliance.openings.show import as_text
    from zkcompliance.outputs import Outputs, kinds

    if other := [name for name, value in asked.items() if value and name not in _TAKEN]:
        raise UsageError(
            f"--{other[0].replace('_', '-')} does not go with a file of opened rows: give that file as --openings, "
            "beside a proof file and its --policy",
            help=_WHOLE,
        )
    keys, requests, state = ([Path(each) for each in asked["log_keys"]], asked["requests"], asked["state"])
    if not keys:
        raise Undecided("whose log the rows are of is not said: --log-key PUB is not given", help=_WHOLE)
    if len(requests) > 1:
        raise UsageError("a file of opened rows answers one request", help=_WHOLE)
    outputs = None
    if output is not None:
        outputs = Outputs({output: kinds.ROWS}, read=[path, *keys, *requests], closed=[])
    request = read_request(requests[0]) if requests else None
    shown = check(read_openings(path), [load_public(key) for key in keys], request)
    check_dated(shown, int(time.time()), "" if request is None else seen_in_time(state, request))
    text = as_text(shown, form)
    if state is not None and request is not None:
        kept.remember(state, [request], {request.digest: shown.sha256.hex()})
    if evidence is not None:
        _write_evidence(shown, evidence)
    if output is not None and outputs is not None:
        outputs.write({output: text.encode()})
    _tell(shown, text, form, as_json, printed=output is None, ours=request is not None)
    return 0


def _write_evidence(shown: Shown, folder: Path) -> None:
    """A file for each piece, by its number; nothing is overwritten."""
    from zkcompliance.log import files

    with files.reporting(folder):
        files.make_dir(folder)
        for number, data in sorted(shown.pieces.items()):
            files.create(folder / str(number), data)
        files.sync_dir(folder)


def _tell(shown: Shown, text: str, form: str, as_json: bool, *, printed: bool, ours: bool) -> None:
    from zkcompliance.openings.show import rows_of

    if as_json:
        console.print_json({**_document(shown, ours), "rows": [dict(row) for row in rows_of(shown)]})
        return
    if form != "table" and printed:
        click.echo(text, nl=False)
        return
    console.print_fields(f"{number_of(len(shown.rows), 'row')}, shown", _fields(shown, ours))
    if printed:
        console.print_text(text)


def _document(shown: Shown, ours: bool) -> dict[str, Any]:
    checkpoint, request = shown.log.checkpoint, shown.request
    return {
        "format": "zkcompliance-openings/v1", "sha256": shown.sha256.hex(), "origin": checkpoint.origin,
        "size": checkpoint.size, "root": checkpoint.root.hex(), "segments": [shown.log.first, shown.log.last],
        "key": shown.key.text, "schema": shown.schema.label, "claim": shown.claim, "proved_at": shown.time,
        "named_by": "flop_before" if shown.flop else "row", "names": [str(name) for name in _names(shown)],
        "total": None if shown.total is None else str(shown.total), "evidence": sorted(shown.pieces),
        "request": None if request is None else {
            "sha256": request.digest.hex(), "asker": request.asker.text, "reference": request.reference,
            "made": request.made, "answer_by": request.answer_by, "rows": request.openings.rows,
            "weight": request.openings.weight, "beacon": request.openings.beacon.name,
            "round": request.openings.round, "given": ours,
        },
    }  # fmt: skip


def _names(shown: Shown) -> Sequence[int]:
    """Rows from 1, as importers count; or the FLOP before them."""
    return shown.names if shown.flop else [name + 1 for name in shown.names]


def _fields(shown: Shown, ours: bool) -> dict[str, str]:
    from zkcompliance.log.fingerprint import fingerprint
    from zkcompliance.quantities import show_time

    log, request = shown.log, shown.request
    whole = "all" if log.whole else f"{log.first} to {log.last}"
    fields = {
        "log": f"{log.origin}, segments: {log.checkpoint.size}, root {log.checkpoint.root.hex()}",
        "segments": whole, "signed by": shown.key.text, "key digits": fingerprint(shown.key),
        "schema": shown.schema.label,
        "proof": f"{shown.claim}, made on {show_time(shown.time)} as the lab states",
        "evidence": f"pieces in the file: {len(shown.pieces)}",
    }  # fmt: skip
    if request is None:
        return {**fields, "chosen by": "the lab: nobody drew these rows"}
    rows = request.openings
    whose = "the request that you gave" if ours else "a request in the file, which nobody here gave: --request FILE"
    return {
        **fields,
        "drawn by": f"{whose}, of {request.asker.name}, made {show_time(request.made)}, {rows.rows} by {rows.weight}",
        "drawn from": f"{shown.total or 0:,} {'FLOP' if shown.flop else 'rows'}, by round {rows.round} of "
        f"{rows.beacon.name}",
    }
