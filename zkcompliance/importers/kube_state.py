"""kube-state-metrics out of Prometheus: how long running pods held accelerators, those too that are deleted by now.

A reading of a series is how many a running pod holds. It stands for the `step` of the query that ends with it, so that
the first counts too. Rows are gathered by whole multiples of `every`: a reading at the very end of one belongs to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.exact import Seen, ceil, number
from zkcompliance.importers.json_stream import JsonStream, as_text
from zkcompliance.importers.kubernetes_nodes import Types, normal
from zkcompliance.importers.model import Identified, Importer, Row
from zkcompliance.importers.prometheus_range import readings, series
from zkcompliance.quantities import MILLION, parse_ppm, parse_seconds, parse_time
from zkcompliance.schemas import PHASES, Schema

QUERY = (
    'sum by (namespace, pod, uid, node, resource) (kube_pod_container_resource_limits{resource=~"nvidia_com_gpu|'
    'amd_com_gpu"}) * on (namespace, pod, uid) group_left () (kube_pod_status_phase{phase="Running"} == 1)'
)
FORMULA = (
    "flop = ceil(Σ accelerators held × step × peak FLOP/s × utilisation) for each pod and interval of `every`, of the "
    f"series of {QUERY}; a reading stands for the step before it; run = namespace/pod; peak is the dense bf16 figure "
    "by `label`, or by node, where that is stated"
)
_GPUS = ("nvidia_com_gpu", "amd_com_gpu")


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows of the compute schema, pod by pod, intervals in order."""
    chosen, stream, seen = _Chosen.of(options), JsonStream(file), Seen()
    for where, labels in series(stream):
        if "__name__" in labels:
            raise ImporterError(
                f"{where}, __name__: is a metric as it stands, which counts pods that wait, and counts by container",
                help=QUERY,
            )
        identity = as_text(labels.get("uid"), f"{where}, uid")
        resource = as_text(labels.get("resource"), f"{where}, resource")
        if resource not in chosen.resources:
            raise ImporterError(
                f"{where}, resource: is none that is counted here",
                help="leave it out of the query; or count each as one accelerator: --set resources=NAME",
            )
        if not seen.add(identity, resource):
            raise ImporterError(f"{where}, uid: the pod is there twice", help=QUERY)
        yield from _pod(_held(stream, where, chosen), where, labels, (identity, resource), chosen)


@dataclass(frozen=True)
class _Chosen:
    """The options, read."""

    stated: settings.Compute
    types: Types
    label: str
    nodes: frozenset[str]
    resources: tuple[str, ...]
    phases: dict[str, str]
    utilisation: int
    step: int
    every: int
    since: int
    gaps: str
    named: bool

    @classmethod
    def of(cls, options: Mapping[str, str]) -> _Chosen:
        if "step" not in options:
            raise UsageError(
                "step is needed: that of the query, for which each reading stands", help="add --set step=1min"
            )
        step, every = parse_seconds(options["step"]), parse_seconds(options.get("every", "1 h"))
        if not step or not every or every % step:
            raise UsageError("every is a whole multiple of step, and both are at least a second")
        phases = settings.table(options, "phases")
        if not set(phases.values()) <= set(PHASES):
            raise UsageError(f"phases: a phase is one of {', '.join(PHASES)}")
        return cls(
            settings.Compute.of(options, ""),
            Types(options),
            options.get("label", "label_nvidia_com_gpu_product"),
            frozenset(normal(name) for name in settings.table(options, "peaks")),
            tuple(options["resources"].split(",")) if options.get("resources") else _GPUS,
            phases,
            parse_ppm(options.get("utilisation", "100%")),
            step,
            every,
            parse_time(options["since"]) if "since" in options else 0,
            settings.choice(options, "gaps", ("refuse", "skip", "full"), "refuse"),
            "run" in options,
        )


def _held(stream: JsonStream, where: str, chosen: _Chosen) -> Iterator[tuple[int, int, int]]:
    """(begin, end, accelerators) of each stretch, in seconds, none longer than a step but for gaps that count."""
    before: int | None = None
    for here, time, value in readings(stream, where):
        held = number(value, f"{here}, value")
        if time.denominator != 1 or held.denominator != 1:
            raise ImporterError(f"{here}: is not at a whole second, or no whole number", help=QUERY)
        end, count = int(time), int(held)
        begin = end - chosen.step
        if before is not None and before != begin:
            if before > begin or chosen.gaps == "refuse":
                raise ImporterError(
                    f"{here}, time: is not a step after the one before",
                    help="state the step of the query, --set step=…; of readings that are missing: --set gaps=full "
                    "(held meanwhile) or gaps=skip",
                )
            begin = before if chosen.gaps == "full" else begin
        before = end
        if end > chosen.since:
            yield max(begin, chosen.since), end, count


def _pod(
    stretches: Iterator[tuple[int, int, int]], where: str, labels: Mapping[str, object], identity: tuple[str, str],
    chosen: _Chosen,
) -> Iterator[Row]:  # fmt: skip
    """Rows of one pod: what it held, cut at the multiples of `every`."""
    space = as_text(labels.get("namespace"), f"{where}, namespace")
    pod = as_text(labels.get("pod"), f"{where}, pod")
    kind, peak = chosen.types.of(_type(labels, chosen), where)
    bucket, begin, finish, spent, most = -1, 0, 0, 0, 0

    def row() -> Row:
        flop = ceil(Fraction(spent * peak * chosen.utilisation, MILLION))
        row = chosen.stated.row(begin, finish, flop, "hardware")
        row |= {"device_kind": kind, "devices": most, "peak": peak, "utilisation": chosen.utilisation}
        row["phase"] = chosen.phases.get(space, chosen.stated.phase)
        if not chosen.named:
            row["run"] = f"{space}/{pod}"
        return Identified(row, (*identity, bucket * chosen.every), f"the interval of {where} from {begin}")

    for start, end, count in stretches:
        while start < end:
            of = start // chosen.every
            cut = min(end, (of + 1) * chosen.every)
            if of != bucket:
                if spent:
                    yield row()
                bucket, begin, spent, most = of, start, 0, 0
            spent, most, finish, start = spent + count * (cut - start), max(most, count), cut, cut
    if spent:
        yield row()


def _type(labels: Mapping[str, object], chosen: _Chosen) -> str | None:
    """The type of the pod's accelerators: of its node, where peaks state that, or by the label."""
    for name in ("node", chosen.label):
        value = labels.get(name)
        if isinstance(value, str) and value and (name != "node" or normal(value) in chosen.nodes):
            return normal(value)
    return None


IMPORTER = Importer(
    "kube-state",
    "Prometheus query_range of kube-state-metrics: accelerators of running pods",
    FORMULA,
    read,
    ("compute",),
    {
        "step": "the step of the query, e.g. 1min; needed",
        "every": "length of the intervals, a multiple of step; default 1 h",
        "since": "the time from which is counted; default all",
        "gaps": "of readings that are missing: refuse (default), skip (not held) or full (held)",
        "utilisation": "share of the peak, e.g. 40%; default 100%, an upper bound",
        "peaks": "FLOP/s by type or node, or a kind, e.g. node-7=h100_sxm,gpu=a100_sxm; default by type",
        "kinds": "device kind by type; default by type",
        "label": "the series' label that is the type; default label_nvidia_com_gpu_product",
        "resources": f"the resources that are accelerators; default {','.join(_GPUS)}",
        "phases": "phase by namespace, e.g. evals=evaluation; others have `phase`",
        **settings.COMPUTE,
    },
    columns=(*settings.ROW, "utilisation"),
)
