"""What a file of opened rows shows, or the error that says why it shows nothing (docs/spec/openings.md).

In this order: the proof, under the programs that follow from the schema; whose checkpoint it is about; then, of an
answer, that the request is the asker's, of this checkpoint, answered in time, the round genuine, and the rows those
that are drawn; last, that texts and evidence are of these rows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from zkcompliance.errors import (
    MalformedOpenings,
    NotAnswered,
    OpeningsRefused,
    SchemaError,
    SignatureRejected,
    StatementMismatch,
)
from zkcompliance.evidence.beacon import Round, check_rounds, decode_round
from zkcompliance.limits import MAX_OPENED_ROWS
from zkcompliance.log import backing, merkle, note
from zkcompliance.log.note import VerifierKey
from zkcompliance.openings.draw import draw, holding, seed_of
from zkcompliance.openings.file import OpenedFile, Piece
from zkcompliance.openings.program import MOST_WIDTH, Naming, Opens
from zkcompliance.policy.binding import Binding
from zkcompliance.quantities import fault_of, number_of
from zkcompliance.quantities.ids import text_id
from zkcompliance.request.file import Request
from zkcompliance.request.rows import BY_FLOP
from zkcompliance.schemas import Schema, in_id, parse_text
from zkcompliance.verify.bundle import decode_bundle, programs_of
from zkcompliance.verify.statement import ClaimStatement, LogStatement, Statement, decode_statement
from zkcompliance.verify.verifier import Report, verify_decoded

_MOST_PUBLICS = 255  # of a program


@dataclass(frozen=True)
class Shown:
    """What was checked. names: of each row its number among the real rows of the segments first … last, from 0; or,
    where they are drawn by FLOP, the FLOP before it. rows: limbs of each but act. total: of real rows, or of FLOP; None
    where it is not disclosed. texts: by id. pieces: of evidence, by number. time, reference: as the lab states them.
    claim, program: id and version, and SHA-256 of the program of the first claim.
    """

    sha256: bytes
    size: int
    log: LogStatement
    key: VerifierKey
    schema: Schema
    naming: Naming
    names: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]
    total: int | None
    texts: Mapping[int, str]
    pieces: Mapping[int, bytes]
    request: Request | None
    round: Round | None
    time: int
    reference: bytes
    report: Report
    claim: str
    program: bytes

    @property
    def flop(self) -> bool:
        """Whether rows are drawn, and named, by FLOP."""
        return self.naming is Naming.FLOP


def check(data: bytes, keys: Sequence[VerifierKey], request: Request | None = None) -> Shown:
    """keys: those that may have signed the log's checkpoint. request: the one that is to be answered; None: the file is
    held against the request in it, if there is one, which says of itself who asks.

    MalformedError for what is not in its form; VerificationError by what is wrong.
    """
    file = OpenedFile.decode(data)
    schema = _schema(file.schema)
    bundle = decode_bundle(file.bundle)
    if bundle.attachments:
        raise MalformedOpenings("what others signed about a log dates no row that is shown, and is not in such a file")
    statement = decode_statement(bundle.statement_bytes)
    binding = Binding.decode(statement.head)
    if binding.policy is not None or binding.subject is not None:
        raise StatementMismatch("policy: rows are opened for no policy and no model")
    log, naming, opens = _claims(statement, schema)
    report = verify_decoded(
        bundle, statement, programs_of(bundle, statement), program_digests=[each.program().digest for each in opens]
    )
    key = _signer(bundle.notes[0], keys)
    names, rows, total = _disclosed(statement, opens)
    asked, of = _request(file, request)
    if asked is not None and of is not None:
        _check_answer(asked, of, log, naming, binding)
        _check_draw(asked, of, naming, names, [_flop_of(schema, row) for row in rows], total)
    elif naming is not Naming.NUMBER:
        raise OpeningsRefused("the rows are said to be drawn, and the file has no request from which they follow")
    texts = _texts(file.texts, schema, rows)
    pieces = _pieces(file.pieces, schema, rows, log)
    return Shown(
        hashlib.sha256(data).digest(), len(data), log, key, schema, naming, names, rows, total, texts, pieces, asked,
        of, binding.time, binding.reference, report, f"{opens[0].claim}@1", statement.claims[0].program_digest,
    )  # fmt: skip


def _schema(text: bytes) -> Schema:
    try:
        return parse_text(text.decode())
    except (UnicodeDecodeError, SchemaError):
        raise MalformedOpenings("the schema in the file is none, in its one form") from None


def _claims(statement: Statement, schema: Schema) -> tuple[LogStatement, Naming, list[Opens]]:
    """The one log, how rows are named, and what each claim opens: all by one naming, over that log."""
    if len(statement.logs) != 1:
        raise StatementMismatch(f"logs: rows of {len(statement.logs)} logs are opened, and a file is of one")
    (log,) = statement.logs
    if any((entry.schema_digest, entry.width) != (schema.digest, schema.width) for entry in log.entries):
        raise StatementMismatch(f"schema: the file brings {schema.label}, and the log's segments are of another")
    if schema.width > MOST_WIDTH:
        raise StatementMismatch(f"schema: rows of {schema.width} limbs are not opened")
    naming = _naming(statement.claims[0], schema)
    if naming is Naming.FLOP and _flop_column(schema) is None:
        raise StatementMismatch(f"schema: {schema.label} has no FLOP to draw by")
    opens = [_opens(claim, schema, naming) for claim in statement.claims]
    if sum(each.count for each in opens) > MAX_OPENED_ROWS:
        raise OpeningsRefused(f"a file opens at most {MAX_OPENED_ROWS} rows")
    return log, naming, opens


def _naming(claim: ClaimStatement, schema: Schema) -> Naming:
    for naming in Naming:
        if claim.claim == f"{naming.value}-{in_id(schema)}":
            return naming
    raise StatementMismatch(f"claim {claim.requirement}: {claim.claim} opens no rows of {schema.label}")


def _opens(claim: ClaimStatement, schema: Schema, naming: Naming) -> Opens:
    """What a claim with so many publics opens; its program's digest is compared where the proof is verified."""
    if len(claim.publics) > _MOST_PUBLICS:
        raise StatementMismatch(f"claim {claim.requirement}: {len(claim.publics)} publics, more than any program has")
    made = Opens(in_id(schema), schema.digest, schema.width, naming, 0, _flop_column(schema) or 0)
    each = 1 + len(made.parts)
    count = (len(claim.publics) - (2 if made.totalled else 1)) // each
    if count < 0 or count * each + (2 if made.totalled else 1) != len(claim.publics) or claim.claim != made.claim:
        raise StatementMismatch(f"claim {claim.requirement}: it does not open rows as the first one does")
    return Opens(made.schema, made.digest, made.width, naming, count, made.flop)


