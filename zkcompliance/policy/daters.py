"""`[anchors]` of a policy file: who is believed of when segments were sealed, and that nobody counts for two.

Operators are told apart by what they sign with: all keys of a cosigner's name are of one, and so are all authorities
under one root, by its public key, since whoever has the root can have as many authorities as they like.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import TypeVar

from zkcompliance import limits
from zkcompliance.card.model import Card
from zkcompliance.card.words import about_brackets, about_first_moments, about_last_moments
from zkcompliance.errors import KeyFileError
from zkcompliance.log.cosignature import CosignerKey
from zkcompliance.log.note import VerifierKey, decode_base64
from zkcompliance.policy.model import BEACONS, Anchors, Authority, Dater
from zkcompliance.policy.toml import Table, fault, name, table, text

_OID = re.compile(r"[0-2](\.(0|[1-9][0-9]{0,18})){1,19}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_Key = TypeVar("_Key", CosignerKey, VerifierKey)
_SEQUENCE, _VERSION = 0x30, 0xA0


def refuse_twice(key: CosignerKey, operator: str, path: str, known: dict[str, str]) -> None:
    """MalformedPolicy where another operator has a key of that name. known: whose each cosigner's name is."""
    if known.setdefault(key.name, operator) != operator:
        raise fault(path, f"is a key of {key.name}, who is the operator {known[key.name]} already: nobody counts twice")


def read_anchors(root: Table) -> Anchors | None:
    """Who dates checkpoints, and which beacons are believed: at least one of the two. None: the file has no such
    table. MalformedPolicy."""
    if "anchors" not in root:
        return None
    found = root.table("anchors")
    beacons = found.texts("beacons", len(BEACONS)) if "beacons" in found else ()
    for number, each in enumerate(beacons, 1):
        if each not in BEACONS:
            raise fault(f"{found.at('beacons')}[{number}]", f"is one of {', '.join(BEACONS)}")
    operators: list[Dater] = []
    quorum = 0
    if "operators" in found:
        given = found.table("operators")
        names = given.names()
        if len(names) > limits.MAX_POLICY_OPERATORS:
            raise fault("anchors.operators", f"are at most {limits.MAX_POLICY_OPERATORS}")
        apart = _Apart()
        operators = [apart.dater(given, each) for each in names]
        quorum = found.whole("quorum", 1, 2**16)
        if quorum > len(operators):
            raise fault("anchors.quorum", f"is {quorum}, and there are {len(operators)} operators")
    elif not beacons:
        raise fault("anchors", "has neither operators nor beacons: it asks nothing")
    found.close()
    return Anchors(quorum, tuple(operators), beacons)


class _Apart:
    """Operators as they are read, each told from all that came before."""

    def __init__(self) -> None:
        self._places: dict[object, str] = {}  # of keys and authorities
        self._names: dict[str, str] = {}
        self._roots: dict[bytes, str] = {}  # SHA-256 of a root's public key → the operator

    def dater(self, given: Table, called: str) -> Dater:
        """An operator with its cosigner keys, as text, and its authorities, as tables."""
        name(called, given.at(called))
        keys, authorities = [], []
        for item, path in given.items(called, limits.MAX_POLICY_KEYS):
            if isinstance(item, dict):
                authorities.append(authority := self._authority(table(item, path), called))
                self._once(authority, path)
            else:
                keys.append(key := parsed(CosignerKey, text(item, path, limits.MAX_POLICY_KEY_BYTES), path))
                self._once(key.public, path)
                refuse_twice(key, called, path, self._names)
        return Dater(called, tuple(keys), tuple(authorities))

    def _once(self, mark: object, path: str) -> None:
        if mark in self._places:
            raise fault(path, f"is the same as {self._places[mark]}")
        self._places[mark] = path

    def _authority(self, found: Table, operator: str) -> Authority:
        """`root`, a certificate in base64, and `policy`, an OID, or `certificate`, a SHA-256, or both."""
        root = decode_base64(found.text("root", limits.MAX_POLICY_CERTIFICATE_BYTES))
        key = None if root is None else _public_key(root)
        if root is None or key is None:
            why = "is a certificate in base64, on one line: what stands between the lines of a PEM"
            raise fault(found.at("root"), why)
        policy = found.text("policy") if "policy" in found else ""
        if policy and _OID.fullmatch(policy) is None:
            raise fault(found.at("policy"), "is an object identifier, such as 1.3.6.1.4.1.13762.3")
        digest = found.text("certificate") if "certificate" in found else ""
        if digest and _DIGEST.fullmatch(digest) is None:
            raise fault(found.at("certificate"), "is a SHA-256 in 64 lower-case hexadecimal digits")
        found.close()
        if not policy and not digest:
            why = "names neither policy nor certificate: under a public root anybody can buy an authority"
            raise fault(found.path, why)
        if self._roots.setdefault(key, operator) != operator:
            why = f"has the public key of a root of the operator {self._roots[key]}: whoever has a root counts once"
            raise fault(found.at("root"), why)
        return Authority(root, policy, bytes.fromhex(digest))


def parsed(kind: type[_Key], line: str, path: str) -> _Key:
    """A key from its vkey text. MalformedPolicy."""
    try:
        return kind.parse(line)
    except KeyFileError as error:
        raise fault(path, error.message, "zkcompliance keygen --help") from None


def refuse_own(anchors: Anchors | None, keys: Mapping[bytes, str]) -> None:
    """No log dates itself: MalformedPolicy where a key of one (keys: public key → its place) dates checkpoints."""
    for operator in anchors.operators if anchors is not None else ():
        for key in operator.keys:
            if (place := keys.get(key.public, "")).startswith("logs."):
                raise fault(f"anchors.operators.{operator.name}", f"has the public key of {place}")


def refuse_undated(card: Card, anchors: Anchors | None, path: str) -> None:
    """MalformedPolicy for a claim about when segments were sealed where nobody is believed of it: no row meets it."""
    if anchors is None and about_brackets(card):
        raise fault(path, "is about when segments were sealed, and the policy believes nobody of it: write [anchors]")
    if anchors is not None and about_last_moments(card) and not anchors.operators:
        raise fault(path, "is about who dated segments, and the policy believes nobody who does: [anchors.operators]")
    if anchors is not None and about_first_moments(card) and not anchors.beacons:
        raise fault(path, 'asks what a beacon shows, and the policy believes none: write anchors.beacons, ["quicknet"]')


def _public_key(certificate: bytes) -> bytes | None:
    """SHA-256 of the SubjectPublicKeyInfo of a certificate (DER, RFC 5280); None where that is not one."""
    try:
        ((_, whole),) = _values(certificate)
        fields = _values(_values(whole)[0][1])
        after = 5 + (fields[0][0] == _VERSION)  # serial, algorithm, issuer, validity, subject; a version before them
        return hashlib.sha256(dict([fields[after]])[_SEQUENCE]).digest()
    except (ValueError, IndexError, KeyError):
        return None


def _values(data: bytes) -> list[tuple[int, bytes]]:
    """The values of a text of DER, each its tag and content. ValueError where it does not end with one."""
    found, at = [], 0
    while at + 1 < len(data):
        size, start = data[at + 1], at + 2
        if size & 0x80:
            start += size & 0x7F
            size = int.from_bytes(data[at + 2 : start], "big")
        found.append((data[at], data[start : start + size]))
        at = start + size
    if at != len(data):
        raise ValueError
    return found
