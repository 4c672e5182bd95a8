"""lm-evaluation-harness: when a call began, which is what names it for good, and what is kept for the one that goes on.

Beside the harness's cache (`use_cache`) lie, until the call has ended, `…_sealed_DIGEST.json` with its date, and for
each process `…_sealed_DIGEST_rankN.answers` with the answers that the harness does not keep.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zkcompliance.edge.shown import command
from zkcompliance.errors import UsageError
from zkcompliance.live.lm_eval_answers import Kept
from zkcompliance.log import files

_ASIDE = {
    "batch_size",
    "max_batch_size",
    "device",
    "verbosity",
    "write_out",
    "use_cache",
}  # others, and it still goes on


@dataclass(frozen=True)
class Begun:
    """date: UTC seconds; path: the file that keeps it, None without a cache; rank: of this process, among `ranks` that
    share the documents; first: whether it is the one that has the results; known: whether all have the date."""

    date: float
    path: Path | None
    rank: int = 0
    ranks: int = 1
    first: bool = True
    known: bool = True

    @classmethod
    def of(cls, evaluated: Mapping[str, Any], model: Any) -> Begun:
        """The call with these arguments: that which was killed, where it kept its answers. UsageError."""
        rank, ranks = int(model.rank), int(model.world_size)
        together = _together()
        first = rank == 0 and (ranks > 1 or together is None or together.get_rank() == 0)  # one model may be on several
        path = _path(evaluated, ranks)
        said = [_date(path) if first else 0.0]
        if ranks > 1 and together is not None:
            together.broadcast_object_list(said, src=0)
        return cls(said[0], path, rank, ranks, first, ranks == 1 or together is not None)

    @contextlib.contextmanager
    def kept(self) -> Iterator[Kept | None]:
        """The answers of this process; None without a cache."""
        path = self._answers(self.rank)
        with contextlib.closing(Kept(path)) if path is not None else contextlib.nullcontext() as kept:
            yield kept

    def ended(self) -> None:
        """All is in the log: the next call is another one."""
        for path in (*(self._answers(each) for each in range(self.ranks)), self.path):
            if path is not None:
                path.unlink(missing_ok=True)

    def _answers(self, rank: int) -> Path | None:
        return None if self.path is None else self.path.with_name(f"{self.path.stem}_rank{rank}.answers")


def _path(evaluated: Mapping[str, Any], ranks: int) -> Path | None:
    """What says when a call with these arguments, by so many processes, began."""
    cache = evaluated.get("use_cache")
    if cache is None:
        return None
    same = {name: each for name, each in evaluated.items() if name not in _ASIDE}
    asked = json.dumps([ranks, same], sort_keys=True, default=lambda each: type(each).__name__).encode()
    return Path(f"{cache}_sealed_{hashlib.sha256(asked).hexdigest()[:16]}.json")


def _date(path: Path | None) -> float:
    """Of the call that goes on, and kept for one that will."""
    now = time.time()
    if path is None:
        return now
    if path.exists():
        try:
            return float(json.loads(path.read_bytes())["date"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            raise UsageError(
                f"{path}: does not say when the call began that is to go on",
                help=f"{command('rm', path)}  # then it is another call",
            ) from None
    path.parent.mkdir(parents=True, exist_ok=True)
    files.replace(path, json.dumps({"date": now}).encode())
    return now


def _together() -> Any | None:
    """`torch.distributed`, by which processes tell each other; None where they do not."""
    try:
        distributed = importlib.import_module("torch.distributed")
    except ImportError:
        return None
    return distributed if distributed.is_available() and distributed.is_initialized() else None
