"""A machine on which no two requirements fit one proof."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from zkcompliance.prove import split


@contextmanager
def split_up(most: int = 1) -> Iterator[None]:
    """As where no more than so many requirements fit one proof."""
    fault = split._fault

    def of(some: Sequence[split.Alone], *others: object) -> str | None:
        return fault(some, *others) if len(some) <= most else f"{most} is all there is"  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(split, "_fault", of)
        yield
