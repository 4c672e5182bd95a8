"""Signed verdicts that a case keeps: each by a key that it keeps too, and saying no more than its files give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from zkcompliance.archive.judged import Judged
from zkcompliance.attest import streaks
from zkcompliance.attest.keys import EVERY, PublicKey
from zkcompliance.attest.signed import Signed
from zkcompliance.attest.streaks import StreakSummary
from zkcompliance.attest.summary import Summary
from zkcompliance.errors import MalformedArchive, SignatureRejected, StatementMismatch, UsageError
from zkcompliance.policy.streak import Streak
from zkcompliance.policy.verdict import Verdict

FOLDER = "signed"


def names(verdicts: int, keys: int) -> tuple[list[str], list[str]]:
    """Of signed verdicts, and of public keys, in an archive."""
    return (
        [f"{FOLDER}/{number}.json" for number in range(1, verdicts + 1)],
        [f"{FOLDER}/{number}.pub.pem" for number in range(1, keys + 1)],
    )


def check(files: Mapping[str, bytes], judged: Judged) -> int:
    """How many signed verdicts there are. SignatureRejected where none of the keys signed one; StatementMismatch where
    it says something else than this judgement; MalformedAttestation by its form; MalformedArchive for other files."""
    kept = sorted(name for name in files if name.startswith(f"{FOLDER}/"))
    keys = [PublicKey.parse(files[name], name, EVERY) for name in kept if name.endswith(".pub.pem")]
    verdicts = [name for name in kept if name.endswith(".json")]
    if set(kept) != {each for group in names(len(verdicts), len(keys)) for each in group}:
        raise MalformedArchive(f"{FOLDER}/ has other files than signed verdicts and public keys, numbered from 1")
    for name in verdicts:
        _check(name, files[name], keys, judged)
    return len(verdicts)


def _check(name: str, data: bytes, keys: Sequence[PublicKey], judged: Judged) -> None:
    signed = Signed.decode(data)
    theirs = {key.keyid: key for key in keys}
    known = [each.keyid for each in signed.signatures if each.keyid in theirs]
    if not known:
        raise SignatureRejected(f"{name}: none of the keys that are kept with it signed it")
    for keyid in known:
        signed.of(theirs[keyid])
    said = streaks.read(signed.payload)
    if said != _own(judged, said):
        raise StatementMismatch(f"{name} is a signed verdict of other files, or says something else of these")


def _own(judged: Judged, said: Summary | StreakSummary) -> Summary | StreakSummary | None:
    """What these files give, as whoever signed would have said it: by their name, their program, and when they did."""
    try:
        if isinstance(judged.verdict, Streak) and isinstance(said, StreakSummary):
            own = StreakSummary.of(judged.verdict, said.last.verifier)
            if len(own.verdicts) != len(said.verdicts):
                return None
            verdicts = tuple(_as(mine, theirs) for mine, theirs in zip(own.verdicts, said.verdicts, strict=True))
            return replace(own, judged_at=said.judged_at, verdicts=verdicts)
        if isinstance(judged.verdict, Verdict) and isinstance(said, Summary):
            return replace(_as(Summary.of(judged.verdict, said.verifier), said), judged_at=said.judged_at)
    except UsageError:
        return None
    return None


def _as(own: Summary, theirs: Summary) -> Summary:
    """Options too: what whoever judged gave besides, such as a state, is theirs to say."""
    return replace(own, version=theirs.version, options=theirs.options)
