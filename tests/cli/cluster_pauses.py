"""Preloaded by the workers of a test's cluster: each grouping, commitment and proof leaves a mark, and takes a while.

A mark is a file `KIND-PROCESS-RANDOM` in the folder that ZKC_TEST_MARKS names.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PAUSE = 0.7  # seconds, in which a test finds the process and kills it


def dask_setup(worker: Any = None) -> None:
    from zkcompliance.prove import rolling
    from zkcompliance.stark.commit import table

    marks = Path(os.environ["ZKC_TEST_MARKS"])

    def slowly(kind: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def work(*args: Any, **kwargs: Any) -> Any:
            (marks / f"{kind}-{os.getpid()}-{secrets.token_hex(4)}").touch()
            time.sleep(PAUSE)
            return real(*args, **kwargs)

        return work

    table.commit = slowly("commit", table.commit)
    rolling.groups_of = slowly("group", rolling.groups_of)
    rolling.make = slowly("proof", rolling.make)
