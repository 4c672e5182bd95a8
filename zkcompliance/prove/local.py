"""Processes of this machine that do pieces of work, each one piece at a time.

Each is a pool of its own, so that one which is lost, such as for want of memory, costs its own piece a try and no other
piece anything. The piece is then given to a new process; lost three times, it is given up (`WorkersLost`).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from queue import SimpleQueue
from typing import Any, TypeVar

from zkcompliance.prove import memory

R = TypeVar("R")

TRIES = 3  # of a piece whose process is lost, as many as Dask gives it


class LocalPool(Executor):
    """count: how many processes. memory_each: bytes of this machine's for each of them, 0 where nobody says."""

    def __init__(self, count: int) -> None:
        self.memory_each = memory.there_is() // count
        self._waiting: SimpleQueue[Callable[[_Process], None] | None] = SimpleQueue()
        self._closing = False
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[..., R], /, *args: Any, **kwargs: Any) -> Future[R]:
        """One piece: who is free first does it."""
        if self._closing:
            raise RuntimeError("a pool that was shut down takes no piece")
        future: Future[R] = Future()

        def do(process: _Process) -> None:
            if future.set_running_or_notify_cancel():
                try:
                    result = self._tried(process, lambda pool: pool.submit(work, *args, **kwargs))
                except BaseException as error:  # whatever it is, whoever waits for the piece gets it
                    future.set_exception(error)
                else:
                    future.set_result(result)

        self._waiting.put(do)
        return future

    def _tried(self, process: _Process, hand: Callable[[ProcessPoolExecutor], Future[R]]) -> R:
        """What a piece makes. BrokenExecutor where each process that it was given to is lost."""
        for _ in range(TRIES - 1):
            try:
                return hand(process.pool).result()
            except BrokenExecutor:
                process.lose()
                if self._closing:
                    raise
        return hand(process.pool).result()

    def _serve(self) -> None:
        """What one thread does: pieces, by one process after the other."""
        process = _Process()
        while (do := self._waiting.get()) is not None:
            do(process)
        process.end()

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """No more pieces; those that were submitted are done, unless they are cancelled."""
        self._closing = True
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads if wait else ():
            thread.join()


class _Process:
    """One process, started when there is a piece for it; a new one where the last is lost."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    @property
    def pool(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), initializer=_end_with_parent)
        return self._pool

    def lose(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False)
        self._pool = None

    def end(self) -> None:
        if self._pool is not None:
            self._pool.shutdown()


def _end_with_parent() -> None:
    """Have this process end when the one that started it does: killed, that one tells nobody."""
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            parent.join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
