"""The file of a desk, opened: each step is one transaction, which is there as a whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from zkcompliance.desk import tables
from zkcompliance.edge import regular
from zkcompliance.errors import DeskRefused, KeyFileError, MalformedRequest, SignatureRejected, UsageError
from zkcompliance.log import files
from zkcompliance.log.fingerprint import fingerprint
from zkcompliance.log.note import VerifierKey
from zkcompliance.quantities import check_text
from zkcompliance.request.proof import ProofRequest

_PATIENCE = 10  # seconds that another process may hold the desk
MAX_EVIDENCE_BYTES = 16 << 20
_MAX_NAME = 255


class Standing(Enum):
    """Of a request: whether a proof of it was accepted, and if none was, whether its day is over."""

    OPEN = "open"
    ANSWERED = "answered"
    OVERDUE = "overdue"


@dataclass(frozen=True)
class Judged:
    """A verdict. judged: UTC seconds; document: as JSON."""

    judged: int
    accepted: bool
    document: str


@dataclass(frozen=True)
class Received:
    """A proof file. sha256: hexadecimal; received: UTC seconds, when it was first seen here."""

    sha256: str
    path: str
    received: int
    verdicts: tuple[Judged, ...]

    @property
    def accepted(self) -> bool:
        """By the last verdict on it."""
        return bool(self.verdicts) and self.verdicts[-1].accepted


@dataclass(frozen=True)
class Attached:
    """Evidence. sha256: hexadecimal, of `document`; added: UTC seconds."""

    sha256: str
    name: str
    document: bytes
    added: int


@dataclass(frozen=True)
class Filed:
    """A request with its number, and all that came of it."""

    id: int
    request: ProofRequest
    added: int
    proofs: tuple[Received, ...]
    evidence: tuple[Attached, ...]

    def standing(self, now: int) -> Standing:
        """now: UTC seconds."""
        if any(each.accepted for each in self.proofs):
            return Standing.ANSWERED
        return Standing.OVERDUE if self.request.answer_by < now else Standing.OPEN

    @property
    def late(self) -> bool:
        """Whether what was accepted came after the day by which it was to be answered."""
        came = [each.received for each in self.proofs if each.accepted]
        return bool(came) and min(came) > self.request.answer_by


class Desk:
    """A desk that is open; also a context manager. What of it does not hold together is refused: DeskRefused."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            tables.check_file(path)
        except OSError as error:
            raise DeskRefused(f"{path}: {regular.reason(error)}", help="zkcompliance desk init FILE") from error
        with self._reporting():
            self._opened = sqlite3.connect(
                f"file:{quote(str(path.absolute()))}?mode=rw", uri=True, timeout=_PATIENCE, isolation_level=None
            )
            try:
                for setting in ("trusted_schema = OFF", "cell_size_check = ON", "foreign_keys = ON"):
                    self._opened.execute(f"PRAGMA {setting}")
                tables.check_tables(self._opened, path)
            except BaseException:
                self._opened.close()
                raise

    @classmethod
    def create(cls, path: Path) -> Desk:
        """A new one, which nobody else may read. UsageError where something is there."""
        try:
            files.create(path, tables.empty())
            files.sync_dir(path.parent)
        except FileExistsError:
            raise UsageError(f"{path} exists already", help="give another file name to the new desk") from None
        except OSError as error:
            raise UsageError(f"{path}: {regular.reason(error)}") from error
        return cls(path)

    def __enter__(self) -> Desk:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.close()

    def add(self, request: ProofRequest, now: int) -> int:
        """File a request; its number. UsageError where it, or another of the same reference, is there."""
        with self._transaction() as to:
            known = to.execute("SELECT id, digest FROM requests WHERE reference = ?", (request.reference,)).fetchone()
            if known is not None and known[1] == request.digest.hex():
                raise UsageError(f"the request is on this desk already, as number {known[0]}")
            if known is not None:
                raise UsageError(
                    f"request {known[0]} of this desk has the same reference, and a proof would answer both",
                    help="zkcompliance request new draws another reference",
                )
            row = (request.digest.hex(), request.reference, request.encode(), now)
            done = to.execute("INSERT INTO requests (digest, reference, file, added) VALUES (?, ?, ?, ?)", row)
            return int(done.lastrowid or 0)

    def receive(self, id: int, sha256: bytes, path: Path, now: int) -> int:
        """Note that a proof file came for a request; its number, that of the first time where it came before."""
        self.request(id)
        with self._transaction() as to:
            row = (id, sha256.hex(), files_name(path), now)
            to.execute("INSERT OR IGNORE INTO proofs (request, sha256, path, received) VALUES (?, ?, ?, ?)", row)
            (number,) = to.execute("SELECT id FROM proofs WHERE request = ? AND sha256 = ?", row[:2]).fetchone()
            return int(number)

    def judge(self, proof: int, accepted: bool, document: str, now: int) -> None:
        """Note a verdict on a proof file that came. proof: its number; document: the verdict in JSON."""
        with self._transaction() as to:
            row = (proof, now, int(accepted), document)
            to.execute("INSERT INTO verdicts (proof, judged, accepted, document) VALUES (?, ?, ?, ?)", row)

    def attach(self, id: int, name: str, document: bytes, now: int) -> str:
        """Put evidence to a request; its SHA-256. UsageError for what is too long."""
        self.request(id)
        if len(document) > MAX_EVIDENCE_BYTES:
            raise UsageError(f"{name} is longer than the {MAX_EVIDENCE_BYTES} bytes that a desk keeps of one piece")
        digest = hashlib.sha256(document).hexdigest()
        with self._transaction() as to:
            row = (id, digest, name, document, now)
            to.execute("INSERT INTO evidence (request, sha256, name, document, added) VALUES (?, ?, ?, ?, ?)", row)
        return digest

    def request(self, id: int) -> Filed:
        """The request of this number, and all that came of it. UsageError where there is none."""
        found = [each for each in self.requests() if each.id == id]
        if not found:
            raise UsageError(f"{self.path} has no request {id}", help="zkcompliance desk list DESK")
        return found[0]

    def requests(self) -> list[Filed]:
        """All, in the order in which they were filed."""
        with self._reporting():
            rows = self._opened.execute(
                "SELECT id, digest, reference, file, added FROM requests ORDER BY id"
            ).fetchall()
            return [
                Filed(id, self._decoded(id, digest, reference, data), added, self._proofs(id), self._evidence(id))
                for id, digest, reference, data, added in rows
            ]

    def add_key(self, name: str, key: VerifierKey, now: int) -> None:
        """Call a key by a name. UsageError where the name or the key is there."""
        check_text(name, "the name of a key", _MAX_NAME)
        for known, other in self.keys().items():
            if known == name or other == key:
                raise UsageError(
                    f"the keyring calls {other.text} {known}: a name is of one key, and a key has one name",
                    help="zkcompliance desk key list DESK",
                )
        with self._transaction() as to:
            to.execute("INSERT INTO keys (name, vkey, added) VALUES (?, ?, ?)", (name, key.text, now))

    def keys(self) -> dict[str, VerifierKey]:
        """By name, in the order of the names."""
        with self._reporting():
            rows = self._opened.execute("SELECT name, vkey FROM keys ORDER BY name").fetchall()
        try:
            return {name: VerifierKey.parse(vkey) for name, vkey in rows}
        except KeyFileError as error:
            raise DeskRefused(f"{self.path}, its keyring: {error.message}") from None

    def names(self) -> dict[str, str]:
        """The keyring's names, by vkey text."""
        return {key.text: name for name, key in self.keys().items()}

    def named(self, key: VerifierKey) -> str:
        """The keyring's name for a key with its digits, or the key's own text."""
        names = [name for name, each in self.keys().items() if each == key]
        return f"{names[0]} ({fingerprint(key)})" if names else key.text

    def _decoded(self, id: int, digest: str, reference: str, data: bytes) -> ProofRequest:
        try:
            found = ProofRequest.decode(data)
        except (MalformedRequest, SignatureRejected) as error:
            raise DeskRefused(f"{self.path}, request {id}: {error.message}") from None
        if (found.digest.hex(), found.reference) != (digest, reference):
            raise DeskRefused(f"{self.path}, request {id}: it is filed under another digest or reference")
        return found

    def _proofs(self, request: int) -> tuple[Received, ...]:
        rows = self._opened.execute(
            "SELECT id, sha256, path, received FROM proofs WHERE request = ? ORDER BY id", (request,)
        ).fetchall()
        return tuple(Received(sha256, path, received, self._verdicts(id)) for id, sha256, path, received in rows)

    def _verdicts(self, proof: int) -> tuple[Judged, ...]:
        rows = self._opened.execute(
            "SELECT judged, accepted, document FROM verdicts WHERE proof = ? ORDER BY id", (proof,)
        ).fetchall()
        return tuple(Judged(judged, accepted == 1, document) for judged, accepted, document in rows)

    def _evidence(self, request: int) -> tuple[Attached, ...]:
        rows = self._opened.execute(
            "SELECT sha256, name, document, added FROM evidence WHERE request = ? ORDER BY id", (request,)
        ).fetchall()
        if any(hashlib.sha256(document).hexdigest() != sha256 for sha256, _, document, _ in rows):
            raise DeskRefused(f"{self.path}: evidence of request {request} is not what was put there")
        return tuple(Attached(*row) for row in rows)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._reporting():
            self._opened.execute("BEGIN IMMEDIATE")
            try:
                yield self._opened
            except BaseException:
                self._opened.execute("ROLLBACK")
                raise
            self._opened.execute("COMMIT")

    @contextlib.contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise DeskRefused(f"{self.path}: {error}") from error


def files_name(path: Path) -> str:
    """Where a file lies, as a text that a database takes: what is no text of it as U+FFFD."""
    return str(path.absolute()).encode(errors="replace").decode()
