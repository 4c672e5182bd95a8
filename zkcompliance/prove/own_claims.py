"""Claims that policies ask a lab to prove: with their language, each the very one whose card the policy names."""

from __future__ import annotations

from collections.abc import Mapping

from zkcompliance.card.own import Own
from zkcompliance.claim import catalogue
from zkcompliance.claim.card import card_of
from zkcompliance.claim.model import Claim
from zkcompliance.errors import CardMismatch, UsageError
from zkcompliance.policy import catalogue as policies
from zkcompliance.policy.model import Policy, Requirement


def load(name_or_path: str, own: Mapping[str, Claim]) -> Policy:
    """As `policy.catalogue.load`, with the cards of claims (by id) that the catalogue lacks."""
    return policies.load(name_or_path, [Own(card_of(claim), compiled=True) for claim in own.values()])


def claim_of(requirement: Requirement, own: Mapping[str, Claim]) -> Claim:
    """UsageError where there is none of that id, CardMismatch where it is not the one that the policy names."""
    if requirement.claim not in own and not catalogue.has(requirement.claim):
        raise UsageError(
            f"{requirement.name} is about {requirement.claim}, whose text was not given: a card proves nothing",
            help="zkcompliance prove --policy POLICY --claim-file FILE.py",
        )
    claim = own.get(requirement.claim) or catalogue.load(requirement.claim)
    made = card_of(claim).digest
    if made != requirement.card:
        raise CardMismatch(
            f"{requirement.name}: the card of {claim.id} is {made.hex()} here, and the policy names "
            f"{requirement.card.hex()}"
        )
    return claim
