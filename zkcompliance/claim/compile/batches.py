"""Which questions one private table answers together.

All that is asked of the same rows by the same keys is one question, and one table answers it with all the values that
are wanted. But a value may be made of answers itself, even to the question that brings it over (a model's base's base):
then one has to be known before the other, and each has a table of its own. So a node joins the first batch of its
question that does not need it, and what needs what never goes round in a circle.
"""

from __future__ import annotations

from zkcompliance.claim.meaning import core

Ask = core.Member | core.Lookup | core.AsOf
Question = tuple[object, ...]


class Batch:
    """What is answered together. first: the first batch of the question; itself, of nearly all."""

    def __init__(self, first: Batch | None) -> None:
        self.first = first or self
        self.nodes: list[Ask] = []


class Batches:
    """The batches of a claim, filled node by node: each node after all that it is made of, as `core.walk` has them."""

    def __init__(self) -> None:
        self._of: dict[core.Value, Batch] = {}
        self._asked: dict[Question, list[Batch]] = {}
        self._needs: dict[Batch | core.Groups, set[Batch | core.Groups]] = {}

    def add(self, node: Ask) -> None:
        """A node that the claim contains."""
        below, batches = self._below(node), self._asked.setdefault(_question(node), [])
        batch = next((each for each in batches if not self._lead_to(below, each)), None)
        if batch is None:
            batch = Batch(batches[0] if batches else None)
            self._needs[batch] = set(batches[:1])
            batches.append(batch)
        self._needs[batch] |= below
        batch.nodes.append(node)
        self._of[node] = batch

    def group(self, groups: core.Groups) -> None:
        """Groups that the claim contains."""
        self._needs[groups] = self._below(groups)

    def put_in_order(self, groups: core.Groups, value: core.Value) -> bool:
        """Whether the rows of each group can be put in order of the value: it is not made of these groups."""
        below = self._below(value)
        if self._lead_to(below, groups):
            return False
        self._needs[groups] |= below
        return True

    def of(self, node: Ask) -> Batch:
        """The batch of a node that was added."""
        return self._of[node]

    def _below(self, part: core.Value | core.Groups) -> set[Batch | core.Groups]:
        """What has to be known for a part, but for the part itself."""
        found: set[Batch | core.Groups] = set()
        for each in core.walk(part):
            if isinstance(each, core.Groups) and each != part:
                found.add(each)
            elif isinstance(each, core.Value) and each in self._of and each != part:
                found.add(self._of[each])
        return found

    def _lead_to(self, parts: set[Batch | core.Groups], goal: Batch | core.Groups) -> bool:
        """Whether one of the parts is, or needs, the goal."""
        seen: set[Batch | core.Groups] = set()
        stack = list(parts)
        while stack:
            part = stack.pop()
            if part == goal:
                return True
            if part not in seen:
                seen.add(part)
                stack += self._needs[part]
        return False


def _question(node: Ask) -> Question:
    asked: Question = (node.keys, node.target, node.columns)
    return (*asked, node.at, node.order) if isinstance(node, core.AsOf) else asked
