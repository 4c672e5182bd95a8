"""Writes attestations.json: attestations with one fault each and the error code that each must get, and sound twins.

    python -m tests.vectors.generate_attestations

The same bytes every time: keys come from fixed seeds, ECDSA is deterministic (RFC 6979). The file that they are about
is the frozen small proof under a binding of its own, without its proof, which is not looked at before the verdict.
Faults below `signed` are signed by the right key: only what they say is wrong.
"""

from __future__ import annotations

import base64
import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from zkcompliance import strict_json
from zkcompliance.attest.dsse import PAYLOAD_TYPE, Envelope, pae
from zkcompliance.attest.keys import PublicKey
from zkcompliance.attest.statement import derive
from zkcompliance.policy.binding import Binding, ForPolicy, Subject
from zkcompliance.standalone import p256
from zkcompliance.verify.bundle import decode_bundle
from zkcompliance.verify.statement import decode_statement

HERE = Path(__file__).parent
OUTPUT = HERE / "attestations.json"
BINDING = Binding(
    ForPolicy(sha256(b"policy").digest(), "example", 3),
    Subject("lab/model-70b", sha256(b"model").digest()), 1_767_571_200, b"case 7",
)  # fmt: skip
ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493

Edit = Callable[[dict[str, Any]], Any]


def bound(binding: Binding | bytes) -> bytes:
    """The file, bound to that."""
    bundle = decode_bundle((HERE / "proofs" / "small.zkp").read_bytes())
    statement = decode_statement(bundle.statement_bytes)
    (claim,) = statement.claims
    head = binding if isinstance(binding, bytes) else binding.encode()
    statement = replace(statement, head=head, claims=(replace(claim, requirement="training-compute"),))
    return replace(bundle, statement_bytes=statement.encode(), proof_bytes=b"").encode()


class Key:
    def __init__(self, kind: str, number: int) -> None:
        seed = sha256(f"attestation vector {kind} {number}".encode()).digest()
        self.ed25519 = kind == "ed25519"
        self.private: Any = (
            ed25519.Ed25519PrivateKey.from_private_bytes(seed) if self.ed25519
            else ec.derive_private_key(int.from_bytes(seed, "big") >> 1, ec.SECP256R1())
        )  # fmt: skip
        spki = self.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        self.public = PublicKey.parse(spki, "the vectors' key")

    def sign(self, message: bytes) -> bytes:
        if self.ed25519:
            return bytes(self.private.sign(message))
        return bytes(self.private.sign(message, ec.ECDSA(SHA256(), deterministic_signing=True)))

    def envelope(self, payload: bytes, *, in_bundle: bool = False) -> Envelope:
        return Envelope(payload, self.sign(pae(PAYLOAD_TYPE, payload)), self.public.keyid, in_bundle)


KEYS = {name: Key(name, 1) for name in ("ed25519", "ecdsa")}
FILE = bound(BINDING)
PAYLOAD = derive(FILE)
assert len(PAYLOAD) % 3, "its base64 has padding, which one of the faults leaves out"


