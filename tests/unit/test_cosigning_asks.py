"""Witnesses asked over HTTP: what each may answer, and what comes of a log when some lie, are slow, or are gone."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.kit.quick_logs import quickly, some_rows
from tests.kit.witnesses import Handler, asked, ours, says, sealed, signer, theirs
from zkcompliance.cosigning import app, asking, collecting, serving
from zkcompliance.cosigning.asking import Address, Asking
from zkcompliance.cosigning.collecting import Collected, collect
from zkcompliance.cosigning.request import Request
from zkcompliance.edge import exchange
from zkcompliance.errors import LogError, SignatureRejected, UsageError
from zkcompliance.limits import MAX_CLOCK_SECONDS, MAX_WITNESS_ANSWER_BYTES, MAX_WITNESS_REQUEST_BYTES
from zkcompliance.log import cosigned, note
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.signer import CosignerSigner, SignerKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.trust import TrustPolicy
from zkcompliance.log.writer import Writer

KEY, OTHER = SignerKey("lab.example/x", bytes(32)), SignerKey("lab.example/y", bytes([77]) * 32)
GONE = "http://127.0.0.1:9"  # the port `discard`, where nobody listens


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    quickly(monkeypatch)
    monkeypatch.setattr(collecting, "LINGER_SECONDS", 0.3)
    monkeypatch.setattr(asking, "FIRST_PAUSE", 0.05)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return sealed(tmp_path / "log", KEY, 3)


def at(url: str, *numbers: int) -> Address:
    parts = exchange.parse_url(url)
    assert parts is not None
    return Address(url, parts, tuple(signer(number).verifier for number in numbers))


def within(seconds: float, clock: Callable[[], float] = time.time) -> Asking:
    return Asking(time.monotonic() + seconds, 5.0, clock=clock)


def policy(quorum: str, *numbers: int, key: VerifierKey = KEY.verifier) -> TrustPolicy:
    named = "".join(f"witness w{n} {signer(n).verifier.text}\n" for n in numbers)
    members = " ".join(f"w{n}" for n in numbers)
    return TrustPolicy.parse(f"log {key.text}\n{named}group all {quorum} {members}\nquorum all\n")


def alone(log: Path, url: str, *numbers: int, seconds: float = 5) -> Collected:
    """What comes of asking one witness, which is not asked for long."""
    return collect(log, [at(url, *(numbers or (1,)))], within(seconds))


def signers(log: Path) -> list[str]:
    return [each.name for each in note.parse(SealedLog.open(log).checkpoint_note).signatures][1:]


# One witness


def test_signed_again_and_after_more_seals(log: Path, tmp_path: Path) -> None:
    with ours(tmp_path / "state", [KEY.verifier], signer(1)) as url:
        for seals in (0, 0, 1, 4):
            if seals:
                sealed(log, KEY, seals)
            found = alone(log, url)
            assert not found.unmet and found.answers[0].said == "signed as witness.example/1"
            assert found.note == SealedLog.open(log).checkpoint_note and signers(log)[0] == "witness.example/1"
    assert signer(1).verifier.timestamp(note.parse(found.note)) == pytest.approx(time.time(), abs=60)


def test_a_copy_put_back_and_a_fork(log: Path, tmp_path: Path) -> None:
    told: list[str] = []
    with ours(tmp_path / "state", [KEY.verifier], signer(1), told=told) as url:
        assert not alone(sealed(tmp_path / "other", KEY, 3), url).unmet
        other = sealed(tmp_path / "forked", KEY, 2)
        assert (
            "has signed 3 segments of lab.example/x before, and this folder has 2" in alone(other, url).answers[0].said
        )
        assert "the log was forked" in alone(log, url).answers[0].said
        assert len(told) == 1 and "fork of the log lab.example/x" in told[0], "who forks leaves evidence"
        sealed(log, KEY, 1)
        assert "was not convinced" in alone(log, url).answers[0].said
    assert signers(log) == []


def test_a_witness_that_knows_neither_log_nor_key(log: Path, tmp_path: Path) -> None:
    stranger = SignerKey(KEY.name, bytes([7]) * 32)
    for keys, words in (([OTHER.verifier], "does not follow the log"), ([stranger.verifier], "does not trust the key")):
        with ours(tmp_path / f"state{words[9]}{words[11]}{len(words)}", keys, signer(1)) as url:
            assert words in alone(log, url).answers[0].said


def signing(by: CosignerSigner, *, ahead: int = 0, over: str = "") -> Callable[[Handler, bytes], None]:
    """A server that signs whatever comes, at a time and over a text of its own."""

    def answer(handler: Handler, body: bytes) -> None:
        text = note.parse(Request.parse(body).note).text
        says(200, by.line(over or text, int(time.time()) + ahead).encode())(handler, body)

    return answer


ANOTHER = note.parse(KEY.sign("lab.example/x\n9\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")).text
RENAMED = CosignerSigner(signer(1).verifier.name, signer(1).verifier.algorithm, bytes([99]) * 32)
LIES = {
    "too large": (says(200, b"x" * (MAX_WITNESS_ANSWER_BYTES + 1)), "longer than"),
    "no list": (says(200, b"hello"), "no list of signatures"), "empty": (says(200, b""), "no list of signatures"),
    "no unicode": (says(200, b"\xff\n"), "no list of signatures"),
    "a whole note": (says(200, KEY.sign(ANOTHER).encode()), "no list of signatures"),
    "another key": (signing(signer(2)), "no key that is known"),
    "another key of this name": (signing(RENAMED), "no key that is known"),
    "another body": (signing(signer(1), over=ANOTHER), "does not match"),
    "long ago": (signing(signer(1), ahead=-MAX_CLOCK_SECONDS - 60), "s before this machine's"),
    "in the future": (signing(signer(1), ahead=MAX_CLOCK_SECONDS + 60), "s after this machine's"),
    "at no time": (lambda handler, body: says(
        200, signer(1).line(note.parse(Request.parse(body).note).text, 0).encode())(handler, body), "before this"),
    "elsewhere": (says(307, b"", Location="http://127.0.0.1:1/"), "sends elsewhere"),
    "no size": (says(409, b"3\n"), "409 without the size"),
    "no number": (says(409, b"three\n", "text/x.tlog.size"), "409 without the size"),
    "no line": (says(409, b"2", "text/x.tlog.size"), "409 without the size"),
    "a size too large": (says(409, b"9223372036854775808\n", "text/x.tlog.size"), "409 without the size"),
    "ahead": (says(409, b"9223372036854775807\n", "text/x.tlog.size"), "put back from a backup"),
    "the same": (says(409, b"2\n", "text/x.tlog.size"), "says that it has signed as many"),
    "ours": (says(409, b"3\n", "text/x.tlog.size"), "the log was forked"),
    "400": (says(400, b"x"), "no request of its protocol"), "403": (says(403, b""), "does not trust the key"),
    "404": (says(404, b""), "does not follow the log"), "422": (says(422, b"\x1b[31m"), "was not convinced"),
    "418": (says(418, b""), "answers with status 418"), "500": (says(500, b""), "answers with status 500"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_what_is_not_believed(log: Path, lie: str) -> None:
    """Said in words of our own; the checkpoint stays as it was."""
    answer, words = LIES[lie]
    with theirs(answer) as url:
        found = alone(log, url, seconds=0.5 if lie == "500" else 5)
    assert (
        words in found.answers[0].said and found.unmet == "1 of 1 did not sign" and "\x1b" not in found.answers[0].said
    )
    assert signers(log) == []


@pytest.mark.parametrize("check", ["timestamp", "time"])
def test_what_is_believed_without_a_check(log: Path, check: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cosignature over another checkpoint, or dated years back, would stand on this one."""
    if check == "time":
        monkeypatch.setattr(asking, "MAX_CLOCK_SECONDS", 10**10)
        with theirs(LIES["at no time"][0]) as url:
            assert not alone(log, url).unmet and signer(1).verifier.timestamp(note.parse(
                SealedLog.open(log).checkpoint_note)) == 0  # fmt: skip
        return
    monkeypatch.setattr("zkcompliance.log.cosignature.CosignerKey._verifies", lambda *_: True)
    with theirs(LIES["another body"][0]) as url:
        assert not alone(log, url).unmet
    monkeypatch.undo()
    with pytest.raises(SignatureRejected):
        signer(1).verifier.timestamp(note.parse(SealedLog.open(log).checkpoint_note))


