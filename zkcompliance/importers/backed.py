"""What `seal --evidence` takes: a file that others signed, checked, and the rows that it backs.

Which kind a file is, is told by its form. It backs rows that are made of it, or an input that it is about:

    NVIDIA evidence     rows of `chip`, one a device           hardware_attested   root: NVIDIA's, or a PEM of one's own
    tokens (EAT)        rows of `chip`, one a device           signed              a JWKS
    CloudTrail, zipped  rows of `compute`, one a run of an     signed              AWS's keys, as its command line
                        instance with accelerators                                 prints them
    sigstore bundle     every row of each input that it names  signed              a public key, PEM

`source` says that much and no more of a row: what the signer did not say, such as an owner or what compute was for, is
the word of whoever seals, in the same row. Whom to trust is theirs too: a verifier has that column as their word.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance.edge import regular
from zkcompliance.edge.given import whole
from zkcompliance.errors import EvidenceRefused, ImporterError, MalformedEvidence, UsageError
from zkcompliance.evidence import chains, cloudtrail, nvidia, signing, sigstore, tokens
from zkcompliance.evidence.cloudtrail import AwsKey
from zkcompliance.evidence.tokens import JsonKey
from zkcompliance.importers import instances, settings
from zkcompliance.importers.model import Row
from zkcompliance.limits import MAX_EVIDENCE_BYTES, MAX_EVIDENCE_JSON_BYTES
from zkcompliance.quantities import number_of
from zkcompliance.schemas import DEVICE_KINDS, Schema

if TYPE_CHECKING:
    from zkcompliance.evidence.signing import Key

CHIP = {
    "from": "when the tenure begins; default when the token was issued, needed for NVIDIA evidence",
    "owner": "whose they are",
    "site": "where they stand; default not stated",
    "host": "the machine that they are in; default not stated",
    "kind": "kind of device; default other",
    "peak": "FLOP/s of one device; default 0, not stated",
}
_SIGNATURE = ".signature"  # beside a digest in the archive: what S3 keeps as its metadata
_MOST_MEMBERS = 100_000
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Backing:
    """A piece of evidence that was checked. name: as messages call it; piece: its bytes, which the log keeps; source:
    of the rows that it backs; says: what was checked, in a sentence.

    rows: makes the rows of it, by a schema and options; None: it backs the inputs with these SHA-256 digests, `files`.
    """

    name: str
    piece: bytes
    source: str
    says: str
    schema: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    rows: Callable[[Mapping[str, str]], Iterator[Row]] | None = None
    files: frozenset[bytes] = frozenset()

    def check(self, schema: Schema) -> None:
        """UsageError where the rows that are made of it are not the schema's."""
        if self.rows is not None and schema.name != self.schema:
            raise UsageError(
                f"{self.name}: gives rows of {self.schema}, not {schema.name}",
                help=f"seal with --schema {self.schema}, in a log of its own",
            )


@dataclass
class Trusted:
    """Whom the evidence is held against, from files that are told apart by their form."""

    roots: list[bytes] = field(default_factory=list)  # SHA-256 of DER
    lists: list[bytes] = field(default_factory=list)
    tokens: dict[str, JsonKey] = field(default_factory=dict)
    aws: dict[str, AwsKey] = field(default_factory=dict)
    keys: list[Key] = field(default_factory=list)

    @classmethod
    def read(cls, paths: Sequence[Path]) -> Trusted:
        """PEM certificates, PEM public keys, CRLs (DER), a JWKS, or AWS's keys. MalformedEvidence, UsageError."""
        found = cls()
        for path in paths:
            data = whole(path, MAX_EVIDENCE_JSON_BYTES)
            with _named(path):
                found._add(data)
        return found

    def _add(self, data: bytes) -> None:
        if data.lstrip().startswith(b"{"):
            if b'"PublicKeyList"' in data:
                self.aws |= cloudtrail.read_keys(data)
            else:
                self.tokens |= tokens.read_keys(data)
        elif data.startswith(b"-----BEGIN CERTIFICATE-----"):
            self.roots.append(hashlib.sha256(chains.pem_blocks(data, 1)[0]).digest())
        elif data.startswith(b"-----BEGIN"):
            self.keys.append(signing.public_key(data, "it"))
        else:
            self.lists.append(data)


def read(paths: Sequence[Path], trusted: Trusted, now: int) -> list[Backing]:
    """Every piece of evidence, checked. now: UTC seconds.

    UsageError for a file that cannot be read, or of a kind for which nobody is trusted; MalformedEvidence,
    EvidenceRefused with the file's name.
    """
    found = []
    for path in paths:
        piece = whole(path, MAX_EVIDENCE_BYTES)
        with _named(path):
            found.append(_checked(str(path), piece, trusted, now))
    if len({each.piece for each in found}) != len(found):
        raise UsageError("one piece of evidence is given twice")
    return found


def _checked(name: str, piece: bytes, trusted: Trusted, now: int) -> Backing:
    if piece.startswith(b"PK"):
        return _of_trail(name, piece, trusted)
    head = piece.lstrip()[:1]
    if head == b"[":
        first = _first(piece)
        return _of_devices(name, piece, trusted, now) if first == "{" else _of_tokens(name, piece, trusted, now)
    if head == b"{":
        return _of_bundle(name, piece, trusted)
    return _of_tokens(name, piece, trusted, now)


def _first(piece: bytes) -> str:
    """The first character of a JSON list's first item."""
    return piece.lstrip()[1:200].lstrip()[:1].decode("latin-1")


