"""How a game of a joint cap is drawn, and the ways in which its labs cheat."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from tests.kit.joint_games import BEGIN, COUNTED, END, MASKED, WITHIN, Log, Row, Segment, Shown, joint_of, spent
from zkcompliance import schemas
from zkcompliance.joint.file import Joint

DAY = 86400
PHASES = (*COUNTED, "evaluation", "failed")
INTO = {WITHIN: MASKED, MASKED: WITHIN}


@dataclass
class Game:
    """What each lab hands over under a file; `draw` makes one that keeps every rule but, perhaps, the cap."""

    joint: Joint
    shown: list[Shown]

    def change(self, at: int, **changes: Any) -> None:
        self.shown[at] = replace(self.shown[at], **changes)

    def change_log(self, key: str, labs: Sequence[str], change: Callable[[Log], Log]) -> None:
        """A note log, as some labs show it."""
        for number, each in enumerate(self.shown):
            if each.lab in labs:
                notes = tuple(change(log) if log.key == key else log for log in each.notes)
                self.change(number, notes=notes)

    def params(self, at: int, **changes: object) -> None:
        self.change(at, params={**self.shown[at].params, **changes})


def draw(rng: random.Random, claim: str) -> Game:
    """2 to 4 labs, each with a log or two of what it spent, and notes between them; nobody cheats."""
    labs = "abcd"[: rng.randint(2, 4)]
    between = ["".join(rng.sample(pair, 2)) for pair in combinations(labs, 2)]
    pairs = between if claim == MASKED else _some(rng, labs, between)
    keys = {lab: [lab, f"{lab}2"] if rng.random() < 0.3 else [lab] for lab in labs}
    compute = {lab: tuple(_compute(rng, key) for key in keys[lab]) for lab in labs}
    counts = {lab: spent(compute[lab])[0] for lab in labs}
    if claim == MASKED:
        cap = max(1, sum(counts.values()) * 2 + rng.randint(-2, 12) if rng.random() < 0.7 else sum(counts.values()))
        allowances = dict.fromkeys(labs, 0)
    else:
        amounts = {pair: [rng.randint(0, 9) for _ in range(rng.randint(0, 3))] for pair in pairs}
        ways = {pair: [rng.random() < 0.5 for _ in amounts[pair]] for pair in pairs}
        moved = dict.fromkeys(labs, 0)
        for pair in pairs:
            for amount, forth in zip(amounts[pair], ways[pair], strict=True):
                moved[pair[0]] += amount if forth else -amount
                moved[pair[1]] -= amount if forth else -amount
        allowances = {lab: max(0, counts[lab] * 3 + moved[lab] + rng.randint(-1, 6)) for lab in labs}
        if rng.random() < 0.3:  # to the FLOP
            allowances = {lab: max(0, counts[lab] + moved[lab]) for lab in labs}
        cap = max(1, sum(allowances.values()) + rng.choice((0, 0, 5)))
    joint = joint_of(claim, cap, allowances, pairs, keys)
    cap_of = joint.note_id
    notes = {}
    for pair in pairs:
        if claim == MASKED:
            rows = [_note(rng, 1 + n, cap_of, pair, rng.randrange(2**96)) for n in range(rng.randint(1, 2))]
        else:
            rows = [
                _note(rng, 1 + n, cap_of, pair if forth else pair[::-1], amount, turn=False)
                for n, (amount, forth) in enumerate(zip(amounts[pair], ways[pair], strict=True))
            ]
        notes[pair] = Log(pair, _cut(rng, pair, rows), frozenset(pair[1]), schemas.note)
    shown = [
        Shown(
            lab, claim, joint.params(lab), compute[lab], tuple(notes[pair] for pair in pairs if lab in pair),
            joint.digest,
        )
        for lab in labs
    ]  # fmt: skip
    rng.shuffle(shown)
    return Game(joint, shown)


def _some(rng: random.Random, labs: str, between: Sequence[str]) -> list[str]:
    """Note logs such that each lab is in one at least."""
    chosen = [pair for pair in between if rng.random() < 0.6]
    for lab in labs:
        if not any(lab in pair for pair in chosen):
            chosen.append(next(pair for pair in between if lab in pair))
    return chosen


def _compute(rng: random.Random, key: str) -> Log:
    rows = []
    for _ in range(rng.randint(0, 3)):
        start = rng.choice((BEGIN, BEGIN - 40 * DAY, END - DAY, END, BEGIN + rng.randint(0, 80) * DAY))
        end = start + rng.choice((0, DAY, 30 * DAY, 60 * DAY))
        phase = rng.choice(COUNTED) if rng.random() < 0.8 else rng.choice(PHASES)
        flop = rng.randint(0, 3 if phase not in COUNTED else 20)
        rows.append(
            (("start", start), ("end", end), ("run", "r"), ("phase", phase), ("method", "hardware"), ("flop", flop))
        )
    return Log(key, _cut(rng, key, rows))


def _note(rng: random.Random, serial: int, cap: str, pair: str, amount: int, *, turn: bool = True) -> Row:
    giver, taker = rng.sample(pair, 2) if turn else pair
    return ("serial", serial), ("cap", cap), ("giver", giver), ("taker", taker), ("amount", amount)


def _cut(rng: random.Random, key: str, rows: Sequence[Row]) -> tuple[Segment, ...]:
    """The rows in one segment or two, each of another name."""
    at = rng.randint(0, len(rows)) if rng.random() < 0.3 else len(rows)
    parts = [rows[:at], rows[at:]] if at < len(rows) or rng.random() < 0.1 else [rows]
    return tuple(Segment(f"{key} {number}", tuple(part)) for number, part in enumerate(parts))


# Cheats: each changes what one lab, or two that agree on it, hand over. False: nothing to do it with.


def left_out(rng: random.Random, game: Game) -> bool:
    game.shown.pop(rng.randrange(len(game.shown)))
    return True


def there_twice(rng: random.Random, game: Game) -> bool:
    game.shown.append(rng.choice(game.shown))
    return True


def a_note_used_twice(rng: random.Random, game: Game) -> bool:
    """In a log of the lab's own, which it says is a note log too."""
    at = rng.randrange(len(game.shown))
    rows = [row for log in game.shown[at].notes for segment in log.segments for row in segment.rows]
    if not rows:
        return False
    again = Log("own", (Segment("own", (rng.choice(rows),)),), frozenset(), schemas.note)
    game.change(at, notes=(*game.shown[at].notes, again))
    return True


