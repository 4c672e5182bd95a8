"""What callers may give, and what is made of it: keys, times, references, claims."""

from __future__ import annotations

import time as clock
import warnings
from concurrent.futures import Executor
from pathlib import Path
from typing import TYPE_CHECKING, Union

from zkcompliance.errors import UsageError
from zkcompliance.log.note import VerifierKey
from zkcompliance.policy.binding import reference_of
from zkcompliance.policy.model import Policy
from zkcompliance.quantities import Refused, read_time

if TYPE_CHECKING:
    from distributed import Client

    from zkcompliance.card.model import Card
    from zkcompliance.card.own import Own
    from zkcompliance.claim.language.build import ClaimDefinition
    from zkcompliance.claim.model import Claim

AnyKey = VerifierKey | str | Path
Cluster = Union["Client", Executor]  # of Dask, or of the standard library
AnyPolicy = str | Path | Policy  # a ready-made one's id, a file, or what was loaded


def key_of(given: AnyKey) -> VerifierKey:
    """A public key, or what its file says."""
    from zkcompliance.log.public_keys import load_public

    return given if isinstance(given, VerifierKey) else load_public(Path(given))


def moment_of(name: str, given: int | str) -> int:
    """A time as it is given, read like a parameter."""
    try:
        return read_time(given, dates=True)
    except Refused as refused:
        raise UsageError(f"{name}: {given!r} {refused.why}") from None


def seconds_now() -> int:
    """The clock's UTC seconds."""
    return int(clock.time())


def bytes_of(context: bytes | str) -> bytes:
    """A reference to be bound to."""
    return reference_of(context) if isinstance(context, str) else context


def own_of(claim: Claim | ClaimDefinition | Card) -> Own:
    """A claim as who verifies takes it: its card, which is made here where it is not given."""
    from zkcompliance.card.model import Card
    from zkcompliance.card.own import Own

    if isinstance(claim, Card):
        return Own(claim, compiled=False)
    from zkcompliance.claim.card import card_of

    known = claim_of(claim)
    return Own(card_of(known), compiled=known.pinned is None)


def claim_of(claim: str | Claim | ClaimDefinition | None) -> Claim:
    from zkcompliance.claim import catalogue
    from zkcompliance.claim.language.build import ClaimDefinition
    from zkcompliance.claim.provable import provable

    if claim is None:
        raise UsageError("no claim is given", help="zkcompliance claims")
    if isinstance(claim, str):
        return catalogue.load(claim)
    return provable(claim) if isinstance(claim, ClaimDefinition) else claim


def tell(sentence: str) -> None:
    """A warning (UserWarning) to whoever called."""
    warnings.warn(sentence, UserWarning, stacklevel=4)
