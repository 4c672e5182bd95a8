"""Reservations: units of segments' budgets that proofs in the making have spent, and give back if none of them leaves.

A reservation is durable in every ledger before its proofs are made. Giving back needs a random token that only this
process holds, in memory: whoever is killed, and any other process, cannot. Once a proof may have left (`keep`), the
token is forgotten. Why giving back reveals nothing: docs/spec/zero-knowledge.md.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
from collections.abc import Iterator, Sequence

from zkcompliance.errors import ZkComplianceError
from zkcompliance.stark.commit.budget import Budget


class Reservation:
    """What one process has spent for proofs that have not left it."""

    def __init__(self) -> None:
        self._token: bytes | None = secrets.token_bytes(32)
        self._process = os.getpid()
        self._budgets: list[Budget] = []

    def spend(self, budget: Budget, units: int, *, last: bool) -> None:
        """Reserve units of one segment. Raises as `Budget.reserve`."""
        if self._token is None:
            raise ValueError("this reservation is closed")
        self._budgets.append(budget)
        budget.reserve(units, hashlib.sha256(self._token).digest(), last=last)

    def keep(self) -> None:
        """From now on a proof may leave the process: nothing is given back any more."""
        self._token = None

    def give_back(self) -> None:
        """Give everything back that was not kept; in the process that reserved it alone. Never fails."""
        token, self._token = self._token, None
        if token is None or os.getpid() != self._process:
            return
        for budget in self._budgets:
            with contextlib.suppress(ZkComplianceError, OSError):
                budget.give_back(token)


@contextlib.contextmanager
def reserving(wanted: Sequence[tuple[Budget, int]], *, last: bool = False) -> Iterator[Reservation]:
    """Reserve (ledger, units) of every segment for the proofs that are made within; given back unless `keep` is called.

    First every ledger is looked at, so that where one has too little left (BudgetSpent) or is too old (LogCorrupt), no
    other is written to.
    """
    for budget, units in wanted:
        budget.check(units, last=last)
    reservation = Reservation()
    try:
        for budget, units in wanted:
            reservation.spend(budget, units, last=last)
        yield reservation
    finally:
        reservation.give_back()
