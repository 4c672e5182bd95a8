"""The proof engine's compiled code, before it is needed."""

from __future__ import annotations

from collections.abc import Callable

from zkcompliance.progress import Progress, silent
from zkcompliance.stark.field.jit import ENGINE

MAKING = "compiling the proof engine for this processor: up to a minute, in the first run only"


def warm_up(progress: Progress = silent, tell: Callable[[str], None] = lambda _: None) -> None:
    """Load the kernels; where none that fit are kept on this machine, compile them and keep them.

    progress(stage, done, total): kernels compiled. tell: is told that they are compiled, why those that are kept are
    not taken, and why they could not be kept, a sentence each.
    """
    began = False

    def telling(stage: str, done: int, total: int) -> None:
        nonlocal began
        if not began:
            began = True
            tell(MAKING)
        progress(stage, done, total)

    ENGINE.prepare(telling, tell)
