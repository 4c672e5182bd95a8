"""Other machines that make proofs: a Dask cluster, as an executor (docs/cluster.md)."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator
from concurrent.futures import Executor
from typing import TYPE_CHECKING

from zkcompliance.errors import UsageError

if TYPE_CHECKING:
    from distributed import Client

_WAIT = 20  # seconds for the scheduler to answer


@contextlib.contextmanager
def connected(address: str) -> Iterator[Executor]:
    """The workers of the scheduler at this address, such as tcp://10.0.0.5:8786. UsageError where it cannot be
    reached, or has no worker, or Dask is not installed."""
    try:
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
            f"no Dask scheduler answers at {address}", help="dask scheduler  # says its address"
        ) from error
    with client:
        yield executor_of(client)


def executor_of(client: Client) -> Executor:
    """The workers that a client reaches. UsageError where there are none. Where a worker is lost, Dask gives its piece
    to another; what a piece raises is raised, and not tried again."""
    if not client.scheduler_info(n_workers=-1)["workers"]:
        raise UsageError("the cluster has no worker", help="dask worker SCHEDULER_ADDRESS --nthreads 1")
    executor: Executor = client.get_executor(retries=0)
    return executor
