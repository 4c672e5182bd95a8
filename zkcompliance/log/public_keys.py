"""Public keys as files: one line of text each, a vkey."""

from __future__ import annotations

from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.edge.line_ends import unified
from zkcompliance.edge.shown import quoted
from zkcompliance.errors import KeyFileError
from zkcompliance.log.cosignature import CosignerKey
from zkcompliance.log.note import VerifierKey

MAX_KEY_BYTES = 4096  # of a file, private ones too


def public_path(path: Path) -> Path:
    """Where the public half of a private key file lies: beside it, with `.pub` added."""
    return path.with_name(path.name + ".pub")


def load_public(path: str | Path) -> VerifierKey:
    """The verifier key in a file (one vkey line). KeyFileError when it is unreadable or malformed."""
    return VerifierKey.parse(_read_public(Path(path)))


def _read_public(path: Path) -> str:
    try:
        with regular.open_given(path) as file:
            data = file.read(MAX_KEY_BYTES + 1)
    except OSError as error:
        raise KeyFileError(f"{path}: {error.strerror}") from error
    line = one_line(data, path)
    if line.startswith("PRIVATE+KEY+"):
        raise KeyFileError(f"{path} is a private key", help=f"use the public half: {quoted(public_path(path))}")
    return line


def one_line(data: bytes, path: Path) -> str:
    """The text of a key file, without its line end. KeyFileError unless it is one line."""
    try:
        text = unified(data).decode().removesuffix("\n")
    except UnicodeDecodeError:
        text = ""
    if not text or len(data) > MAX_KEY_BYTES or "\n" in text:
        raise KeyFileError(f"{path} is not a key file: one line of text")
    return text


def load_cosigner_public(path: str | Path) -> CosignerKey:
    """The cosigner's public key in a file (one vkey line). KeyFileError when it is unreadable or malformed."""
    return CosignerKey.parse(_read_public(Path(path)))
