"""How long each container of a pod held its accelerators.

A container that was never restarted held them from its start to its end. Of one that was, only the last run has times:
it held them from the pod's start on, as the pod did, which is an upper bound. A container that waits for its next run
goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers.exact import moment, whole
from zkcompliance.importers.json_stream import as_list, as_object, as_text
from zkcompliance.quantities import parse_integer

COUNTED = ("nvidia.com/gpu", "amd.com/gpu")
# Resources of a vendor's name that are no accelerators: networks, and devices of the system. Any other may be one
_NO_ACCELERATORS = (
    "rdma/", "vpc.amazonaws.com/", "networking.gke.io", "openshift.io/", "nvidia.com/hostdev", "devices.kubevirt.io/",
    "github.com/fuse", "smarter-devices/",
)  # fmt: skip
_PREEMPTED = ("Evicted", "Preempting", "Terminated", "NodeShutdown", "Shutdown")
_LISTS = (("initContainers", "initContainerStatuses"), ("containers", "containerStatuses"))


@dataclass(frozen=True)
class Held:
    """One container's accelerators: how many, and from when to when; end None: they are still held.

    lost: whether it is not known when it ended, since its node was lost.
    """

    container: str
    count: int
    start: Fraction
    end: Fraction | None
    status: str
    lost: bool


def held(pod: Mapping[str, object], resources: tuple[str, ...], skipped: tuple[str, ...], where: str) -> Iterator[Held]:
    """What the containers of a pod held that ever started. ImporterError names the container by its place.

    resources: those that count. skipped: those that are left out, of which `claims` is what is claimed as a device.
    """
    spec = as_object(pod.get("spec"), f"{where}, spec")
    status = as_object(pod.get("status"), f"{where}, status")
    if spec.get("resourceClaims") and "claims" not in skipped:
        raise ImporterError(
            f"{where}, resourceClaims: devices that are claimed one by one are not counted here",
            help="add --set skipped=claims, and write what they used into a CSV: zkcompliance schemas compute",
        )
    for containers, statuses in _LISTS:
        known: dict[str, Mapping[str, object]] = {}
        for each in as_list(status.get(statuses) or [], f"{where}, {statuses}"):
            entry = as_object(each, f"{where}, {statuses}")
            known[as_text(entry.get("name"), f"{where}, {statuses}, name")] = entry
        for position, each in enumerate(as_list(spec.get(containers) or [], f"{where}, {containers}"), 1):
            here = f"{where}, {containers} {position}"
            container = as_object(each, here)
            count = _count(container, resources, skipped, here)
            name = as_text(container.get("name"), f"{here}, name")
            if count and name in known and (found := _span(name, count, known[name], status, here)) is not None:
                yield found


def _count(container: Mapping[str, object], resources: tuple[str, ...], skipped: tuple[str, ...], where: str) -> int:
    """How many accelerators a container has, all of one resource."""
    stated = as_object(container.get("resources") or {}, f"{where}, resources")
    limits = as_object(stated.get("limits") or {}, f"{where}, limits")
    found = []
    for name, amount in limits.items():
        if name in resources:
            try:
                count = parse_integer(amount) if isinstance(amount, str) else whole(amount, "limits")
            except (UsageError, ImporterError):
                raise ImporterError(f"{where}, limits: accelerators are no whole number") from None
            found.append(count)
        elif _may_be_accelerator(name) and name not in skipped and amount not in ("0", 0):
            raise ImporterError(
                f"{where}, limits: has what may be an accelerator, or part of one, of a resource not counted here",
                help="count it, each as one: --set resources=NAME with peaks; or leave it out: --set skipped=NAME",
            )
    if sum(1 for count in found if count) > 1:
        raise ImporterError(f"{where}, limits: has accelerators of two resources", help="--set skipped=NAME for one")
    return sum(found)


def _may_be_accelerator(name: str) -> bool:
    """Whether a resource is of a vendor's name (`VENDOR/NAME`), as each maker's accelerators are, and not known to be
    something else."""
    return "/" in name and not name.startswith(_NO_ACCELERATORS)


def _span(name: str, count: int, entry: Mapping[str, object], pod: Mapping[str, object], where: str) -> Held | None:
    """What the container held; None if it never started."""
    state = as_object(entry.get("state") or {}, f"{where}, state")
    restarts = whole(entry.get("restartCount", 0), f"{where}, restartCount")
    began = _time(pod.get("startTime"), f"{where}, startTime")
    ended = state.get("terminated")
    running = state.get("running")
    if ended is None and running is None and not restarts:
        return None
    now = as_object(running if ended is None else ended, f"{where}, state") if running or ended else {}
    start = began if restarts else _time(now.get("startedAt"), f"{where}, startedAt")
    if ended is None:
        if start is None:
            raise ImporterError(f"{where}, startedAt: is missing")
        return Held(name, count, start, None, "running", False)
    end = _time(now.get("finishedAt"), f"{where}, finishedAt")
    start = start if start is not None else began
    if start is None:
        return None
    if end is not None and end < start:
        raise ImporterError(f"{where}, finishedAt: is before startedAt")
    return Held(name, count, start, end, _status(now, pod), end is None)


def _time(value: object, where: str) -> Fraction | None:
    return None if value is None else moment(value, where)


def _status(ended: Mapping[str, object], pod: Mapping[str, object]) -> str:
    """How the container ended, as the compute schema says it."""
    if ended.get("exitCode") == 0:
        return "completed"
    if pod.get("reason") == "DeadlineExceeded":
        return "timeout"
    return "preempted" if pod.get("reason") in _PREEMPTED else "failed"