def _of_devices(name: str, piece: bytes, trusted: Trusted, now: int) -> Backing:
    evidence, nonces = nvidia.read(piece)
    refusals = []
    for root in trusted.roots or [nvidia.ROOT]:
        try:
            trust = nvidia.Trust(root, lists=tuple(trusted.lists))
            devices = nvidia.check_all(evidence, nonces, trust, now)
        except EvidenceRefused as error:
            refusals.append(error)
            continue
        return Backing(
            name, piece, "hardware_attested",
            f"{len(devices)} NVIDIA GPU(s) signed, of {', '.join(sorted({each.model for each in devices}))}; "
            + ("against the revocation lists given" if trusted.lists else "against no revocation list"),
            "chip", CHIP, partial(_chips, [(each.name, None) for each in devices]),
        )  # fmt: skip
    raise refusals[0]


def _of_tokens(name: str, piece: bytes, trusted: Trusted, now: int) -> Backing:
    if not trusted.tokens:
        raise UsageError(
            "is a token, and no keys of the service that signs are given: give its JWKS",
            help="zkcompliance seal … --evidence TOKEN --evidence-trust JWKS.json",
        )
    devices = tokens.read(piece, trusted.tokens, now)
    issuers = ", ".join(sorted({each.issuer for each in devices}))
    return Backing(
        name, piece, "signed", f"{number_of(len(devices), 'device')}, as {issuers} says", "chip", CHIP,
        partial(_chips, [(each.identity, each.at) for each in devices]),
    )  # fmt: skip


def _of_bundle(name: str, piece: bytes, trusted: Trusted) -> Backing:
    if not trusted.keys:
        raise UsageError(
            "is a bundle, and no key of whoever signs is given: give it in PEM",
            help="zkcompliance seal INPUT … --evidence BUNDLE --evidence-trust KEY.pem",
        )
    for place, key in enumerate(trusted.keys, 1):
        try:
            files = sigstore.signed_files(piece, key)
        except EvidenceRefused:
            if place == len(trusted.keys):
                raise
            continue
        return Backing(name, piece, "signed", f"{number_of(len(files), 'file')} signed by the key given", files=files)
    raise EvidenceRefused("it is not signed by a key that is trusted")


def _of_trail(name: str, piece: bytes, trusted: Trusted) -> Backing:
    if not trusted.aws:
        raise UsageError(
            "is a trail, and AWS's keys are not given: give what aws cloudtrail list-public-keys prints",
            help="zkcompliance seal … --evidence TRAIL.zip --evidence-trust KEYS.json",
        )
    digests, logs = _archive(piece)
    trail = cloudtrail.check(digests, logs, trusted.aws)
    return Backing(
        name, piece, "signed",
        f"CloudTrail of the account {trail.account}, {number_of(len(digests), 'digest')} without a gap, "
        f"{number_of(len(logs), 'log file')}",
        "compute", instances.OPTIONS, partial(instances.rows, trail),
    )  # fmt: skip


def _archive(piece: bytes) -> tuple[list[cloudtrail.Digest], dict[str, bytes]]:
    """The digests, with their signatures, and the log files of a ZIP archive whose members are `bucket/key`."""
    import gzip
    import zlib

    members: dict[str, bytes] = {}
    left = MAX_EVIDENCE_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(piece)) as archive:
            if len(archive.infolist()) > _MOST_MEMBERS:
                raise MalformedEvidence(f"the archive has over {_MOST_MEMBERS:,} members")
            for info in archive.infolist():
                if info.is_dir():
                    continue
                if info.filename in members:
                    raise MalformedEvidence("the archive has a member twice")
                with archive.open(info) as packed:
                    data = packed.read(left + 1)
                if info.filename.endswith(".gz"):
                    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
                        data = file.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise MalformedEvidence(f"the archive holds over {MAX_EVIDENCE_BYTES:,} bytes")
                members[info.filename] = data
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError):
        raise MalformedEvidence("the archive, or a file in it, is damaged") from None
    digests, logs = [], {}
    for place, data in members.items():
        if place.endswith(_SIGNATURE):
            continue
        signature = members.get(place + _SIGNATURE)
        if signature is None:
            logs[place] = data
        else:
            digests.append(cloudtrail.Digest(place, data, signature.decode("latin-1").strip()))
    if alone := sorted(place for place in members if place.endswith(_SIGNATURE) and place[:-10] not in members):
        raise MalformedEvidence(f"the archive has the signature {alone[0]!r:.200} of no digest")
    return digests, logs


def _chips(found: Sequence[tuple[str, int | None]], options: Mapping[str, str]) -> Iterator[Row]:
    """A row of `chip` for each (identity, moment of the evidence, where it has one)."""
    if "owner" not in options:
        raise UsageError("whose the devices are is in no evidence: add --set owner=NAME")
    for identity, moment in found:
        start = options.get("from", moment)
        if start is None:
            raise UsageError("NVIDIA evidence has no time: say when the tenure begins, --set from=TIME")
        yield {
            "chip": identity,
            "kind": settings.choice(options, "kind", DEVICE_KINDS, "other"),
            "peak": settings.integer(options, "peak", 0) or 0,
            "site": options.get("site", ""),
            "owner": options["owner"],
            "from": start,
            "host": options.get("host", ""),
        }


@contextlib.contextmanager
def _named(path: Path) -> Iterator[None]:
    """Errors of what is read name the file."""
    try:
        yield
    except (MalformedEvidence, EvidenceRefused, UsageError) as error:
        raise type(error)(f"{path}: {error.message}", help=error.help) from None


def digest_of(path: str | Path) -> bytes:
    """The SHA-256 of a file. ImporterError where it cannot be read."""
    hashed = hashlib.sha256()
    try:
        with regular.open_given(Path(path)) as file:
            while block := file.read(_BLOCK):
                hashed.update(block)
    except OSError as error:
        raise ImporterError(f"{path}: {regular.reason(error)}", help="give a file that you may read") from error
    return hashed.digest()
