"""How long work reports on itself: progress(stage, done, total). Library code reports; only commands draw."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int], None]


def silent(stage: str, done: int, total: int) -> None:
    """Report to nobody."""
