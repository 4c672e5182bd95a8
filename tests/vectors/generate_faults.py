"""Writes faults.json: inputs with one fault each, the error code that each must get, and sound twins (code null).

    python -m tests.vectors.generate_faults

Everything is drawn from fixed seeds, so a second run writes the same bytes. A log vector is a list of edits of the base
log: [path, operation, argument], with `cut` (keep so many bytes), `flip` (one bit of the byte there), `put` (text),
`append` (text), `delete`, `mode` (octal), `rename` (to) and `mkdir`. A vector of a kind with a twin is one edit of that
twin's files, as `faults_pack.py` says.
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import tempfile
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

from tests.vectors import faults_formats as formats
from tests.vectors import faults_signed as signed
from tests.vectors import faults_stored as stored
from tests.vectors.faults_signed import ENTRIES, KEY, TRUST
from zkcompliance import schemas
from zkcompliance.log import creation, sealing
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.quantities import Exact

OUTPUT = Path(__file__).with_name("faults.json")
SMALL = schemas.parse_text("zkc-schema v2\nsmall@1\nat time\nflop flop\n")
PLAIN = {
    "note": signed.notes,
    "checkpoint": signed.checkpoints,
    "key": signed.keys,
    "trust": signed.trusts,
    "cosigned": signed.cosigned,
    "receipt": signed.receipts,
    "evidence": signed.evidences,
}


def base_log() -> tuple[dict[str, str], str]:
    """(path → base64 of the files of a log of two segments, its checkpoint before the second)."""
    seeds = itertools.count()
    fixed = SimpleNamespace(**{**vars(os), "urandom": lambda count: bytes([next(seeds)]) * count})
    with (
        tempfile.TemporaryDirectory() as scratch,
        mock.patch.object(sealing, "os", fixed),
        mock.patch.object(creation, "os", SimpleNamespace(**{**vars(os), "urandom": lambda count: b"\xff" * count})),
    ):
        log = Path(scratch) / "log"
        create_log(log, SMALL, KEY)
        with Writer(log, KEY) as writer:
            writer.seal([{"at": Exact(i), "flop": 10**20 + i} for i in range(3)])
            older = (log / "checkpoint").read_text()
            writer.seal([{"at": Exact(i), "flop": i} for i in range(9)])
        paths = [p for p in sorted(log.rglob("*")) if p.is_file() and not p.name.startswith("cache")]
        return {str(p.relative_to(log)): base64.b64encode(p.read_bytes()).decode() for p in paths}, older


def document() -> str:
    files, older = base_log()
    found: list[dict[str, object]] = [
        {"kind": kind, "name": name, "code": code, "input": text}
        for kind, make in PLAIN.items()
        for name, code, text in make()
    ]
    for name, code, edits in stored.logs():
        real = [[path, what, older if argument == "OLDER" else argument] for path, what, argument in edits]
        found.append({"kind": "log", "name": name, "code": code, "edits": real})
    for kind, name, code, content in stored.imports():
        raw = content if isinstance(content, bytes) else content.encode()
        found.append({"kind": kind, "name": name, "code": code, "base64": base64.b64encode(raw).decode()})
    found += [{"kind": kind, "name": name, "code": code, "edit": edit} for kind, name, code, edit in formats.vectors()]
    fixed = {
        "key": KEY.verifier.text,
        "trust": TRUST,
        "entry": ENTRIES[6].decode(),
        "log": files,
        "twins": formats.twins(),
    }
    return json.dumps({"fixed": fixed, "vectors": found}, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    OUTPUT.write_text(document())
