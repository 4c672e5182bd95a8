"""An entry is one segment, of one version: rows of two segments, entries of another version, a tag of another rule.

Two tables that share a tag by a weak rule are in test_tag.py; here the weak rules are whole protocols, on both sides.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from tests.kit import support
from tests.kit.support import CLAIM, ROWS, Prover, refused, without
from zkcompliance.errors import CheckpointMismatch, FoldMismatch, MalformedStatement, OpeningMismatch
from zkcompliance.stark.commit import entry as entry_module
from zkcompliance.stark.commit import table as table_module
from zkcompliance.stark.commit.table import SealedTable
from zkcompliance.stark.field.extension import Ext
from zkcompliance.verify import openings as verify_openings
from zkcompliance.verify import statement as verify_statement
from zkcompliance.verify.statement import decode_statement

(TABLE,) = CLAIM.program.tables
READ = list(TABLE.log_columns)
UNREAD = [c for c in range(support.SCHEMA.width) if c not in READ]


def sealed() -> SealedTable:
    return support.seal(support.table(ROWS))


# Read columns of one segment, unread ones of another


def two_segments() -> tuple[SealedTable, SealedTable, np.ndarray]:
    """Two segments that differ in columns that no constraint reads, and the read ones of the first beside the others
    of the second."""
    first, columns = sealed(), support.table(ROWS)
    columns[UNREAD, 2] = 7
    mixed = first.columns.copy()
    mixed[UNREAD] = columns[UNREAD]
    return first, support.seal(columns, "second"), mixed


class OpensBoth(Prover):
    """Opens rows whose read columns are the one segment's, and whose other columns and salts are the other's."""

    both: tuple[SealedTable, SealedTable]

    def open_positions(self, positions: list[int]) -> list[bytes]:
        first, second = self.both

        def rows(start: int, count: int) -> list[bytes]:
            found = []
            for mine, other in zip(first.rows(start, count), second.rows(start, count), strict=True):
                words = np.frombuffer(other, "<u4").copy()
                at = [8 + c for c in READ]
                words[at] = np.frombuffer(mine, "<u4")[at]
                found.append(words.tobytes())
            return found

        for table in self.tables:
            table.rows = rows  # type: ignore[method-assign]
        return super().open_positions(positions)


class AnyRoot(bytes):
    """A root that every opening leads to."""

    __eq__ = lambda *_: True  # type: ignore[assignment] # noqa: E731
    __ne__ = lambda *_: False  # type: ignore[assignment] # noqa: E731
    __hash__ = bytes.__hash__


@pytest.mark.parametrize("behind", [0, 1])
def test_unread_columns_of_another_segment(behind: int) -> None:
    """A leaf is a whole row: what is of two segments is in neither's tree. Were roots not asked, the tag refuses."""
    first, second, mixed = two_segments()
    for entry in (first.entry, second.entry):
        support.prove(support.prover([first if entry is first.entry else second])).verify()
    table = support.seal(mixed)
    table.entry = (first, second)[behind].entry
    table.extension()
    made = support.prover([table], kind=OpensBoth)
    made.both = first, second  # type: ignore[attr-defined]
    proved = refused(OpeningMismatch, made)
    tree = verify_openings.Tree
    rootless = without(verify_openings, "Tree", lambda root, *rest: tree(AnyRoot(root), *rest))
    with rootless, pytest.raises(FoldMismatch):
        proved.verify()


# Versions


def edited(statement: bytes, version: bytes) -> bytes:
    """Its entry said to be of another version."""
    assert statement.count(b"zkcs\x02\x00") == 1
    return statement.replace(b"zkcs\x02\x00", b"zkcs" + version)


def test_an_entry_of_version_1_in_a_statement_of_version_2() -> None:
    proved = support.prove(support.prover([sealed()]))
    proved.verify()
    for version in (b"\x01\x00", b"\x00\x00", b"\x03\x00"):
        stated = edited(proved.statement, version)
        with pytest.raises(MalformedStatement, match="an entry's header"):
            proved.verify(statement=stated)
        with (
            without(verify_statement, "_ENTRY", b"zkcs" + version),
            pytest.raises(CheckpointMismatch),  # were it read, it is not what the log has
        ):
            proved.verify(statement=stated)


def test_an_entry_of_version_2_in_a_statement_of_version_1() -> None:
    proved = support.prove(support.prover([sealed()]))
    assert proved.statement.startswith(b"zkct\x02\x00")
    for version in (b"\x01\x00", b"\x00\x00", b"\x03\x00"):
        with pytest.raises(MalformedStatement, match="a statement"):
            decode_statement(b"zkct" + version + proved.statement[6:])
        with pytest.raises(MalformedStatement, match="a statement"):
            decode_statement(b"zkct" + version + edited(proved.statement, b"\x01\x00")[6:])


# Rules for z0 and λ


Rule = Callable[[bytes, bytes, int], tuple[Ext, list[Ext]]]
REAL: Rule = entry_module.tag_challenge


def of_version_1(header: bytes, root: bytes, width: int) -> tuple[Ext, list[Ext]]:
    """As if the header were of version 1."""
    return REAL(b"zkcs\x01\x00" + header[6:], root, width)


def of_the_header_alone(header: bytes, _root: bytes, width: int) -> tuple[Ext, list[Ext]]:
    return REAL(header, b"", width)


def of_the_root_alone(_header: bytes, root: bytes, width: int) -> tuple[Ext, list[Ext]]:
    return REAL(b"", root, width)


@contextlib.contextmanager
def ruled(rule: Rule) -> Iterator[None]:
    """A protocol, on both sides, with another rule."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (entry_module, table_module, support):
            patch.setattr(module, "tag_challenge", rule)
        patch.setattr(entry_module.Entry, "tag_point", lambda self: self.tag_challenge()[0])
        own = lambda self: rule(self.header(), self.root, self.width)  # noqa: E731
        patch.setattr(verify_statement.Entry, "tag_challenge", own)
        yield


@pytest.mark.parametrize("rule", [of_version_1, of_the_header_alone, of_the_root_alone])
def test_a_tag_by_another_rule(rule: Rule) -> None:
    """Honest in the protocol that draws z0 and λ so, and in the real one no tag of these rows."""
    with ruled(rule):
        weak = sealed()
        support.prove(support.prover([weak])).verify()
    assert weak.entry.root == sealed().entry.root and weak.entry.tag != sealed().entry.tag
    real = sealed()
    real.entry = replace(real.entry, tag=weak.entry.tag)
    refused(FoldMismatch, support.prover([real]))
    support.prove(support.prover([sealed()])).verify()


def test_a_tag_carried_to_another_header() -> None:
    """Rows sealed under one schema and shown under another: by the root alone tag and tree fit both headers."""
    other = bytes(31) + b"\x01"
    slots = tuple(replace(slot, schema_digest=other) for slot in CLAIM.program.logs)
    program = replace(CLAIM.program, logs=slots)

    def carried() -> Prover:
        table = sealed()
        table.extension()
        table.entry = replace(table.entry, schema_digest=other)
        return support.prover([table], program=program)

    with ruled(of_the_root_alone):
        support.prove(carried()).verify()
    refused(FoldMismatch, carried())
    support.prove(support.prover([support.seal(support.table(ROWS), digest=other)], program=program)).verify()
