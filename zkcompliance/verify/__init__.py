"""The independent verifier: written from docs/spec alone, standard library only. Start at `verifier.py`."""

from __future__ import annotations

from zkcompliance.verify.bundle import Bundle, decode_bundle
from zkcompliance.verify.checkpoint import Checkpoint
from zkcompliance.verify.program import Program, decode_program
from zkcompliance.verify.statement import PROFILES, Entry, LogStatement, Profile, Statement, decode_statement
from zkcompliance.verify.verifier import Report, verify_bundle, verify_decoded, verify_proof

__all__ = [
    "PROFILES",
    "Bundle",
    "Checkpoint",
    "Entry",
    "LogStatement",
    "Profile",
    "Program",
    "Report",
    "Statement",
    "decode_bundle",
    "decode_program",
    "decode_statement",
    "verify_bundle",
    "verify_decoded",
    "verify_proof",
]