def _flop_column(schema: Schema) -> int | None:
    """The first limb of its FLOP."""
    known = {column.name: column.type for column in schema.columns}
    return schema.limbs("flop")[0] if known.get("flop") == "flop" else None


def _signer(signed: bytes, keys: Sequence[VerifierKey]) -> VerifierKey:
    for key in keys:
        try:
            note.verify(signed, key)
        except SignatureRejected:
            continue
        return key
    raise SignatureRejected("the log's checkpoint is signed by none of the keys that are given for it")


def _disclosed(
    statement: Statement, opens: Sequence[Opens]
) -> tuple[tuple[int, ...], tuple[tuple[int, ...], ...], int | None]:
    """Names ascending through all claims, the rows' limbs, and the total, the same in each."""
    names: list[int] = []
    rows: list[tuple[int, ...]] = []
    totals: set[int] = set()
    for claim, each in zip(statement.claims, opens, strict=True):
        values = list(claim.publics[1:])  # the number of segments is before them
        if each.totalled:
            totals.add(values.pop(0))
        for _ in range(each.count):
            names.append(values.pop(0))
            limbs: list[int] = []
            for size in each.parts:
                part = values.pop(0)
                limbs += [part >> 16 * limb & 0xFFFF for limb in range(size)]
            rows.append(tuple(limbs))
    if any(later <= earlier for earlier, later in pairwise(names)):
        raise OpeningsRefused("the rows do not stand in their order, each once")
    if len(totals) > 1:
        raise OpeningsRefused("two totals are disclosed of one log")
    return tuple(names), tuple(rows), totals.pop() if totals else None


def _flop_of(schema: Schema, row: Sequence[int]) -> int:
    at = _flop_column(schema)
    return 0 if at is None else sum(limb << 16 * number for number, limb in enumerate(row[at - 1 : at + 5]))


def _request(file: OpenedFile, given: Request | None) -> tuple[Request | None, Round | None]:
    """The request that the file answers, which is the one that is given, and its round."""
    if not file.request:
        if given is not None:
            raise NotAnswered(f"the file shows rows, and answers no request; asked was by {given.asker.name}")
        return None, None
    asked = Request.decode(file.request)
    if given is not None and asked.digest != given.digest:
        raise OpeningsRefused("the file answers another request than the one that is given")
    return asked, decode_round(file.round)


