"""What an output is, and how an earlier one of its kind is told from everything else: by its content alone.

A file's name says nothing, since any file can be given any. `recognises` is asked with the first HEAD bytes of a file
and answers only for what this package wrote as that very kind; evidence and keys are of no kind that is replaced.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

from zkcompliance.attest.dsse import Envelope
from zkcompliance.attest.statement import PREDICATE_TYPE
from zkcompliance.errors import MalformedAttestation

HEAD = 2 << 20  # bytes; an attestation is read to its end, of anything else the beginning is enough
_PROOFS = (b"zkcb\x01\x00", b"zkcd\x01\x00")  # a proof file, a policy bundle (docs/spec)
_LINEAGE = b"zkcl\x01\x00"
_PAGE = b"<!doctype html>\n<html"
_GENERATOR = b'<meta name="generator" content="zkcompliance">'
_ZIP = b"#!/usr/bin/env -S python3 -I -S\nPK\x03\x04"
_INSIDE = b'"""zkcompliance-verify: '  # how the first member of the one-file verifier begins


@dataclass(frozen=True)
class Kind:
    """name: with its article, as an error says it; recognises: whether these first bytes are of an earlier one."""

    name: str
    recognises: Callable[[bytes], bool]


def _is_page(head: bytes) -> bool:
    before, found, _ = head.partition(b"<style>")
    return head.startswith(_PAGE) and bool(found) and _GENERATOR in before


def _is_attestation(head: bytes) -> bool:
    try:
        statement = json.loads(Envelope.decode(head).payload)
    except (MalformedAttestation, ValueError, RecursionError):
        return False
    return isinstance(statement, dict) and statement.get("predicateType") == PREDICATE_TYPE


def _is_verifier(head: bytes) -> bool:
    return head.startswith(_ZIP) and _INSIDE in head[:256]


PROOF = Kind("a proof file", lambda head: head.startswith(_PROOFS))
LINEAGE = Kind("a lineage file", lambda head: head.startswith(_LINEAGE))
PAGE = Kind("a page of `report`", _is_page)
ATTESTATION = Kind("an attestation of a proof file", _is_attestation)
VERIFIER = Kind("a one-file verifier", _is_verifier)
EVIDENCE = Kind("evidence", lambda _: False)  # what was found once is never replaced
