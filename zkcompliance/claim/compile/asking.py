"""Two protocols for the rows that a gadget works on: any rows that count, and those of a log or of groups.

A gadget asks them for cells and values without knowing what they are rows of.
"""

from __future__ import annotations

from typing import Protocol

from zkcompliance.claim.compile.context import Table
from zkcompliance.claim.compile.terms import Term, Wide
from zkcompliance.claim.compile.thread import Thread
from zkcompliance.claim.meaning import core


class Asking(Protocol):
    """Rows that ask, those with act = 1: of a log, of groups, or the one row of single values."""

    @property
    def ctx(self) -> Table:
        """The table that they are rows of."""

    @property
    def act(self) -> Term:
        """1 on the rows that count, else 0."""

    def value(self, node: core.Value) -> Wide:
        """The node's value on each row."""


class FrameRows(Asking, Protocol):
    """The rows of a log or of groups."""

    @property
    def frame(self) -> core.Frame:
        """The log, or the groups."""

    @property
    def thread(self) -> Thread:
        """What crosses segments."""

    def selected(self, rows: core.Rows) -> Term:
        """1 on the rows that count and meet `where`, else 0; degree 1."""

    def forbid(self, name: str, rows: core.Rows) -> None:
        """No row that counts meets `where`."""

    def bare(self, node: core.Value) -> Wide | None:
        """A log column's limbs without their range checks, if they need no other check; None of any other value."""

    def digits_of(self, node: core.Value, low: int | None = None) -> Wide:
        """A value in 16-bit limbs of degree 1, less `low`: unless stated its least, or 0 if that is above."""