def edited(data: bytes, edit: Edit) -> bytes:
    document = json.loads(data)
    edit(document)
    return strict_json.canonical(document) + b"\n"


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def forms() -> Iterator[tuple[str, str, bytes]]:
    """(name, code, attestation) of files that are not in the form."""
    good = KEYS["ed25519"].envelope(PAYLOAD).encode()
    whole = KEYS["ed25519"].envelope(PAYLOAD, in_bundle=True).encode()
    document = json.loads(good)
    payload = document["payload"]

    def env(edit: Edit) -> bytes:
        return edited(good, edit)

    def inside(edit: Edit) -> bytes:
        return edited(whole, edit)

    def sig(value: object) -> bytes:
        return env(lambda e: e["signatures"][0].update(sig=value))

    cases: dict[str, bytes] = {
        "no byte": b"",
        "not JSON": b"attestation\n",
        "an array": b"[" + good.strip() + b"]\n",
        "a text": b'"x"\n',
        "no line end": good[:-1],
        "two line ends": good + b"\n",
        "CRLF": good[:-1] + b"\r\n",
        "a byte order mark": b"\xef\xbb\xbf" + good,
        "UTF-16": good.decode().encode("utf-16"),
        "cut in the middle": good[: len(good) // 2],
        "two envelopes": good + good,
        "spaces": json.dumps(document).encode() + b"\n",
        "another order of members": json.dumps(dict(reversed(document.items())), separators=(",", ":")).encode()
        + b"\n",
        "a member twice": good.replace(b'{"payload":', b'{"payload":"","payload":', 1),
        "a member too many": env(lambda e: e.update(extra="")),
        "no payload": env(lambda e: e.pop("payload")),
        "no payload type": env(lambda e: e.pop("payloadType")),
        "no signatures": env(lambda e: e.pop("signatures")),
        "an empty list of signatures": env(lambda e: e.update(signatures=[])),
        "signatures that are an object": env(lambda e: e.update(signatures=e["signatures"][0])),
        "the signature twice": env(lambda e: e["signatures"].append(e["signatures"][0])),
        "a signature that is a text": env(lambda e: e.update(signatures=["x"])),
        "a member too many in the signature": env(lambda e: e["signatures"][0].update(cert="")),
        "no keyid": env(lambda e: e["signatures"][0].pop("keyid")),
        "a keyid that is a number": env(lambda e: e["signatures"][0].update(keyid=7)),
        "a long keyid": env(lambda e: e["signatures"][0].update(keyid="a" * 256)),
        "another payload type": env(lambda e: e.update(payloadType="application/json")),
        "the payload as an object": env(lambda e: e.update(payload=json.loads(PAYLOAD))),
        "the payload without padding": env(lambda e: e.update(payload=payload.rstrip("="))),
        "the payload in URL-safe base64": env(lambda e: e.update(payload="-_" + payload[2:])),
        "the payload with a line end": env(lambda e: e.update(payload=payload[:76] + "\n" + payload[76:])),
        "the payload as text": env(lambda e: e.update(payload=PAYLOAD.decode())),
        "a signature in hexadecimal": sig(base64.b64decode(document["signatures"][0]["sig"]).hex() + "0"),
        "a signature with spare bits set": sig(document["signatures"][0]["sig"][:-3] + "B=="),
        "a signature that is null": sig(None),
        "a signature of 81 bytes": sig(b64(bytes(81))),
        "escapes where none are needed": good.replace(b"payloadType", b"payload\\u0054ype", 1),
        "bundle: another media type": inside(
            lambda b: b.update(mediaType="application/vnd.dev.sigstore.bundle.v0.2+json")
        ),
        "bundle: no media type": inside(lambda b: b.pop("mediaType")),
        "bundle: no envelope": inside(lambda b: b.pop("dsseEnvelope")),
        "bundle: no material": inside(lambda b: b.pop("verificationMaterial")),
        "bundle: a hint that is not the keyid": inside(
            lambda b: b["verificationMaterial"]["publicKey"].update(hint="0" * 64)
        ),
        "bundle: a certificate": inside(lambda b: b["verificationMaterial"].update(certificate={"rawBytes": ""})),
        "bundle: an entry of a transparency log": inside(lambda b: b["verificationMaterial"]["tlogEntries"].append({})),
        "bundle: a message signature besides": inside(lambda b: b.update(messageSignature={})),
    }  # fmt: skip
    for name, data in cases.items():
        yield name, "malformed-attestation", data


def signatures() -> Iterator[tuple[str, str, str, bytes]]:
    """(name, key, code, attestation) of files that the key did not sign."""
    for kind, key in KEYS.items():
        made = key.envelope(PAYLOAD)
        other = PAYLOAD.replace(b"1767571200", b"1767571201")

        def signed(signature: bytes, made: Envelope = made) -> bytes:
            return replace(made, signature=signature).encode()

        cases = {
            "by another key of the kind": replace(Key(kind, 2).envelope(PAYLOAD), keyid=key.public.keyid).encode(),
            "by a key of the other kind": KEYS["ecdsa" if kind == "ed25519" else "ed25519"].envelope(PAYLOAD).encode(),
            "a bit of the signature": signed(bytes([*made.signature[:-1], made.signature[-1] ^ 1])),
            "no signature": signed(b""),
            "zeros": signed(bytes(64)),
            "one byte more": signed(made.signature + b"\0"),
            "another payload": replace(made, payload=other).encode(),
            "over the payload alone": signed(key.sign(PAYLOAD)),
            "under another type": signed(key.sign(pae("application/json", PAYLOAD))),
            "under another version of the encoding": signed(key.sign(b"DSSEv2" + made.signed[6:])),
            "over the base64": signed(key.sign(pae(PAYLOAD_TYPE, base64.b64encode(PAYLOAD)))),
            "over the digest": signed(key.sign(sha256(made.signed).digest())),
        }
        if kind == "ed25519":
            s = int.from_bytes(made.signature[32:], "little") + ED25519_ORDER
            cases["S beyond the order"] = signed(made.signature[:32] + s.to_bytes(32, "little"))
        else:
            r, s = decode_dss_signature(made.signature)
            cases["not in DER"] = signed(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
            cases["s beyond the order"] = signed(encode_dss_signature(r, s + p256.N))
            cases["r is zero"] = signed(encode_dss_signature(0, s))
            cases["length in two bytes"] = signed(b"\x30\x81" + made.signature[1:])
        for name, data in cases.items():
            yield f"{kind}: {name}", kind, "signature-rejected", data


def statements() -> Iterator[tuple[str, str, bytes, str]]:
    """(name, code, payload, words of the message): signed as they stand."""
    document = json.loads(PAYLOAD)
    malformed: dict[str, bytes] = {
        "no payload": b"",
        "not JSON": b"in-toto",
        "an array": b"[]",
        "spaces": json.dumps(document).encode(),
        "a line end": PAYLOAD + b"\n",
        "a member twice": PAYLOAD.replace(b'{"_type":', b'{"_type":"","_type":', 1),
        "a fraction": PAYLOAD.replace(b'"1767571200"', b"1.5"),
        "not a number": PAYLOAD.replace(b'"1767571200"', b"NaN"),
        "a number of 5000 digits": PAYLOAD.replace(b'"1767571200"', b"1" * 5000),
        "deep": b"[" * 5000 + b"]" * 5000,
        "not UTF-8": PAYLOAD.replace(b"lab/", b"lab\xff"),
    }
    for name, payload in malformed.items():
        yield name, "malformed-attestation", payload, ""

    def says(edit: Edit) -> bytes:
        return edited(PAYLOAD, edit)[:-1]

    def requirement(edit: Edit) -> bytes:
        return says(lambda d: edit(d["predicate"]["requirements"][0]))

    def log(edit: Edit) -> bytes:
        return requirement(lambda r: edit(r["logs"][0]))

    zero = {"sha256": "0" * 64}
    for name, payload in {
        "an older statement": says(lambda d: d.update(_type="https://in-toto.io/Statement/v0.1")),
        "another predicate": says(lambda d: d.update(predicateType="https://slsa.dev/provenance/v1")),
        "a later version of the predicate": says(lambda d: d.update(predicateType="https://zkcompliance/proof/v2")),
        "no predicate type": says(lambda d: d.pop("predicateType")),
    }.items():
        yield name, "malformed-attestation", payload, ""
    for name, payload, words in (
        ("another file", says(lambda d: d["predicate"]["proof"].update(digest=zero)), "proof.digest.sha256"),
        ("another size of the file", says(lambda d: d["predicate"]["proof"].update(bytes="1")), "proof.bytes"),
        ("another model", says(lambda d: d["subject"][0].update(digest=zero)), "subject[0].digest"),
        ("another name of the model", says(lambda d: d["subject"][0].update(name="lab/model-8b")), "subject[0].name"),
        ("a second model", says(lambda d: d["subject"].append(d["subject"][0])), "subject"),
        ("no model", says(lambda d: d.update(subject=[])), "subject"),
        ("the model by another hash", says(lambda d: d["subject"][0]["digest"].update(sha512="00")), "sha512"),
        ("another time", says(lambda d: d["predicate"].update(time="1767571201")), "predicate.time"),
        ("a time as a number", says(lambda d: d["predicate"].update(time=1767571200)), "predicate.time"),
        ("another reference", says(lambda d: d["predicate"].update(reference="00")), "predicate.reference"),
        ("a remark besides", says(lambda d: d["predicate"].update(remark="safe")), "predicate.remark"),
        ("a member besides", says(lambda d: d.update(remark="safe")), "remark"),
        ("no predicate", says(lambda d: d.pop("predicate")), "predicate"),
        ("no requirement", says(lambda d: d["predicate"].update(requirements=[])), "requirements"),
        ("a requirement twice", says(lambda d: d["predicate"]["requirements"].append({})), "requirements"),
        ("another policy", requirement(lambda r: r["policy"].update(digest=zero)), "policy.digest"),
        ("another policy id", requirement(lambda r: r["policy"].update(id="eu-ai-act")), "policy.id"),
        ("another policy version", requirement(lambda r: r["policy"].update(version="4")), "policy.version"),
        ("another requirement", requirement(lambda r: r["policy"].update(requirement="x")), "policy.requirement"),
        ("no policy", requirement(lambda r: r.pop("policy")), "policy"),
        ("another version of the claim", requirement(lambda r: r.update(claim="training-compute-below@2")), "claim"),
        ("another program", requirement(lambda r: r.update(program=zero)), "program.sha256"),
        ("a lower limit", requirement(lambda r: r["parameters"].update(limit="1")), "parameters.limit"),
        ("a limit in another spelling", requirement(lambda r: r["parameters"].update(limit="1e24")), "limit"),
        ("a parameter besides", requirement(lambda r: r["parameters"].update(total="1")), "parameters.total"),
        ("a parameter less", requirement(lambda r: r["parameters"].pop("phases")), "parameters.phases"),
        ("a reveal that is none", requirement(lambda r: r["reveals"].update(total="1")), "reveals.total"),
        ("another log", log(lambda x: x.update(origin="other.example")), "logs[0].origin"),
        ("another checkpoint", log(lambda x: x.update(root="00" * 32)), "logs[0].root"),
        ("another size of the log", log(lambda x: x.update(size="2")), "logs[0].size"),
        ("another slot", log(lambda x: x.update(slot="chips")), "logs[0].slot"),
        ("no log", requirement(lambda r: r.update(logs=[])), "logs"),
        ("digits in a script of their own", says(lambda d: d["predicate"].update(time="\u0661")), "time"),
        ("a lone surrogate", says(lambda d: d["predicate"].update(reference="\ud800")), "reference"),
    ):  # fmt: skip
        yield name, "statement-mismatch", payload, words


def files() -> Iterator[tuple[str, str, bytes]]:
    """(name, code, file): a sound attestation beside another file."""
    yield "another time in the file", "statement-mismatch", bound(replace(BINDING, time=1))
    yield "another model in the file", "statement-mismatch", bound(replace(BINDING, subject=Subject("x", bytes(32))))
    yield "a file that names no model", "statement-mismatch", bound(replace(BINDING, subject=None))
    yield "a file that is bound to nothing", "statement-mismatch", bound(b"")
    yield "a file whose context is no binding", "malformed-binding", bound(b"case 7")
    yield "a file with a byte more", "malformed-bundle", FILE + b"\0"
    yield "no file", "malformed-bundle", b""


def main() -> None:
    vectors: list[dict[str, Any]] = []

    def add(kind: str, name: str, code: str | None, data: bytes, key: str = "ed25519", **more: str) -> None:
        vectors.append({"kind": kind, "name": name, "code": code, "key": key, "attestation": b64(data), **more})

    for key in KEYS:
        for in_bundle in (False, True):
            name = f"{key} in a {'sigstore bundle' if in_bundle else 'bare envelope'}"
            add("twin", name, None, KEYS[key].envelope(PAYLOAD, in_bundle=in_bundle).encode(), key)
    add("twin", "a keyid that says nothing", None, replace(KEYS["ed25519"].envelope(PAYLOAD), keyid="").encode())
    for name, code, data in forms():
        add("form", name, code, data)
    for name, key, code, data in signatures():
        add("signature", name, code, data, key)
    for name, code, payload, words in statements():
        add("signed", name, code, KEYS["ed25519"].envelope(payload).encode(), words=words)
    sound = KEYS["ed25519"].envelope(PAYLOAD).encode()
    for name, code, data in files():
        add("file", name, code, sound, file=b64(data))
    fixed = {"file": b64(FILE), "keys": {name: key.public.pem for name, key in KEYS.items()}}
    OUTPUT.write_text(json.dumps({"fixed": fixed, "vectors": vectors}, indent=1, ensure_ascii=True) + "\n")
    print(f"{len(vectors)} vectors", file=sys.stderr)


if __name__ == "__main__":
    main()
