"""`zkcompliance verify VERDICT.json --attestation-key PEM`: a signed verdict by itself, of one proof or of a streak."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from zkcompliance import limits
from zkcompliance.commands import console, signed_told
from zkcompliance.edge import given
from zkcompliance.errors import RecognitionRefused, RequirementNotShown, StatementMismatch, Undecided, UsageError
from zkcompliance.quantities import show_time

if TYPE_CHECKING:
    from zkcompliance.attest.keys import PublicKey
    from zkcompliance.commands.signed_told import Told

_WHOLE = "zkcompliance verify verdict.json --attestation-key authority.pub.pem"
_TAKEN = ("attestation_key", "withdrawn", "policy", "claim_files")  # of what a verdict is asked with


def is_signed(path: Path) -> bool:
    """Whether a file is an envelope of something signed, and no proof file; no, where it cannot be read."""
    head = given.head(path, limits.MAX_ATTESTATION_BYTES)
    return head.startswith(b"{") and b'"payloadType"' in head


def verify(path: Path, asked: dict[str, Any], as_json: bool) -> int:
    """Tell what a signed verdict says, whose it is, and whether the given key signed it: nothing is proved here.

    UsageError for options that are of a proof file; SignatureRejected, MalformedAttestation; StatementMismatch for
    another policy, or a list of another verifier's. Without a key it is told all the same, and nothing is decided.
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
    signed = Signed.decode(verdicts.read_signed(path))
    key = None if asked["attestation_key"] is None else PublicKey.load(asked["attestation_key"], EVERY)
    if key is not None:
        signed.of(key)
    told = signed_told.Told(signed, streaks.read(signed.payload), key)
    if asked["policy"] is not None:
        policy = policies.load(str(asked["policy"]), asked["claim_files"])
        if policy.digest != told.last.policy.digest:
            raise StatementMismatch(
                f"policy: the verdict is by {told.last.policy.label}, another file than {policy.label}"
            )
    told = signed_told.with_lists(told, _lists(told, asked["withdrawn"], key))
    if as_json:
        console.print_json(signed_told.document(told))
    else:
        signed_told.show(told)
    return _left(told)


def _lists(told: Told, paths: Sequence[Path], key: PublicKey | None) -> list[Any]:
    """The lists of withdrawn verdicts that are given, of the verdict's own verifier and signed by the key."""
    from zkcompliance.attest.withdrawn import read_list
    from zkcompliance.policy.proofs import read

    if paths and key is None:
        raise UsageError("--withdrawn goes with --attestation-key, by which the list has to be signed too", help=_WHOLE)
    made = [read_list(read(path, limits.MAX_ATTESTATION_BYTES), [key]) for path in paths if key is not None]
    for each in made:
        if each.verifier != told.last.verifier:
            raise StatementMismatch(
                f"the list of withdrawn verdicts is of {each.verifier}, and the verdict of {told.last.verifier}"
            )
    return made


def _left(told: Told) -> int:
    """The exit status, and why it is not 0."""
    if told.key is None:
        return console.report_error(
            Undecided("whether it is signed is not checked: the key of whoever signed it is not given", help=_WHOLE)
        )
    if told.taken_back is not None:
        at, why = show_time(told.taken_back.at), told.taken_back.reason
        return console.report_error(RecognitionRefused(f"its verifier withdrew the verdict on {at}: {why}"))
    if not told.last.passed:
        return console.report_error(RequirementNotShown("the verdict says that the policy was not met"))
    return 0
