"""RFC 3161 time stamps: OpenSSL's accepted, its every byte counted, and each fault by itself refused
(zkcompliance/evidence/timestamp.py)."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.kit import stamps
from tests.kit.stamps import needs_openssl
from zkcompliance import limits
from zkcompliance.errors import EvidenceRefused, LimitExceeded, MalformedEvidence, ZkComplianceError
from zkcompliance.evidence import der, timestamp
from zkcompliance.evidence.timestamp import Authority

BODY = b"lab.example/compute\n3\n" + b"A" * 43 + b"=\n"
ROOT = stamps.root()
SPKI = PublicFormat.SubjectPublicKeyInfo
JUNE = 1780315200  # 2026-06-01T12:00:00Z
TRUSTED = Authority(ROOT.der, stamps.POLICY)


# OpenSSL's


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> stamps.Openssl:
    return stamps.openssl(tmp_path_factory.mktemp("authority"))


@needs_openssl
@pytest.mark.parametrize("precision", [0, 3, 6])
def test_a_token_of_openssl(theirs: stamps.Openssl, precision: int) -> None:
    reply = theirs.reply(timestamp.request(BODY), precision=precision)
    token = timestamp._read(reply)
    found = timestamp.check_stamp(reply, BODY, [theirs.authority])
    assert found.by == theirs.authority
    assert 2 <= found.moment - int(token.at.timestamp()) <= 3  # 1.5001 s of accuracy, and a fraction: rounded up
    assert token.policy == stamps.POLICY


@needs_openssl
def test_by_the_authoritys_own_certificate(theirs: stamps.Openssl) -> None:
    reply = theirs.reply(timestamp.request(BODY))
    good = Authority(theirs.root.der, certificate=hashlib.sha256(theirs.own.der).digest())
    timestamp.check_stamp(reply, BODY, [TRUSTED, good])
    with pytest.raises(EvidenceRefused, match="another certificate"):
        timestamp.check_stamp(reply, BODY, [replace(good, certificate=bytes(32))])


@needs_openssl
def test_every_byte_of_a_token_counts(theirs: stamps.Openssl) -> None:
    reply = theirs.reply(timestamp.request(BODY))
    for place in range(len(reply)):
        for mask in (0x01, 0x80):
            changed = bytearray(reply)
            changed[place] ^= mask
            with pytest.raises((EvidenceRefused, MalformedEvidence, LimitExceeded)):
                timestamp.check_stamp(bytes(changed), BODY, [theirs.authority])


@needs_openssl
@pytest.mark.parametrize("hashed", ["sha1", "sha512"])
def test_an_imprint_by_another_hash(theirs: stamps.Openssl, hashed: str) -> None:
    """Of SHA-512 too: there is one imprint of a checkpoint."""
    with pytest.raises(EvidenceRefused, match="another hash than SHA-256"):
        timestamp.check_stamp(theirs.reply(theirs.query(BODY, hashed)), BODY, [theirs.authority])


@needs_openssl
def test_a_request_that_openssl_reads(theirs: stamps.Openssl) -> None:
    """Its nonce comes back."""
    assert timestamp.request(BODY) != timestamp.request(BODY)
    assert timestamp.imprint_of(theirs.reply(timestamp.request(BODY))) == hashlib.sha256(BODY).digest()


@needs_openssl
def test_of_another_checkpoint_or_root_or_policy(theirs: stamps.Openssl) -> None:
    reply = theirs.reply(timestamp.request(BODY))
    with pytest.raises(EvidenceRefused, match="something else than this checkpoint"):
        timestamp.check_stamp(reply, BODY.replace(b"3", b"4"), [theirs.authority])
    with pytest.raises(EvidenceRefused, match="does not lead to the root"):
        timestamp.check_stamp(reply, BODY, [TRUSTED])
    with pytest.raises(EvidenceRefused, match=r"policy 1\.2\.3\.4\.1, not"):
        timestamp.check_stamp(reply, BODY, [replace(theirs.authority, policy="1.2.3.4.2")])
    with pytest.raises(EvidenceRefused, match="no authority that is trusted"):
        timestamp.check_stamp(reply, BODY, [])
    with pytest.raises(EvidenceRefused, match="not by the root alone"):
        timestamp.check_stamp(reply, BODY, [Authority(theirs.root.der)])


# Put together here: a sound one, and each fault


def check(made: stamps.Made, *authorities: Authority) -> timestamp.Stamp:
    return timestamp.check_stamp(made.reply(), made.body, authorities or (TRUSTED,))


def own(**changes: Any) -> stamps.Made:
    return stamps.made(BODY, ROOT, **changes)


def signed_by(by: stamps.Issued, *above: stamps.Issued, **changes: Any) -> stamps.Made:
    """A token of this very certificate, with those above it."""
    return stamps.Made(BODY, by, (by.der, *(each.der for each in above)), **changes)


def test_a_sound_one() -> None:
    """And it is known by its own key and that of the root, in this order."""
    token = own()
    made = check(token)
    assert (made.moment, made.by) == (JUNE, TRUSTED)
    spki = [each.key.public_key().public_bytes(Encoding.DER, SPKI) for each in (token.own, ROOT)]
    assert made.keys == tuple(hashlib.sha256(each).digest() for each in spki)


@pytest.mark.parametrize(
    ("at", "accuracy", "moment"),
    [
        ("20260601120000Z", stamps.tlv(0x30, stamps.number(2)), 2),
        ("20260601120000Z", stamps.tlv(0x30), 0),
        ("20260601120000.5Z", b"", 1),
        ("20260601120000.000000001Z", b"", 1),
        ("20260601120000.5Z", stamps.tlv(0x30, stamps.tlv(0x80, b"\x01\xf4")), 1),
        ("20260601120000.5Z", stamps.tlv(0x30, stamps.tlv(0x80, b"\x01\xf4"), stamps.tlv(0x81, b"\x01")), 2),
    ],
)
def test_the_moment_is_rounded_up(at: str, accuracy: bytes, moment: int) -> None:
    info = own(at=at, accuracy=accuracy).info()
    assert timestamp._info(der.Values(info, "a test"))[3] == JUNE + moment


def test_an_authority_between() -> None:
    between = stamps.issue("between", ROOT, ca=True, path_length=0)
    leaf = stamps.issue("leaf", between)
    check(signed_by(leaf, between))
    check(signed_by(leaf, ROOT, between))


def test_what_an_authority_between_may_certify() -> None:
    """Time stamps among other uses, or any use, as roots are that have many authorities."""
    for uses in (OTHERS, (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)):
        check(below(certifies=uses))


def test_what_else_a_content_may_have() -> None:
    """Whether its stamps are ordered, a nonce, the authority's name, and extensions that are not critical."""
    rest = stamps.tlv(1, b"\xff"), stamps.number(7), stamps.tlv(0xA0, stamps.tlv(0x86, b"uri:x"))
    for after in (rest, (*rest, extended()), (extended(),), (rest[1],)):
        assert check(own(after=b"".join(after))).moment == JUNE


