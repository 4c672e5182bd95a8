"""Games of a joint cap: labs with random logs and notes, some of which cheat, against an interpreter that sees all.

The judge is the real one, over real statements and signatures. In place of the proof system stands what it promises: a
statement is accepted where it is true of the rows behind its entries (`ideal`); or it is the real one (`sealed`).
The interpreter has the plain rows of everybody, shares no code with claims or judge, and says whether to accept.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np

from tests.kit.compiled_trial import padded, seal_anew
from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.card import catalogue as cards
from zkcompliance.card import places
from zkcompliance.card.parameter import parsed
from zkcompliance.claim import Claim, catalogue
from zkcompliance.errors import BalanceMismatch
from zkcompliance.joint.file import Joint, parse_joint
from zkcompliance.joint.judge import judge_joint
from zkcompliance.joint.verdict import JointVerdict
from zkcompliance.log.cosignature import ED25519
from zkcompliance.log.signer import CosignerSigner, SignerKey
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.proofs import File
from zkcompliance.prove.api import private_sizes
from zkcompliance.stark.commit.entry import Entry
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.profiles import STANDARD
from zkcompliance.stark.prover.prover import Prover
from zkcompliance.stark.statement import Statement, StatementClaim, StatementLog, encode_bundle
from zkcompliance.verify.bundle import Bundle, check_notes
from zkcompliance.verify.checkpoint import checkpoint_body, log_root
from zkcompliance.verify.program import Program
from zkcompliance.verify.statement import Statement as Decoded
from zkcompliance.verify.verifier import Report

BEGIN, END = 1_767_225_600, 1_775_001_600  # 2026-01-01, 2026-04-01
NOW = END + 86400
WITHIN, MASKED = "within-allowance", "masked-total"
COUNTED = ("pretraining", "fine_tuning", "reinforcement", "synthetic_data")
Row = tuple[tuple[str, Any], ...]  # of columns and their values


class Segment(NamedTuple):
    """A sealed segment: rows, and a name by which two with the same rows are two."""

    name: str
    rows: tuple[Row, ...]

    @property
    def root(self) -> bytes:
        """Of an entry that stands for it where nothing is proved."""
        return sha256(repr(self).encode()).digest()


@dataclass(frozen=True)
class Log:
    """A log as one proof shows it. key: the name of who signs, and for a note log between two labs both their names,
    that of who seals it first; signed: who signs besides."""

    key: str
    segments: tuple[Segment, ...]
    signed: frozenset[str] = frozenset()
    schema: schemas.Schema = schemas.compute


@dataclass(frozen=True)
class Shown:
    """What a lab hands over. lie: what it adds to the number that it discloses; told: compute logs other than those of
    the statement, by which it makes its numbers up."""

    lab: str
    claim: str
    params: Mapping[str, object]
    compute: tuple[Log, ...]
    notes: tuple[Log, ...]
    context: bytes
    time: int = NOW
    lie: int = 0
    told: tuple[Log, ...] | None = None


@cache
def claim_of(id: str) -> Claim:
    """Compiled once."""
    return catalogue.load(id)


@cache
def signer(key: str) -> SignerKey:
    return SignerKey(f"{key}.example/log", sha256(key.encode()).digest())


@cache
def cosigner(lab: str) -> CosignerSigner:
    return CosignerSigner(f"{lab}.example/signs", ED25519, sha256(f"cosigner {lab}".encode()).digest())


def joint_of(
    claim: str, cap: int, labs: Mapping[str, int], pairs: Sequence[str], compute: Mapping[str, Sequence[str]]
) -> Joint:
    """labs: allowances; pairs: of each note log, who seals it and who signs too; compute: keys of each lab's logs."""
    lines = [
        'format = "zkcompliance-joint/v1"', 'id = "game"', 'title = "A game"', f'claim = "{claim}"', f'cap = "{cap}"',
        "begin = 2026-01-01", "end = 2026-04-01", f'program = "{cards.load(claim).program.hex()}"',
        f'phases = "{", ".join(COUNTED)}"', 'outside = "50%"',
    ]  # fmt: skip
    for lab, allowance in labs.items():
        keys = ", ".join(f'"{signer(each).verifier.text}"' for each in compute[lab])
        lines += [f"[labs.{lab}]", f"compute = [{keys}]"]
        lines += [f'allowance = "{allowance}"'] if claim == WITHIN else []
    for pair in pairs:
        lines += ["[[notes]]", f'sealed_by = "{pair[0]}"', f'key = "{signer(pair).verifier.text}"']
        lines += [f'signed_by = "{pair[1]}"', f'cosigner = "{cosigner(pair[1]).verifier.text}"']
    return parse_joint("\n".join([*lines, ""]).encode())


