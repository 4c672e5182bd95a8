"""What the tests of streaks share: a policy with a calendar, and a lab's proofs that state a time in each month."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from tests.kit import policies as kit
from zkcompliance.log.store import SealedLog
from zkcompliance.policy.binding import Binding, Subject
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Policy
from zkcompliance.prove.policy import prove_policies

DAY = 86400
CALENDAR = '[calendar]\nevery = "month"\nfrom = 2026-01-01\n'


def at(month: int, day: int = 10) -> int:
    """UTC seconds of noon, in 2026."""
    return int(datetime(2026, month, day, 12, tzinfo=UTC).timestamp())


def text(calendar: str = CALENDAR, **more: str) -> str:
    return kit.text(more=calendar, **more)


def proved(
    log: SealedLog, policy: Policy, stated: int, *, model: Subject = kit.MODEL, given: dict[str, object] | None = None
) -> bytes:
    """The proof of one period; the machine's clock is said to be the time that it states."""
    open_ones = {"below.limit": "1e20", **(given or {})}
    return prove_policies([policy], {"compute": log}, open_ones, binding=Binding(None, model, stated))


class Months:
    """A lab that seals a segment in each month and proves it; files, by month, lie in the folder. short: a proof
    that states a time in March, over the log as it was in February."""

    def __init__(self, folder: Path, count: int) -> None:
        self.folder = folder
        self.policy_file = folder / "policy.toml"
        self.policy_file.write_text(text())
        self.policy = parse_policy(self.policy_file.read_bytes())
        self.log = kit.make_log(folder, "log", "lab.example/c")
        self.key = folder / "log.key.pub"
        self.files: list[Path] = []
        for month in range(1, count + 1):
            self.log = kit.seal(folder, "log", kit.rows())
            if month == 2:  # states March, before anything of March is sealed
                self.short = proved(self.log, self.policy, at(3))
            self.files.append(self.keep(f"2026-{month:02}.zkp", proved(self.log, self.policy, at(month))))

    def keep(self, name: str, data: bytes) -> Path:
        (self.folder / name).write_bytes(data)
        return self.folder / name
