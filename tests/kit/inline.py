"""An executor that does each piece at once, in this process, as data: what it was given comes out of a pickle."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any


class Inline(Executor):
    """labels: what the pieces were called, in order."""

    def __init__(self) -> None:
        self.labels: list[str] = []

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        (piece,) = args
        self.labels.append(piece.label)
        try:
            future.set_result(work(pickle.loads(pickle.dumps(piece))))  # noqa: S301 (its own)
        except Exception as error:
            future.set_exception(error)
        return future
