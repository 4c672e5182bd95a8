"""What a gadget may touch of the claim that is being compiled: the program in the making, and the other parts.

`compiler.Compiler` is the workshop. Parts that need each other both ask this page, so that none imports itself through
others.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from zkcompliance.claim.compile.asking import Asking, FrameRows
from zkcompliance.claim.compile.batches import Batches
from zkcompliance.claim.compile.context import Board, Publics, Table
from zkcompliance.claim.compile.linear import Equations, Linear
from zkcompliance.claim.compile.nodes import PublicNodes
from zkcompliance.claim.compile.ordered import Moved, Ordered
from zkcompliance.claim.compile.terms import Term, Wide
from zkcompliance.claim.meaning import core


class Matches(Protocol):
    """Rows of one table in another (`joins`)."""

    def must_find(self, rows: Asking, node: core.Member) -> Term:
        """1 only on rows whose keys are in the target; for where it must be 1."""

    def found(self, rows: Asking, node: core.Member) -> Term:
        """1 on the rows that count whose keys are in the target, 0 on all others."""

    def value(self, rows: Asking, node: core.Lookup) -> Wide:
        """The target's value where there is a match, the default where there is none."""

    def in_public(self, rows: Asking, node: core.IsIn) -> Term:
        """1 where the value is in a public set: constants, or the used places of a parameter."""


class StatesAtTimes(Protocol):
    """The state of something at a time (`states`)."""

    def value(self, rows: Asking, node: core.AsOf) -> Wide:
        """The state on every row that counts; its default on the others."""


class SingleValues(Protocol):
    """Values that are one for the whole claim (`singles`)."""

    @property
    def table(self) -> Table:
        """The private table of equal rows whose first one is looked at; it is made when first asked for."""

    def linear(self, node: core.Value) -> Linear:
        """The value as a linear form over sums, unknowns and publics."""


class Workshop(Protocol):
    """What a gadget may touch."""

    @property
    def board(self) -> Board:
        """The program in the making, and the steps that fill it."""

    @property
    def batches(self) -> Batches:
        """What is answered by one table."""

    @property
    def public_context(self) -> Publics:
        """Values that follow from the parameters, as a context of gadgets."""

    @property
    def publics(self) -> PublicNodes:
        """The nodes made of constants and parameters alone."""

    @property
    def equations(self) -> Equations:
        """Sums, unknowns and integer equations."""

    @property
    def joins(self) -> Matches:
        """Memberships and lookups."""

    @property
    def states(self) -> StatesAtTimes:
        """States at a time."""

    @property
    def singles(self) -> SingleValues:
        """Values that no frame has."""

    def rows_of(self, frame: core.Frame) -> FrameRows:
        """The rows of a log of the claim or of groups: each frame once."""

    def ordered(self, rows: core.Rows, keys: tuple[core.Value, ...]) -> Ordered:
        """The rows in order of the keys, or of more keys that begin with these: each table once."""

    def moved(self, rows: core.Rows, order: Sequence[tuple[core.Value, int | None]]) -> Moved:
        """The rows in a private table of their own, in ascending order of these values less these bounds."""