class Hand:
    """Makes proof files, of true statements and of others. sealed: with the real proof system."""

    def __init__(self, *, sealed: bool = False) -> None:
        self.sealed = sealed
        self._rows: dict[bytes, np.ndarray] = {}
        self._tables: dict[bytes, SealedTable] = {}
        self._known: dict[tuple[object, ...], tuple[Any, Mapping[str, int]] | None] = {}

    def file(self, shown: Shown) -> bytes | None:
        """None where the lab has no proof: its logs do not fit the claim, and it makes nothing up."""
        claim, card = claim_of(shown.claim), cards.load(shown.claim)
        given = claim.publics(parsed(card.id, card.params, shown.params))
        slots = {"compute": _in_order(shown.compute), "notes": _in_order(shown.notes)}
        made_of = slots if shown.told is None else {**slots, "compute": _in_order(shown.told)}
        if (found := self._witness(claim, made_of, given)) is None:
            return None
        witness, reveals = found
        if shown.lie:
            reveals = {**reveals, "masked total": (reveals["masked total"] + shown.lie) % 2**96}
        logs = sorted({each.key: each for part in slots.values() for each in part}.values(), key=_origin)
        stated = [(each, *self._stated(each)) for each in logs]
        numbers = {each.key: number for number, each in enumerate(logs)}
        program = claim.program
        publics = places.spread([(each.name, each.bits) for each in program.publics], {**given, **reveals})
        filled = tuple(tuple(numbers[each.key] for each in slots[slot.name]) for slot in program.logs)
        segments = {slot: sum(len(each.segments) for each in part) for slot, part in made_of.items()}
        sizes = private_sizes(program, witness.private, segments)
        one = StatementClaim(claim.id, program, tuple(publics.values()), filled, sizes)
        head = Binding(time=shown.time, reference=shown.context).encode()
        statement = Statement(STANDARD, head, tuple(log for _, log, _ in stated), (one,))
        return encode_bundle(statement, [note for _, _, note in stated], self._proof(statement, logs, witness))

    def ideal(
        self, bundle: Bundle, statement: Decoded, programs: Sequence[Program], *, program_digests: object,
        backed: object,
    ) -> Report:  # fmt: skip
        """In the place of `verify_decoded`: BalanceMismatch unless every claim is true of the rows behind it."""
        check_notes(bundle, statement)
        for stated, program in zip(statement.claims, programs, strict=True):
            claim = claim_of(stated.claim)
            named = [(each.name, each.bits, value) for each, value in zip(program.publics, stated.publics, strict=True)]
            values = places.gathered(named)
            given = {each.name: values[each.name] for each in claim.params}
            tables = {
                slot.name: [self._rows[entry.root] for number in numbers for entry in statement.logs[number].entries]
                for slot, numbers in zip(program.logs, stated.slots, strict=True)
            }
            if not claim.check(tables, given).holds:
                raise BalanceMismatch("the claim is not true of these rows")
            found = {**given, **claim.witness(tables, given).reveals}
            if tuple(places.spread([(name, bits) for name, bits, _ in named], found).values()) != stated.publics:
                raise BalanceMismatch("what is disclosed is not what these rows give")
        return Report(STANDARD.name, Fraction(128), "ideal", (), (), 0, 0, 0, 0, 0)

    def _witness(self, claim: Claim, slots: Mapping[str, Sequence[Log]], given: Mapping[str, int]) -> Any:
        key = (claim.id, repr(slots), tuple(given.values()))
        if key not in self._known:
            tables = {
                slot: [self._table(log, segment) for log in part for segment in log.segments]
                for slot, part in slots.items()
            }
            holds = claim.check(tables, given).holds
            witness = claim.witness(tables, given) if holds else None
            self._known[key] = None if witness is None else (witness, witness.reveals)
        return self._known[key]

    def _table(self, log: Log, segment: Segment) -> np.ndarray:
        if segment.root not in self._rows:
            self._rows[segment.root] = padded(encode_rows(log.schema, [dict(row) for row in segment.rows]))
        return self._rows[segment.root]

    def _stated(self, log: Log) -> tuple[StatementLog, bytes]:
        """The log's part of the statement, and its signed checkpoint."""
        entries = tuple(self.entry(log, each) for each in log.segments)
        root = log_root([each.encode() for each in entries])
        body = checkpoint_body(signer(log.key).name, len(entries), root)
        note = signer(log.key).sign(body.decode())
        for lab in sorted(log.signed):
            note += cosigner(lab).line(body.decode(), NOW)
        return StatementLog(body, entries), note.encode()

    def entry(self, log: Log, segment: Segment) -> Entry:
        """The segment's commitment, made on first use."""
        columns, schema = self._table(log, segment), log.schema
        if self.sealed:
            if segment.root not in self._tables:
                self._tables[segment.root] = seal_anew(columns, schema.digest)
            return self._tables[segment.root].entry
        k = columns.shape[1].bit_length() - 1
        return Entry(STANDARD.id, schema.digest, len(columns), k, STANDARD.capacity(k), segment.root, (0,) * 6)

    def _proof(self, statement: Statement, logs: Sequence[Log], witness: Any) -> bytes:
        if not self.sealed:
            return b"ideal"
        tables = [self._tables[segment.root] for log in logs for segment in log.segments]
        return Prover(statement, tables, witness.private, witness.unknowns, os.urandom(32)).prove()


