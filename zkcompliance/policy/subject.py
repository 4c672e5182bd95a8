"""Which model a proof is about, from what a person types, and the two digests of a model's file or folder.

NAME=PATH                      its file or folder, read here in one pass: both digests
NAME=sha256:HEX                its content digest, as model-signing and attestations have it
NAME=tree:HEX                  its tree digest; NAME=sha256:HEX,tree:HEX both
NAME=signature:FILE            the content digest in a signature file of model-signing

The content digest is the one of OpenSSF model-signing 1.x (serialization `files`, hash `sha256`): of a folder, SHA-256
over the SHA-256 digests of all files, one after the other, in the order of their paths compared name by name; `.git`,
`.github`, `.gitignore`, `.gitattributes` and `model.sig` at the top are passed over. Of a file, SHA-256 of its bytes.
It does not say what the files are called, nor whether it is of a file or of a folder.

The tree digest does, and passes nothing over (docs/spec/policy.md, "The model's digests"):

    file     SHA-256("zkct" ‖ u16(1) ‖ u8(1) ‖ u64 size ‖ SHA-256 of its bytes)
    folder   SHA-256("zkct" ‖ u16(1) ‖ u8(2) ‖ u64 entries ‖ entries)
    entry    u8(1) ‖ bytes16 path ‖ u64 size ‖ SHA-256     a file
             u8(2) ‖ bytes16 path                          a folder with nothing in it

Paths are relative, UTF-8, with `/` between names, and entries stand in the order of their paths' bytes.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path

from zkcompliance import limits, strict_json
from zkcompliance.edge import regular
from zkcompliance.edge.shown import command, escaped
from zkcompliance.errors import MalformedError, UsageError
from zkcompliance.policy.binding import Source, Subject
from zkcompliance.policy.proofs import read
from zkcompliance.progress import Progress, silent
from zkcompliance.quantities import check_text
from zkcompliance.verify.codec import bytes16, u8, u16, u64

PASSED_OVER = frozenset({".git", ".github", ".gitignore", ".gitattributes", "model.sig"})  # of the content digest
STAGE = "hash the model"
_HEAD = b"zkct" + u16(1)
_FILE, _FOLDER = u8(1), u8(2)
_MAX_PATH = 0xFFFF  # bytes: its length is a u16
_BLOCK = 1 << 20
_MAX_DEPTH = 64  # folders inside folders
_TREE_HELP = "--subject my-model=./my-model"


@dataclass(frozen=True)
class Digests:
    """32 bytes each: content, as model-signing has it; tree, of every path, size and content."""

    content: bytes
    tree: bytes


@dataclass(frozen=True)
class _Entry:
    """A file, or a folder with nothing in it. state: what changes where a file does."""

    parts: tuple[str, ...]
    folder: bool
    state: tuple[int, ...]
    size: int

    @property
    def path(self) -> bytes:
        return "/".join(self.parts).encode()


def digests(path: Path, progress: Progress = silent) -> Digests:
    """Of a file or folder; every byte is read once, and what changes meanwhile is refused.

    UsageError for what is neither, symbolic links wherever they are, names that are not UTF-8, a folder without a file
    that counts, and what was changed while it was hashed.
    """
    try:
        if stat.S_ISDIR(os.lstat(path).st_mode):
            return _of_folder(path, progress)
        return _of_file(path, progress)
    except OSError as error:
        raise UsageError(f"{error.filename or path}: {error.strerror}", help=_TREE_HELP) from error
    except ValueError as error:  # a zero byte in the path
        raise UsageError(f"{path}: {error}", help=_TREE_HELP) from error


def _of_file(path: Path, progress: Progress) -> Digests:
    before = os.lstat(path)
    digest = _content(path, before.st_size, _state(before), partial(_report, progress, 0, before.st_size))
    if _state(os.lstat(path)) != _state(before):
        raise _changed(path)
    return Digests(digest, sha256(_HEAD + _FILE + u64(before.st_size) + digest).digest())


def _of_folder(root: Path, progress: Progress) -> Digests:
    entries = list(_entries(root, (), 0))
    total, done = sum(entry.size for entry in entries), 0
    found: dict[tuple[str, ...], bytes] = {}
    for entry in entries:
        if not entry.folder:
            report = partial(_report, progress, done, total)
            found[entry.parts] = _content(root.joinpath(*entry.parts), entry.size, entry.state, report)
            done += entry.size
    if sorted(_entries(root, (), 0), key=_by_path) != sorted(entries, key=_by_path):
        raise _changed(root)
    counted = sorted(parts for parts in found if parts[0] not in PASSED_OVER)
    if not counted:
        raise UsageError(f"{root} holds no file: that is no model", help=_TREE_HELP)
    content = sha256(b"".join(found[parts] for parts in counted)).digest()
    tree = sha256(_HEAD + _FOLDER + u64(len(entries)))
    for entry in sorted(entries, key=_by_path):
        tree.update((_FOLDER if entry.folder else _FILE) + _path(root, entry))
        if not entry.folder:
            tree.update(u64(entry.size) + found[entry.parts])
    return Digests(content, tree.digest())


def _report(progress: Progress, before: int, total: int, done: int) -> None:
    progress(STAGE, before + done, total)


def _by_path(entry: _Entry) -> bytes:
    return entry.path


def _path(root: Path, entry: _Entry) -> bytes:
    if len(entry.path) > _MAX_PATH:
        raise UsageError(f"{root} has a path of {len(entry.path)} bytes in it", help=_TREE_HELP)
    return bytes16(entry.path)


def _entries(root: Path, inside: tuple[str, ...], depth: int) -> Iterator[_Entry]:
    """Everything below root; of folders those with nothing in them."""
    if depth > _MAX_DEPTH:
        raise UsageError(f"{root} has folders nested deeper than {_MAX_DEPTH}")
    empty = True
    with os.scandir(root.joinpath(*inside)) as found:
        for each in found:
            empty = False
            parts = (*inside, each.name)
            where = root.joinpath(*parts)
            try:
                each.name.encode()
            except UnicodeEncodeError:
                raise UsageError(f"{where}: its name is not UTF-8, and has no one form on other machines") from None
            if each.is_symlink():
                raise _no_link(where)
            if each.is_dir(follow_symlinks=False):
                yield from _entries(root, parts, depth + 1)
            else:
                status = os.lstat(where)
                yield _Entry(parts, False, _state(status), status.st_size)
    if empty and inside:
        yield _Entry(inside, True, (), 0)


def _state(status: os.stat_result) -> tuple[int, ...]:
    """What changes where a file is written, exchanged, or put in the place of another."""
    return (
        status.st_dev, status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns,
    )  # fmt: skip


def _content(path: Path, size: int, state: tuple[int, ...], report: Callable[[int], None]) -> bytes:
    """SHA-256 of a regular file's bytes, read in blocks; never waits on a pipe, never follows a link."""
    if path.is_symlink():
        raise _no_link(path)
    descriptor = os.open(path, os.O_RDONLY | regular.ALWAYS)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UsageError(f"{path} is neither a file nor a folder", help=_TREE_HELP)
        made, done = sha256(), 0
        while block := file.read(_BLOCK):
            made.update(block)
            done += len(block)
            report(done)
        if done != size or _state(os.fstat(descriptor)) != state:
            raise _changed(path)
    return made.digest()


