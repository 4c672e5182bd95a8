"""Runs of EC2 instances with accelerators, out of a trail of CloudTrail that was checked: chip hours.

A run begins when RunInstances or StartInstances answered, and ends when StopInstances or TerminateInstances did, or
where the trail ends. flop = devices × seconds × peak × utilisation, an upper bound: no trail says what instances did.
Instances that AWS itself takes away, or that shut themselves down, leave no such call, and run on here until the end.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from zkcompliance.edge.shown import quoted
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.evidence.cloudtrail import Trail
from zkcompliance.importers import settings
from zkcompliance.importers.devices import NVIDIA
from zkcompliance.importers.model import Row
from zkcompliance.importers.settings import Compute
from zkcompliance.quantities import parse_ppm, parse_time

MILLION = 10**6
# Instance types with accelerators: how many, their kind and the peak of one, as the importers have it (devices.py)
TYPES = {
    "p3.2xlarge": (1, *NVIDIA["Tesla V100-SXM2-16GB"]),
    "p3.8xlarge": (4, *NVIDIA["Tesla V100-SXM2-16GB"]),
    "p3.16xlarge": (8, *NVIDIA["Tesla V100-SXM2-16GB"]),
    "p3dn.24xlarge": (8, *NVIDIA["Tesla V100-SXM2-32GB"]),
    "p4d.24xlarge": (8, *NVIDIA["NVIDIA A100-SXM4-40GB"]),
    "p4de.24xlarge": (8, *NVIDIA["NVIDIA A100-SXM4-80GB"]),
    "p5.4xlarge": (1, *NVIDIA["NVIDIA H100 80GB HBM3"]),
    "p5.48xlarge": (8, *NVIDIA["NVIDIA H100 80GB HBM3"]),
    "p5e.48xlarge": (8, *NVIDIA["NVIDIA H200"]),
    "p5en.48xlarge": (8, *NVIDIA["NVIDIA H200"]),
    "p6-b200.48xlarge": (8, *NVIDIA["NVIDIA B200"]),
}
_WITH_DEVICES = re.compile(r"(p|g|gr|trn|inf|dl|vt|f)[0-9].*")  # families whose types have accelerators, or may
_INSTANCE = re.compile(r"i-[0-9a-f]{8,17}")
_STARTS, _ENDS = ("RunInstances", "StartInstances"), ("StopInstances", "TerminateInstances")
OPTIONS = {
    "running": "instances that ran already when the trail begins: i-0abc=p5.48xlarge,…",
    "types": "what instances have that StartInstances starts and the trail does not run: i-0abc=p5.48xlarge,…",
    "skipped": "types with accelerators that are left out, e.g. g4dn.xlarge,inf1.xlarge",
    "utilisation": "share of the peak; default 100 %, an upper bound",
    **{name: settings.COMPUTE[name] for name in ("run", "phase", "site", "owner", *settings.FOR)},
}


@dataclass(frozen=True)
class _Call:
    """That an instance was started or stopped, UTC seconds; type: empty where the call does not say."""

    at: int
    start: bool
    instance: str
    type: str


def rows(trail: Trail, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows of `compute`, by the start of each run. ImporterError for a stop whose start is not known, UsageError."""
    for name in options:
        if name not in OPTIONS:
            raise UsageError(f"CloudTrail has no option {name!r}; it has {', '.join(OPTIONS)}")
    types, running = settings.table(options, "types"), settings.table(options, "running")
    skipped = frozenset(options.get("skipped", "").split(","))
    utilisation = parse_ppm(options.get("utilisation", "100%"))
    stated = Compute.of({key: value for key, value in options.items() if key in settings.COMPUTE}, "")
    since: dict[str, int] = dict.fromkeys(running, trail.start)
    kinds = {**types, **running}
    again: dict[str, int] = {}
    found: list[tuple[int, int, str]] = []
    for call in sorted(_calls(trail), key=lambda each: (each.at, not each.start, each.instance)):
        if call.type:
            kinds[call.instance] = call.type  # AWS's word, whatever was stated
        if call.start:
            if call.instance in since:
                again[call.instance] = call.at
            since.setdefault(call.instance, call.at)
        elif call.instance in since:
            found.append((since.pop(call.instance), call.at, call.instance))
            if again.get(call.instance) == call.at:  # of a stop and a start in one second either may be the last
                since[call.instance] = call.at
        elif call.instance not in kinds or _counts(kinds[call.instance], skipped):
            raise ImporterError(
                f"instance {call.instance} is stopped, and the trail does not say since when it ran, or what it has",
                help="say what ran when the trail begins, --set running=INSTANCE=TYPE,…; or what it is, --set types=…",
            )
    found += [(start, trail.end, instance) for instance, start in since.items()]
    for start, end, instance in sorted(found):
        kind = kinds.get(instance)
        if kind is None:
            raise ImporterError(
                f"instance {instance} is started, and the trail does not say of which type it is",
                help=f"--set {quoted(f'types={instance}=TYPE')}",
            )
        if not _counts(kind, skipped):
            continue
        if kind not in TYPES:
            raise ImporterError(
                f"instance {instance} is of the type {kind!r:.40}, whose accelerators are not known here",
                help="# leave the type out, if it has none that count: --set skipped=TYPE",
            )
        devices, device, peak = TYPES[kind]
        flop = -(-devices * (end - start) * peak * utilisation // MILLION)
        yield {
            **stated.row(start, max(start, end), flop, "hardware"),
            "run": stated.run or instance,
            "device_kind": device,
            "devices": devices,
            "peak": peak,
            "utilisation": utilisation,
        }


def _counts(kind: str, skipped: frozenset[str]) -> bool:
    return kind not in skipped and (kind in TYPES or _WITH_DEVICES.fullmatch(kind) is not None)


def _calls(trail: Trail) -> Iterator[_Call]:
    for place in sorted(trail.logs):
        try:
            document = json.loads(trail.logs[place])
            records = document["Records"]
            for record in records if isinstance(records, list) else ():
                yield from _of_record(record)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, UsageError):
            raise ImporterError(f"{place!r:.200}: is no log file of CloudTrail as its documentation has it") from None


def _of_record(record: dict[str, object]) -> Iterator[_Call]:
    name = record["eventName"]
    if record["eventSource"] != "ec2.amazonaws.com" or name not in (*_STARTS, *_ENDS) or "errorCode" in record:
        return
    at, answer = parse_time(str(record["eventTime"])), record["responseElements"]
    if not isinstance(answer, dict):
        return  # the call was refused, or only tried (DryRun)
    for item in answer["instancesSet"]["items"]:
        instance, kind = item["instanceId"], item.get("instanceType", "")
        if not _INSTANCE.fullmatch(instance) or not isinstance(kind, str):
            raise ValueError
        yield _Call(at, name in _STARTS, instance, kind)
