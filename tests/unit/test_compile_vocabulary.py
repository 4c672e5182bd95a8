"""The words that no claim of the catalogue uses: a proof of each over a small table verifies."""

from __future__ import annotations

import pytest

from tests.kit import vocabulary as words
from tests.kit import vocabulary_more, vocabulary_nested
from tests.kit import vocabulary_over_time as over_time
from tests.kit.compiled_proof import prove_and_verify
from tests.kit.part import one_in
from zkcompliance.claim.language.build import ClaimDefinition

chip = {"chip": "c1", "kind": "h100_sxm", "site": "s1", "owner": "lab", "from": 0, "until": 5, "peak": "1e15"}
event = {"serial": 1, "model": "m1", "kind": "eval", "at": 5, "cumulative_flop": 2**96 - 1}
job = {"start": 0, "end": 9, "run": "m1", "phase": "pretraining", "method": "hardware", "flop": 7}
sample = {"suite": "s@1", "item": "i1", "model": "m", "at": 0}

CASES: dict[str, tuple[ClaimDefinition, dict[str, object]]] = {
    "absent": (words.absent, {"used": [chip] * 8, "banned": [{**chip, "chip": "c2"}] * 9}),
    "either": (words.either, {"used": [chip, {**chip, "chip": "c9"}], "listed": [chip], "most": 1}),
    "groups-found": (
        words.groups_found,
        {"events": [event, {**event, "model": "m2"}], "others": [{**event, "serial": 2}, {**event, "kind": "breach"}]},
    ),
    "itself": (words.itself, {"events": [event, {**event, "model": "m2", "kind": "deploy"}]}),
    "defaults": (
        words.defaults,
        {"used": [chip, {**chip, "chip": "c3"}], "registry": [{**chip, "chip": "c3"}], "otherwise": "1e15"},
    ),
    "matched": (words.matched, {"used": [chip, chip], "registry": [{**chip, "chip": "c3"}, chip]}),
    "totals-joined": (words.totals_joined, {"compute": [job] * 9, "events": [{**event, "kind": "deploy"}]}),
    "listed": (
        words.listed,
        {
            "used": [chip] * 7 + [{**chip, "from": 5}],
            "banned": "c7, c8",
            "allowed": "1970-01-01, 1970-01-02T00:00:00Z,1970-01-01T00:00:05Z",
        },
    ),
    "listed-numbers": (words.listed_numbers, {"events": [event], "steps": [0, 1, 2**64 - 1], "when": 41}),
    "constants": (words.constants, {"events": [{**event, "at": 2**16 - 1}, {**event, "serial": 1002, "at": 100}]}),
    "in-order": (
        words.in_order,
        {"events": [{**event, "serial": 9 - i, "at": 10 * i} for i in range(8)], "since": 1},
    ),
    "per-key": (
        words.per_key,
        {
            "events": [
                {**event, "serial": i + 1, "cumulative_flop": 2**96 - 1 - i, "kind": "breach"} for i in range(2)
            ],
            "since": 7,
        },
    ),
    "groups-in-order": (words.groups_in_order, {"compute": [job] * 3 + [{**job, "run": "m2"}] * 9}),
    "chained": (words.chained, {"events": [{**event, "at": 2 * i} for i in range(9)]}),
    "extremes": (words.extremes, {"compute": [job] * 3 + [{**job, "run": "m2", "devices": 2**32 - 1}] * 5, "least": 0}),
    "apart": (
        words.apart,
        {"compute": [{**job, "devices": 2**32 - 1}, {**job, "run": "m2", "site": "s", "devices": 4}]},
    ),
    "totals-in-rows": (words.totals_in_rows, {"compute": [job] * 9, "events": [event, {**event, "at": 2**40}]}),
    "quantiles": (
        words.quantiles,
        {"compute": [{**job, "flop": 2**96 - 1}] + [job] * 19, "limit": 2**95, "share": "95%"},
    ),
    "sealed": (
        words.sealed,
        {
            "events": [{**event, "kind": "deploy", "at": at} for at in (2**40, 5, 0)],
            "others": [event, {**event, "model": "m2", "at": 2**48 - 1}],
            "delay": 2**40 - 1,
        },
    ),
    "sealed-beside": (words.sealed_beside, {"events": [event, {**event, "model": "m2"}, {**event, "model": "m3"}]}),
    "where-missing": (
        words.where_missing,
        {
            "used": [chip, {**chip, "peak": None, "until": None, "site": None}],
            "evals": [{**sample, "score": "50%"}, sample, {**sample, "domain": "bio", "score": 0}, sample],
            "most": "1e15",
        },
    ),
    "in-words": (words.in_words, {"compute": [{**job, "flop": 1}] * 3 + [{**job, "flop": 3}] * 2, "limit": 4}),
    "paused": (
        over_time.paused,
        {
            "compute": [job, {**job, "model": "m1", "start": 6}],
            "events": [{**event, "at": 0}, {**event, "kind": "pause", "at": 7}],
        },
    ),
    "states": (over_time.states, {"events": [event, {**event, "at": 2**40}], "when": 9, "most": 5}),
    "states-unique": (
        over_time.states_unique,
        {"compute": [job] * 9, "events": [{**event, "serial": 2}, {**event, "serial": 2, "at": 2**48 - 1}]},
    ),
    "running-sums": (
        over_time.running_sums,
        {
            "compute": [{**job, "devices": 2}] * 3
            + [{**job, "devices": 2, "flop": 2**96 - 1, "end": 3, "phase": "other"}] * 6,
            "limit": 0,
            "most": 7,
        },
    ),
    "running-sums-of-groups": (
        over_time.running_sums_of_groups,
        {"compute": [job] * 3 + [{**job, "run": "m2"}], "events": [event]},
    ),
    "windows": (
        over_time.windows,
        {
            "compute": [{**job, "devices": 2}, {**job, "devices": 9, "end": 2**48 - 1}] * 5,
            "limit": 35,
            "length": "30 days",
        },
    ),
    "windows-by-number": (
        over_time.windows_by_number,
        {"events": [event, {**event, "serial": 2}, {**event, "model": "m2", "at": 2**40}], "most": 4},
    ),
    "public-asks": (words.public_asks, {"events": [event] * 3, "when": 5}),
    **vocabulary_more.CASES,
    **vocabulary_nested.CASES,
}


@pytest.mark.parametrize("name", one_in(2, CASES))
def test_a_proof_verifies(name: str) -> None:
    definition, given = CASES[name]
    assert prove_and_verify(definition, given) > 0
