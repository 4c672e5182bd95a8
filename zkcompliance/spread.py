"""Work in pieces that other processes do: a pool on this machine, or the workers of a cluster.

A piece is data, and what is done with it a function at the top of a module, so that both can be handed to any process
that has this package. Whoever loses a piece's worker may have the piece done again: it must come out the same.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, as_completed
from typing import Generic, Protocol, TypeVar

from zkcompliance.errors import WorkersLost


class Piece(Protocol):
    """label: what a dashboard calls it, such as `segment 3 of 8`."""

    @property
    def label(self) -> str: ...


P = TypeVar("P", bound=Piece)
R = TypeVar("R")

_LOST = ("KilledWorker", "CommClosedError", "FutureCancelledError", "LostRunError")  # Dask's, by name: no import of it


class Handed(Generic[R]):
    """Pieces that were handed out, until it is closed: then what nobody has begun is taken back.

    WorkersLost where there is nobody to hand them to.
    """

    def __init__(self, executor: Executor, work: Callable[[P], R], pieces: Sequence[P]) -> None:
        self._futures: list[Future[R]] = []
        try:
            for piece in pieces:
                self._futures.append(executor.submit(work, piece))
        except BaseException as error:
            self.close()
            _raise_known(error)
            raise

    def result(self, number: int) -> R:
        """What was made of piece `number`, from 0; waits for it. Raises what that raised, or WorkersLost."""
        try:
            return self._futures[number].result()
        except BaseException as error:
            _raise_known(error)
            raise

    def wait(self, done: Callable[[int], None]) -> None:
        """Wait for all; `done` is told how many there are, as they come. The first error of a piece is raised."""
        done(0)
        number = {future: at for at, future in enumerate(self._futures)}
        for count, future in enumerate(as_completed(self._futures), 1):
            self.result(number[future])
            done(count)

    def close(self) -> None:
        for future in self._futures:
            future.cancel()

    def __enter__(self) -> Handed[R]:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def each(
    executor: Executor, work: Callable[[P], R], pieces: Sequence[P], done: Callable[[int], None] = lambda _: None
) -> list[R]:
    """What `work` makes of every piece, in the order of the pieces; done and errors as `Handed.wait`."""
    with Handed(executor, work, pieces) as handed:
        handed.wait(done)
        return [handed.result(number) for number in range(len(pieces))]


def _raise_known(error: BaseException) -> None:
    """WorkersLost in place of what an executor raises where nobody is left to do a piece."""
    if isinstance(error, BrokenExecutor) or type(error).__name__ in _LOST:
        raise WorkersLost(
            "the processes that did the work are gone, each that a piece was given to",
            help="# see whether they were killed, such as for want of memory; then run the same again: it goes on",
        ) from error
