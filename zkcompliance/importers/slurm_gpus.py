"""GPUs of a Slurm job out of its trackable resources (TRES), never counted twice."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.devices import GRES, KINDS
from zkcompliance.quantities import parse_integer
from zkcompliance.schemas import DEVICE_KINDS

ALL = "gres/gpu"
SHARES = ("gres/mps", "gres/shard")


class Devices:
    """Kind and peak of each GPU type: the stated ones (options `kinds` and `peaks`), else those that are known.

    A peak is FLOP/s, or a kind, which states both. A type with a stated peak keeps the kind that its name has.
    """

    def __init__(self, options: Mapping[str, str]) -> None:
        peaks = {name.lower(): text for name, text in settings.table(options, "peaks").items()}
        kinds = {name.lower(): text for name, text in settings.table(options, "kinds").items()}
        if not set(kinds.values()) <= set(DEVICE_KINDS):
            raise UsageError(f"kinds: a kind is one of {', '.join(DEVICE_KINDS)}", help="zkcompliance formats")
        by_kind = {name: text for name, text in peaks.items() if text in KINDS}
        self._peaks = {name: peak for name, (_, peak) in GRES.items()}
        self._peaks |= {name: KINDS[text] if name in by_kind else parse_integer(text) for name, text in peaks.items()}
        self._kinds = {name: kind for name, (kind, _) in GRES.items()}
        self._kinds |= {name: name for name in peaks if name in DEVICE_KINDS} | by_kind | kinds

    def of(self, tres: Mapping[str, int], where: str) -> list[tuple[str, int, int]]:
        """(kind, GPUs, peak FLOP/s of one) by GPU type, in order of their names; (cpu, 0, 0) for a job without GPUs.

        `gres/gpu` is the number of all, `gres/gpu:TYPE` of those with a type; what is left has the type `gpu`.
        ImporterError where the types are more than all, for shares of a GPU, and for a type without a known peak.
        """
        where = f"{where}, column AllocTRES"
        for name in tres:
            if name.startswith(SHARES):
                raise ImporterError(
                    f"{where}: shares of a GPU (mps, shard) are not counted here",
                    help="write what they used into a CSV of the compute schema: zkcompliance schemas compute",
                )
        typed = {name.removeprefix(ALL + ":"): count for name, count in tres.items() if name.startswith(ALL + ":")}
        typed = {name: count for name, count in typed.items() if count}
        rest = tres.get(ALL, sum(typed.values())) - sum(typed.values())
        if rest < 0:
            raise ImporterError(
                f"{where}: gres/gpu by type does not add up to gres/gpu, which is less", help="sacct -P -D"
            )
        if rest:
            typed["gpu"] = typed.get("gpu", 0) + rest
        parts = []
        for name, count in sorted(typed.items()):
            if name.lower() not in self._peaks:
                one = "of GPUs without a type" if name == "gpu" else "of this GPU type"
                stated = "gpu" if name == "gpu" else "TYPE"
                raise ImporterError(
                    f"{where}: the peak {one} is not known",
                    help=f"add --set peaks={stated}=989.4e12, or the kind of device: --set peaks={stated}=h100_sxm",
                )
            parts.append((self._kinds.get(name.lower(), "other"), count, self._peaks[name.lower()]))
        return parts or [("cpu", 0, 0)]


def counts(entries: Iterable[tuple[str, str]], where: str) -> dict[str, int]:
    """Of trackable resources (name, number as text) those that are GPUs or shares of them, each once."""
    found: dict[str, int] = {}
    for name, number in entries:
        if name in found:
            raise ImporterError(f"{where}: a resource is there twice", help="sacct -P -D")
        if name == ALL or name.startswith((ALL + ":", *SHARES)):
            try:
                found[name] = parse_integer(number)
            except UsageError:
                raise ImporterError(f"{where}: is not a whole number", help="sacct -P -D") from None
    return found