def test_sizes_without_end(log: Path) -> None:
    turns = iter(range(100))

    def other_each_time(handler: Handler, body: bytes) -> None:
        says(409, b"%d\n" % (1 + next(turns) % 2), "text/x.tlog.size")(handler, body)

    with theirs(other_each_time) as url:
        assert "named another size 5 times" in alone(log, url).answers[0].said
    assert next(turns) == asking.MAX_CONFLICTS + 1


def test_lines_of_others_are_left_aside(log: Path) -> None:
    def both(handler: Handler, body: bytes) -> None:
        text = note.parse(Request.parse(body).note).text
        says(200, (signer(9).line(text, 5) + signer(1).line(text, int(time.time()))).encode())(handler, body)

    with theirs(both) as url:
        assert not alone(log, url).unmet
    assert signers(log) == ["witness.example/1"]


def test_it_is_asked_again(log: Path) -> None:
    """An answer 503, then a cut one, then one that counts."""
    turns = iter([says(503, b""), says(200, b"x", **{"Content-Length": "50"}), signing(signer(1))])
    with theirs(lambda handler, body: next(turns)(handler, body)) as url:
        assert not alone(log, url).unmet


def test_a_witness_that_drips(log: Path) -> None:
    dripped = []

    def drip(handler: Handler, _: bytes) -> None:
        handler.send_response(200)
        handler.end_headers()
        for number in range(100):
            handler.wfile.write(b" ")
            handler.wfile.flush()
            dripped.append(number)
            time.sleep(0.05)

    with theirs(drip) as url:
        assert alone(log, url, seconds=1).answers[0].said in ("did not answer in time", "took over 1 s")
        assert len(dripped) < 60


