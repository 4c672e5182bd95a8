"""Signed verdicts from Python: signing one, signing another's too, checking who signed, and taking verdicts back."""

from __future__ import annotations

import time
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from zkcompliance.errors import UsageError

if TYPE_CHECKING:
    from zkcompliance.attest.keys import PublicKey
    from zkcompliance.attest.signing import SigningKey
    from zkcompliance.attest.streaks import StreakSummary
    from zkcompliance.attest.summary import Summary
    from zkcompliance.attest.withdrawn import Withdrawn
    from zkcompliance.policy.verdict import Verdict

KeyFile = str | Path


class SignedVerdict:
    """A verdict with the signatures of whoever answers for it: a file of docs/attestation.md, "A verdict, signed"."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    @classmethod
    def load(cls, path: str | Path) -> SignedVerdict:
        """Read a file. UsageError where it cannot be read."""
        from zkcompliance.attest import verdicts

        return cls(verdicts.read_signed(Path(path)))

    def save(self, path: str | Path) -> None:
        """Write the file, whole or not at all: a new one, or in place of an earlier one; UsageError otherwise."""
        from zkcompliance.outputs import Outputs, kinds

        Outputs({Path(path): kinds.SIGNED_VERDICT}).write({Path(path): self.data})

    @property
    def statement(self) -> bytes:
        """SHA-256 of what is signed, by which lists of withdrawn verdicts name it. MalformedAttestation by its form."""
        from zkcompliance.attest.signed import Signed

        return sha256(Signed.decode(self.data).payload).digest()

    @property
    def keyids(self) -> tuple[str, ...]:
        """Of the keys that are said to have signed: hints, which `check` holds against keys. MalformedAttestation."""
        from zkcompliance.attest.signed import Signed

        return tuple(each.keyid for each in Signed.decode(self.data).signatures)

    def check(self, *keys: KeyFile | bytes) -> Summary | StreakSummary:
        """What it says, of one proof or of a streak, where each of these public keys (PEM: files, or their bytes) has
        signed it.

        SignatureRejected for a key that has not; MalformedAttestation by its form; KeyFileError; UsageError for no key.
        Whether what it says is enough, of whom and by which policy, is for `[[recognise]]` of a policy to say.
        """
        from zkcompliance.attest import streaks
        from zkcompliance.attest.signed import Signed

        if not keys:
            raise UsageError("no key is given to hold the verdict's signatures against")
        signed = Signed.decode(self.data)
        made = streaks.read(signed.payload)
        for key in map(_public, keys):
            signed.of(key)
        return made

    def countersign(self, *keys: KeyFile) -> SignedVerdict:
        """The same verdict, signed by these private keys (PEM) too. By that you say all that it says: verify first.

        KeyFileError; MalformedAttestation by its form; UsageError for a key that has signed, and for too many.
        """
        from zkcompliance.attest import verdicts

        return SignedVerdict(verdicts.countersign(self.data, _private(keys)))


class WithdrawnList:
    """A list of verdicts that their verifier took back, with its signatures."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    @classmethod
    def load(cls, path: str | Path) -> WithdrawnList:
        """Read a file. UsageError where it cannot be read."""
        from zkcompliance.attest import verdicts

        return cls(verdicts.read_signed(Path(path)))

    def save(self, path: str | Path) -> None:
        """Write the file, whole or not at all: a new one, or in place of an earlier list; UsageError otherwise."""
        from zkcompliance.outputs import Outputs, kinds

        Outputs({Path(path): kinds.WITHDRAWN}).write({Path(path): self.data})

    def check(self, *keys: KeyFile | bytes) -> Withdrawn:
        """What it says, where one of these public keys (PEM: files, or their bytes) has signed it.

        SignatureRejected where none of them has; MalformedAttestation by its form; KeyFileError; UsageError for no key.
        """
        from zkcompliance.attest.withdrawn import read_list

        if not keys:
            raise UsageError("no key is given to hold the list's signatures against")
        return read_list(self.data, [_public(key) for key in keys])


def sign_verdict(
    verdict: Verdict,
    *,
    key: KeyFile | Sequence[KeyFile],
    verifier: str,
    simple: bool = False,
    sigstore: bool = False,
) -> SignedVerdict:
    """Sign a verdict that was come to by a policy, for those who will not verify the proof themselves.

    key: a file of a private key (PEM: Ed25519, ECDSA P-256, ML-DSA-44 or ML-DSA-65), or several; verifier: the URI of
    who judges; simple: as in-toto's Simple Verification Result, which nobody here takes over; sigstore: in a sigstore
    bundle, of one signature. One that is not met is signed as FAILED. UsageError for a verdict that decides nothing, of
    a rehearsal or without a policy; KeyFileError.
    """
    from zkcompliance.attest import verdicts

    return SignedVerdict(verdicts.sign(verdict, _private(_several(key)), verifier, simple=simple, sigstore=sigstore))


def withdraw(
    verdicts: Sequence[SignedVerdict | str | Path],
    *,
    reason: str,
    key: KeyFile | Sequence[KeyFile],
    earlier: WithdrawnList | str | Path | None = None,
) -> WithdrawnList:
    """Take signed verdicts back: a signed list with this reason, which whoever recognises them is given.

    verdicts: of one verifier; reason: 1 … 500 bytes of text, which is shown to whoever gives a verdict that is on the
    list; key: of the keys by which the verdicts are signed; earlier: the list that is gone on with. UsageError for a
    verdict that is on the list already or is signed by none of these keys; SignatureRejected for an earlier list of
    another's; MalformedAttestation; KeyFileError.
    """
    from zkcompliance.attest import withdrawn

    keys = _private(_several(key))
    loaded = [each if isinstance(each, SignedVerdict) else SignedVerdict.load(each) for each in verdicts]
    before = WithdrawnList.load(earlier) if isinstance(earlier, str | Path) else earlier
    made = withdrawn.withdraw(
        [each.data for each in loaded],
        reason,
        keys,
        now=int(time.time()),
        earlier=None if before is None else before.data,
    )
    return WithdrawnList(made)


def _several(key: KeyFile | Sequence[KeyFile]) -> Sequence[KeyFile]:
    return (key,) if isinstance(key, str | Path) else key


def _private(paths: Sequence[KeyFile]) -> list[SigningKey]:
    from zkcompliance.attest import verdicts

    if not paths:
        raise UsageError("no private key is given to sign with")
    return [verdicts.load_signing(Path(path)) for path in paths]


def _public(key: KeyFile | bytes) -> PublicKey:
    from zkcompliance.attest.keys import EVERY, PublicKey

    return PublicKey.parse(key, "the key", EVERY) if isinstance(key, bytes) else PublicKey.load(Path(key), EVERY)
