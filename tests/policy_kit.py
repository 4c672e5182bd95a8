"""What the tests of policies share: logs of a few rows, policies over them, models, and a clock that is told."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from zkcompliance import schemas
from zkcompliance.card import catalogue as cards
from zkcompliance.log import keys
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.policy.binding import Subject
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Policy

HOUR, DAY = 3600, 86400
NOW = 1_767_614_400  # 2026-01-05 12:00 UTC
MODEL = Subject("base-1", sha256(b"weights").digest())
CLAIM, FLOOR = "training-compute-below", "log-floor-compute"

TEXT = """format = "zkcompliance-policy/v1"
id = "@ID"
version = 1
title = "A compute limit"
jurisdiction = "Nowhere"
sources = ["made up"]
valid_from = 2025-08-02
valid_until = 2027-08-02
subject = "required"

[freshness]
proof = "7 days"
@MORE
[logs.compute]
schema = "compute"
rows = 3
@KEYS
[[requirements]]
name = "below"
says = "The counted compute is below the limit."
claim = "training-compute-below@1"
card = "@CARD"
logs = { compute = "compute" }
params.limit = @LIMIT
params.phases = { includes = "pretraining, fine_tuning" }
"""


def text(id: str = "example", limit: str = '{ at_most = "1e21" }', keys: str = "", more: str = "") -> str:
    digest = cards.load(CLAIM).digest.hex()
    made = TEXT.replace("@ID", id).replace("@LIMIT", limit).replace("@CARD", digest)
    return made.replace("@KEYS", keys).replace("@MORE", more)


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
