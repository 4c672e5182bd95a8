"""Which requirements are one proof: all that limits and memory allow, with a sentence where they do not allow all."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.kit import policies as kit
from tests.kit.policies import NOW
from tests.kit.split_world import World
from zkcompliance import limits
from zkcompliance.errors import BudgetSpent
from zkcompliance.policy.proofs import proofs_in
from zkcompliance.prove import api, memory, split
from zkcompliance.prove.policy import Survey, check
from zkcompliance.prove.tasks import Task
from zkcompliance.verify.statement import decode_statement

NAMES = ["agree", "floor: compute", "floor: stated", "low"]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("split"))


def of(found: Survey) -> list[list[str]]:
    return [sorted(task.requirement.name for task in union.tasks) for union in found.unions]


def alone(task: Task) -> split.Alone:
    parts = api.logs_of([task.asked])
    witness = api.witness_of(task.asked, api.columns_of(parts))
    statement = api.state([task.asked], parts, [witness], task.binding.encode())
    return split.Alone(statement, {part.log.origin: part.log.checkpoint_note.encode() for part in parts})


def test_joined_statements_are_the_unions_statement(world: World) -> None:
    """Whichever way they are put together."""
    asked = [task.asked for task in world.tasks]
    parts = api.logs_of(asked)
    columns = api.columns_of(parts)
    whole = api.state(asked, parts, [api.witness_of(each, columns) for each in asked], world.tasks[0].binding.encode())
    each = [alone(task).statement for task in world.tasks]
    for order in (
        each,
        each[::-1],
        [split.joined(each[:2]), split.joined(each[2:])],
        [split.joined(each[1:]), each[0]],
    ):
        assert split.joined(order).encode() == whole.encode()
    assert [claim.requirement for claim in decode_statement(whole.encode()).claims] == NAMES


def test_all_requirements_are_one_proof_and_spend_as_much(world: World) -> None:
    before = world.left()
    data, said = world.prove()
    assert len(proofs_in(data)) == 1 and not said and world.accepted(data)
    assert world.left() == {name: left - 1 for name, left in before.items()}


def test_a_lowered_limit_splits_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two logs of three segments where two are all that a proof may have: a proof for each log, and one verdict."""
    monkeypatch.setattr(limits, "MAX_SEGMENTS", 2)
    found = check(world.tasks, time=NOW)
    assert of(found) == [["floor: compute", "low"], ["agree", "floor: stated"]]
    (why,) = found.notes
    assert why.startswith("split@1 takes 2 proofs in the file: one proof for all would be more than one may have (")
    assert "over the limit of 2" in why
    before = world.left()
    data, said = world.prove()
    assert said == [why] and world.accepted(data)
    assert sorted(len(proof.claims) for proof in proofs_in(data)) == [2, 2]
    assert world.left() == {name: left - 1 for name, left in before.items()}
    monkeypatch.undo()
    assert world.accepted(data)


def test_each_limit_of_the_union_splits_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each lowered to what the largest requirement alone needs: all are proved, in more proofs than one."""
    parts = [alone(task) for task in world.tasks]
    for name in ("MAX_EVALUATIONS", "MAX_COLUMNS", "MAX_CELLS", "MAX_PUBLICS", "MAX_CLAIMS"):
        least = _least(name, parts)
        with monkeypatch.context() as patch:
            patch.setattr(limits, name, least)
            groups, why = split.groups(parts)
        assert len(groups) > 1 and "more than one may have" in why, name
        assert sorted(number for group in groups for number in group.members) == list(range(len(parts)))


def _least(name: str, parts: list[split.Alone]) -> int:
    """The lowest value of a limit under which each can be proved alone."""
    low, high = 1, getattr(limits, name)
    while low < high:
        middle = (low + high) // 2
        if all(_fits(name, middle, [part]) for part in parts):
            high = middle
        else:
            low = middle + 1
    return low


def _fits(name: str, most: int, parts: list[split.Alone]) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, name, most)
        return split._fault(parts) is None


def test_little_memory_splits_them(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [alone(task) for task in world.tasks]
    needed = [memory.needed(part.statement) for part in parts]
    whole = memory.needed(split.joined([part.statement for part in parts]))
    assert max(needed) < whole < sum(needed)
    monkeypatch.setattr(memory, "there_is", lambda: whole)
    assert len(split.groups(parts)[0]) == 1
    monkeypatch.setattr(memory, "there_is", lambda: whole - 1)
    groups, why = split.groups(parts)
    assert 1 < len(groups) < len(parts) and "of memory to make, and there are" in why
    for group in groups:
        united = split.joined([parts[number].statement for number in group.members])
        assert memory.needed(united) < whole
    monkeypatch.setattr(memory, "there_is", lambda: 1)  # each alone is tried all the same
    assert [group.members for group in split.groups(parts)[0]] == [(0,), (1,), (2,), (3,)]
    monkeypatch.setattr(memory, "there_is", lambda: 0)  # nobody says
    assert len(split.groups(parts)[0]) == 1
    monkeypatch.setattr(memory, "there_is", lambda: whole - 1)
    data, said = world.prove()
    assert len(said) == 1 and "memory" in said[0] and world.accepted(data)


def test_what_workers_have_counts_where_they_prove(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """However much memory the machine of the command has, or little."""
    parts = [alone(task) for task in world.tasks]
    whole = memory.needed(split.joined([part.statement for part in parts]))
    for here, each, one in ((whole, whole - 1, False), (1, whole, True), (whole, 0, True), (1, 0, False)):
        monkeypatch.setattr(memory, "there_is", lambda here=here: here)
        workers = ThreadPoolExecutor(1)
        workers.memory_each = each  # type: ignore[attr-defined]
        groups, why = split.groups(parts, workers)
        assert (len(groups) == 1) == one and ("and a worker has" in why) != one
    monkeypatch.setattr(memory, "there_is", lambda: 0)
    workers.memory_each = whole - 1  # type: ignore[attr-defined]
    assert len(check(world.tasks, time=NOW, executor=workers).unions) > 1 == len(check(world.tasks, time=NOW).unions)


def test_what_the_machine_says_of_its_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pages = memory.there_is()
    assert pages > 1 << 28
    group = tmp_path / "memory.max"
    monkeypatch.setattr(memory, "_GROUPS", (tmp_path / "none", group))
    for text, least in (("max", pages), ("1048576", 1 << 20), ("99999999999999999999", None), ("", None), ("-5", None)):
        group.write_text(f"{text}\n")
        assert memory.there_is() == least or (least is None and memory.there_is() >= pages)


def test_budgets_are_counted_for_the_proofs_there_will_be(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment that bears one proof bears the union, and not the three that memory would ask for."""
    log = world.logs["stated"]
    budget = log.segments[0].budget()
    kit.spend_all_but(1, budget)
    check(world.tasks, time=NOW)
    monkeypatch.setattr(memory, "there_is", lambda: 1)
    with pytest.raises(BudgetSpent, match=r"1 proof left, and 2 asked for"):
        check(world.tasks, time=NOW)
