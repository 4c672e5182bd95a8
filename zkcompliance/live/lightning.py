"""Lightning: a callback that meters the steps of a Trainer (lightning 2, or pytorch_lightning 2).

    trainer = Trainer(callbacks=[sealing_callback(live, run="acme-7b", flop_per_step=6 * parameters * tokens_per_step)])

Every optimiser step of the training is counted, whatever the Trainer logs. Only the first process writes.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

from zkcompliance.errors import UsageError
from zkcompliance.live.meter import Meter
from zkcompliance.live.writer import Live


def sealing_callback(live: Live | Callable[[], Live], **metered: Any) -> Any:
    """A callback for `Trainer(callbacks=[…])`. `live`: a log, or a function that opens one in the first process, which
    is then closed at the end of the training; `metered`: as for `Meter`. UsageError where there is no Lightning."""

    class SealingCallback(_base()):  # type: ignore[misc]
        def __init__(self) -> None:
            self._live: Live | None = None
            self._meter: Meter | None = None
            self._done = 0

        def on_train_start(self, trainer: Any, module: Any) -> None:
            if trainer.is_global_zero:
                self._live = live if isinstance(live, Live) else live()
                self._meter, self._done = Meter(self._live, **metered), int(trainer.global_step)

        def on_train_batch_end(self, trainer: Any, module: Any, *_: Any, **__: Any) -> None:
            now = int(trainer.global_step)
            if self._meter is not None and now > self._done:
                self._meter.step(now - self._done)
                self._done = now

        def on_train_end(self, trainer: Any, module: Any) -> None:
            self._end()

        def on_exception(self, trainer: Any, module: Any, exception: BaseException) -> None:
            self._end()

        def _end(self) -> None:
            meter, self._meter = self._meter, None
            if meter is not None and self._live is not None:
                meter.write()
                if not isinstance(live, Live):
                    self._live.close()

    return SealingCallback()


def _base() -> type[Any]:
    for name in ("lightning.pytorch", "pytorch_lightning"):
        try:
            base: type[Any] = importlib.import_module(name).Callback
        except ImportError:
            continue
        return base
    raise UsageError("Lightning is not installed", help="pip install lightning")