def test_rsa_is_taken() -> None:
    above = stamps.root(key=rsa.generate_private_key(65537, 2048))
    leaf = stamps.issue("leaf", above)
    check(signed_by(leaf), Authority(above.der, stamps.POLICY))


WEAK = rsa.generate_private_key(65537, 1024)  # noqa: S505  (what is to be refused)
OTHERS = (ExtendedKeyUsageOID.TIME_STAMPING, ExtendedKeyUsageOID.CODE_SIGNING)


def other_uses(**changes: Any) -> stamps.Made:
    return signed_by(stamps.issue("leaf", ROOT, **changes))


def below(**changes: Any) -> stamps.Made:
    between = stamps.issue("between", ROOT, **({"ca": True} | changes))
    return signed_by(stamps.issue("leaf", between), between)


def too_long() -> stamps.Made:
    upper = stamps.issue("upper", ROOT, ca=True, path_length=0)
    lower = stamps.issue("lower", upper, ca=True)
    return signed_by(stamps.issue("leaf", lower), lower, upper)


def far_above() -> stamps.Made:
    upper = stamps.issue("upper", ROOT, ca=True, certifies=OTHERS[1:])
    lower = stamps.issue("lower", upper, ca=True, certifies=OTHERS)
    return signed_by(stamps.issue("leaf", lower), lower, upper)


