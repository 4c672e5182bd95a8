"""One proof of several claims over several logs: what the prover puts together, the verifier takes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from tests.kit import support, unions
from tests.kit import vocabulary as words
from tests.kit.unions import Case, compute, log_of, of_language, with_room
from zkcompliance import schemas
from zkcompliance.errors import ParametersRejected, VerificationError
from zkcompliance.stark.air import cells as cells_module
from zkcompliance.stark.air import union as union_module
from zkcompliance.stark.air.union import base, deal_ranges
from zkcompliance.stark.field.babybear import P
from zkcompliance.verify import union as verify_union

COMPUTE, EVENT, CHIP = support.SCHEMA, schemas.event, schemas.chip
CHIPS = {"chip": "c1", "kind": "h100_sxm", "site": "s1", "owner": "lab", "from": 0, "until": 5, "peak": "1e15"}
EVENTS = {"serial": 1, "model": "m1", "kind": "eval", "at": 5, "cumulative_flop": 2**96 - 1}
DIGESTS = {"compute": COMPUTE.digest, "other": COMPUTE.digest}


def holds(case: Case) -> None:
    """The trace is true, and the proof verifies."""
    assert not case.failures()
    case.verify()


def test_two_claims_over_one_log() -> None:
    """Short columns are asked for once; each claim has its own lookup, sum and equation."""
    logs = {"compute": [support.table(support.ROWS), support.table(support.ROWS[:2])]}
    case = unions.union(logs, DIGESTS, [compute("b", limit=10**29), compute("a")])
    layout = case.layout()
    assert [claim.requirement for claim in case.statement.claims] == ["a", "b"]
    first, second, cells = layout.instances
    assert first.air.groups == (3, 3, 1, 1, 0) and first.air.witness == 2 and len(first.air.sums) == 2
    assert [i.bus for i in first.air.interactions] == [0] * 6 + [1, 2]
    assert second.entry is not None and cells.entry is None
    holds(case)


def test_one_claim_false_is_all_false() -> None:
    case = unions.union({"compute": [support.table(support.ROWS)]}, DIGESTS, [compute("a"), compute("b", limit=1)])
    assert case.failures()
    with pytest.raises(VerificationError):
        case.verify()


def test_one_claim_over_two_logs_in_a_slot() -> None:
    """ORDINAL runs through the logs of the slot: the order that is checked across segments is theirs."""
    rows = [{**EVENTS, "at": 2 * i} for i in range(20)]
    logs = {"b": log_of(EVENT, rows[9:12], rows[12:]), "a": log_of(EVENT, rows[:9])}
    digests = dict.fromkeys(logs, EVENT.digest)
    case = unions.union(logs, digests, [of_language(words.chained, {"events": ["b", "a"]})])
    holds(case)
    assert case.statement.claims[0].slots == ((0, 1),)
    compute_logs = {"other": [support.table(support.ROWS)], "compute": [support.table(support.ROWS[:3])]}
    holds(unions.union(compute_logs, DIGESTS, [compute("total", ["compute", "other"])]))


def test_two_claims_share_a_log_in_different_slots() -> None:
    """With private tables, general buses and joins of several claims."""
    logs = {
        "chips": log_of(CHIP, [CHIPS, {**CHIPS, "chip": "c9"}] * 4, [CHIPS]),
        "list": log_of(CHIP, [{**CHIPS, "chip": "c3"}, CHIPS]),
        "old": log_of(CHIP, [{**CHIPS, "chip": f"x{i}"} for i in range(9)]),
    }
    wanted = [
        of_language(words.either, {"used": ["chips"], "listed": ["list"]}, most=5),
        of_language(words.matched, {"used": ["list"], "registry": ["c3", "c1"]}),
        of_language(words.absent, {"used": ["chips"], "banned": ["old"]}),
    ]
    logs |= {"c3": log_of(CHIP, [{**CHIPS, "chip": "c3"}]), "c1": log_of(CHIP, [CHIPS])}
    case = unions.union(logs, dict.fromkeys(logs, CHIP.digest), wanted)
    layout = case.layout()
    assert sum(len(claim.private) for claim in case.statement.claims) >= 2
    assert layout.general == sum(len(claim.program.buses) for claim in case.statement.claims) > 2
    holds(case)


def test_private_tables_of_several_claims() -> None:
    rows = [{**EVENTS, "serial": 9 - i, "at": 10 * i} for i in range(8)]
    logs = {
        "events": log_of(EVENT, rows),
        "others": log_of(EVENT, [{**EVENTS, "serial": 7}, {**EVENTS, "model": "m2"}]),
    }
    wanted = [
        of_language(words.in_order, {"events": ["events"]}, since=1),
        of_language(words.groups_found, {"events": ["others"], "others": ["more"]}),
    ]
    logs["more"] = log_of(EVENT, [{**EVENTS, "serial": 2}, {**EVENTS, "kind": "breach"}])
    case = unions.union(logs, dict.fromkeys(logs, EVENT.digest), wanted)
    private = [i for i in case.layout().instances[:-1] if i.entry is None]
    assert len(private) >= 2 and len({i.member.parts[0].claim for i in private if i.member}) == 2
    holds(case)


@pytest.fixture
def tall() -> Iterator[None]:
    with unions.tall_early():
        yield


def test_tall_sums(tall: None) -> None:
    """Two claims with sums over an empty segment, of 2^3 rows, and one of 2^16: there A and B stand in a column, and
    their totals in cells; the small one has the column too, and no use for it."""
    logs = {"compute": [support.table([], 3), support.table(support.ROWS, 16)]}
    case = unions.union(logs, DIGESTS, [compute("a"), compute("b", limit=10**29)])
    layout = case.layout()
    assert [i.weighed for i in layout.instances] == [0, 0, layout.table.cells]
    assert layout.cells.count == 2 * 6 * (2 + 5) + 2 * (7 + 28) + sum(2 * (c.digits - 1) for c in layout.cells.chains)
    assert layout.instances[0].air.groups == (4, 3, 1, 1, 0)
    assert [place.first_tally for place in layout.cells.sums] == [None, 0, None, 48]
    holds(case)


def test_tall_sums_of_largest_values(tall: None) -> None:
    """Every limb 65535 on every row: b1 is not zero where there are enough buckets."""
    table = np.zeros((COMPUTE.width, 1 << 16), np.uint32)
    table[support.ACT], table[support.FLOP[:-1]] = 1, 0xFFFF
    case = unions.union({"compute": [table]}, DIGESTS, [compute("a", limit=2**112 - 1)])
    layout = case.layout()
    trace = case.trace()
    first = layout.cells.sums[0].first_cell
    a0, a1, b0, b1, b2 = (int(x) for x in trace.witness[-1][layout.table.cells][first : first + 5])
    assert a0 + (a1 + b0 << 14) + (b1 << 30) == 65535 << 16 and b2 == b1 << 9 and b1 == 3
    holds(case)


def test_instances_are_dealt_to_range_buses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bus takes what is below its room, and no instance goes back to an earlier one."""
    asks = [(3, 4), (1, 8), (2, 20), (1, 1), (0, 8)]
    assert deal_ranges(asks) == [0, 0, 0, 0, 0]
    for room, buses in ((62, [0] * 5), (61, [0, 0, 0, 1, 1]), (60, [0, 0, 1, 1, 1]), (41, [0, 0, 1, 2, 2])):
        monkeypatch.setattr(union_module, "RANGE_ROOM", room)
        assert deal_ranges(asks) == buses
    monkeypatch.setattr(union_module, "RANGE_ROOM", 40)
    with pytest.raises(ParametersRejected, match="one instance"):
        deal_ranges(asks)


