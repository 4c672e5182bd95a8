"""A machine on which no two requirements fit one proof."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from zkcompliance.prove import split


@contextmanager
def split_up(most: int = 1) -> Iterator[None]:
    """As where no more than so many requirements fit one proof."""
    with pytest.MonkeyPatch.context() as patch:
        fault = split._fault
        patch.setattr(split, "_fault", lambda some: fault(some) if len(some) <= most else f"{most} is all there is")
        yield
