"""One request to a server over HTTP, which may answer anything, slowly, or not at all.

No answer is followed elsewhere, no proxy is asked, and what takes longer than is stated is ended.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from zkcompliance.edge import regular

LOCAL = ("localhost", "127.0.0.1", "::1")
MAX_AUTHORITIES_BYTES = 1 << 20
MAX_SAID = 300  # characters of what the system says of an error
_BLOCK = 1 << 16


class Unanswered(Exception):
    """No answer came, or not all of it; `why` in words, which repeat nothing that a server wrote."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class TooLong(Unanswered):
    """The answer is longer than is read."""


def parse_url(text: str) -> SplitResult | None:
    """The parts of https://HOST[:PORT][/PATH], or of http:// on this machine (LOCAL); None for anything else."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
        return None
    odd = parts.username is not None or parts.query or parts.fragment or port == 0
    plain = text.isascii() and text.isprintable() and " " not in text
    return parts if parts.hostname and plain and not odd else None


def trusting(authorities: Path) -> ssl.SSLContext:
    """For https: servers with a certificate by one of the authorities in a file (PEM), and by no other.

    OSError, of which ssl.SSLError is one, when it cannot be read or holds none.
    """
    with regular.open_given(authorities) as file:
        data = file.read(MAX_AUTHORITIES_BYTES + 1)
    if len(data) > MAX_AUTHORITIES_BYTES:
        raise OSError(0, f"has over {MAX_AUTHORITIES_BYTES} bytes")
    context = ssl.create_default_context(cadata=data.decode("ascii", "replace") or "nothing")
    if not context.cert_store_stats()["x509_ca"]:
        raise OSError(0, "holds no certificate of an authority")
    return context


@contextmanager
def answered(
    parts: SplitResult,
    path: str,
    *,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str],
    silent: float,
    seconds: float,
    context: ssl.SSLContext | None = None,
) -> Iterator[http.client.HTTPResponse]:
    """The answer to one request, to be read to its end inside the block; Unanswered where it is not all there.

    silent: seconds without a byte; seconds: from the connection to the last byte; both above 0. context: for https, by
    default what this machine trusts.
    """
    connection = _connection(parts, silent, context)
    held: list[socket.socket] = []
    with closing(connection), ExitStack() as stack, _ended_after(held, seconds) as late:
        try:
            connection.connect()
            held.append(connection.sock)  # the connection gives it up where an answer has no length
            connection.request(method, path, body=body, headers={"Accept-Encoding": "identity", **headers})
            answer = stack.enter_context(closing(connection.getresponse()))
            yield answer
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = f"took over {seconds:g} s" if late.is_set() else f"does not answer: {_why(error)}"
            raise Unanswered(why) from None
        if late.is_set() or answer.length:  # a body that ends early is no error of its own
            raise Unanswered(f"took over {seconds:g} s" if late.is_set() else "gave an answer that was cut")


def blocks(answer: http.client.HTTPResponse, limit: int) -> Iterator[bytes]:
    """The body of an answer, block by block; TooLong past `limit` bytes."""
    length = 0
    while block := answer.read(_BLOCK):
        length += len(block)
        if length > limit:
            raise TooLong(f"its answer is longer than {limit} bytes")
        yield block


def _connection(parts: SplitResult, silent: float, context: ssl.SSLContext | None) -> http.client.HTTPConnection:
    if parts.scheme == "https":
        return http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=silent, context=context)
    return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=silent)


def _why(error: Exception) -> str:
    """An error's kind, and what the system says of it; nothing that a server wrote."""
    said = error.strerror if isinstance(error, OSError) and error.strerror and error.errno is not None else ""
    return f"{type(error).__name__}{': ' if said else ''}{said[:MAX_SAID]}"


@contextmanager
def _ended_after(held: list[socket.socket], seconds: float) -> Iterator[threading.Event]:
    """The sockets are shut after so many seconds, whatever comes in drops; the event says that it was."""
    done, late = threading.Event(), threading.Event()

    def cut() -> None:
        if done.wait(seconds):
            return
        late.set()
        while not done.wait(0.2):
            for each in list(held):
                with suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)

    watcher = threading.Thread(target=cut, daemon=True)
    watcher.start()
    try:
        yield late
    finally:
        done.set()
        watcher.join()
