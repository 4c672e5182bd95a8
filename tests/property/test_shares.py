"""All who hold a segment together never spend more than its masks hide, whatever they do, in whatever order.

Counted is what a third party could have seen: every reservation that was acknowledged, by whoever made it, wherever the
folder lies. Commitments are stand-ins: what is at stake here is the sum.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import random
from collections import Counter
from pathlib import Path

import pytest

from tests.kit.killing import arm
from tests.kit.quick_logs import SCHEMA, quickly, some_rows
from zkcompliance.errors import BudgetSpent, LogError, UsageError, ZkComplianceError
from zkcompliance.log import handing, keys, received, spent
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.prove.handing import receive
from zkcompliance.stark.profiles import EXTENSION_DEGREE, log_mask

PARTS = ("1/2", "1/3", "2/3", "9/10", "1/1")
PARTIES = 4  # who hold a copy, in the end


class World:
    """A log, copies of it, and what was seen of each segment, by its root."""

    def __init__(self, folder: Path, draw: random.Random) -> None:
        self.folder, self.draw = folder, draw
        self.seen: Counter[bytes] = Counter()
        self.whole: dict[bytes, int] = {}
        keys.generate(folder / "key", "cloud.example/x")
        self.key = keys.load_private(folder / "key")
        create_log(folder / "0", SCHEMA, self.key)
        self.rows = 0
        self.seal()

    @property
    def holders(self) -> list[Path]:
        return [path for path in sorted(self.folder.iterdir()) if path.name.isdecimal()]

    def seal(self) -> None:
        with Writer(self.folder / "0", self.key) as writer:
            writer.seal(some_rows(self.rows, 2))
        self.rows += 2

    def prove(self, most: int) -> None:
        """As proofs do: over some segment of some holder's, a few at once; now and then one never leaves."""
        log = SealedLog.open(self.draw.choice(self.holders))
        received.require_checked(log)
        segment = self.draw.choice(log.segments)
        budget, token = segment.budget(), os.urandom(32)
        units = self.draw.randint(1, most) * budget.units
        budget.reserve(units, spent.hashlib.sha256(token).digest())
        if self.draw.random() < 0.2:
            budget.give_back(token)
        else:
            self.seen[segment.entry.root] += units

    def hand_over(self) -> None:
        source = self.draw.choice(self.holders)
        known = [path for path in self.holders if path != source]
        free = self.folder / str(len(self.holders))
        place = self.draw.choice([*known, *([free] * 3 if len(self.holders) <= PARTIES else [])])
        before = handing._load(Layout(source))  # of who was killed
        part = self.draw.choice(PARTS) if before is None else before.part
        handing.hand_over(source, place if before is None else before.place, part)

    def receive(self) -> None:
        path = self.draw.choice(self.holders)
        earlier = [other for other in self.holders if other != path and self.draw.random() < 0.3]
        receive(path, self.key.verifier, earlier)

    def killed(self) -> None:
        """One of those, by a process that dies in the middle."""
        work, countdown = self.draw.choice([self.hand_over, self.receive]), self.draw.randint(1, 250)
        child = os.fork()
        if child == 0:
            with contextlib.suppress(BaseException):
                arm(countdown, torn=False)
                work()
            os._exit(0)
        os.waitpid(child, 0)

    def hold(self) -> None:
        for segment in SealedLog.open(self.folder / "0").segments:
            assert EXTENSION_DEGREE + self.seen[segment.entry.root] <= log_mask(segment.entry.k, segment.entry.kappa)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> World:
    quickly(monkeypatch)
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
    monkeypatch.setattr(spent, "state_folder", lambda: tmp_path / "state" / "spent")
    return World(tmp_path, random.Random(request.param))


@pytest.mark.parametrize("world", [*range(6), *(pytest.param(n, marks=pytest.mark.long) for n in range(6, 200))],
                         indirect=True)  # fmt: skip
def test_whatever_they_do(world: World) -> None:
    """Sealing, handing over, taking, proving, being killed, at random; then everybody proves until nobody can."""
    for _ in range(60):
        action = world.draw.choice([world.seal, world.hand_over, world.receive, world.killed, world.prove, world.prove])
        with contextlib.suppress(LogError, UsageError, BudgetSpent):
            world.prove(30) if action == world.prove else action()
        world.hold()
    assert len(world.holders) > 1
    for path in world.holders:
        with contextlib.suppress(ZkComplianceError):
            receive(path, world.key.verifier, [])
    refused = 0
    while refused < 400:
        try:
            world.prove(20)
        except ZkComplianceError:
            refused += 1
    world.hold()
    assert max(world.seen.values()) > 0


def _spend(folder: Path, log: str, said) -> None:  # type: ignore[no-untyped-def]
    """Prove over a log until it is refused; how many times it was not."""
    made = 0
    with contextlib.suppress(BudgetSpent):
        while True:
            segment = SealedLog.open(folder / log).segments[0]
            segment.budget().reserve(segment.profile.units, os.urandom(32))
            made += 1
    said.put(made)


@pytest.mark.parametrize("world", [7], indirect=True)
def test_at_the_same_time(world: World) -> None:
    """Two processes for each of three holders; together they make every proof that there was room for, and no more."""
    handing.hand_over(world.folder / "0", world.folder / "1", "1/3")
    receive(world.folder / "1", world.key.verifier)
    handing.hand_over(world.folder / "1", world.folder / "2", "1/2")
    receive(world.folder / "2", world.key.verifier)
    fork = multiprocessing.get_context("fork")
    said = fork.Queue()
    workers = [fork.Process(target=_spend, args=(world.folder, str(i % 3), said)) for i in range(6)]
    for worker in workers:
        worker.start()
    made = sum(said.get(timeout=120) for _ in workers)
    for worker in workers:
        worker.join()
    segment = SealedLog.open(world.folder / "0").segments[0]
    whole, units = log_mask(segment.entry.k, segment.entry.kappa), segment.profile.units
    assert made == (whole - EXTENSION_DEGREE - segment.budget().kept) // units
    assert EXTENSION_DEGREE + made * units + segment.budget().kept <= whole


@pytest.mark.parametrize("world", [8], indirect=True)
def test_handed_over_while_it_is_proved_over(world: World) -> None:
    """The giver spends all the while: what is handed over is a part of what there was, and spent before it is there."""
    fork = multiprocessing.get_context("fork")
    said = fork.Queue()
    worker = fork.Process(target=_spend, args=(world.folder, "0", said))
    worker.start()
    with contextlib.suppress(BudgetSpent):
        handing.hand_over(world.folder / "0", world.folder / "1", "1/2")
    made = said.get(timeout=120)
    worker.join()
    segment = SealedLog.open(world.folder / "0").segments[0]
    given = sum(segment.budget().handed_over().values())
    spent_here = EXTENSION_DEGREE + made * segment.profile.units
    assert spent_here + given == segment.budget().spent() <= log_mask(segment.entry.k, segment.entry.kappa)
