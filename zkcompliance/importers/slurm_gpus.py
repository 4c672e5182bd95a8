"""Accelerators of a Slurm job out of its trackable resources (TRES), never counted twice.

Slurm names generic resources (gres) as a site configures them: `gres/gpu` nearly everywhere, `gres/npu` or `gres/dcu`
where accelerators are other makers'. So a name that is not known is refused, until it is said whether it counts: left
aside, a job on accelerators would be one of no FLOP.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.devices import GRES, KINDS
from zkcompliance.quantities import parse_integer
from zkcompliance.schemas import DEVICE_KINDS

_GRES = "gres/"
_COUNTED = "gpu"
_SHARES = ("mps", "shard")
_NO_DEVICES = ("gpumem", "gpuutil", "craynetwork", "nic")  # Slurm's own names of what is no accelerator
Counts = Mapping[str, int | None]  # by the name of a resource; None: no whole number


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
        self._counted = settings.names(options, "resources", (_COUNTED,))
        self._skipped = settings.names(options, "skipped", ())
        if not set(self._counted).isdisjoint((*self._skipped, *_SHARES)):
            raise UsageError("resources: these are shares of a GPU, or skipped too", help="zkcompliance formats")

    def of(self, tres: Counts, where: str) -> list[tuple[str, int, int]]:
        """(kind, accelerators, peak FLOP/s of one) by type, in order of their names; (cpu, 0, 0) for a job without any.

        `gres/gpu` is the number of all, `gres/gpu:TYPE` of those with a type; what is left has the type `gpu`; and so
        for each resource that counts. ImporterError where the types are more than all, for shares of a GPU, a type
        without a known peak, and a resource of which nobody said whether it counts.
        """
        where = f"{where}, column AllocTRES"
        for name, count in tres.items():
            self._check_known(name.removeprefix(_GRES).partition(":")[0], count, where)
        typed: dict[str, int] = {}
        for resource in self._counted:
            for name, number in _by_type(tres, resource, where).items():
                typed[name] = typed.get(name, 0) + number
        parts = []
        for name, number in sorted(typed.items()):
            if name.lower() not in self._peaks:
                bare = name in self._counted
                one = "of GPUs without a type" if bare else "of this GPU type"
                stated = name if bare else "TYPE"
                raise ImporterError(
                    f"{where}: the peak {one} is not known",
                    help=f"add --set peaks={stated}=989.4e12, or the kind of device: --set peaks={stated}=h100_sxm",
                )
            parts.append((self._kinds.get(name.lower(), "other"), number, self._peaks[name.lower()]))
        return parts or [("cpu", 0, 0)]

    def _check_known(self, resource: str, count: int | None, where: str) -> None:
        if resource in _SHARES and resource not in self._skipped:
            raise ImporterError(
                f"{where}: shares of a GPU (mps, shard) are not counted here",
                help="write what they used into a CSV of the compute schema: zkcompliance schemas compute",
            )
        if count != 0 and resource not in (*self._counted, *self._skipped, *_NO_DEVICES):
            raise ImporterError(
                f"{where}: has a resource gres/NAME that is not known here, and may be an accelerator",
                help="count each as one: --set resources=gpu,NAME --set peaks=TYPE=400e12; or leave out what is none: "
                "--set skipped=NAME",
            )


def _by_type(tres: Counts, resource: str, where: str) -> dict[str, int]:
    """How many of a resource there are by type, those without one under the resource's own name."""
    every, prefix = f"{_GRES}{resource}", f"{_GRES}{resource}:"
    if any(count is None for name, count in tres.items() if name == every or name.startswith(prefix)):
        raise ImporterError(f"{where}: is not a whole number", help="sacct -P -D")
    typed = {name.removeprefix(prefix): count for name, count in tres.items() if name.startswith(prefix) and count}
    rest = (tres[every] or 0) - sum(typed.values()) if every in tres else 0
    if rest < 0:
        raise ImporterError(f"{where}: {every} by type does not add up to {every}, which is less", help="sacct -P -D")
    return typed | ({resource: typed.get(resource, 0) + rest} if rest else {})


def counts(entries: Iterable[tuple[str, str]], where: str) -> dict[str, int | None]:
    """Of trackable resources (name, number as text) those that are generic (`gres/NAME`, `gres/NAME:TYPE`), each
    once."""
    found: dict[str, int | None] = {}
    for name, number in entries:
        if name in found:
            raise ImporterError(f"{where}: a resource is there twice", help="sacct -P -D")
        if name.startswith(_GRES):
            try:
                found[name] = parse_integer(number)
            except UsageError:
                found[name] = None
    return found
