"""`[[recognise]]` of a policy file: whose verdicts are taken over, for which requirements, and by which policies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from zkcompliance import limits
from zkcompliance.log.note import decode_base64
from zkcompliance.policy.model import Anchors, Recognise
from zkcompliance.policy.toml import Table, fault, span, table, text

_URI = re.compile(r"[a-z][a-z0-9+.-]{0,30}:[!-~]{1,480}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_HEADS = {44: 12, 91: 26, 1334: 22, 1974: 22}  # length of a SubjectPublicKeyInfo → of its head (docs/attestation.md)
_MOST = 16  # tables, keys of one, policies of one


def read_recognise(
    root: Table, names: Sequence[str], anchors: Anchors | None, once: Mapping[bytes, str]
) -> tuple[Recognise, ...]:
    """`[[recognise]]` of a policy file. names: of its requirements; once: public key → where it stands in the file.

    MalformedPolicy: a key that stands elsewhere too, an `until` that nobody dates.
    """
    if "recognise" not in root:
        return ()
    made: list[Recognise] = []
    there = dict(once)
    for value, path in root.items("recognise", _MOST):
        found = table(value, path)
        verifier = found.text("verifier")
        if _URI.fullmatch(verifier) is None:
            raise fault(found.at("verifier"), "is a URI, such as https://regulator.example/verifier/1")
        if verifier in [each.verifier for each in made]:
            raise fault(found.at("verifier"), "is there twice: one table says all that is taken from it")
        keys = []
        for given, place in found.items("keys", _MOST):
            der = decode_base64(text(given, place, limits.MAX_POLICY_CERTIFICATE_BYTES)) or b""
            if len(der) not in _HEADS or der[0] != 0x30:
                why = "is a public key in base64, on one line: what stands between the lines of a PEM"
                raise fault(place, f"{why}, of Ed25519, ECDSA P-256, ML-DSA-44 or ML-DSA-65")
            bare_key = der[_HEADS[len(der)] :]
            if bare_key in there:
                raise fault(place, f"is the same public key as {there[bare_key]}")
            there[bare_key] = place
            keys.append(der)
        asked = found.texts("requirements", limits.MAX_POLICY_REQUIREMENTS)
        for number, each in enumerate(asked, 1):
            if each not in names:
                raise fault(f"{found.at('requirements')}[{number}]", f"no requirement of that name: {', '.join(names)}")
        policies = found.texts("policies", _MOST)
        for number, each in enumerate(policies, 1):
            if _DIGEST.fullmatch(each) is None:
                raise fault(f"{found.at('policies')}[{number}]", "is a SHA-256 in 64 lower-case hexadecimal digits")
        age = span(found, "max_age")
        since, until = (found.midnight(end) if end in found else None for end in ("from", "until"))
        if until is not None and (anchors is None or not any(each.authorities for each in anchors.operators)):
            why = "needs [anchors] with an authority: whoever has the key later may state any time"
            raise fault(found.at("until"), why)
        if since is not None and until is not None and until <= since:
            raise fault(found.at("until"), "is not after from")
        periods = found.whole("periods", 1, limits.MAX_STREAK_FILES) if "periods" in found else 0
        found.close()
        digests = tuple(bytes.fromhex(each) for each in policies)
        made.append(Recognise(verifier, tuple(keys), asked, digests, age, since, until, periods))
    return tuple(made)
