"""Which model a proof is about, from what a person types: `NAME=sha256:HEX`, `NAME=PATH` or `NAME=signature:FILE`.

The digest of a file is the SHA-256 of its bytes. The digest of a folder is the one that OpenSSF model-signing 1.x
writes as the subject of its signatures (serialization `files`, hash `sha256`): SHA-256 over the SHA-256 digests of all
files, one after the other, in the order of their paths compared name by name. As there, `.git`, `.github`,
`.gitignore` and `.gitattributes` at the top are left out, and so is `model.sig`, the signature itself.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import stat
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from zkcompliance import limits, strict_json
from zkcompliance.errors import MalformedError, UsageError
from zkcompliance.policy.binding import Subject
from zkcompliance.policy.file import read
from zkcompliance.quantities import check_text

_HEX = re.compile(r"[0-9a-fA-F]{64}")
_LEFT_OUT = frozenset({".git", ".github", ".gitignore", ".gitattributes", "model.sig"})
_BLOCK = 1 << 20
_MAX_DEPTH = 64  # folders inside folders
_MAX_SIGNATURE_BYTES = 16 << 20  # some 60,000 files
_PREDICATE = "https://model_signing/signature/v1.0"
_FORMS = "NAME=sha256:HEX, NAME=PATH (its file or folder), or NAME=signature:FILE (of model-signing)"
_HELP = "--subject my-model=./my-model"


def parse_subject(text: str) -> Subject:
    """The model that a text names; reads the file or folder that it points to.

    UsageError when the text or what it points to cannot be that (a symbolic link, a folder without files),
    MalformedError for a signature file that is not one of model-signing.
    """
    name, equals, value = text.partition("=")
    if not equals or not value:
        raise UsageError(f"{text[:80]!r} does not say which model: {_FORMS}", help=_HELP)
    check_name(name)
    kind, colon, rest = value.partition(":")
    if colon and kind == "sha256":
        if not _HEX.fullmatch(rest):
            raise UsageError(f"subject {name}: sha256: is followed by 64 hexadecimal digits", help=_HELP)
        return Subject(name, bytes.fromhex(rest))
    if colon and kind == "signature":
        return Subject(name, signed_digest(Path(rest)))
    return Subject(name, digest(Path(value)))


def check_name(name: str) -> None:
    """UsageError unless `name` can be a model's: 1 … 255 bytes of text as `quantities.names` has it."""
    try:
        check_text(name, "a model's name", limits.MAX_TEXT_BYTES)
    except UsageError as error:
        raise UsageError(error.message, help=_HELP) from None


def digest(path: Path) -> bytes:
    """The 32 bytes that stand for a model's file or folder. UsageError as `parse_subject`."""
    try:
        mode = os.lstat(path).st_mode
        if not stat.S_ISDIR(mode):
            return _digest_file(path)
        if path.is_symlink():
            raise _no_link(path)
        files = sorted(_files(path, (), 0))
        if not files:
            raise UsageError(f"{path} holds no file: that is no model", help=_HELP)
        whole = sha256()
        for parts in files:
            whole.update(_digest_file(path.joinpath(*parts)))
        return whole.digest()
    except OSError as error:
        raise UsageError(f"{error.filename or path}: {error.strerror}", help=_HELP) from error


def _no_link(path: Path) -> UsageError:
    return UsageError(
        f"{path} is a symbolic link: what it points to can change under the same name",
        help=f"cp -rL '{path}' COPY",
    )


def _files(root: Path, inside: tuple[str, ...], depth: int) -> Iterator[tuple[str, ...]]:
    """Paths below root as their parts."""
    if depth > _MAX_DEPTH:
        raise UsageError(f"{root} has folders nested deeper than {_MAX_DEPTH}")
    with os.scandir(root.joinpath(*inside)) as entries:
        for entry in entries:
            if not inside and entry.name in _LEFT_OUT:
                continue
            parts = (*inside, entry.name)
            if entry.is_symlink():
                raise _no_link(root.joinpath(*parts))
            if entry.is_dir(follow_symlinks=False):
                yield from _files(root, parts, depth + 1)
            else:
                yield parts


def _digest_file(path: Path) -> bytes:
    """SHA-256 of a regular file's bytes, read in blocks; never waits on a pipe, never follows a link."""
    if path.is_symlink():
        raise _no_link(path)
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UsageError(f"{path} is neither a file nor a folder")
        found = sha256()
        while block := file.read(_BLOCK):
            found.update(block)
    return found.digest()


def signed_digest(path: Path) -> bytes:
    """The digest in a signature file of model-signing 1.x (a sigstore bundle), held against its own list of files.

    The signature itself is not checked, which is model-signing's work (`model_signing verify`): whoever proves binds
    the digest, and whoever verifies compares it with the model that they have.
    """
    data = read(path, _MAX_SIGNATURE_BYTES, _HELP)
    bundle = strict_json.loads(data, f"{path}", MalformedError, limit=_MAX_SIGNATURE_BYTES)
    try:
        payload = base64.b64decode(_text(_at(bundle, "dsseEnvelope", "payload")), validate=True)
    except (binascii.Error, ValueError):
        raise MalformedError(f"{path}: its payload is not base64") from None
    statement = strict_json.loads(payload, f"the payload of {path}", MalformedError, limit=_MAX_SIGNATURE_BYTES)
    if _at(statement, "predicateType") != _PREDICATE:
        raise MalformedError(f"{path} is not a signature of model-signing 1.x ({_PREDICATE})")
    subjects, resources = _at(statement, "subject"), _at(statement, "predicate", "resources")
    if not isinstance(subjects, list) or len(subjects) != 1 or not isinstance(resources, list) or not resources:
        raise MalformedError(f"{path}: one subject and a list of files are expected")
    stated = _hex(_at(subjects[0], "digest", "sha256"), path)
    whole = sha256()
    for resource in resources:
        whole.update(_hex(_at(resource, "digest"), path))
    if whole.digest() != stated:
        raise MalformedError(f"{path}: its list of files does not lead to its subject's digest")
    return stated


def _at(value: object, *names: str) -> object:
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else "?"


def _hex(value: object, path: Path) -> bytes:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise MalformedError(f"{path}: a SHA-256 of 64 hexadecimal digits is expected")
    return bytes.fromhex(value)