def test_asks_on_several_range_buses_are_proved() -> None:
    """With room for 57,000 asks each segment of 2^13 rows has a bus of its own, and so has the cells table."""
    logs = {"compute": [support.table(support.ROWS, 13), support.table(support.ROWS[:3], 13), support.table([], 3)]}
    with with_room(57_000):
        case = unions.union(logs, DIGESTS, [compute("a"), compute("b", limit=10**29)])
        layout = case.layout()
        assert layout.table.ranges == (0, 3, 4) and layout.table.pairs == 8
        ranges = [{i.bus for i in instance.air.interactions if layout.is_range(i.bus)} for instance in layout.instances]
        assert ranges[:3] == [{0}, {3}, {3}] and len(ranges[3]) == 3
        holds(case)


@pytest.mark.parametrize(("k", "profile", "kappa"), [
    (3, "small", 12), (3, "standard", 13), (3, "fast", 13), (13, "standard", 14), (14, "small", 15), (14, "fast", 15),
    (15, "small", 16), (16, "fast", 17), (17, "standard", 17),
])  # fmt: skip
def test_cells_tables_of_every_height(k: int, profile: str, kappa: int) -> None:
    case = unions.union({"compute": [support.table(support.ROWS, k)]}, DIGESTS, [compute("a")], profile)
    table = case.layout().table
    assert (table.kappa, table.pairs) == (kappa, 1 << max(0, 16 - kappa))
    holds(case)


@pytest.mark.parametrize("kappa", [18, 19, 20])
def test_cells_tables_of_larger_heights(kappa: int) -> None:
    """Their shapes alone, of either hand: a proof takes seconds each."""
    air = cells_module.CellsShape(kappa, (0,)).air()
    assert air.groups == (2,) and air.witness == 3


def test_the_base_deals_evenly() -> None:
    sizes = {0: (), 1: (1,), 4: (4,), 5: (3, 2), 6: (3, 3), 9: (3, 3, 3), 10: (4, 3, 3), 13: (4, 3, 3, 3)}
    for count, groups in sizes.items():
        made = base(range(count), tallies=False)
        assert made.groups == groups and len(made.nodes) == len(made.interactions) == count
        assert all(a >= b for a, b in pairwise(made.groups))
    assert base([3, 5], tallies=True).nodes == ((1, 3, 0), (1, 5, 0), (2, 0, 0))


def test_both_hands_have_the_same_bounds() -> None:
    assert verify_union.P == union_module.RANGE_ROOM == P
