"""CloudTrail's digests: AWS signs hour by hour which log files it delivered of an account; each names the one before.

    signed     = digestEndTime "\\n" bucket "/" key "\\n" hex(SHA-256(digest)) "\\n" previousDigestSignature (or "null")
    signature  = RSA, PKCS #1 v1.5 with SHA-256, over that text; hexadecimal, kept beside the object in S3
    key        = of AWS for the region, by its fingerprint, as `aws cloudtrail list-public-keys` prints them: pinned

A chain is digests without a gap: each names the bucket, the key, the SHA-256 and the signature of the one before, and
begins when that ended. All log files that they name are there, as SHA-256 of their uncompressed bytes; then nothing was
taken out of the account's events between the first digest's start and the last one's end, or put in, since AWS wrote
them. It does not show that the trail was on before or after, nor in other regions or accounts.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from zkcompliance import strict_json
from zkcompliance.errors import EvidenceRefused, MalformedEvidence, UsageError
from zkcompliance.evidence import signing
from zkcompliance.limits import MAX_EVIDENCE_JSON_BYTES
from zkcompliance.quantities import parse_time

if TYPE_CHECKING:
    from zkcompliance.evidence.signing import Key

_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_NAMES = ("digestS3Bucket", "digestS3Object", "digestPublicKeyFingerprint", "awsAccountId")


@dataclass(frozen=True)
class AwsKey:
    """A key of AWS that signs digests whose end lies between `start` and `end`, both included, UTC seconds."""

    key: Key
    start: int
    end: int


@dataclass(frozen=True)
class Digest:
    """A digest file. data: its uncompressed bytes; signature: hexadecimal, as S3 keeps it; place: bucket/key."""

    place: str
    data: bytes
    signature: str


@dataclass(frozen=True)
class Trail:
    """What a chain shows: the account, the seconds from `start` to `end`, and its log files, by their places."""

    account: str
    start: int
    end: int
    logs: Mapping[str, bytes]


def read_keys(data: bytes) -> dict[str, AwsKey]:
    """By fingerprint, the keys that `aws cloudtrail list-public-keys` prints (JSON). MalformedEvidence."""
    document = strict_json.loads(data, "the keys of AWS", MalformedEvidence, limit=MAX_EVIDENCE_JSON_BYTES)
    listed = document.get("PublicKeyList") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not listed:
        raise MalformedEvidence("the keys of AWS are a PublicKeyList, as aws cloudtrail list-public-keys prints it")
    found: dict[str, AwsKey] = {}
    for number, each in enumerate(listed, 1):
        what = f"key {number} of AWS"
        if not isinstance(each, dict) or not isinstance(each.get("Fingerprint"), str):
            raise MalformedEvidence(f"{what} has no fingerprint")
        try:
            key = signing.public_key(base64.b64decode(str(each.get("Value")), validate=True), what)
        except binascii.Error:
            raise MalformedEvidence(f"{what} is not in base64") from None
        start, end = (_stated_time(each.get(name), what) for name in ("ValidityStartTime", "ValidityEndTime"))
        if each["Fingerprint"] in found:
            raise MalformedEvidence(f"{what} has the fingerprint of another")
        found[each["Fingerprint"]] = AwsKey(key, start, end)
    return found


def check(digests: list[Digest], logs: Mapping[str, bytes], keys: Mapping[str, AwsKey]) -> Trail:
    """The trail that these digests are the whole chain of. logs: log files by place, uncompressed.

    MalformedEvidence for the form; EvidenceRefused for a digest that AWS did not sign, a gap, a log file that is
    missing, changed, or named by none.
    """
    read = [(each, _document(each)) for each in digests]
    if not read:
        raise MalformedEvidence("there is no digest")
    read.sort(key=lambda pair: _time(pair[1], "digestEndTime"))
    account = str(read[0][1]["awsAccountId"])
    named: dict[str, str] = {}
    before: tuple[Digest, dict[str, object]] | None = None
    for digest, document in read:
        _check_signature(digest, document, keys)
        if document["awsAccountId"] != account:
            raise EvidenceRefused("the digests are of several accounts")
        if before is not None:
            _check_follows(digest, document, *before)
        for place, hashed in _log_files(document):
            if named.get(place, hashed) != hashed:
                raise EvidenceRefused(f"two digests name the log file {place!r:.200} with different contents")
            named[place] = hashed
        before = digest, document
    for place, hashed in named.items():
        if place not in logs:
            raise EvidenceRefused(f"the log file {place!r:.200} is missing, which a digest names")
        if sha256(logs[place]).hexdigest() != hashed:
            raise EvidenceRefused(f"the log file {place!r:.200} is not the one that its digest names")
    if extra := sorted(set(logs) - set(named)):
        raise EvidenceRefused(f"the log file {extra[0]!r:.200} is named by no digest")
    return Trail(account, _time(read[0][1], "digestStartTime"), _time(read[-1][1], "digestEndTime"), dict(logs))


def _document(digest: Digest) -> dict[str, object]:
    document = strict_json.loads(digest.data, "a digest", MalformedEvidence, limit=MAX_EVIDENCE_JSON_BYTES)
    if not isinstance(document, dict) or not all(isinstance(document.get(name), str) for name in _NAMES):
        raise MalformedEvidence(f"{digest.place!r:.200} is no digest of CloudTrail")
    if f"{document['digestS3Bucket']}/{document['digestS3Object']}" != digest.place:
        raise EvidenceRefused(f"{digest.place!r:.200} is another digest, or was moved: it names another place")
    if document.get("digestSignatureAlgorithm") != "SHA256withRSA":
        raise EvidenceRefused("a digest is signed by another algorithm than SHA256withRSA")
    if _time(document, "digestStartTime") > _time(document, "digestEndTime"):
        raise EvidenceRefused("a digest ends before it begins")
    return document


def _check_signature(digest: Digest, document: Mapping[str, object], keys: Mapping[str, AwsKey]) -> None:
    known = keys.get(str(document["digestPublicKeyFingerprint"]))
    if known is None:
        raise EvidenceRefused("a digest is signed by a key that is none of the given ones of AWS")
    if not known.start <= _time(document, "digestEndTime") <= known.end:
        raise EvidenceRefused("a digest is signed by a key that AWS did not use at that time")
    previous = document.get("previousDigestSignature")
    if previous is not None and not isinstance(previous, str):
        raise MalformedEvidence("the signature before, in a digest, is no text")
    lines = [
        str(document["digestEndTime"]), digest.place, sha256(digest.data).hexdigest(),
        "null" if previous is None else previous,
    ]  # fmt: skip
    try:
        signature = bytes.fromhex(digest.signature)
    except ValueError:
        raise MalformedEvidence("the signature of a digest is not in hexadecimal digits") from None
    try:
        signing.check_named(known.key, "RS256", signature, "\n".join(lines).encode())
    except EvidenceRefused:
        raise EvidenceRefused(f"the digest {digest.place!r:.200} is not signed by AWS's key") from None


def _check_follows(
    digest: Digest, document: Mapping[str, object], before: Digest, earlier: Mapping[str, object]
) -> None:
    """Whether a digest names the one before as it is, and begins when that ended."""
    place = f"{document.get('previousDigestS3Bucket')}/{document.get('previousDigestS3Object')}"
    if (
        place != before.place
        or document.get("previousDigestHashValue") != sha256(before.data).hexdigest()
        or document.get("previousDigestHashAlgorithm") != "SHA-256"
        or document.get("previousDigestSignature") != before.signature.lower()
        or _time(document, "digestStartTime") != _time(earlier, "digestEndTime")
    ):
        raise EvidenceRefused(f"the digest {digest.place!r:.200} does not follow the one before: the chain has a gap")


def _log_files(document: Mapping[str, object]) -> list[tuple[str, str]]:
    """(place, SHA-256 in hex) of each log file that a digest names."""
    files = document.get("logFiles")
    if not isinstance(files, list):
        raise MalformedEvidence("a digest has no list of log files")
    found = []
    for each in files:
        if not isinstance(each, dict) or each.get("hashAlgorithm") != "SHA-256":
            raise MalformedEvidence("a digest names a log file otherwise than by SHA-256")
        found.append((f"{each.get('s3Bucket')}/{each.get('s3Object')}", str(each.get("hashValue"))))
    return found


def _time(document: Mapping[str, object], name: str) -> int:
    value = document.get(name)
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        raise MalformedEvidence(f"{name} of a digest is no time")
    try:
        return parse_time(value)
    except UsageError:
        raise MalformedEvidence(f"{name} of a digest is no time") from None


def _stated_time(value: object, what: str) -> int:
    """A time as the AWS command line prints it: ISO 8601 with an offset, or whole seconds."""
    from datetime import datetime

    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        moment = datetime.fromisoformat(str(value))
        if moment.tzinfo is None:
            raise ValueError
        return int(moment.timestamp())
    except ValueError:
        raise MalformedEvidence(f"{what} does not say from when to when it was used") from None