# Several


def test_one_lies_one_is_slow_one_is_gone(log: Path, tmp_path: Path) -> None:
    """Two of five is met by the two that are honest, without waiting for the slow one; three of five is not."""
    slow, open_end, waited = signing(signer(4)), threading.Event(), []

    def late(handler: Handler, body: bytes) -> None:
        waited.append(open_end.wait(20))
        slow(handler, body)

    with (
        ours(tmp_path / "1", [KEY.verifier, OTHER.verifier], signer(1)) as one,
        ours(tmp_path / "2", [KEY.verifier, OTHER.verifier], signer(2)) as two,
        theirs(LIES["another body"][0]) as lying, theirs(late) as sleeping,
    ):  # fmt: skip
        addresses = [at(one, 1), at(lying, 1), at(sleeping, 4), at(GONE, 5), at(two, 2)]
        found = collect(log, addresses, within(20), policy("2", 1, 2, 3, 4, 5))
        assert not found.unmet and not waited
        assert [bool(each.lines) for each in found.answers] == [True, False, False, False, True]
        assert sorted(signers(log)) == ["witness.example/1", "witness.example/2"]
        other = sealed(tmp_path / "log2", OTHER, 2)
        found = collect(other, addresses, within(1.5), policy("3", 1, 2, 3, 4, 5, key=OTHER.verifier))
        open_end.set()
    assert "3 of w1, w2, w3, w4, w5; cosigned by w1, w2" in found.unmet
    said = [each.said for each in found.answers]
    assert said[0] == "signed as witness.example/1" and "was not believed" in said[1] and "in time" in said[2]
    assert "does not answer: ConnectionRefusedError" in said[3] or said[3] == "did not answer in time"
    assert sorted(signers(other)) == ["witness.example/1", "witness.example/2"], "what was signed is kept"