def a_note_of_another_cap(rng: random.Random, game: Game) -> bool:
    """Both labs of a log agree on it, and prove as if the whole file were of that cap, or do not."""
    key, labs = _a_log(rng, game)
    other = f"0x{rng.randrange(2**128):032x}"

    def change(log: Log) -> Log:
        parts = [
            Segment(f"{each.name} other", tuple((row[0], ("cap", other), *row[2:]) for row in each.rows))
            for each in log.segments
        ]
        return replace(log, segments=tuple(parts))

    if all(not segment.rows for segment in _log(game, key).segments):
        return False
    game.change_log(key, labs, change)
    if rng.random() < 0.5:
        for number, each in enumerate(game.shown):
            if each.lab in labs:
                game.params(number, cap=other)
    return True


def a_log_of_two_labs(rng: random.Random, game: Game) -> bool:
    """A lab shows another's compute log as its own, beside it or in its place."""
    at, other = rng.sample(range(len(game.shown)), 2)
    theirs = game.shown[other].compute
    beside = tuple(log for log in game.shown[at].compute if log.key not in {each.key for each in theirs})
    game.change(at, compute=theirs if rng.random() < 0.5 else (*beside, *theirs))
    return game.shown[at].lab != game.shown[other].lab


def a_note_log_at_two_sizes(rng: random.Random, game: Game) -> bool:
    """One lab has a segment more, which both signed."""
    key, labs = _a_log(rng, game)
    row = _note(rng, 9, game.joint.note_id, key, rng.randint(0, 40))
    more = Segment(f"{key} more", (row,))
    game.change_log(key, rng.choice(labs), lambda log: replace(log, segments=(*log.segments, more)))
    return True


def a_note_log_of_two_histories(rng: random.Random, game: Game) -> bool:
    """One lab shows another note in the place of those that the other shows; signed by both, or by one."""
    key, labs = _a_log(rng, game)
    signed = frozenset(key[1]) if rng.random() < 0.5 else frozenset()

    def change(log: Log) -> Log:
        row = _note(rng, 1, game.joint.note_id, key, rng.randint(0, 40))
        parts = (*log.segments[:-1], Segment(f"{key} instead", (row,)))
        return replace(log, segments=parts, signed=signed)

    game.change_log(key, rng.choice(labs), change)
    return True


def a_note_log_that_one_signed(rng: random.Random, game: Game) -> bool:
    key, labs = _a_log(rng, game)
    game.change_log(key, labs if rng.random() < 0.5 else rng.choice(labs), lambda log: replace(log, signed=frozenset()))
    return True


