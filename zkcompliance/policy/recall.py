"""What a judgement recalls of logs: a state, lineages that are given, and the word for keys that are new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from zkcompliance.edge.steady import Span
from zkcompliance.errors import UsageError
from zkcompliance.lineage import chain as lineage
from zkcompliance.lineage.rollup import Stands
from zkcompliance.log import memory, merkle, standing
from zkcompliance.log.checkpoint import generation_of
from zkcompliance.log.linking import Passed, linked_keys
from zkcompliance.log.memory import Known, Memory, Rolled
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.standing import Clock, Shown, Standing, Word
from zkcompliance.policy.model import LogKey, LogRule
from zkcompliance.policy.proofs import Place, Proof
from zkcompliance.progress import Progress, silent


@dataclass(frozen=True)
class Recall:
    """state: a file that remembers the logs that were seen. lineages, new_keys: by the log's name for whoever judges.

    clock: UTC seconds of the machine (None: the time of judgement); at: the time of judgement, where it was given.
    rolled: what roll-ups stand for, by the bodies of their checkpoints.
    """

    state: Path | None = None
    lineages: Mapping[str, lineage.Source] = field(default_factory=dict)
    new_keys: frozenset[str] = frozenset()
    clock: int | None = None
    at: int | None = None
    progress: Progress = silent
    rolled: Mapping[bytes, Stands] = field(default_factory=dict)


@dataclass(frozen=True)
class Recalled:
    """What was read before a judgement.

    rules: with the keys that lineages lead to; own: logs whose keys a policy names.
    """

    recall: Recall
    clock: Clock
    before: Memory
    passed: tuple[Passed, ...]
    rules: Mapping[str, LogRule]
    own: frozenset[str]

    def hold(self, shown: Sequence[Shown]) -> list[Standing]:
        """Where these checkpoints stand, and remember them; nothing where nothing is recalled."""
        if self.recall.state is None and not self.passed:
            return []
        return standing.hold(self.recall.state, shown, self.clock, self.passed, self.before)

    def shown(self, name: str, place: Place, key: VerifierKey, proof: Proof) -> Shown:
        """A log of a verified statement, or the one that it stands for; name: as whoever judges calls it."""
        word = Word.NOBODY
        if name in self.recall.new_keys:
            word = Word.JUDGE
        elif name in self.own:
            word = Word.POLICY
        log, leaves = place.log, None
        if place.stands is not None:
            every = place.stands.log.leaves
            leaves = tuple(every[at : at + 32] for at in range(0, len(every), 32))
        elif log.whole:
            leaves = tuple(merkle.leaf_hash(entry.encode()) for entry in log.entries)
        return Shown(name, place.signed.decode(), key, leaves, proof.statement_digest.hex(), word, _rolled(place, key))


def _rolled(place: Place, key: VerifierKey) -> Rolled | None:
    """What is remembered of a roll-up: the checkpoints of both logs, and the program of its proofs."""
    stands = place.stands
    if stands is None:
        return None
    return Rolled(stands.log.note.decode(), key, stands.rolled.note.decode(), stands.program)


def recalled(
    recall: Recall,
    rules: Mapping[str, LogRule],
    now: int,
    *,
    own: frozenset[str] = frozenset(),
    enclosed: Mapping[str, Span] | None = None,
    origins: frozenset[str] = frozenset(),
) -> Recalled:
    """Read the state and the lineages, and let them lead to further keys of the logs.

    own: logs whose keys the policy itself names; enclosed: lineages that the file brings, by the log's own name;
    origins: of the checkpoints in it: what the state links to them already is not read again. Errors of `memory.load`
    and `lineage.read`; UsageError for an option about no log of these.
    """
    for name in (*recall.lineages, *recall.new_keys):
        if name not in rules:
            raise UsageError(f"no log {name!r} is asked about: there is {', '.join(rules)}")
    if recall.new_keys and recall.state is None:
        raise UsageError("--new-key is about a log that --state has seen: without a state every key is new")
    before = memory.load(recall.state) if recall.state is not None else {}
    passed: list[Passed] = []
    for name, source in _sources(recall, rules, _unread(enclosed or {}, origins, before), before):
        passed += _read(recall, rules[name], source, before)
    extended = {name: _with_linked(rule, before, passed) for name, rule in rules.items()}
    clock = Clock(now if recall.clock is None else recall.clock, recall.at)
    return Recalled(recall, clock, before, tuple(passed), extended, own)


def _names(rule: LogRule) -> set[str]:
    return {each.key.name for each in rule.keys}


def _unread(enclosed: Mapping[str, Span], origins: frozenset[str], before: Memory) -> dict[str, Span]:
    """The lineages that lead further than those that were verified with this state before."""
    left = {}
    for name, data in enclosed.items():
        linked = {name, *(link.to for link in before.get(name, Known()).links)}
        if name not in before or not {o for o in origins if generation_of(o)[0] == name} <= linked:
            left[name] = data
    return left


def _sources(
    recall: Recall, rules: Mapping[str, LogRule], enclosed: Mapping[str, Span], before: Memory
) -> list[tuple[str, lineage.Source]]:
    """Those that are given, and those that the file brings of other logs that are asked about.

    What a file brings from before the keys that are trusted is left aside: whoever trusts a log's newest key alone is
    shown what that key signed, and nothing of what came before.
    """
    found: list[tuple[str, lineage.Source]] = list(recall.lineages.items())
    done = {name for given in recall.lineages for name in _names(rules[given])}
    for log, data in enclosed.items():
        for name, rule in rules.items():
            if log in _names(rule) and log not in done and lineage.begins_under(data, _keys(rule, before).trusted):
                found.append((name, data))
                done.add(log)
    return found


class _Keys(NamedTuple):
    """Of a log, before a lineage is read: keys that may have signed its oldest checkpoint, and that may name others."""

    name: str
    trusted: list[VerifierKey]
    vouching: list[VerifierKey]
    known: Known


def _keys(rule: LogRule, before: Memory) -> _Keys:
    (name,) = _names(rule) if len(_names(rule)) == 1 else (rule.keys[0].key.name,)
    known = before.get(name, Known())
    own = [each.key for each in rule.keys]
    vouching = [each.key for each in rule.keys if each.until is None]
    vouching += linked_keys(known, vouching)
    kept = [key for key in known.keys if key not in known.left]
    return _Keys(name, list(dict.fromkeys([*own, *vouching, *kept])), vouching, known)


def _read(recall: Recall, rule: LogRule, source: lineage.Source, before: Memory) -> tuple[Passed, ...]:
    name, trusted, vouching, known = _keys(rule, before)
    if recall.state is None:
        return lineage.read(source, name, trusted, vouching, known, recall.progress)
    with standing.evidence_kept(recall.state):
        return lineage.read(source, name, trusted, vouching, known, recall.progress)


def _with_linked(rule: LogRule, before: Memory, passed: Sequence[Passed]) -> LogRule:
    """The rule with the keys that lineages lead to, now or as the state remembers, from those that are trusted."""
    found = [each.key for each in rule.keys]
    vouching = [each.key for each in rule.keys if each.until is None]
    for name in sorted(_names(rule)):
        known = before.get(name, Known())
        links = [*known.links, *(step.link for step in passed if step.by.name == name)]
        vouching += linked_keys(Known(links=links), vouching)
    return replace(rule, keys=(*rule.keys, *(LogKey(key) for key in vouching if key not in found)))