def _check_answer(asked: Request, of: Round, log: LogStatement, naming: Naming, binding: Binding) -> None:
    """The request is of this checkpoint and way of drawing, the round is the one that it names, and genuine."""
    rows = asked.openings
    there = log.checkpoint
    if (rows.origin, rows.size, rows.root) != (there.origin, there.size, there.root):
        raise OpeningsRefused(
            f"the request is of {rows.origin} at {number_of(rows.size, 'segment')}, root {rows.root.hex()}, and the "
            f"file of {there.origin} at {there.size}, root {there.root.hex()}: a log that went on gives no other draw"
        )
    if not log.whole:
        raise OpeningsRefused("rows are drawn among all of the checkpoint, and the file is about some of its segments")
    if naming is not (Naming.FLOP if rows.weight == BY_FLOP else Naming.DRAWN):
        raise OpeningsRefused(f"the request draws by {rows.weight}, and the file opens rows otherwise")
    if (of.beacon, of.number) != (rows.beacon, rows.round):
        raise OpeningsRefused(
            f"the request draws by round {rows.round} of {rows.beacon.name}, and the file has round {of.number} of "
            f"{of.beacon.name}"
        )
    if binding.reference != asked.reference.encode():
        raise OpeningsRefused("the proof states another reference than the request")
    if binding.time > asked.answer_by:
        raise NotAnswered("the proof itself states a time after the one by which the answer was asked")
    check_rounds([of])


def _check_draw(
    asked: Request, of: Round, naming: Naming, names: Sequence[int], flop: Sequence[int], total: int | None
) -> None:
    """The rows are those that follow from request and round, all of them and no other."""
    if total is None:
        raise OpeningsRefused("how many rows there are to draw from is not disclosed")
    drawn = draw(seed_of(asked.digest, of), total, asked.openings.rows)
    if naming is Naming.DRAWN:
        if list(names) != drawn:
            raise OpeningsRefused("the rows that are shown are not those that are drawn")
        return
    if any(name + weight > total for name, weight in zip(names, flop, strict=True)):
        raise OpeningsRefused("a row is shown beyond the total")
    places = [place for name, weight in zip(names, flop, strict=True) for place in (name, name + weight)]
    held = holding(drawn, places)  # 2i: in row i of those that are shown; 2i + 1, or −1: between two
    if held != list(range(0, len(places), 2)):
        raise OpeningsRefused("the rows that are shown are not those that hold what is drawn")


def _texts(given: Sequence[str], schema: Schema, rows: Sequence[Sequence[int]]) -> dict[int, str]:
    """Each text is that of an id in a row that is shown, and is one that can be shown."""
    ids = {
        sum(limb << 16 * number for number, limb in enumerate(row[at - 1 : at + 7]))
        for column in schema.columns
        if column.type == "id"
        for at in (schema.limbs(column.name)[0],)
        for row in rows
    }
    found = {}
    for text in given:
        if fault_of(text) or text.startswith("0x"):
            raise OpeningsRefused("a text in the file is none that an id stands for")
        if (number := text_id(text)) not in ids:
            raise OpeningsRefused("a text in the file is that of no id in the rows that are shown")
        found[number] = text
    return found


def _pieces(
    given: Sequence[Piece], schema: Schema, rows: Sequence[Sequence[int]], log: LogStatement
) -> dict[int, bytes]:
    """Each piece is one that a row names, leaf n − 1 under the evidence root of the last segment that has one."""
    if not given:
        return {}
    backed = [log.first + number for number, entry in enumerate(log.entries) if entry.evidence != backing.NONE]
    named = {evidence_of(schema, row) for row in rows} - {0}
    found = {}
    for piece in given:
        number = piece.leaf + 1
        if number not in named:
            raise OpeningsRefused(f"piece of evidence {number} is named by no row that is shown")
        if not backed or piece.segment != backed[-1]:
            raise OpeningsRefused("a piece of evidence is shown under another entry than the last that has evidence")
        digest = hashlib.sha256(piece.data).digest()
        tree = merkle.root_from_inclusion(piece.leaf, piece.leaves, digest, list(piece.path))
        held = log.entries[piece.segment - log.first].evidence
        if tree is None or backing.bound(piece.leaves, tree) != held:
            raise OpeningsRefused(f"piece of evidence {number} is not the one under the entry's evidence root")
        found[number] = piece.data
    return found


def evidence_of(schema: Schema, row: Sequence[int]) -> int:
    """The number of the piece of evidence that a row names, 0 where its schema has none."""
    if not any(column.name == "evidence" and column.type == "count" for column in schema.columns):
        return 0
    low = schema.limbs("evidence")[0]
    return row[low - 1] + (row[low] << 16)
