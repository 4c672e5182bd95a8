"""GPUs of a Slurm job out of its trackable resources (TRES), never counted twice."""

from __future__ import annotations

from collections.abc import Mapping

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.devices import GRES
from zkcompliance.quantities import parse_integer
from zkcompliance.schemas import DEVICE_KINDS

_ALL = "gres/gpu"
_SHARES = ("gres/mps", "gres/shard")


class Devices:
    """Kind and peak of each GPU type: the stated ones (options `kinds` and `peaks`), else those that are known."""

    def __init__(self, options: Mapping[str, str]) -> None:
        peaks = {name.lower(): parse_integer(text) for name, text in settings.table(options, "peaks").items()}
        kinds = {name.lower(): text for name, text in settings.table(options, "kinds").items()}
        if not set(kinds.values()) <= set(DEVICE_KINDS):
            raise UsageError(f"kinds: a kind is one of {', '.join(DEVICE_KINDS)}")
        self._peaks = {name: peak for name, (_, peak) in GRES.items()} | peaks
        self._kinds = {name: kind for name, (kind, _) in GRES.items()} | kinds

    def of(self, tres: Mapping[str, int], where: str) -> list[tuple[str, int, int]]:
        """(kind, GPUs, peak FLOP/s of one) by GPU type, in order of their names; (cpu, 0, 0) for a job without GPUs.

        `gres/gpu:TYPE` entries are taken when they add up to `gres/gpu`, or when that is not there. ImporterError when
        they do not, for shares of a GPU, and for a type without a known peak. A GPU without a type has the type `gpu`.
        """
        where = f"{where}, column AllocTRES"
        for name in tres:
            if name.startswith(_SHARES):
                raise ImporterError(f"{where}: shares of a GPU (mps, shard) are not counted here")
        typed = {name.removeprefix(_ALL + ":"): count for name, count in tres.items() if name.startswith(_ALL + ":")}
        typed = {name: count for name, count in typed.items() if count}
        total = tres.get(_ALL, sum(typed.values()))
        if not typed and total:
            typed = {"gpu": total}
        if sum(typed.values()) != total:
            raise ImporterError(f"{where}: gres/gpu by type does not add up to gres/gpu")
        parts = []
        for name, count in sorted(typed.items()):
            if name.lower() not in self._peaks:
                raise ImporterError(
                    f"{where}: the peak of this GPU type is not known", help="add --set peaks=TYPE=989.4e12"
                )
            parts.append((self._kinds.get(name.lower(), "other"), count, self._peaks[name.lower()]))
        return parts or [("cpu", 0, 0)]
