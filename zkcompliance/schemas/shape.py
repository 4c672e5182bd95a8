"""What a schema and a column are: names, types, limbs, and the text whose digest a commitment binds.

The types are those of docs/spec/log.md. This module holds the shapes only; `zkcompliance.schemas` is the way in.
"""

from __future__ import annotations

import functools
import hashlib
import re
from dataclasses import dataclass

from zkcompliance.errors import SchemaError
from zkcompliance.limits import LARGEST as LARGEST
from zkcompliance.quantities.ids import text_id as text_id

LIMB_BITS = 16
LIMBS = {"time": 3, "flop": 6, "count": 2, "ppm": 2, "id": 8, "enum": 1, "bool": 1}
HEADING = "zkc-schema v2"
MISSING_SHARE = LARGEST["ppm"] + 1  # of a share that may be missing: over 100 %, so that no honest one is it
WORD = re.compile(r"[a-z][a-z0-9_-]{0,62}")
ROLLED = ".rollup"  # the end of a roll-up's name
LABEL = re.compile(rf"({WORD.pattern}(?:{re.escape(ROLLED)})?)@([1-9][0-9]{{0,5}})")

Value = int | str | bool


@dataclass(frozen=True)
class Column:
    """One typed column.

    `choices`: an enum's names in order. `default`: what a missing value means; None: it must be there. `deadline`: of a
    time, whether it may lie in the future. Neither of the last two is part of the schema's text. `optional`: of a
    share, whether it may be missing, which is then told from 0; it is part of the text, as `ppm?`, and its default is
    MISSING_SHARE. `ranked`: of an enum, whether its choices stand in ascending order, so that claims may compare them
    with `<`; no part of the text either. `words`: what sentences call it, a noun; empty: its name.
    """

    name: str
    type: str
    choices: tuple[str, ...] = ()
    default: Value | None = None
    doc: str = ""
    deadline: bool = False
    optional: bool = False
    ranked: bool = False
    words: str = ""

    @classmethod
    def share(cls, name: str, doc: str = "", words: str = "") -> Column:
        """A share that may be missing."""
        return cls(name, "ppm", default=MISSING_SHARE, doc=doc, optional=True, words=words)

    @property
    def spoken(self) -> str:
        """What sentences call it: no two columns of a schema the same."""
        return self.words or self.name.replace("_", " ")

    @property
    def limbs(self) -> int:
        """Committed columns that one value takes."""
        return LIMBS[self.type]

    @property
    def largest(self) -> int:
        """The largest admissible value as an integer (an enum: its last index; a share that may be missing: that)."""
        if self.optional:
            return MISSING_SHARE
        return len(self.choices) - 1 if self.type == "enum" else LARGEST[self.type]

    @functools.cached_property
    def stored_missing(self) -> int | None:
        """What a missing value is stored as; None: it must be there."""
        if self.default is None:
            return None
        if self.type == "id":
            return text_id(str(self.default))
        return self.choices.index(str(self.default)) if self.type == "enum" else int(self.default)

    @property
    def type_text(self) -> str:
        """The type as the schema text has it: `flop`, `ppm?`, `enum(a,b)`."""
        if self.optional:
            return f"{self.type}?"
        return f"enum({','.join(self.choices)})" if self.type == "enum" else self.type

    @property
    def missing(self) -> int | None:
        """The integer that stands for a missing value; None: no row's is missing.

        A choice and a truth value are always there: what is not known is a choice of its own. A default that is an
        ordinary value, as attempt 1 is, is one too.
        """
        if self.default is None or self.type in ("enum", "bool"):
            return None
        if self.optional:
            return MISSING_SHARE
        if self.type == "id":
            return 0 if self.default == "" else None
        return int(self.default) if self.default in (0, self.largest) else None


@dataclass(frozen=True)
class Rule:
    """What a schema says of each row: low ≤ high, unless one of the two is missing.

    Whoever seals is refused a row that breaks it. A proof takes nobody's word for that: a claim that reads both columns
    requires it of every row.
    """

    low: Column
    high: Column

    @property
    def excused(self) -> tuple[tuple[Column, int], ...]:
        """Columns with what they hold where they are missing, where low ≤ high does not say it: a `low` of 0 and a
        `high` that is the largest of its type keep the rule as they are."""
        held = ((self.low, 0), (self.high, self.high.largest))
        return tuple((c, c.missing) for c, kept in held if c.missing is not None and c.missing != kept)

    def __str__(self) -> str:
        names = [column.name for column, _ in self.excused]
        given = {0: "", 1: f" (where {''.join(names)} is given)", 2: " (where both are given)"}[len(names)]
        return f"{self.low.name} ≤ {self.high.name}{given}"


@dataclass(frozen=True)
class Schema:
    """An ordered list of columns. `ordered`: pairs (a, b) of columns, each a `Rule`: a ≤ b in every row.

    `version`: from 1 to 999,999. Name and version are part of the text, and so of the digest; the rules are not, since
    a claim's program has those that it relies on. SchemaError for a rule about what has no order.
    """

    name: str
    columns: tuple[Column, ...]
    version: int = 1
    doc: str = ""
    ordered: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        for rule in self.rules:
            if rule.low == rule.high or rule.low.type != rule.high.type or rule.low.type in ("id", "enum", "bool"):
                raise SchemaError(f"schema {self.label}: {rule} is no rule: it takes two numbers, or two times")

    @functools.cached_property
    def rules(self) -> tuple[Rule, ...]:
        """What holds of every row. SchemaError where a column is not there."""
        return tuple(Rule(self.column(low), self.column(high)) for low, high in self.ordered)

    @property
    def label(self) -> str:
        """Name and version, as in `compute@2`."""
        return f"{self.name}@{self.version}"

    @property
    def rolled_up(self) -> bool:
        """Whether a row stands for many of another log's: the schema's name ends in `.rollup`, as no other's does."""
        return self.name.endswith(ROLLED)

    @functools.cached_property
    def text(self) -> str:
        """The canonical text whose SHA-256 is the digest."""
        lines = (HEADING, self.label, *(f"{c.name} {c.type_text}" for c in self.columns))
        return "".join(f"{line}\n" for line in lines)

    @functools.cached_property
    def digest(self) -> bytes:
        """SHA-256 of `text`, 32 bytes."""
        return hashlib.sha256(self.text.encode()).digest()

    @functools.cached_property
    def width(self) -> int:
        """Committed columns of a table: `act` and every limb."""
        return 1 + sum(column.limbs for column in self.columns)

    @functools.cached_property
    def _ranges(self) -> dict[str, range]:
        ranges, at = {}, 1
        for column in self.columns:
            ranges[column.name] = range(at, at + column.limbs)
            at += column.limbs
        return ranges

    def limbs(self, name: str) -> range:
        """Indices of the committed columns that hold `name`, least significant limb first (column 0 is `act`)."""
        return self._ranges[self.column(name).name]

    def column(self, name: str) -> Column:
        """The column of that name; SchemaError if there is none."""
        found = self._named.get(name)
        if found is None:
            raise SchemaError(f"schema {self.label} has no column {name!r}")
        return found

    @functools.cached_property
    def _named(self) -> dict[str, Column]:
        return {column.name: column for column in self.columns}
