"""`zkcompliance verify VERDICT.json --attestation-key PEM`: a signed verdict by itself, of one proof or of a streak."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zkcompliance import limits
from zkcompliance.commands import console
from zkcompliance.edge import given
from zkcompliance.errors import RequirementNotShown, StatementMismatch, Undecided, UsageError
from zkcompliance.quantities import number_of

if TYPE_CHECKING:
    from zkcompliance.attest.signed import Signed
    from zkcompliance.attest.streaks import StreakSummary
    from zkcompliance.attest.summary import Summary

_WHOLE = "zkcompliance verify verdict.json --attestation-key authority.pub.pem"
_TAKEN = ("attestation_key", "policy", "claim_files")  # of what a verdict is asked with


def is_signed(path: Path) -> bool:
    """Whether a file is an envelope of something signed, and no proof file; no, where it cannot be read."""
    head = given.head(path, limits.MAX_ATTESTATION_BYTES)
    return head.startswith(b"{") and b'"payloadType"' in head


def verify(path: Path, asked: dict[str, Any], as_json: bool) -> int:
    """Check who signed the verdict, and tell what it says: that is their word, and nothing is proved here.

    UsageError for options that are of a proof file; Undecided without a key; SignatureRejected, MalformedAttestation.
    """
    from zkcompliance.attest import streaks, verdicts
    from zkcompliance.attest.keys import EVERY, PublicKey
    from zkcompliance.attest.signed import Signed
    from zkcompliance.policy import catalogue as policies

    if other := [name for name, value in asked.items() if value and name not in _TAKEN]:
        raise UsageError(
            f"--{other[0].replace('_', '-')} does not go with a signed verdict, which is what another says of a proof",
            help=_WHOLE,
        )
    if asked["attestation_key"] is None:
        raise Undecided("whose verdict it is meant to be is not said: --attestation-key is not given", help=_WHOLE)
    signed = Signed.decode(verdicts.read_signed(path))
    key = PublicKey.load(asked["attestation_key"], EVERY)
    signed.of(key)
    said = streaks.read(signed.payload)
    last = said.last if isinstance(said, streaks.StreakSummary) else said
    if asked["policy"] is not None:
        policy = policies.load(str(asked["policy"]), asked["claim_files"])
        if policy.digest != last.policy.digest:
            raise StatementMismatch(f"policy: the verdict is by {last.policy.label}, another file than {policy.label}")
    _tell(signed, said, last, key.keyid, as_json)
    if last.passed:
        return 0
    return console.report_error(RequirementNotShown("the verdict says that the policy was not met"))


def _tell(signed: Signed, said: Summary | StreakSummary, last: Summary, keyid: str, as_json: bool) -> None:
    from zkcompliance.attest.streaks import StreakSummary
    from zkcompliance.quantities import show_time

    names = [each.name for each in said.periods] if isinstance(said, StreakSummary) else []
    verdicts = said.verdicts if isinstance(said, StreakSummary) else (said,)
    others = [each.keyid for each in signed.signatures if each.keyid != keyid]
    if as_json:
        document = {
            "format": "zkcompliance-signed-verdict/v1", "accepted": last.passed, "verifier": last.verifier,
            "signed_by": keyid, "not_checked": others, "statement": sha256(signed.payload).hexdigest(),
            "judged_at": str(said.judged_at), "periods": names,
            "policy": {
                "id": last.policy.id, "version": str(last.policy.version), "sha256": last.policy.digest.hex(),
            },
            "subject": None if last.subject is None else last.subject.name,
            "proofs": [each.file.hex() for each in verdicts],
            "requirements": [{"name": each.name, "status": each.status} for each in last.requirements],
        }  # fmt: skip
        console.print_json(document)
        return
    what = "met" if last.passed else "not met"
    if names:
        what = f"met in {number_of(len(names), 'period')} without a gap, {names[0]} until {names[-1]}"
    fields = {
        "says": f"{last.verifier}, on {show_time(said.judged_at)}",
        "policy": f"{last.policy.label}, SHA-256 {last.policy.digest.hex()}",
        "about": "no model" if last.subject is None else last.subject.name,
        "proofs": ", ".join(each.file.hex() for each in verdicts),
        "requirements": "; ".join(f"{each.name}: {each.status}" for each in last.requirements),
        "signed by": keyid,
    }
    if others:
        fields["not checked"] = f"{', '.join(others)}: signatures of keys that you did not give"
    console.print_fields(f"SIGNED, NOT PROVED HERE: {last.policy.label} was {what}", fields)
