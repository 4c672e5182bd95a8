"""Other processes that do the work: a pool on this machine, or a Dask cluster, as executors (docs/cluster.md)."""

from __future__ import annotations

import contextlib
import re
import secrets
import socket
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, TypeVar

from zkcompliance.errors import UsageError
from zkcompliance.prove.local import LocalPool

if TYPE_CHECKING:
    from distributed import Client

R = TypeVar("R")

_WAIT = 20  # seconds for the scheduler to answer
_LOCAL = re.compile(r"local:([1-9][0-9]{0,2})")


@contextlib.contextmanager
def connected(address: str) -> Iterator[Executor]:
    """The workers of the scheduler at this address, such as tcp://10.0.0.5:8786, or local:N, N new processes here.

    UsageError where the scheduler cannot be reached, or has no worker, or Dask is not installed.
    """
    if local := _LOCAL.fullmatch(address):
        with LocalPool(int(local[1])) as pool:
            yield pool
        return
    try:
        with _yaml():
            from distributed import Client
            from distributed.comm.addressing import get_address_host_port
    except ImportError as error:
        raise UsageError(
            "a cluster is reached through dask.distributed, which is not installed",
            help="pip install 'zkcompliance[cluster]'",
        ) from error
    try:
        with socket.create_connection(get_address_host_port(address), _WAIT):
            pass  # a client that reaches nobody tries on behind what it raises
        client = Client(address, timeout=_WAIT, set_as_default=False)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"no Dask scheduler answers at {address}",
            help="dask scheduler  # says its address; or --cluster local:2, two processes of this machine",
        ) from error
    with client:
        yield executor_of(client)


@contextlib.contextmanager
def _yaml() -> Iterator[None]:
    """Within, yaml can be imported, which Dask needs to read its settings: those of the account and of the machine.

    The command line takes it away (`commands.group`), since numba would read a file of the folder that it is run in.
    """
    taken_away = "yaml" in sys.modules and sys.modules["yaml"] is None
    if taken_away:
        del sys.modules["yaml"]
    try:
        yield
    finally:
        if taken_away:
            sys.modules["yaml"] = None  # type: ignore[assignment]


def executor_of(cluster: Client | Executor) -> Executor:
    """The workers that a Dask client reaches, or an executor as it is. UsageError where a client reaches none.

    Where a worker is lost, Dask gives its piece to another; what a piece raises is raised, and not tried again.
    """
    if isinstance(cluster, Executor):
        return cluster
    workers = cluster.scheduler_info(n_workers=-1)["workers"].values()
    if not workers:
        raise UsageError("the cluster has no worker", help="dask worker SCHEDULER_ADDRESS --nthreads 1")
    limits = [int(worker["memory_limit"] or 0) // max(1, int(worker["nthreads"])) for worker in workers]
    return _Named(cluster.get_executor(retries=0, pure=False), min(filter(None, limits), default=0))


class _Named(Executor):
    """Dask's own executor, whose tasks go by what their pieces are called: a dashboard shows `segment 3 of 8`.

    memory_each: bytes that a piece's worker may take, by Dask's own limit: the least of all; 0 where there is none.
    """

    def __init__(self, executor: Executor, memory_each: int) -> None:
        self._executor, self.memory_each = executor, memory_each

    def submit(self, work: Callable[..., R], /, *args: Any, **kwargs: Any) -> Future[R]:
        """One piece, under a name of its own."""
        label = getattr(args[0], "label", work.__name__) if args else work.__name__
        return self._executor.submit(work, *args, key=f"{label}-{secrets.token_hex(8)}", **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._executor.shutdown(wait=wait, cancel_futures=cancel_futures)
