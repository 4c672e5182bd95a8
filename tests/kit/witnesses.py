"""Witnesses on loopback: our own, and servers that answer anything; and logs that cost nothing to seal."""

from __future__ import annotations

import contextlib
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.kit.quick_logs import SCHEMA, some_rows
from zkcompliance.cosigning import serving
from zkcompliance.cosigning.answering import Witness
from zkcompliance.cosigning.request import Request
from zkcompliance.cosigning.state import State
from zkcompliance.log import merkle
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.cosignature import ED25519
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.signer import CosignerSigner, SignerKey
from zkcompliance.log.writer import Writer, create_log

Handler = http.server.BaseHTTPRequestHandler


def signer(number: int, algorithm: int = ED25519) -> CosignerSigner:
    return CosignerSigner(f"witness.example/{number}", algorithm, bytes([number]) * 32)


def state_at(path: Path) -> State:
    return State(path) if path.exists() else State.create(path)


def asked(key: SignerKey, entries: list[bytes], old: int, *, proof: list[bytes] | None = None) -> bytes:
    """The request that has a log of these entries, of which `old` were signed before, cosigned."""
    of = Checkpoint(key.name, len(entries), merkle.root(entries))
    if proof is None:
        proof = merkle.consistency_proof(old, entries) if 0 < old < len(entries) else []
    return Request(old, tuple(proof), key.sign(of.body)).encode()


@contextlib.contextmanager
def ours(path: Path, logs: list[VerifierKey], *keys: CosignerSigner, told: list[str] | None = None) -> Iterator[str]:
    """The URL of a witness of ours with these keys."""
    witness = Witness(keys, logs, state_at(path), (told if told is not None else []).append)
    listening = serving.bound("127.0.0.1:0")
    with serving.serving(witness, listening):
        yield serving.url_of(listening)


@contextlib.contextmanager
def theirs(answer: Callable[[Handler, bytes], None]) -> Iterator[str]:
    """The URL of a server that answers each POST as it likes; answer: is given the body too."""

    class Answers(Handler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            with contextlib.suppress(OSError):
                answer(self, body)

        def log_message(self, *_: object) -> None:
            pass

    served = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=lambda: served.serve_forever(0.05), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{served.server_address[1]}"
    finally:
        served.shutdown()
        served.server_close()
        thread.join()


def says(status: int, body: bytes, kind: str = "text/plain", **headers: str) -> Callable[[Handler, bytes], None]:
    """Always this answer."""

    def answer(handler: Handler, _: bytes) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def sealed(path: Path, key: SignerKey, seals: int = 1) -> Path:
    """The log at path with so many seals more, made where it is new; commitments are stand-ins (`quickly`)."""
    if not path.exists():
        create_log(path, SCHEMA, key)
    with Writer(path, key) as writer:
        for _ in range(seals):
            first = 10 * writer.checkpoint.size
            writer.seal(some_rows(first, 3))
    return path
