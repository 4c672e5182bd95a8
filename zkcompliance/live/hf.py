"""Hugging Face: a callback of the Trainer that writes the compute of a run as it goes.

    live = zk.Live("acme-compute", key="compute.key", schema=zk.schemas.compute)
    trainer.add_callback(SealingCallback(live, run="acme-7b", tokens_per_step=64 * 2048))

One row of the compute schema for each stretch between two log events of the Trainer, and between them every 60 seconds
where the formula can count there. FLOP of a stretch, by a stated formula:

    "6N"          6 · N · tokens. N: all parameters of the model, embeddings included (or `parameters`). tokens: the
                  Trainer's own count where `include_num_input_tokens_seen` is True or "all", otherwise steps ·
                  `tokens_per_step`. Its "non_padding" leaves out tokens that cost compute too, and is never counted by.
    "total_flos"  the growth of the Trainer's `total_flos`: 6 · non-embedding parameters · tokens, padding included. It
                  leaves out attention and unembedding (on small models a third of the work) and is a float; 0 means
                  that the Trainer did not count, and is refused. It grows at log events alone, and only then is a row.

Neither counts recomputation, failed steps before a resume, or evaluation. A run that is resumed goes on from where the
Trainer does. Nothing of transformers or torch is imported: the callback answers every event of a Trainer, and uses
those it needs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from zkcompliance.errors import UsageError
from zkcompliance.live.meter import Stretches
from zkcompliance.live.writer import Live

FORMULAS = ("6N", "total_flos")


class SealingCallback:
    """Give it to `Trainer(callbacks=[…])` or `Trainer.add_callback`.

    `live`: a log of the compute schema, or a function that opens one: then only the main process of several does, and
    closes it at the end. `every`: seconds after which a step is the last of a row also where nothing is logged; 0: each
    step is a row. Killed −9, the steps since the last row are in none. `row`: further columns of every row, such as
    `device_kind`, `devices`, `site`. Raises UsageError when the formula has nothing to count by, SchemaError for a
    column that does not fit; what happens to the log later is raised or said as the log has it (`on_error`).
    """

    def __init__(
        self,
        live: Live | Callable[[], Live],
        *,
        run: str,
        formula: str = "6N",
        tokens_per_step: int | None = None,
        parameters: int | None = None,
        every: float = 60,
        phase: str = "pretraining",
        row: Mapping[str, object] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if formula not in FORMULAS:
            raise UsageError(f"formula is one of {', '.join(FORMULAS)}")
        self._given = live
        self._live: Live | None = None
        self._run: dict[str, Any] = {"run": run, "phase": phase, "row": row, "clock": clock}
        self._formula, self._tokens_per_step, self._parameters = formula, tokens_per_step, parameters
        self._every, self._clock = every, clock

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("on_"):
            return lambda *_, **__: None
        raise AttributeError(name)

    def on_train_begin(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:
        """Open the log, and take down where the run stands."""
        if not state.is_world_process_zero:
            return
        seen = getattr(args, "include_num_input_tokens_seen", False)
        self._counted = seen in (True, "all")
        if self._formula == "6N":
            if not self._counted and self._tokens_per_step is None:
                raise UsageError(
                    "include_num_input_tokens_seen is non_padding, and padding costs compute too"
                    if seen == "non_padding"
                    else "6N counts tokens, and the Trainer does not: give tokens_per_step",
                    help="give tokens_per_step, padding included, or set include_num_input_tokens_seen to all",
                )
            if self._parameters is None:
                if model is None:
                    raise UsageError("6N needs the number of parameters")
                self._parameters = sum(int(p.numel()) for p in model.parameters())
        self._live = self._given if isinstance(self._given, Live) else self._given()
        self._stretches = Stretches(self._live, **self._run)
        self._mark(state)

    def _mark(self, state: Any) -> None:
        self._written = self._clock()
        self._step = int(state.global_step)
        self._tokens = int(getattr(state, "num_input_tokens_seen", 0) or 0)
        self._flos = int(state.total_flos or 0)

    def _flop(self, state: Any) -> int:
        if self._formula == "total_flos":
            flop = int(state.total_flos or 0) - self._flos
            if flop <= 0:
                raise UsageError("the Trainer has not counted total_flos; use formula 6N")
            return flop
        if self._counted:
            tokens = int(state.num_input_tokens_seen) - self._tokens
        else:
            tokens = (int(state.global_step) - self._step) * int(self._tokens_per_step or 0)
        return 6 * int(self._parameters or 0) * tokens

    def _append(self, state: Any) -> None:
        if self._live is None or int(state.global_step) == self._step:
            return
        self._stretches.write(self._flop(state))
        self._mark(state)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A row for the steps since the last one, where that is long ago."""
        if self._live is not None and self._formula == "6N" and self._clock() - self._written >= self._every:
            self._append(state)

    def on_log(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """A row for the steps since the last one."""
        self._append(state)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The last row."""
        self._append(state)
        if self._live is not None and not isinstance(self._given, Live):
            self._live.close()
        self._live = None
