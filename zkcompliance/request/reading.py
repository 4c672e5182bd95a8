"""Files of requests, told apart by what they ask for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.errors import UsageError
from zkcompliance.limits import MAX_REQUEST_BYTES
from zkcompliance.request import lines
from zkcompliance.request.proof import ProofRequest


def read_for_proof(path: Path) -> ProofRequest:
    """The request for a proof in a file. UsageError where it cannot be read, MalformedRequest, SignatureRejected."""
    return ProofRequest.decode(_read(path))


def for_proof(paths: Sequence[Path]) -> tuple[ProofRequest | None, list[Path]]:
    """The one request for a proof among these files, and the files of all others, of which nothing is checked but that
    they are lines of a request. UsageError for two."""
    found, others = [], []
    for path in paths:
        data = _read(path)
        if "proof" in lines.decode(data):
            found.append(ProofRequest.decode(data))
        else:
            others.append(path)
    if len(found) > 1:
        raise UsageError("two requests for a proof are given, and a file is judged by one")
    return (found[0] if found else None), others


def _read(path: Path) -> bytes:
    try:
        with regular.open_given(path) as file:
            return file.read(MAX_REQUEST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: {regular.reason(error)}", help="zkcompliance request new --help") from error