def a_note_log_left_out(rng: random.Random, game: Game) -> bool:
    at = rng.randrange(len(game.shown))
    if len(game.shown[at].notes) < 2:
        return False
    notes = list(game.shown[at].notes)
    notes.pop(rng.randrange(len(notes)))
    game.change(at, notes=tuple(notes))
    if game.shown[at].claim == MASKED:
        game.params(at, others=len(notes))
    return True


def a_compute_log_left_out(rng: random.Random, game: Game) -> bool:
    several = [number for number, each in enumerate(game.shown) if len(each.compute) > 1]
    if not several:
        return False
    at = rng.choice(several)
    game.change(at, compute=(rng.choice(game.shown[at].compute),))
    return True


def another_bound(rng: random.Random, game: Game) -> bool:
    """An allowance too many, a total that may wrap, fewer masks, less that counts."""
    at = rng.randrange(len(game.shown))
    if game.shown[at].claim == WITHIN:
        more = int(str(game.shown[at].params["allowance"])) + rng.randint(1, 50)
        game.params(at, **rng.choice(({"allowance": more}, {"outside": "100%"})))
    else:
        game.params(at, **rng.choice(({"most": 2**96 - 1}, {"outside": "100%"}, {"limit": game.joint.cap + 1})))
    return True


def another_time(rng: random.Random, game: Game) -> bool:
    """Another period, or a proof that was made before it was over, or after the judge's clock."""
    at = rng.randrange(len(game.shown))
    match rng.randrange(4):
        case 0:
            game.params(at, begin="2026-02-01")
        case 1:
            game.params(at, end="2026-03-01")
        case 2:
            game.change(at, time=END - rng.choice((1, DAY)))
        case _:
            game.change(at, time=END + 40 * DAY)
    return True


def another_program(rng: random.Random, game: Game) -> bool:
    """The other claim of joint caps, with what that asks."""
    at = rng.randrange(len(game.shown))
    one, other = game.shown[at], INTO[game.shown[at].claim]
    having: Mapping[str, object] = (
        {"allowance": game.joint.cap} if other == WITHIN else {"others": 1, "limit": game.joint.cap, "most": 2**95}
    )
    common = {name: one.params[name] for name in ("cap", "lab", "begin", "end", "phases", "outside")}
    game.change(at, claim=other, params={**common, **having})
    return True


def another_file(rng: random.Random, game: Game) -> bool:
    game.change(rng.randrange(len(game.shown)), context=rng.randbytes(32))
    return True


def another_lab(rng: random.Random, game: Game) -> bool:
    """As the lab on the other side of its notes, so that each counts with the wrong sign."""
    at = rng.randrange(len(game.shown))
    log = rng.choice(game.shown[at].notes)
    game.params(at, lab=log.key.replace(game.shown[at].lab, ""))
    return True


def a_false_statement(rng: random.Random, game: Game) -> bool:
    """About logs of which a part is passed over, or with another number than the logs give."""
    at = rng.randrange(len(game.shown))
    if game.shown[at].claim == MASKED and rng.random() < 0.5:
        game.change(at, lie=rng.choice((1, 2**96 - 1, rng.randrange(1, 2**96))))
        return True
    told = tuple(
        replace(log, segments=tuple(Segment(each.name, each.rows[1:]) for each in log.segments))
        for log in game.shown[at].compute
    )
    if spent(told)[0] == spent(game.shown[at].compute)[0]:
        return False
    game.change(at, told=told)
    return True


def a_segment_in_two_logs(rng: random.Random, game: Game) -> bool:
    """Two labs that lay one segment into a log of each: it spent once what it says of both."""
    one, other = rng.sample(range(len(game.shown)), 2)
    if game.shown[one].lab == game.shown[other].lab:
        return False
    segment = game.shown[one].compute[0].segments[0]
    first = game.shown[other].compute[0]
    more = replace(first, segments=(*first.segments, segment))
    game.change(other, compute=(more, *game.shown[other].compute[1:]))
    return True


def _a_log(rng: random.Random, game: Game) -> tuple[str, str]:
    """A note log of the file, and its labs that are there."""
    log = rng.choice(game.joint.notes)
    return log.sealed_by + log.signed_by, log.sealed_by + log.signed_by


def _log(game: Game, key: str) -> Log:
    return next(log for each in game.shown for log in each.notes if log.key == key)


CHEATS = (
    left_out, there_twice, a_note_used_twice, a_note_of_another_cap, a_log_of_two_labs, a_note_log_at_two_sizes,
    a_note_log_of_two_histories, a_note_log_that_one_signed, a_note_log_left_out, a_compute_log_left_out, another_bound,
    another_time, another_program, another_file, another_lab, a_false_statement, a_segment_in_two_logs,
)  # fmt: skip