def extended(*critical: bytes) -> bytes:
    """An extension of a token's content."""
    return stamps.tlv(0xA1, stamps.tlv(0x30, stamps.oid("1.2.3.9"), *critical, stamps.tlv(4, b"\5\0")))


def two_by_one_name() -> stamps.Made:
    first = stamps.issue("leaf", ROOT, serial=5)
    return signed_by(first, stamps.issue("leaf", ROOT, serial=5))


FAULTS: dict[str, Any] = {
    "not granted": (lambda: own(granted=1), "granted no time stamp"),
    "rejected": (lambda: own(granted=2), "granted no time stamp"),
    "no certificate named": (lambda: own(named=b""), "ESSCertIDv2"),
    "named by SHA-1's attribute": (lambda: own(named_by="1.2.840.113549.1.9.16.2.12"), "ESSCertIDv2"),
    "another certificate named": (lambda: own(named=ROOT.der), "names another certificate"),
    "a digest by SHA-1": (lambda: own(digest=stamps.SHA1), "weaker than SHA-256"),
    "an imprint by SHA-1": (lambda: own(imprint=stamps.SHA1), "another hash than SHA-256"),
    "another content": (lambda: own(content="1.2.840.113549.1.7.1"), "no time stamp"),
    "signed as another content": (lambda: own(signs_for="1.2.840.113549.1.7.1"), "something else than a time stamp"),
    "two hashes": (lambda: own(signature="1.2.840.10045.4.3.4"), "two hashes"),
    "a signature by SHA-1": (lambda: own(signature="1.2.840.10045.4.1"), "not taken"),
    "two signers": (lambda: own(signers=2), "exactly one signer"),
    "no signer": (lambda: own(signers=0), "exactly one signer"),
    "no certificate": (lambda: own(brings=(ROOT.der,)), "does not bring"),
    "two certificates by one name": (two_by_one_name, "two by that name"),
    "no extended key usage": (lambda: other_uses(usage=None), "no critical extended key usage"),
    "usage not critical": (lambda: other_uses(critical=False), "no critical extended key usage"),
    "other uses": (lambda: other_uses(usage=OTHERS), "other uses"),
    "another use": (lambda: other_uses(usage=OTHERS[1:]), "other uses"),
    "not valid yet": (lambda: other_uses(days=(2400, 7300)), "was not valid"),
    "expired": (lambda: other_uses(days=(0, 2000)), "was not valid"),
    "a certificate by SHA-224": (lambda: other_uses(hashed=hashes.SHA224()), "weaker than SHA-256"),
    "a weak key between": (lambda: below(key=WEAK), "too weak"),
    "a weak curve": (lambda: other_uses(key=ec.generate_private_key(ec.SECP192R1())), "too weak"),
    "an authority that is none": (lambda: below(ca=False), "may not sign"),
    "an authority that may not sign": (lambda: below(sign=False), "may not sign"),
    "an expired authority": (lambda: below(days=(0, 2000)), "was not valid"),
    "an authority for servers alone": (
        lambda: below(certifies=(ExtendedKeyUsageOID.SERVER_AUTH,)),
        "other uses, and not time stamps",
    ),
    "an authority for code alone, far above": (far_above, "other uses, and not time stamps"),
    "a critical extension in the content": (
        lambda: own(after=extended(stamps.tlv(1, b"\xff"))),
        "critical extension",
    ),
    "more in the content": (lambda: own(after=stamps.tlv(4, b"")), "more than belongs there"),
    "a chain that is too long": (too_long, "longer than one of them allows"),
    "another root": (lambda: stamps.made(BODY, stamps.root("another")), "does not lead to the root"),
    "a root of the same name": (lambda: stamps.made(BODY, stamps.root()), "does not lead to the root"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_by_itself(name: str) -> None:
    make, said = FAULTS[name]
    with pytest.raises((EvidenceRefused, MalformedEvidence), match=said):
        check(make())


def test_what_the_library_alone_lets_pass() -> None:
    """A certificate that is for other uses too, a name for the certificate that is another's, and none at all: with
    the checks here gone, these are accepted."""
    import rfc3161_client as client

    verifier = client.VerifierBuilder(roots=[ROOT.certificate]).build()
    for made in (own(named=ROOT.der), own(named=b""), own(named_by="1.2.840.113549.1.9.16.2.12")):
        assert verifier.verify_message(client.decode_timestamp_response(made.reply()), BODY)


# Form


@pytest.mark.parametrize(
    "at",
    [
        "202606011200Z", "20260601120000", "20260601120000+0000", "20260601120000.Z", "20260601120000.50Z",
        "20260631120000Z", "20260601120060Z", "19690601120000Z", "20260601120000,5Z", "20260601120000.5.5Z",
        "20260601120000.1234567891Z", "2026060112000aZ", "20260601120000.-5Z",
    ],
)  # fmt: skip
def test_a_moment_in_another_form(at: str) -> None:
    with pytest.raises(MalformedEvidence):
        check(own(at=at))


@pytest.mark.parametrize(
    "accuracy", [stamps.tlv(2, b"\xff"), stamps.tlv(0x80, b"\x03\xe8"), stamps.tlv(0x81, b"\xff"), stamps.tlv(4, b"")]
)
def test_an_accuracy_out_of_range(accuracy: bytes) -> None:
    with pytest.raises(MalformedEvidence):
        check(own(accuracy=stamps.tlv(0x30, accuracy)))


def test_bytes_that_are_no_reply() -> None:
    reply = own().reply()
    for data in (b"", b"\0", reply[:-1], reply + b"\0", reply[1:], b"\x30\x80" + reply[4:], b"\x30\x84\0\0\0\1\0"):
        with pytest.raises(ZkComplianceError):
            timestamp.check_stamp(data, BODY, [TRUSTED])
    with pytest.raises(LimitExceeded):
        timestamp.check_stamp(bytes(limits.MAX_TIMESTAMP_BYTES + 1), BODY, [TRUSTED])


def test_too_many_certificates() -> None:
    made = own()
    others = [stamps.issue("another", ROOT).der for _ in range(16)]
    check(replace(made, brings=(made.own.der, *others[:15])))
    with pytest.raises(MalformedEvidence, match="too many certificates"):
        check(replace(made, brings=(made.own.der, *others)))


def test_the_attachment() -> None:
    data = timestamp.encode_stamp(BODY, b"reply")
    assert data == len(BODY).to_bytes(2, "little") + BODY + b"reply" and timestamp.decode_stamp(data) == (
        BODY,
        b"reply",
    )
    for other in (b"", b"\1", b"\0\0reply", data[: 2 + len(BODY)], b"\xff\xff" + data):
        with pytest.raises(MalformedEvidence):
            timestamp.decode_stamp(other)


@pytest.mark.parametrize("value", [b"\x80\x01", b"\x81", b"", b"\x2a\x80\x01"])
def test_an_object_identifier_in_another_form(value: bytes) -> None:
    with pytest.raises(MalformedEvidence):
        der.dotted(value, "a test")


def test_object_identifiers() -> None:
    for text in ("1.2.840.113549.1.9.16.2.47", "2.16.840.1.101.3.4.2.1", "0.9.1", "2.999.3"):
        assert der.dotted(stamps.oid(text)[2:], "a test") == text
