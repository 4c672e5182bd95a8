"""Which model a proof is about, from what a person types.

NAME=PATH                      its file or folder, read here: both digests (`policy.tree`)
NAME=sha256:HEX                its content digest, as model-signing and attestations have it
NAME=tree:HEX                  its tree digest; NAME=sha256:HEX,tree:HEX both
NAME=signature:FILE            the content digest in a signature file of model-signing
"""

from __future__ import annotations

import base64
import binascii
import re
from hashlib import sha256
from pathlib import Path

from zkcompliance import limits, strict_json
from zkcompliance.errors import MalformedError, UsageError
from zkcompliance.policy.binding import Source, Subject
from zkcompliance.policy.file import read
from zkcompliance.policy.tree import digests
from zkcompliance.progress import Progress, silent
from zkcompliance.quantities import check_text

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