def test_nothing_is_lost_when_it_is_stopped(log: Path, tmp_path: Path) -> None:
    """Stopped when one has answered: that one's cosignature is in the folder, and counts the next time."""

    def stop(answered: asking.Answered) -> None:
        raise KeyboardInterrupt

    trust = policy("all", 1, 2)
    with ours(tmp_path / "1", [KEY.verifier], signer(1)) as one, pytest.raises(KeyboardInterrupt):
        collect(log, [at(one, 1), at(GONE, 2)], within(20), trust, stop)
    assert signers(log) == ["witness.example/1"]
    with ours(tmp_path / "2", [KEY.verifier], signer(2)) as two:
        assert not collect(log, [at(two, 2)], within(20), trust).unmet


def test_a_log_that_is_being_written(log: Path, tmp_path: Path) -> None:
    """The writer's lock is not needed; what is sealed meanwhile stays, and the cosignatures of before are not put on
    it."""
    before = SealedLog.open(log)
    with Writer(log, KEY) as writer, ours(tmp_path / "1", [KEY.verifier], signer(1)) as one:
        assert not alone(log, one).unmet
        line = note.parse(SealedLog.open(log).checkpoint_note).signatures[1].line
        writer.seal(some_rows(100, 3))
        assert signers(log) == []
        layout = Layout(log)
        with pytest.raises(LogError, match="sealed meanwhile: it has 4 segment"):
            cosigned.add(layout, Settings.load(layout), before.checkpoint, [line], [signer(1).verifier])
        with pytest.raises(SignatureRejected):
            writer.add_cosignatures([line], [signer(1).verifier])
        assert not alone(log, one).unmet
    assert signers(log) == ["witness.example/1"] and SealedLog.open(log).checkpoint.size == 4


def test_seals_and_cosignatures_at_once(log: Path, tmp_path: Path) -> None:
    """A checkpoint that is cosigned never takes the place of a newer one."""
    layout, stop = Layout(log), threading.Event()

    def cosign() -> int:
        done = 0
        while not stop.is_set():
            shown = SealedLog.open(log)
            line = signer(1).line(shown.checkpoint_body, 1 + done)
            with contextlib.suppress(LogError):
                cosigned.add(layout, Settings.load(layout), shown.checkpoint, [line], [signer(1).verifier])
                done += 1
        return done

    with ThreadPoolExecutor(2) as pool, Writer(log, KEY) as writer:
        cosigning = [pool.submit(cosign) for _ in range(2)]
        for turn in range(25):
            assert writer.seal(some_rows(1000 + 10 * turn, 3)).size == SealedLog.open(log).checkpoint.size
        stop.set()
        assert sum(each.result() for each in cosigning) > 0
    assert SealedLog.open(log).checkpoint.size == 28


def test_the_trust_policy_is_of_this_log(log: Path) -> None:
    with pytest.raises(SignatureRejected, match="trusted key of the log"):
        collect(log, [at(GONE, 1)], within(5), policy("all", 1, key=OTHER.verifier))


# Over the wire


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://w.example", True), ("https://w.example:8443/a/b", True), ("http://127.0.0.1:8400", True),
        ("http://localhost/x", True), ("http://[::1]:8400", True), ("http://w.example", False),
        ("http://127.0.0.1.example", False), ("https://", False), ("ftp://w.example", False), ("w.example", False),
        ("https://u:p@w.example", False), ("https://w.example/?q", False), ("https://w.example/#f", False),
        ("https://w.example:99999", False), ("https://w.example:0", False), ("https://w.example/a b", False),
        ("https://w.example/\r\nX: y", False), ("http://127.0.0.1@w.example", False), ("https://wé.example", False),
    ],
)  # fmt: skip
def test_urls(url: str, good: bool) -> None:
    assert (exchange.parse_url(url) is not None) is good


def talk(url: str, data: bytes, wait: float = 10) -> bytes:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=wait) as connection:
        connection.sendall(data)
        found = b""
        while block := connection.recv(4096):
            found += block
        return found


