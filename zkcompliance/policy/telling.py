"""What a reader asks first of a proof, and which of its public values answer it."""

from __future__ import annotations

from zkcompliance.card import types
from zkcompliance.card.model import Card
from zkcompliance.card.parameter import NOW, Parameter
from zkcompliance.policy.model import Bound
from zkcompliance.policy.verdict import Tells


def of_param(param: Parameter, bound: Bound | None) -> Tells:
    """Which question a parameter answers."""
    if param.role == NOW:
        return Tells.MOMENT
    if param.type == types.TIME_POINT:
        return Tells.BOUND
    if param.type.kind == types.ID and ((bound is not None and bound.subject) or param.name == "model"):
        return Tells.MODEL
    return Tells.OUTSIDE if param.name == "outside" else Tells.NOTHING


def of_revealed(card: Card, name: str, kind: types.Type) -> Tells:
    """Which question a revealed value answers: by what the card says of it, and by its name, as the claims have it."""
    if any(each.name == name and each.counts for each in card.reveals):
        return Tells.COUNTED
    if kind == types.DAY and name in ("first day", "last day"):
        return Tells.FIRST if name == "first day" else Tells.LAST
    return Tells.OUTSIDE if " of other " in name else Tells.NOTHING
