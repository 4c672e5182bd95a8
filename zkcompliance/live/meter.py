"""Steps of a training loop as rows: what they took together, a row every so many seconds.

with zk.Live("acme-compute", key="compute.key", schema=zk.schemas.compute) as live:
    with Meter(live, run="acme-7b", flop_per_step=6 * parameters * tokens_per_step) as meter:
        for batch in loader:
            ...
            meter.step()
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from types import TracebackType

from zkcompliance import schemas
from zkcompliance.errors import UsageError
from zkcompliance.live.writer import Live


class Stretches:
    """Rows of a run, each from where the one before ended: whole seconds, ends rounded up; method `architecture`.

    `row`: further columns of every row. UsageError for a log of another schema than compute.
    """

    def __init__(
        self, live: Live, *, run: str, phase: str, row: Mapping[str, object] | None, clock: Callable[[], float]
    ) -> None:
        if live.schema.digest != schemas.compute.digest:
            raise UsageError(
                f"rows of {schemas.compute.label} are written here; the log has schema {live.schema.label}"
            )
        self._live, self._clock = live, clock
        self._fixed = {"run": run, "phase": phase, "method": "architecture", **(row or {})}
        self._start = int(clock())

    def write(self, flop: int) -> None:
        """A row of so many FLOP, from the end of the last one to now. Raises as `Live.put`."""
        end = max(self._start, int(-(-self._clock() // 1)))
        self._live.put({**self._fixed, "start": self._start, "end": end, "flop": flop})
        self._start = end


class Meter:
    """One row for each stretch of at least `every` seconds, and for the last: FLOP = `flop_per_step` · steps.

    Killed −9, the steps since the last row are in none: with `every` 0 each step is a row.

    `flop_per_step`: a whole number, of all processes of the run together; only one of them has a Meter. It is method
    `architecture`: what the model's shape says, whatever the devices did. `row`: further columns of every row, such as
    `model`, `device_kind`, `devices`. Neither evaluation nor what is done again after a kill is told apart: a step that
    is done twice is counted twice, as it took compute twice. SchemaError, UsageError as `Live.put`.
    """

    def __init__(
        self,
        live: Live,
        *,
        run: str,
        flop_per_step: int,
        every: float = 60,
        phase: str = "pretraining",
        row: Mapping[str, object] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._stretches = Stretches(live, run=run, phase=phase, row=row, clock=clock)
        if isinstance(flop_per_step, bool) or not isinstance(flop_per_step, int) or flop_per_step < 1:
            raise UsageError("flop_per_step is a whole number above 0: floats are not exact")
        self._each, self._every, self._clock = flop_per_step, every, clock
        self._written, self._steps = clock(), 0

    def step(self, steps: int = 1) -> None:
        """So many steps are done."""
        self._steps += steps
        if self._clock() - self._written >= self._every:
            self.write()

    def write(self) -> None:
        """A row of the steps since the last one, where there were any."""
        if not self._steps:
            return
        self._written = self._clock()
        steps, self._steps = self._steps, 0
        self._stretches.write(self._each * steps)

    def __enter__(self) -> Meter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.write()