def _changed(path: Path) -> UsageError:
    return UsageError(f"{path} was changed while it was hashed", help="try again when nothing writes to the model")


def _no_link(path: Path) -> UsageError:
    return UsageError(
        f"{escaped(str(path))} is a symbolic link: what it points to can change under the same name",
        help=command("cp", "-rL", path, "COPY"),
    )


_HEX = re.compile(r"[0-9a-fA-F]{64}")
_MAX_SIGNATURE_BYTES = 16 << 20  # some 60,000 files
_PREDICATE = "https://model_signing/signature/v1.0"
_FORMS = "NAME=PATH (its file or folder), NAME=sha256:HEX, NAME=tree:HEX, or NAME=signature:FILE (of model-signing)"
_HELP = "--subject my-model=./my-model"


def parse_subject(text: str, progress: Progress = silent) -> Subject:
    """The model that a text names; reads the file or folder that it points to.

    UsageError when the text or what it points to cannot be that (a symbolic link, a folder without files),
    MalformedError for a signature file that is not one of model-signing.
    """
    name, equals, value = text.partition("=")
    if not equals or not value:
        raise UsageError(f"{text[:80]!r} does not say which model: {_FORMS}", help=_HELP)
    check_name(name)
    if _is_given(value):
        given = _given(name, value)
        return Subject(name, given.get("sha256", b""), given.get("tree", b""))
    kind, colon, rest = value.partition(":")
    if colon and kind == "signature":
        digest, signed = signed_digest(Path(rest))
        return Subject(name, digest, source=Source.SIGNATURE if signed else Source.UNSIGNED)
    found = digests(Path(value), progress)
    return Subject(name, found.content, found.tree, Source.FILES)


def path_of(text: str) -> Path | None:
    """The file or folder that a subject's text names; None where it gives digests, or is no subject."""
    _, _, value = text.partition("=")
    kind, colon, rest = value.partition(":")
    if colon and kind == "signature":
        return Path(rest)
    return None if not value or _is_given(value) else Path(value)


def _is_given(value: str) -> bool:
    return value.startswith(("sha256:", "tree:"))


def _given(name: str, value: str) -> dict[str, bytes]:
    """Kind → 32 bytes, of `sha256:HEX`, `tree:HEX` or both with a comma between."""
    found: dict[str, bytes] = {}
    for part in value.split(","):
        kind, _, digits = part.partition(":")
        if kind not in ("sha256", "tree") or kind in found or not _HEX.fullmatch(digits):
            raise UsageError(
                f"subject {name}: sha256: and tree: are each followed by 64 hexadecimal digits, with a comma between "
                "where both are given",
                help=_HELP,
            )
        found[kind] = bytes.fromhex(digits)
    return found


def check_name(name: str) -> None:
    """UsageError unless `name` can be a model's: 1 … 255 bytes of text as `quantities.names` has it."""
    try:
        check_text(name, "a model's name", limits.MAX_TEXT_BYTES)
    except UsageError as error:
        raise UsageError(error.message, help=_HELP) from None


def signed_digest(path: Path) -> tuple[bytes, bool]:
    """The digest in a signature file of model-signing 1.x (a sigstore bundle), held against its own list of files.

    The second: whether the file bears a signature at all.

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
    signatures = _at(bundle, "dsseEnvelope", "signatures")
    return stated, isinstance(signatures, list) and any(_at(each, "sig") for each in signatures)


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
