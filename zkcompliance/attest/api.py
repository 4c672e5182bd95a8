"""Making an attestation for a proof file, and holding one against the file that it comes with."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance import limits, strict_json
from zkcompliance.attest.dsse import Envelope
from zkcompliance.attest.keys import PublicKey
from zkcompliance.attest.statement import PREDICATE_TYPE, STATEMENT_TYPE, derive
from zkcompliance.errors import MalformedAttestation, SignatureRejected, StatementMismatch
from zkcompliance.policy.proofs import File, read
from zkcompliance.policy.verdict import Attested
from zkcompliance.verify.verifier import verify_decoded

if TYPE_CHECKING:
    from zkcompliance.attest.signing import SigningKey


def attest(data: bytes, key: SigningKey, *, sigstore: bool = False) -> bytes:
    """The attestation of a proof file: a DSSE envelope, or a sigstore bundle around it.

    Every proof of the file is verified first, against the programs that it brings, and under the brackets that it
    states: who is believed of these is for the policy of whoever verifies it to say. Raises what verifying raises, and
    StatementMismatch when the file names no model.
    """
    file = File(data)
    payload = derive(file)
    for proof in file.proofs:
        verify_decoded(proof.bundle, proof.statement, proof.programs, program_digests=None, backed=None)
    unsigned = Envelope(payload, b"", key.public.keyid, sigstore)
    return Envelope(payload, key.sign(unsigned.signed), unsigned.keyid, sigstore).encode()


def attest_as(path: Path, data: bytes, key: SigningKey) -> bytes:
    """What is written at `path`: a sigstore bundle where its name ends in `.sigstore.json`. Raises as `attest`."""
    return attest(data, key, sigstore=path.name.endswith(".sigstore.json"))


def check(attestation: bytes, data: bytes | File, key: PublicKey) -> None:
    """Accept, or raise: `key` signed that this very proof file shows what it shows.

    The proofs themselves are not verified here. MalformedAttestation by the form, SignatureRejected by the key,
    StatementMismatch naming the field that differs.
    """
    envelope = Envelope.decode(attestation)
    if not key.verifies(envelope.signature, envelope.signed):
        raise SignatureRejected("the attestation is not signed by the key that was given")
    what = "the attestation's statement"
    stated = strict_json.loads(envelope.payload, what, MalformedAttestation, limit=limits.MAX_ATTESTATION_BYTES)
    if not isinstance(stated, dict) or strict_json.canonical(stated) != envelope.payload:
        raise MalformedAttestation(f"{what} is not in its canonical form (docs/attestation.md)")
    for name, wanted in (("_type", STATEMENT_TYPE), ("predicateType", PREDICATE_TYPE)):
        if stated.get(name) != wanted:
            raise MalformedAttestation(f"{what}: {name} is not {wanted}")
    derived = derive(data)
    if derived == envelope.payload:
        return
    shown = strict_json.loads(derived, what, MalformedAttestation, limit=len(derived))
    raise StatementMismatch(f"attestation: {_first_difference(stated, shown, '')}")


def attested(file: File, attestation: bytes | str | Path, key: bytes | str | Path) -> Attested:
    """What a verdict records, when `check` accepts; attestation, key (the public one, PEM): a file's path or bytes.

    Raises as `check`, UsageError for an attestation that cannot be read, KeyFileError for a key that is none.
    """
    made = attestation if isinstance(attestation, bytes) else read(Path(attestation), limits.MAX_ATTESTATION_BYTES)
    public = PublicKey.parse(key, "the key") if isinstance(key, bytes) else PublicKey.load(Path(key))
    check(made, file, public)
    return Attested(sha256(made).digest(), public.kind, public.keyid)


_ORDER = ("predicate", "proof", "digest", "sha256", "bytes", "subject", "name")  # the telling ones first


def _first_difference(stated: object, shown: object, path: str) -> str:
    """In words, where two documents that differ do so; texts are shortened, and letters outside ASCII are escaped."""
    if isinstance(stated, dict) and isinstance(shown, dict):
        names = sorted({*stated, *shown}, key=lambda name: (_ORDER.index(name) if name in _ORDER else 99, name))
        for name in names:
            if stated.get(name) != shown.get(name):
                return _first_difference(stated.get(name), shown.get(name), f"{path}.{name}".lstrip("."))
    if isinstance(stated, list) and isinstance(shown, list) and len(stated) == len(shown):
        for i, (one, other) in enumerate(zip(stated, shown, strict=True)):
            if one != other:
                return _first_difference(one, other, f"{path}[{i}]")
    words = f"{path:.120} is {_short(shown)} in the proof file, and the attestation says {_short(stated)}"
    return words.encode("ascii", "backslashreplace").decode()


def _short(value: object) -> str:
    return "absent" if value is None else f"{value!s:.80}"
