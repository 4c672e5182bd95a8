"""Statement, program and bundle bytes: round trips, and one fault at a time; what is refused before a proof is read."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit.sound_forms import (
    SCHEMA,
    STANDARD,
    UNIT,
    bundle,
    claim,
    log,
    over_other,
    private,
    program,
    sealed,
    statement,
    table,
)
from zkcompliance import limits
from zkcompliance.errors import (
    BracketNotBacked,
    CheckpointMismatch,
    InternalError,
    LimitExceeded,
    MalformedBundle,
    MalformedError,
    MalformedNote,
    MalformedProgram,
    MalformedProof,
    MalformedStatement,
    ParametersRejected,
    ProgramMismatch,
    SoundnessTooLow,
    StatementMismatch,
    ZkComplianceError,
)
from zkcompliance.verify import verifier
from zkcompliance.verify.bundle import decode_bundle, programs_of
from zkcompliance.verify.checkpoint import Checkpoint, checkpoint_body, completing
from zkcompliance.verify.program import (
    Constraint,
    Equation,
    Interaction,
    LogSlot,
    Lookup,
    LookupEntry,
    Node,
    Program,
    Public,
    Sum,
    Summand,
    Unknown,
    decode_program,
)
from zkcompliance.verify.statement import LogStatement, Statement, decode_statement
from zkcompliance.verify.verifier import verify_bundle, verify_proof

MOST = limits.MAX_SEGMENTS


def test_round_trips() -> None:
    assert decode_program(program().encode()) == program()
    largest = edited_interaction(11, (1 << 32) - 1, (1, 2, 3))
    assert decode_program(largest.encode()) == largest
    assert decode_statement(statement().encode()) == statement()
    b = bundle(statement(), program())
    assert decode_bundle(b.encode()) == b
    entry = statement().logs[0].entries[0]
    assert len(entry.header()) == 43 and len(entry.encode()) == 171


@pytest.mark.parametrize(
    ("decode", "data", "error"),
    [
        (decode_program, program().encode(), MalformedProgram),
        (decode_statement, statement().encode(), MalformedStatement),
        (decode_bundle, bundle(statement(), program()).encode(), MalformedBundle),
    ],
)
def test_exact_length(decode: Callable[[bytes], object], data: bytes, error: type[MalformedError]) -> None:
    for length in range(len(data)):
        with pytest.raises((error, LimitExceeded)):
            decode(data[:length])
    for tail in (b"\x00", b"\x01", data):
        with pytest.raises(error):
            decode(data + tail)


def test_every_byte_counts() -> None:
    """A changed byte is refused, or decodes to something else with these very bytes: never to the same thing."""
    for decode, data in ((decode_program, program().encode()), (decode_statement, statement().encode())):
        for at in range(len(data)):
            for bit in (1, 0x80):
                changed = data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]
                with contextlib.suppress(MalformedError, ParametersRejected):
                    assert decode(changed).encode() == changed


def edited_table(**changes: object) -> Program:
    tables = (replace(table(), **changes), *program().tables[1:])  # type: ignore[arg-type]
    return replace(program(), tables=tables)


def edited_private(**changes: object) -> Program:
    tables = (*program().tables[:2], replace(private(), index=1, **changes), over_other())  # type: ignore[arg-type]
    return replace(program(), tables=tables)


def edited_interaction(*parts: object) -> Program:
    return edited_table(interactions=(*table().interactions[:2], Interaction(2, *parts)))  # type: ignore[arg-type]


def edited_node(node: Node) -> Program:
    return edited_table(nodes=(*table().nodes, node))


def edited_term(term: Summand) -> Program:
    return replace(program(), equations=(Equation("e", (term,)),))


@pytest.mark.parametrize(
    "bad",
    [
        replace(program(), claim=""),
        replace(program(), claim="a\nb"),
        replace(program(), publics=(Public("a", 0, 8), Public("a", 0, 8)), lookups=(), equations=()),
        replace(program(), publics=(Public("", 0, 8), Public("a", 0, 32))),
        replace(program(), publics=(Public("a", 2, 8), program().publics[1])),
        replace(program(), publics=(Public("a", 0, 0), program().publics[1])),
        replace(program(), publics=(Public("a", 0, 513), program().publics[1])),
        replace(program(), publics=(Public("a\x7f", 0, 32), program().publics[1])),
        replace(program(), publics=(Public("a", 0, 31), program().publics[1])),  # bit 31 is asked by a lookup
        replace(program(), publics=()),
        replace(program(), logs=()),
        replace(program(), logs=(program().logs[0], program().logs[0])),
        replace(program(), logs=(LogSlot("runs", SCHEMA, 0), program().logs[1])),
        replace(program(), logs=(LogSlot("runs", SCHEMA, 4), program().logs[1])),  # column 4 is used
        replace(program(), lookups=(Lookup(0, ((), ())),)),
        replace(program(), lookups=(Lookup(2, ()),)),
        replace(program(), lookups=()),
        replace(program(), lookups=(Lookup(2, ((LookupEntry(0, 2013265921, 0), LookupEntry(0, 0, 0)),)),)),
        replace(program(), lookups=(Lookup(2, ((LookupEntry(1, 2, 0), LookupEntry(0, 0, 0)),)),)),
        replace(program(), lookups=(Lookup(2, ((LookupEntry(1, 0, 32), LookupEntry(0, 0, 0)),)),)),
        replace(program(), tables=()),
        edited_table(index=2),
        edited_table(kind=2),
        edited_table(kind=1, nodes=(Node(1, 0, 0),) * 14),  # a private table has no LOG node
        replace(program(), tables=(*program().tables[:2], private(), over_other())),  # two private tables 0
        replace(program(), tables=(program().tables[0], replace(private(), index=1), over_other())),
        replace(program(), tables=(program().tables[0], replace(private(), index=1), private(), over_other())),
        replace(program(), tables=program().tables[:3]),  # a log without a table
        edited_table(short=(4, 1)),
        edited_table(short=(1, 1)),
        edited_table(short=(5,)),
        edited_table(interactions=(Interaction(0, UNIT, 1, (1,)), *table().interactions[1:])),  # a bare log column
        edited_private(nodes=(Node(1, 0, 0),)),
        edited_private(nodes=(Node(2, 0, 0), Node(3, 1, 0))),
        edited_private(nodes=(*private().nodes, Node(12, 0, 0))),  # a private table has no bracket
        edited_private(nodes=(*private().nodes, Node(13, 0, 0))),
        edited_table(witness=1),
        edited_node(Node(0, 2013265921, 0)),
        edited_node(Node(1, 5, 0)),
        edited_node(Node(2, 2, 0)),  # the blind column is not the program's
        edited_node(Node(3, 2, 0)),
        edited_node(Node(4, 14, 0)),
        edited_node(Node(5, 0, 14)),
        edited_node(Node(6, 65535, 65535)),
        edited_node(Node(10, 2, 0)),
        edited_node(Node(10, 0, 2)),  # limb 2 of 32 bits
        edited_node(Node(10, 1, 32)),
        edited_node(Node(12, 3, 0)),
        edited_node(Node(13, 3, 0)),
        edited_node(Node(14, 0, 0)),
        edited_table(constraints=(Constraint("a", 0, 0), Constraint("a", 0, 1))),
        edited_table(constraints=(Constraint("", 0, 0),)),
        edited_table(constraints=(Constraint("a", 4, 0),)),
        edited_table(constraints=(Constraint("a", 0, 14),)),
        edited_table(interactions=(Interaction(4, UNIT, 1, (1, 1)), *table().interactions[1:])),
        edited_table(interactions=(Interaction(0, UNIT, 1, (14,)), *table().interactions[1:])),
        edited_interaction(14, 1, (1, 2, 3)),  # there are 14 nodes
        edited_interaction(0xFFFE, 1, (1, 2, 3)),
        edited_interaction(0, 0, (1, 2, 3)),
        edited_interaction(UNIT, 0, (1, 2, 3)),
        edited_interaction(UNIT, 2, (1, 2, 3)),
        edited_interaction(UNIT, 1, (1, 2)),
        replace(program(), buses=()),
        replace(program(), buses=(3,)),
        replace(program(), buses=(3, 0)),
        replace(program(), buses=(3, 1, 1)),  # unused
        edited_table(interactions=table().interactions[:2], groups=(2, 0)),  # bus 2 is unused
        edited_table(groups=()),
        edited_table(groups=(3, 1)),
        edited_table(groups=(2,)),
        edited_table(groups=(2, 0, 1)),
        edited_table(sums=(Sum("s", 0, ()), Sum("r", 0, (1,)))),
        edited_table(sums=(Sum("s", 0, (0,) * 17), Sum("r", 0, (1,)))),
        edited_table(sums=(Sum("s", 14, (0,)), Sum("r", 0, (1,)))),
        edited_table(sums=(Sum("s", 0, (14,)), Sum("r", 0, (1,)))),
        edited_table(sums=(Sum("s", 0, (0,)), Sum("s", 0, (1,)))),
        edited_table(sums=()),  # the equation asks for sum 1
        replace(program(), unknowns=(Unknown("x", 0),)),
        replace(program(), unknowns=(Unknown("x", 33),)),
        replace(program(), unknowns=(Unknown("x", 1), Unknown("x", 1))),
        replace(program(), unknowns=()),
        replace(program(), equations=(Equation("e", ()),)),
        replace(program(), equations=(*program().equations, *program().equations)),
        edited_term(Summand(0, 1, 0, 1)),
        edited_term(Summand(0, 0, 2, 1)),
        edited_term(Summand(1, 1, 0, 1)),
        edited_term(Summand(1, 0, 1, 1)),
        edited_term(Summand(2, 2, 0, 1)),
        edited_term(Summand(3, 1, 0, 1)),
        edited_term(Summand(3, 0, 1, 1)),
        edited_term(Summand(4, 0, 0, 1)),
        edited_term(Summand(3, 0, 0, 0)),
    ],
)
def test_malformed_program(bad: Program) -> None:
    data = bad.encode()
    assert data != program().encode()
    with pytest.raises(MalformedProgram):
        decode_program(data)


def test_program_limits() -> None:
    nodes = (Node(0, 1, 0),) * limits.MAX_NODES
    assert decode_program(edited_table(nodes=(*table().nodes, *nodes[14:])).encode())
    with pytest.raises(LimitExceeded):
        decode_program(edited_table(nodes=(*table().nodes, *nodes[13:])).encode())
    wide = replace(program(), logs=(LogSlot("runs", SCHEMA, limits.MAX_WIDTH), program().logs[1]))
    assert decode_program(wide.encode()) == wide
    with pytest.raises(LimitExceeded):
        decode_program(replace(program(), logs=(LogSlot("runs", SCHEMA, limits.MAX_WIDTH + 1),)).encode())
    with pytest.raises(LimitExceeded):
        decode_program(b"zkcp\x02\x00" + bytes(limits.MAX_PROGRAM_BYTES))
    terms = (Summand(3, 0, 0, 1),) * 255
    many = [Equation(f"e{i}", terms) for i in range(limits.MAX_EQUATION_TERMS // 255)]
    rest = limits.MAX_EQUATION_TERMS - 255 * len(many)
    at_limit = replace(program(), equations=(*many, Equation("x", terms[:rest])))
    assert decode_program(at_limit.encode()) == at_limit
    with pytest.raises(LimitExceeded):
        decode_program(replace(at_limit, equations=(*many, Equation("x", terms[: rest + 1]))).encode())
    assert decode_program(replace(program(), claim="x" * 255).encode())
    with pytest.raises(LimitExceeded):
        decode_program(replace(program(), claim="x" * 256).encode())
    with pytest.raises(MalformedProgram):
        decode_program(program().encode().replace("größe".encode(), b"gr\xff\xffe\xffe"[:7]))


def edited_claim(**changes: object) -> Statement:
    (good,) = statement().claims
    return replace(statement(), claims=(replace(good, **changes),))  # type: ignore[arg-type]


def edited_log(**changes: object) -> Statement:
    """Another second log, the one that slot 0 has."""
    first, second = statement().logs
    return replace(statement(), logs=(first, replace(second, **changes)))  # type: ignore[arg-type]


def edited_entry(**changes: object) -> Statement:
    entry = replace(statement().logs[1].entries[0], **changes)  # type: ignore[arg-type]
    return replace(statement(), logs=(statement().logs[0], sealed(replace(statement().logs[1], entries=(entry,)))))


def edited_body(body: bytes) -> Statement:
    return edited_log(checkpoint=replace(statement().logs[1].checkpoint, body=body))


def of_logs(*logs: LogStatement) -> Statement:
    """Whose one claim has all of them in one slot."""
    return replace(edited_claim(slots=(tuple(range(len(logs))),)), logs=logs)


ROOT64 = b"A" * 43 + b"=\n"


def many_claims(count: int) -> Statement:
    return replace(statement(), claims=tuple(claim(program(), f"{i:03}") for i in range(count)))


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (replace(statement(), profile=replace(STANDARD, id=0)), ParametersRejected),
        (replace(statement(), profile=replace(STANDARD, id=4)), ParametersRejected),
        (replace(statement(), head=bytes(1025)), LimitExceeded),
        (edited_claim(claim=""), MalformedStatement),
        (edited_claim(requirement=""), MalformedStatement),
        (edited_claim(requirement="a\nb"), MalformedStatement),
        (edited_claim(publics=(1 << 512, 0)), LimitExceeded),
        (edited_claim(publics=(0,) * (limits.MAX_PUBLICS + 1)), LimitExceeded),
        (edited_claim(private=(3, 2)), MalformedStatement),
        (edited_claim(private=(22,)), MalformedStatement),
        (edited_claim(private=(255, 3)), MalformedStatement),
        (edited_claim(slots=()), MalformedStatement),  # logs that fill no slot
        (edited_claim(slots=((0,),)), MalformedStatement),
        (edited_claim(slots=((1,), ())), MalformedStatement),
        (edited_claim(slots=((1,), (2,))), MalformedStatement),
        (edited_claim(slots=((1, 0),)), MalformedStatement),
        (edited_claim(slots=((0, 0, 1),)), MalformedStatement),
        (edited_claim(slots=((0, 1), (1,))), MalformedStatement),  # one log in two slots
        (replace(statement(), claims=()), MalformedStatement),
        (replace(statement(), claims=(claim(program()), claim(program()))), MalformedStatement),
        (replace(statement(), claims=(claim(program(), "b"), claim(program(), "a"))), MalformedStatement),
        (replace(statement(), claims=(claim(program(), "ä"), claim(program(), "z"))), MalformedStatement),
        (many_claims(limits.MAX_CLAIMS + 1), LimitExceeded),
        (replace(statement(), logs=()), MalformedStatement),
        (replace(statement(), logs=statement().logs[::-1]), MalformedStatement),
        (of_logs(statement().logs[0], statement().logs[0]), MalformedStatement),
        (of_logs(log("a", SCHEMA, 5, (3,)), log("b", SCHEMA, 5, (3,))), MalformedStatement),  # one entry in two logs
        (edited_log(entries=statement().logs[1].entries[:1] * 2), MalformedStatement),
        (edited_log(brackets=((0, 9), (9, 8))), MalformedStatement),
        (of_logs(log("runs", SCHEMA, 5, (3,) * (MOST + 1))), LimitExceeded),
        (of_logs(log("a", SCHEMA, 5, (3,) * MOST), log("b", SCHEMA, 6, (3,))), LimitExceeded),
        (edited_entry(round=1), MalformedStatement),
        (edited_entry(beacon=SCHEMA), MalformedStatement),
        (edited_entry(profile_id=2), ParametersRejected),
        (edited_entry(k=2), ParametersRejected),
        (edited_entry(k=22, kappa=22), ParametersRejected),
        (edited_entry(k=255, kappa=255), ParametersRejected),
        (edited_entry(kappa=14), ParametersRejected),
        (edited_entry(kappa=12), ParametersRejected),
        (edited_entry(width=0), MalformedStatement),
        (edited_entry(width=1025), LimitExceeded),
        (edited_entry(tag=(2013265921, 0, 0, 0, 0, 0)), MalformedStatement),
        (edited_body(b""), MalformedStatement),
        (edited_body(b"o\n1\n" + ROOT64 + b"\n"), MalformedStatement),
        (edited_body(b"o\n1\n" + ROOT64[:-1]), MalformedStatement),
        (edited_body(b"\n1\n" + ROOT64), MalformedStatement),
        (edited_body(b"a b\n1\n" + ROOT64), MalformedStatement),
        (edited_body("a\u00a0b\n1\n".encode() + ROOT64), MalformedStatement),
        (edited_body(b"a+b\n1\n" + ROOT64), MalformedStatement),
        (edited_body(b"a\x01b\n1\n" + ROOT64), MalformedStatement),
        (edited_body(b"\xff\n1\n" + ROOT64), MalformedStatement),
        (edited_body(b"o\n01\n" + ROOT64), MalformedStatement),
        (edited_body(b"o\n-1\n" + ROOT64), MalformedStatement),
        (edited_body("o\n١\n".encode() + ROOT64), MalformedStatement),
        (edited_body(b"o\n" + b"1" * 21 + b"\n" + ROOT64), MalformedStatement),
        (edited_body(b"o\n" + b"%d" % 2**63 + b"\n" + ROOT64), MalformedStatement),
        (edited_body(b"o\n1\n" + b"A" * 42 + b"B=\n"), MalformedStatement),  # not the canonical base64
        (edited_body(b"o\n1\n" + b"A" * 44 + b"\n"), MalformedStatement),
        (edited_body(b"o\n1\n" + b"A" * 42 + b"-=\n"), MalformedStatement),
        (edited_body(b"o\n1\n" + b"A" * 40 + b"\n"), MalformedStatement),
        (edited_body(b"o\r\n1\n" + ROOT64), MalformedStatement),
        (edited_body(b"o" * 256 + b"\n1\n" + ROOT64), LimitExceeded),
        (edited_body(b"o" * 60000), LimitExceeded),
    ],
)
def test_refused_statement(bad: Statement, error: type[ZkComplianceError]) -> None:
    with pytest.raises(error):
        decode_statement(bad.encode())


def test_minimal_integers() -> None:
    data = statement().encode()
    zero = b"\x00\x00" + b"\x02\x01"  # and two slots
    assert data.count(zero) == 1
    with pytest.raises(MalformedStatement):
        decode_statement(data.replace(zero, b"\x01\x00\x00" + zero[2:]))
    large = edited_claim(publics=(0, 255, 256, (1 << 512) - 1))
    assert decode_statement(large.encode()).claims[0].publics[2] == 256


def test_beacons_and_brackets_are_read() -> None:
    told = edited_entry(round=(1 << 64) - 1, beacon=SCHEMA, evidence=SCHEMA)
    assert decode_statement(told.encode()) == told
    latest = (1 << 48) - 1
    for brackets in (((0, 0), (5, 9)), ((0, latest), (latest, latest))):
        made = edited_log(brackets=brackets)
        assert decode_statement(made.encode()) == made
        assert [made.logs[1].bracket(i) for i in range(2)] == list(brackets)
        with pytest.raises(BracketNotBacked):
            verify_proof(made, [program()], b"")
    explicit = edited_log(brackets=((0, latest), (0, latest)))  # has the bytes of one without, which is the one form
    assert decode_statement(explicit.encode()) == statement()
    with pytest.raises(MalformedStatement):
        edited_log(brackets=((0, 1),)).encode()


def test_statement_limits() -> None:
    most = of_logs(log("runs", SCHEMA, 1024, (21,) * MOST))
    most = replace(most, head=bytes(1024), claims=(replace(most.claims[0], private=(3, 21) * 127),))
    assert decode_statement(most.encode()) == most
    many = edited_claim(publics=(0,) * limits.MAX_PUBLICS)
    assert decode_statement(many.encode()) == many
    assert len(decode_statement(many_claims(limits.MAX_CLAIMS).encode()).claims) == limits.MAX_CLAIMS
    with pytest.raises(LimitExceeded):
        decode_statement(b"zkct\x02\x00" + bytes(limits.MAX_STATEMENT_BYTES))


def test_bundle_limits() -> None:
    good = bundle(statement(), program())
    for part in (
        replace(good, statement_bytes=bytes(limits.MAX_STATEMENT_BYTES + 1)),
        replace(good, program_bytes=(bytes(limits.MAX_PROGRAM_BYTES + 1),)),
        replace(good, program_bytes=(bytes(limits.MAX_PROGRAM_BYTES), b"x")),
        replace(good, program_bytes=tuple(map(bytes, range(limits.MAX_CLAIMS + 1)))),
        replace(good, notes=(bytes(limits.MAX_NOTE_BYTES + 1),)),
    ):
        with pytest.raises(LimitExceeded):
            decode_bundle(part.encode())
    with pytest.raises(LimitExceeded):
        decode_bundle(b"zkcb\x02\x00\xff\xff\xff\xff" + b"tiny")
    with pytest.raises(LimitExceeded):
        decode_bundle(bytes(limits.MAX_BUNDLE_BYTES + 1))
    with pytest.raises(MalformedBundle):
        decode_bundle(b"zkcb\x01\x00" + good.encode()[6:])


def test_programs_of_a_bundle_ascend_each_once() -> None:
    good, parts = bundle(statement(), program()), [b"a", b"b", b"c"]
    parts.sort(key=lambda part: hashlib.sha256(part).digest())
    assert decode_bundle(replace(good, program_bytes=tuple(parts)).encode()).program_bytes == tuple(parts)
    for bad in ((parts[1], parts[0]), (parts[0], parts[0])):
        with pytest.raises(MalformedBundle, match="ascending order"):
            decode_bundle(replace(good, program_bytes=bad).encode())


def test_a_bundle_has_the_programs_of_its_claims_and_no_others() -> None:
    other = replace(program(), version=4)
    both = replace(statement(), claims=(claim(program(), "a"), claim(other, "b"), claim(program(), "c")))
    pair = sorted((program().encode(), other.encode()), key=lambda data: hashlib.sha256(data).digest())
    made = replace(bundle(both, program(), b""), program_bytes=tuple(pair))
    found = programs_of(made, both)
    assert found == (program(), other, program()) and found[0] is found[2]
    with pytest.raises(MalformedProof):
        verify_bundle(made.encode(), program_digests=[program().digest, other.digest, program().digest])
    asked = [program().digest, other.digest]
    for digests in (asked, [*asked, other.digest], [other.digest, program().digest, other.digest], []):
        with pytest.raises(ProgramMismatch):
            verify_bundle(made.encode(), program_digests=digests)
    for bad in (pair[:1], pair[1:], ()):
        with pytest.raises(ProgramMismatch):
            verify_bundle(replace(made, program_bytes=tuple(bad)).encode(), program_digests=None)
    with pytest.raises(ProgramMismatch):
        verify_bundle(replace(bundle(statement(), program()), program_bytes=tuple(pair)).encode(), program_digests=None)


def test_pinned_program() -> None:
    s, p = statement(), program()
    data = bundle(s, p).encode()
    with pytest.raises(ProgramMismatch):
        verify_bundle(data, program_digests=[bytes(32)])
    other = replace(p, version=4)
    with pytest.raises(ProgramMismatch):  # the file's program is the pinned one; its statement names another
        verify_bundle(bundle(s, other).encode(), program_digests=[other.digest])
    for digests in (None, [p.digest]):
        with pytest.raises(MalformedProof):
            verify_bundle(data, program_digests=digests)


@pytest.mark.parametrize(
    "bad",
    [
        edited_claim(claim="test/other"),
        edited_claim(version=4),
        edited_claim(publics=(1,)),
        edited_claim(publics=(1, 2, 3)),
        edited_claim(publics=(1 << 32, 0)),
        of_logs(statement().logs[0]),
        edited_claim(slots=((0, 1),)),
        edited_claim(slots=((0,), (1,))),
        edited_claim(private=()),
        edited_claim(private=(3,)),
        edited_claim(private=(3, 17, 3)),
        edited_entry(schema_digest=bytes(32)),
        edited_entry(width=6),
    ],
)
def test_statement_fits_its_program(bad: Statement) -> None:
    with pytest.raises(StatementMismatch):
        verify_proof(bad, [program()], b"")


def test_checkpoints() -> None:
    origin, entries = statement().logs[1].origin, statement().logs[1].entries
    root, wrong = statement().logs[1].checkpoint.root, bytes(32)
    for size, said in ((3, root), (1, root), (2, wrong)):
        checkpoint = Checkpoint(origin, size, said, checkpoint_body(origin, size, said))
        hashes = (wrong,) * completing(0, 1, size) if size > 1 else ()
        with pytest.raises(CheckpointMismatch):
            verify_proof(edited_log(checkpoint=checkpoint, hashes=hashes, entries=entries[:size]), [program()], b"")
    for bad in (edited_log(entries=entries[:1], hashes=(wrong,)), edited_log(entries=entries[::-1])):
        with pytest.raises(CheckpointMismatch):
            verify_proof(bad, [program()], b"")


def test_notes() -> None:
    s, p = statement(), program()
    good = bundle(s, p)
    body = s.logs[0].checkpoint.body
    for bad, error in (
        (good.notes[:1], StatementMismatch),
        ((*good.notes, good.notes[0]), StatementMismatch),
        (good.notes[::-1], CheckpointMismatch),
        ((b"x" + good.notes[0], good.notes[1]), CheckpointMismatch),
        ((body, good.notes[1]), MalformedNote),
        ((body + b"\n", good.notes[1]), MalformedNote),
        ((body + b"\n- sig", good.notes[1]), MalformedNote),
        ((body[:20] + b"\n\n" + body + b"\n- sig\n", good.notes[1]), CheckpointMismatch),
        ((b"\xff" + good.notes[0], good.notes[1]), MalformedNote),
        ((body + b"\r\n\n- sig\n", good.notes[1]), MalformedNote),
    ):
        with pytest.raises(error):
            verify_bundle(replace(good, notes=bad).encode(), program_digests=None)
    extended = body + b"an extension line\n\n- sig\n"
    with pytest.raises(MalformedProof):
        verify_bundle(replace(good, notes=(extended, good.notes[1])).encode(), program_digests=None)


def test_hand_made_records_do_not_escape_the_decoders() -> None:
    s, p = statement(), program()
    with pytest.raises(ParametersRejected):
        verify_proof(replace(s, profile=replace(STANDARD, most_queries=1)), [p], b"")
    with pytest.raises(ParametersRejected):
        verify_proof(replace(s, profile=replace(STANDARD, grinding=0)), [p], b"")
    with pytest.raises(MalformedStatement):
        checkpoint = replace(s.logs[0].checkpoint, size=7)
        verify_proof(replace(s, logs=(replace(s.logs[0], checkpoint=checkpoint), s.logs[1])), [p], b"")
    bad = edited_table(groups=(3,), sums=(Sum("s", 99, (1,)), Sum("r", 0, (1,))))
    with pytest.raises(MalformedProgram):
        verify_proof(edited_claim(program_digest=bad.digest), [bad], b"")
    with pytest.raises(InternalError):
        verify_proof(None, [p], b"")  # type: ignore[arg-type]
    with pytest.raises(InternalError):
        verify_bundle(None, program_digests=None)  # type: ignore[arg-type]


@pytest.mark.parametrize("error", [IndexError, ValueError, RecursionError, MemoryError, ZeroDivisionError])
def test_guard(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(verifier, "shape_of", fail)
    with pytest.raises(InternalError):
        verify_proof(statement(), [program()], b"")


def test_soundness_is_judged_before_the_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MIN_SECURITY_BITS", 140)
    verifier.soundness.table.cache_clear()
    with pytest.raises(SoundnessTooLow):
        verify_proof(statement(), [program()], b"")


def test_proof_is_read_to_its_end() -> None:
    with pytest.raises(LimitExceeded):
        verify_proof(statement(), [program()], bytes(limits.MAX_BUNDLE_BYTES + 1))
    with pytest.raises(MalformedProof):
        verify_proof(statement(), [program()], b"\xff" * 200000)  # no field elements
    with pytest.raises(ZkComplianceError):
        verify_proof(statement(), [program()], bytes(200000))


def test_imports_nothing_heavy() -> None:
    code = (
        "import sys, zkcompliance.verify; heavy = {'numpy', 'numba', 'cryptography'} & set(sys.modules); "
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_imports_only_errors_and_limits() -> None:
    """The two hands stay apart: standard library, errors, limits and its own folder."""
    assert verifier.__file__
    for path in Path(verifier.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                assert node.level == 0 and node.module
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names:
                if name.startswith("zkcompliance"):
                    assert name == "zkcompliance.limits" or name.startswith(
                        ("zkcompliance.errors.", "zkcompliance.verify.")
                    ), (path, name)
                else:
                    assert name.split(".")[0] in sys.stdlib_module_names, (path, name)
            assert not isinstance(node, ast.Assert), path
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id == "zip":
                    assert any(k.arg == "strict" for k in node.keywords), (path, node.lineno)
                assert node.func.id not in ("eval", "exec", "compile"), path
