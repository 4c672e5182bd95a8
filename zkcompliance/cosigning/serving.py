"""The witness behind a socket of this machine: uvicorn, in a thread of its own, until it is told to stop."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from zkcompliance.cosigning.answering import Witness
from zkcompliance.errors import Unsupported, UsageError

if TYPE_CHECKING:
    import uvicorn

MOST_CONNECTIONS = 512  # beyond which others are told to come again
IDLE_SECONDS = 30  # that a connection may be kept without a request
STOP_SECONDS = 5  # that requests in hand have when it stops
_WHERE = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\[\]:/]+):([0-9]{1,5})", re.ASCII)


def bound(where: str) -> socket.socket:
    """A socket at HOST:PORT, or [IPv6]:PORT; port 0 takes a free one. UsageError."""
    match = _WHERE.fullmatch(where)
    if match is None or int(match[2]) > 65535:
        raise UsageError(f"{where} is not HOST:PORT", help="--listen 127.0.0.1:8400")
    host = match[1].strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, int(match[2])), family=family, backlog=128)
    except OSError as error:
        raise UsageError(f"cannot listen on {where}: {error.strerror or error}", help="choose another port") from None


def url_of(listening: socket.socket) -> str:
    """Where it is reached from this machine."""
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.contextmanager
def serving(witness: Witness, listening: socket.socket) -> Iterator[threading.Event]:
    """Answer while the block runs; the event says that the server has ended by itself. Unsupported, InternalError.

    Requests that are in hand at the end have STOP_SECONDS; what was signed is in the state by then or not signed.
    """
    server, ended = _server(witness), threading.Event()

    def run() -> None:
        try:
            server.run(sockets=[listening])
        finally:
            ended.set()

    thread = threading.Thread(target=run, name="witness", daemon=True)
    thread.start()
    try:
        yield ended
    finally:
        server.should_exit = True
        thread.join(STOP_SECONDS + 5)
        listening.close()


def _server(witness: Witness) -> uvicorn.Server:
    try:
        import uvicorn

        from zkcompliance.cosigning.app import application

        app = application(witness)
    except ImportError as error:
        raise Unsupported(
            "a witness needs starlette and uvicorn, which are not installed",
            help="pip install 'zkcompliance[witness]'",
        ) from error
    # Everything is said here, so that nothing comes of the environment; a proxy's word on addresses is not needed.
    config = uvicorn.Config(
        app, loop="asyncio", http="h11", ws="none", lifespan="off", interface="asgi3", log_config=None,
        access_log=False, proxy_headers=False, server_header=False, workers=1, forwarded_allow_ips="",
        limit_concurrency=MOST_CONNECTIONS, timeout_keep_alive=IDLE_SECONDS, timeout_graceful_shutdown=STOP_SECONDS,
        h11_max_incomplete_event_size=16 << 10,
    )  # fmt: skip
    return uvicorn.Server(config)
