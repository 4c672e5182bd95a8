"""What an output is, and how an earlier one of its kind is told from everything else: by its content alone.

A file's name says nothing, since any file can be given any. `recognises` is asked with the first HEAD bytes of a file
and answers only for what this package wrote as that very kind; evidence and keys are of no kind that is replaced.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zkcompliance.errors import MalformedAttestation

HEAD = 2 << 20  # bytes; an attestation is read to its end, of anything else the beginning is enough
_PROOFS = (b"zkcb\x02\x00", b"zkcd\x02\x00")  # a proof file, a policy bundle (docs/spec)
_LINEAGE = b"zkcl\x01\x00"
_ROLL_UP = b"zkcr\x01\x00"
_OPENED = b"zkco\x01\x00"
_PAGE = b"<!doctype html>\n<html"
_GENERATOR = b'<meta name="generator" content="zkcompliance">'
_NAMESPACE = b'"https://zkcompliance.invalid/ns/verdict"'
_JUNIT = b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="zkcompliance" '
_ZIP = b"#!/usr/bin/env -S python3 -I -S\nPK\x03\x04"
_IMPRINT = bytes.fromhex("020101303130" + "0d06096086480165030402010500" + "0420")
_INSIDE = b'"""zkcompliance-verify: '  # how the first member of the one-file verifier begins


@dataclass(frozen=True)
class Kind:
    """name: with its article, as an error says it; recognises: whether these first bytes are of an earlier one.

    kept: why no earlier one is replaced, of a kind of which that is so; else empty.
    """

    name: str
    recognises: Callable[[bytes], bool]
    kept: str = ""


def _none(_: bytes) -> bool:
    return False


def _is_page(head: bytes) -> bool:
    before, found, _ = head.partition(b"<style>")
    return head.startswith(_PAGE) and bool(found) and _GENERATOR in before


# What says how a statement reads knows the verdicts too, which most who write a file never look at: imported late.


def _is_attestation(head: bytes) -> bool:
    from zkcompliance.attest.dsse import Envelope
    from zkcompliance.attest.statement import PREDICATE_TYPE

    try:
        statement = json.loads(Envelope.decode(head).payload)
    except (MalformedAttestation, ValueError, RecursionError):
        return False
    return isinstance(statement, dict) and statement.get("predicateType") == PREDICATE_TYPE


def _signed(head: bytes) -> Any:
    """The statement of a signed envelope, None where it is none."""
    from zkcompliance.attest.signed import Signed

    try:
        return json.loads(Signed.decode(head).payload)
    except (MalformedAttestation, ValueError, RecursionError):
        return None


def _is_signed_verdict(head: bytes) -> bool:
    """A Verification Summary with our part in it, or a Simple Verification Result of properties that are ours."""
    from zkcompliance.attest.summary import DETAILS, SVR

    statement = _signed(head)
    predicate = statement.get("predicate") if isinstance(statement, dict) else None
    if not isinstance(predicate, dict):
        return False
    shown = predicate.get("properties")
    ours = isinstance(shown, list) and all(str(each).startswith("ZKCOMPLIANCE_") for each in shown)
    return DETAILS in predicate or (statement.get("predicateType") == SVR and ours)


def _is_withdrawn_list(head: bytes) -> bool:
    from zkcompliance.attest.summary import WITHDRAWN

    statement = _signed(head)
    return isinstance(statement, dict) and statement.get("predicateType") == WITHDRAWN


def _is_verifier(head: bytes) -> bool:
    return head.startswith(_ZIP) and _INSIDE in head[:256]


def _document(head: bytes) -> dict[str, Any]:
    """A JSON object that is there as a whole; empty for anything else."""
    try:
        found = json.loads(head)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _is_sarif(head: bytes) -> bool:
    runs = _document(head).get("runs")
    first = runs[0] if isinstance(runs, list) and len(runs) == 1 else None
    tool = first.get("tool") if isinstance(first, dict) else None
    driver = tool.get("driver") if isinstance(tool, dict) else None
    return isinstance(driver, dict) and driver.get("name") == "zkcompliance"


def _is_oscal(head: bytes) -> bool:
    return "assessment-results" in _document(head) and _NAMESPACE in head


def _is_request(head: bytes) -> bool:
    """A TimeStampReq of version 1 over a SHA-256, which has fewer than 128 bytes."""
    return head[:1] == b"\x30" and head[2:].startswith(_IMPRINT) and len(head) == 2 + head[1]


def _is_card(head: bytes) -> bool:
    found = _document(head)
    return found.get("card") == 1 and list(found)[:4] == ["card", "id", "version", "title"] and "vacuous" in found


PROOF = Kind("a proof file", lambda head: head.startswith(_PROOFS))
OPENED = Kind("a file of opened rows", lambda head: head.startswith(_OPENED))
LINEAGE = Kind("a lineage file", lambda head: head.startswith(_LINEAGE))
ROLL_UP = Kind("a roll-up file", lambda head: head.startswith(_ROLL_UP))
PAGE = Kind("a page of `report`", _is_page)
ATTESTATION = Kind("an attestation of a proof file", _is_attestation)
SIGNED_VERDICT = Kind("a signed verdict", _is_signed_verdict)
WITHDRAWN = Kind("a list of withdrawn verdicts", _is_withdrawn_list)
ARCHIVE = Kind("an archive of a case", _none, "what was filed once is never replaced")
VERIFIER = Kind("a one-file verifier", _is_verifier)
_TEXT = Kind("a verdict as text", _none, "nothing tells a verdict as text from other text")
VERDICTS = {
    "text": _TEXT,
    "json": Kind("a verdict in JSON", lambda head: _document(head).get("format") == "zkcompliance-verdict/v1"),
    "oscal": Kind("a verdict in OSCAL", _is_oscal),
    "sarif": Kind("a verdict in SARIF", _is_sarif),
    "junit": Kind("a verdict in JUnit XML", lambda head: head.startswith(_JUNIT)),
    "html": PAGE,
}
STREAKS = {
    "text": Kind("a streak as text", _none, "nothing tells a streak as text from other text"),
    "json": Kind("a streak in JSON", lambda head: _document(head).get("format") == "zkcompliance-streak/v1"),
    "html": PAGE,
}
STAMP_REQUEST = Kind("a time-stamp request", _is_request)
CARD = Kind("a card of a claim", _is_card)
POLICY = Kind("a policy", _none, "proofs are bound to a policy's bytes, so that none takes the place of another")
REQUEST = Kind("a request", _none, "what was asked once stays asked, and none takes the place of another")
ROWS = Kind("rows that were opened", _none, "nothing tells them from a file of anybody's rows")
EVIDENCE = Kind("evidence", _none, "evidence that was found once is never replaced")
