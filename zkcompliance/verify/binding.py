"""Is the statement about this program, and about the segments that its checkpoints have? (docs/spec/proof.md)"""

from __future__ import annotations

from zkcompliance.errors import (
    CheckpointMismatch,
    MalformedProgram,
    MalformedStatement,
    ParametersRejected,
    ProgramMismatch,
    StatementMismatch,
)
from zkcompliance.verify.checkpoint import range_root
from zkcompliance.verify.profile import PROFILES
from zkcompliance.verify.program import Program
from zkcompliance.verify.program_decode import decode_program
from zkcompliance.verify.statement import Statement, decode_statement


def check_decoded(statement: Statement, program: Program) -> None:
    """Both are what their own bytes decode to, so that no record made by hand escapes the decoders' checks."""
    if PROFILES.get(statement.profile.id) != statement.profile:
        raise ParametersRejected("the statement's profile is none of the three")
    if decode_statement(statement.encode()) != statement:
        raise MalformedStatement("the statement is not what its bytes say")
    if decode_program(program.encode()) != program:
        raise MalformedProgram("the program is not what its bytes say")


def check_program(statement: Statement, program: Program) -> None:
    """The statement names this program and fills its publics, its slots and its private tables, in order."""
    if statement.program_digest != program.digest:
        raise ProgramMismatch("the statement names another program")
    if statement.claim != program.claim:
        raise StatementMismatch("claim id: not the program's")
    if statement.version != program.version:
        raise StatementMismatch("claim version: not the program's")
    if len(statement.publics) != len(program.publics):
        raise StatementMismatch(f"publics: {len(statement.publics)} given, {len(program.publics)} asked")
    for public, value in zip(program.publics, statement.publics, strict=True):
        if value.bit_length() > public.bits:
            raise StatementMismatch(f"public {public.name}: over {public.bits} bits")
    if len(statement.logs) != len(program.logs):
        raise StatementMismatch(f"logs: {len(statement.logs)} given, {len(program.logs)} asked")
    for slot, log in zip(program.logs, statement.logs, strict=True):
        if log.slot != slot.name:
            raise StatementMismatch(f"slot {slot.name}: another log in its place")
        for entry in log.entries:
            if entry.schema_digest != slot.schema_digest or entry.width != slot.width:
                raise StatementMismatch(f"slot {slot.name}: a segment of another schema")
    if len(statement.private) != program.private_tables:
        raise StatementMismatch(f"private tables: {len(statement.private)} given, {program.private_tables} asked")


def check_checkpoints(statement: Statement, program: Program) -> None:
    """Each log's segments are its checkpoint's, by RFC 6962: all of them, or a range where the slot takes one."""
    for slot, log in zip(program.logs, statement.logs, strict=True):
        size = log.checkpoint.size
        if not slot.ranged and not log.whole:
            raise CheckpointMismatch(
                f"log {log.slot}: the proof is about the segments {log.first} to {log.last} (counted from 0), "
                f"and the checkpoint has {size}: {program.claim} is about all of them"
            )
        entries = [entry.encode() for entry in log.entries]
        if range_root(entries, log.first, size, log.hashes) != log.checkpoint.root:
            raise CheckpointMismatch(f"log {log.slot}: its segments do not have the checkpoint's root")
