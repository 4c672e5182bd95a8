"""What the tests of policies share: logs of a few rows, policies over them, models, and a clock that is told."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from tests.kit.policy_texts import head, requirement
from zkcompliance import schemas
from zkcompliance.log import keys
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.policy.binding import Subject
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Policy
from zkcompliance.stark.commit.budget import Budget

HOUR, DAY = 3600, 86400
NOW = 1_767_614_400  # 2026-01-05 12:00 UTC
MODEL = Subject("base-1", sha256(b"weights").digest())
CLAIM, FLOOR = "training-compute-below", "log-floor-compute"


def text(id: str = "example", limit: str = '{ at_most = "1e21" }', keys: str = "", more: str = "") -> str:
    """A policy of one log and one requirement, `below`. keys: lines of the log; more: tables before it."""
    log = f'[logs.compute]\nschema = "compute"\nrows = 3\n{keys}\n'
    below = requirement(
        "below", "The counted compute is below the limit.", CLAIM, {"compute": "compute"},
        f"params.limit = {limit}", 'params.phases = { includes = "pretraining, fine_tuning" }',
    )  # fmt: skip
    fresh = f'\n[freshness]\nproof = "7 days"\n{more}\n'
    return head(id, "A compute limit", subject="required") + fresh + log + below


def policy(id: str = "example", limit: str = '{ at_most = "1e21" }', keys: str = "", more: str = "") -> Policy:
    return parse_policy(text(id, limit, keys, more).encode())


T = 1_767_571_200  # 2026-01-05


def rows(count: int = 4, flop: int = 10**18) -> list[dict[str, object]]:
    return [
        {
            "start": T + 60 * i,
            "end": T + 60 * i + 60,
            "run": "r",
            "phase": "pretraining",
            "flop": flop,
            "method": "hardware",
        }
        for i in range(count)
    ]


def make_log(folder: Path, name: str, origin: str, *segments: list[dict[str, object]]) -> SealedLog:
    """A compute log at folder/name, its key at folder/name.key."""
    keys.generate(folder / f"{name}.key", origin)
    create_log(folder / name, schemas.compute, keys.load_private(folder / f"{name}.key"))
    for segment in segments:
        seal(folder, name, segment)
    return SealedLog.open(folder / name)


def seal(folder: Path, name: str, segment: list[dict[str, object]]) -> SealedLog:
    with Writer(folder / name, keys.load_private(folder / f"{name}.key")) as writer:
        writer.seal(segment)
    return SealedLog.open(folder / name)


def spend_all_but(left: int, budget: Budget) -> None:
    """Reserve for proofs that are never made, until the budget of a segment bears so many more."""
    number = 0
    while budget.proofs_left() > left:
        number += 1
        budget.reserve(budget.units, number.to_bytes(32, "big"))