def _origin(log: Log) -> bytes:
    return signer(log.key).name.encode()


def _in_order(logs: Sequence[Log]) -> tuple[Log, ...]:
    return tuple(sorted(logs, key=_origin))


def judged(hand: Hand, joint: Joint, shown: Sequence[Shown]) -> JointVerdict:
    """By the judge of the package, of everything that its labs have a proof of."""
    files = {f"{number}.zkp": data for number, each in enumerate(shown) if (data := hand.file(each)) is not None}
    return judge_joint({called: File(data) for called, data in files.items()}, joint, clock=NOW)


def rows_of(logs: Sequence[Log]) -> list[dict[str, Any]]:
    """All their rows."""
    return [dict(row) for log in logs for segment in log.segments for row in segment.rows]


def spent(logs: Sequence[Log]) -> tuple[int, int]:
    """FLOP that count in the period, and FLOP in other phases."""
    rows = rows_of(logs)
    inside = [row for row in rows if row["start"] < END and (row["start"] >= BEGIN or row["end"] > BEGIN)]
    counts = sum(row["flop"] for row in inside if row["phase"] in COUNTED)
    return counts, sum(row["flop"] for row in inside) - counts


def right(joint: Joint, shown: Sequence[Shown]) -> tuple[bool, int]:
    """Whether the verdict has to be that they keep the cap; and what they spent together, by the logs they show.

    Who neither makes anything up nor has logs that fit has no proof, and hands nothing over.
    """
    shown = [each for each in shown if each.lie or each.told is not None or _true(each)]
    together = sum(spent(each.compute)[0] for each in shown)
    fits = (
        sorted(each.lab for each in shown) == sorted(joint.labs)
        and all(_is_asked(joint, each) and _true(each) for each in shown)
        and all(_agree(pair, shown) for pair in _pairs(joint))
        and _each_in_one(shown)
        and (joint.claim == WITHIN or together <= joint.cap)
    )
    return fits, together


def _pairs(joint: Joint) -> list[str]:
    return [each.sealed_by + each.signed_by for each in joint.notes]


def _is_asked(joint: Joint, shown: Shown) -> bool:
    """What is shown is what the file asks of this lab."""
    lab, text = shown.lab, joint.text.decode()
    asked = {signer(each.key).verifier.text for each in shown.compute}
    own = {each.text for each in joint.labs[lab].compute}
    notes = sorted(pair for pair in _pairs(joint) if lab in pair)
    others, most = len(joint.labs) - 1, (2**96 - 1) // len(joint.labs)
    having = (
        {"allowance": joint.labs[lab].allowance}
        if joint.claim == WITHIN
        else {"others": others, "limit": joint.cap, "most": most}
    )
    params = {
        "cap": f"0x{sha256(text.encode()).hexdigest()[:32]}", "lab": lab, "begin": BEGIN, "end": END,
        "phases": ", ".join(COUNTED), "outside": "50%", **having,
    }  # fmt: skip
    return (
        asked == own
        and sorted(each.key for each in shown.notes) == notes
        and dict(shown.params) == params
        and shown.claim == joint.claim
        and shown.context == sha256(text.encode()).digest()
        and END <= shown.time <= NOW + 300
    )


def _true(shown: Shown) -> bool:
    """What it states is so, by the rows that it states it of."""
    if shown.lie or (shown.told is not None and shown.told != shown.compute):
        return False
    notes = rows_of(shown.notes)
    lab, params = shown.params["lab"], shown.params
    if any(row["cap"] != params["cap"] or (row["giver"] == lab) == (row["taker"] == lab) for row in notes):
        return False
    given = sum(row["amount"] for row in notes if row["giver"] == lab)
    taken = sum(row["amount"] for row in notes if row["taker"] == lab)
    counts, aside = spent(shown.compute)
    if shown.claim == WITHIN:
        may = params["allowance"] + taken  # type: ignore[operator]
        return counts + given <= may and 2 * aside <= may
    others = {row["giver"] if row["taker"] == lab else row["taker"] for row in notes}
    return len(others) >= params["others"] and counts <= params["most"] and 2 * aside <= params["limit"]  # type: ignore[operator]


def _agree(pair: str, shown: Sequence[Shown]) -> bool:
    """Two labs show one log, and both signed it."""
    found = [log for each in shown if each.lab in pair for log in each.notes if log.key == pair]
    return len(found) == 2 and found[0].segments == found[1].segments and all(pair[1] in log.signed for log in found)


def _each_in_one(shown: Sequence[Shown]) -> bool:
    """No segment stands in two logs."""
    where: dict[Segment, set[str]] = defaultdict(set)
    for each in shown:
        for log in (*each.compute, *each.notes):
            for segment in log.segments:
                where[segment].add(log.key)
    return all(len(keys) == 1 for keys in where.values())
