"""Signing keys as files: the private one is 0600 from creation, and one that others can read is not read."""

from __future__ import annotations

import os
from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.edge.shown import command, quoted
from zkcompliance.errors import KeyFileError, UsageError
from zkcompliance.log import files
from zkcompliance.log.checkpoint import looks_numbered
from zkcompliance.log.cosignature import CosignerKey
from zkcompliance.log.note import VerifierKey, name_fault
from zkcompliance.log.public_keys import MAX_KEY_BYTES, one_line, public_path
from zkcompliance.log.public_keys import load_cosigner_public as load_cosigner_public
from zkcompliance.log.public_keys import load_public as load_public
from zkcompliance.log.signer import ALGORITHMS, SEED_BYTES, CosignerSigner, SignerKey


def generate(path: str | Path, origin: str) -> VerifierKey:
    """A new Ed25519 key for `origin`: private at path (0600), public beside it (`.pub`). Nothing is ever overwritten.

    UsageError for an origin with spaces or plus signs, KeyFileError when a file is already there or cannot be made.
    """
    _check_name(origin)
    book = Path(path).with_name(f"{Path(path).name}.log")
    if os.path.lexists(book):
        raise KeyFileError(
            f"{book} exists already, and would be where the key remembers its log",
            help="choose another file name: -o OTHER.key",
        )
    if looks_numbered(origin):
        raise UsageError(
            f"{origin}: a name that ends with /g and a number is what later generations of a log are called",
            help="zkcompliance keygen lab.example/compute -o compute.key",
        )
    seed = os.urandom(SEED_BYTES)
    public = SignerKey(origin, seed).verifier
    _write(Path(path), SignerKey.text(origin, seed), public.text)
    return public


def generate_cosigner(path: str | Path, name: str, algorithm: str = "ed25519") -> CosignerKey:
    """`generate` for a cosigner's key. `algorithm`: ed25519 or ml-dsa-44 (Unsupported where it is not available)."""
    _check_name(name)
    if algorithm not in ALGORITHMS:
        raise UsageError(f"a cosigner's key is one of {', '.join(ALGORITHMS)}")
    seed = os.urandom(SEED_BYTES)
    public = CosignerSigner(name, ALGORITHMS[algorithm], seed).verifier
    _write(Path(path), CosignerSigner.text(name, ALGORITHMS[algorithm], seed), public.text)
    return public


def _check_name(name: str) -> None:
    if why := name_fault(name):
        raise UsageError(
            f"an origin is a name without spaces or plus signs, and this one {why}",
            help="zkcompliance keygen lab.example/compute -o compute.key",
        )


def _write(path: Path, private: str, public: str) -> None:
    try:
        for taken in (path, public_path(path)):
            if os.path.lexists(taken):
                raise KeyFileError(f"{taken} exists already", help="choose another file name: -o OTHER.key")
        files.create(path, (private + "\n").encode(), files.PRIVATE)
        try:
            files.create(public_path(path), (public + "\n").encode(), files.PUBLIC)
        except BaseException:
            path.unlink()
            raise
        files.sync_dir(path.parent)
    except OSError as error:
        raise KeyFileError(f"{path}: {regular.reason(error)}", help=regular.remedy(error)) from error


def load_private(path: str | Path) -> SignerKey:
    """The signing key in a file. KeyFileError when it is unreadable, malformed, or others have access to it."""
    key = SignerKey.parse(_read_private(Path(path)))
    key.file = Path(path)
    return key


def load_cosigner(path: str | Path) -> CosignerSigner:
    """The cosigner's signing key in a file. KeyFileError as `load_private`, Unsupported without ML-DSA."""
    return CosignerSigner.parse(_read_private(Path(path)))


def _read_private(path: Path) -> str:
    try:
        return one_line(read_private(path, help=command("zkcompliance", "keygen", "ORIGIN", "-o", path)), path)
    except KeyFileError as error:
        private = path.with_suffix("")
        if path == public_path(private):
            raise KeyFileError(
                f"{path} is not a private key", help=f"use the private half: {quoted(private)}"
            ) from error
        raise


def read_private(path: Path, *, help: str) -> bytes:
    """The first bytes (one more than a key file may have) of a file that is the owner's alone; KeyFileError otherwise.

    help: what to do when the file cannot be opened.
    """
    try:
        with regular.open_given(path) as file:
            status = os.fstat(file.fileno())
            if status.st_mode & 0o077:
                raise KeyFileError(f"{path} can be read or changed by others", help=command("chmod", "600", path))
            return file.read(MAX_KEY_BYTES + 1)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}", help=help) from error