def test_other_requests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "BODY_SECONDS", 0.5)
    body = asked(KEY, [b"a", b"b"], 0)

    def post(path: str, length: int, data: bytes, close: str = "close") -> bytes:
        head = f"POST {path} HTTP/1.1\r\nHost: x\r\nConnection: {close}\r\nContent-Length: {length}\r\n\r\n"
        return head.encode() + data

    with ours(tmp_path / "state", [KEY.verifier], signer(1)) as url, contextlib.ExitStack() as stack:
        for _ in range(50):  # who connects and says nothing keeps nobody out
            host, port = url.removeprefix("http://").split(":")
            stack.enter_context(socket.create_connection((host, int(port))))
        codes = {
            b"405": b"GET /add-checkpoint HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
            b"404": post("/other", len(body), body), b"408": post("/add-checkpoint", 1000, b"old"),
            b"413": post("/add-checkpoint", MAX_WITNESS_REQUEST_BYTES + 1, b"x" * (MAX_WITNESS_REQUEST_BYTES + 1)),
            b"400": post("/add-checkpoint", 3, b"old"), b"200": post("/add-checkpoint", len(body), body),
        }  # fmt: skip
        for code, data in codes.items():
            found = talk(url, data)
            assert found.startswith(b"HTTP/1.1 " + code), (code, found)
        assert talk(url, b"\x16\x03\x01 no http\r\n\r\n").startswith(b"HTTP/1.1 400")


def test_a_state_that_is_gone_is_said_to_the_operator_alone(tmp_path: Path, log: Path) -> None:
    told: list[str] = []
    with ours(tmp_path / "state", [KEY.verifier], signer(1), told=told) as url:
        (tmp_path / "state").unlink()
        (tmp_path / "state").mkdir()
        assert "answers with status 503" in alone(log, url, seconds=0.5).answers[0].said
    assert told and "nothing was signed" in told[0] and str(tmp_path) in told[0]


@pytest.mark.parametrize("where", ["", "x", "127.0.0.1", "127.0.0.1:", ":80", "127.0.0.1:65536", "a:b:1", "[::1:80"])
def test_where_nobody_can_listen(where: str) -> None:
    with pytest.raises(UsageError, match="is not HOST:PORT"):
        serving.bound(where)


@contextlib.contextmanager
def over_tls(plain: str, certificate: Path) -> Iterator[str]:
    """A server on https that hands on what it is told to the one on http."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    host, port = plain.removeprefix("http://").split(":")
    listening = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        while not done.is_set():
            with contextlib.suppress(OSError):
                client, _ = listening.accept()
                with (
                    contextlib.closing(context.wrap_socket(client, server_side=True)) as secured,
                    socket.create_connection((host, int(port))) as behind,
                ):
                    behind.sendall(secured.recv(1 << 16))
                    secured.settimeout(0.2)
                    with contextlib.suppress(TimeoutError):
                        behind.sendall(secured.recv(1 << 16))
                    secured.sendall(behind.recv(1 << 16))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"https://localhost:{listening.getsockname()[1]}"
    finally:
        done.set()
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def certificate(path: Path) -> Path:
    """A certificate of localhost, signed by itself, with its key in the same file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ca")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


def test_https(log: Path, tmp_path: Path) -> None:
    """Under an authority that was named; by default a server that this machine does not trust is told nothing."""
    pem = certificate(tmp_path / "server.pem")
    with ours(tmp_path / "state", [KEY.verifier], signer(1)) as plain, over_tls(plain, pem) as url:
        found = collect(log, [at(url, 1)], Asking(time.monotonic() + 1, 5.0))
        assert "does not answer: SSLCertVerificationError" in found.answers[0].said and signers(log) == []
        trusting = Asking(time.monotonic() + 10, 5.0, exchange.trusting(pem))
        assert not collect(log, [at(url, 1)], trusting).unmet
    (tmp_path / "none.pem").write_text("nothing\n")
    with pytest.raises((OSError, ssl.SSLError)):
        exchange.trusting(tmp_path / "none.pem")
