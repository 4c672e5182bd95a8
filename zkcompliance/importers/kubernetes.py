"""Kubernetes: how long pods held their accelerators, out of `kubectl get nodes,pods -A -o json`.

Nodes come first, since their labels say which accelerators they have. Only pods that the cluster still knows are in its
answer: those that were deleted are not, and it cannot be seen that they are missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import BinaryIO

from zkcompliance import limits
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.exact import Seen, ceil
from zkcompliance.importers.json_stream import JsonStream, as_list, as_object, as_text
from zkcompliance.importers.kubernetes_nodes import Types, type_of
from zkcompliance.importers.kubernetes_pods import COUNTED, Held, held
from zkcompliance.importers.model import Identified, Importer, Row
from zkcompliance.quantities import MILLION, parse_ppm, parse_time
from zkcompliance.schemas import PHASES, Schema

FORMULA = (
    "flop = ceil(accelerators × seconds held × peak FLOP/s × utilisation), a row for each container with accelerators; "
    "held from the container's start to its end, of one that was restarted from the pod's start on, an upper bound; "
    "only what lies in `since` … `until`, where these are stated; run = namespace/controller; peak is the dense bf16 "
    "figure by the node's labels unless set; pods that were deleted before the export are not in it"
)
_EXPORT = "kubectl get nodes,pods -A -o json"


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows of the compute schema, pod by pod."""
    chosen = _Chosen.of(options)
    stream, kind, listed = JsonStream(file), "", False
    for member in stream.members():
        if member == "kind":
            kind = str(stream.value())
        elif member == "metadata":
            if as_object(stream.value(), "metadata").get("continue"):
                raise ImporterError("metadata.continue: is one page of several", help=_EXPORT)
        elif member == "items":
            listed = True
            for position in stream.items():
                where = f"item {position + 1}"
                yield from _item(as_object(stream.value(), where), kind, where, chosen)
    stream.finish()
    if not listed:
        raise ImporterError("holds no member items", help=_EXPORT)


@dataclass(frozen=True)
class _Chosen:
    """The options, read, and what has been met."""

    stated: settings.Compute
    types: Types
    label: str | None
    resources: tuple[str, ...]
    skipped: tuple[str, ...]
    phases: dict[str, str]
    utilisation: int
    since: int
    until: int | None
    running: str
    lost: str
    run_label: str
    named: bool
    nodes: dict[str, str | None] = field(default_factory=dict)
    pods: Seen = field(default_factory=Seen)

    @classmethod
    def of(cls, options: Mapping[str, str]) -> _Chosen:
        phases = settings.table(options, "phases")
        if not set(phases.values()) <= set(PHASES):
            raise UsageError(f"phases: a phase is one of {', '.join(PHASES)}")
        since = parse_time(options["since"]) if "since" in options else 0
        until = parse_time(options["until"]) if "until" in options else None
        if until is not None and until < since:
            raise UsageError("until is before since")
        lost = settings.choice(options, "lost", ("refuse", "skip", "until"), "refuse")
        if lost == "until" and until is None:
            raise UsageError("lost=until goes with until", help="add --set until=TIME")
        return cls(
            settings.Compute.of(options, ""),
            Types(options),
            options.get("label"),
            settings.names(options, "resources", COUNTED),
            settings.names(options, "skipped", ()),
            phases,
            parse_ppm(options.get("utilisation", "100%")),
            since,
            until,
            settings.choice(options, "running", ("refuse", "skip"), "refuse"),
            lost,
            options.get("run_label", ""),
            "run" in options,
        )


def _item(item: Mapping[str, object], kind: str, where: str, chosen: _Chosen) -> Iterator[Row]:
    """The rows of a pod; nothing of a node, which is remembered."""
    kind = str(item.get("kind") or kind.removesuffix("List"))
    meta = as_object(item.get("metadata"), f"{where}, metadata")
    labels = as_object(meta.get("labels") or {}, f"{where}, labels")
    name = as_text(meta.get("name"), f"{where}, name")
    if kind == "Node":
        if len(chosen.pods):
            raise ImporterError(f"{where}: a node comes after pods, which are read with the nodes", help=_EXPORT)
        if len(chosen.nodes) >= limits.MAX_IMPORT_IDENTITIES:
            raise ImporterError(f"over {limits.MAX_IMPORT_IDENTITIES} nodes in one file")
        chosen.nodes[name] = type_of(labels, chosen.label)
        return
    if kind != "Pod":
        raise ImporterError(f"{where}, kind: is neither Pod nor Node", help=_EXPORT)
    identity = as_text(meta.get("uid"), f"{where}, uid")
    if not chosen.pods.add(identity):
        raise ImporterError(f"{where}, uid: the pod is there twice", help=_EXPORT)
    spec = as_object(item.get("spec"), f"{where}, spec")
    for each in held(item, chosen.resources, chosen.skipped, where):
        span = _within(each, where, chosen)
        if span is None:
            continue
        start, end, status = span
        space = as_text(meta.get("namespace"), f"{where}, namespace")
        kind_of, peak = chosen.types.of(_type(spec, chosen), where)
        row = chosen.stated.row(int(start), ceil(end), _flop(each.count, end - start, peak, chosen), "hardware")
        row |= {"device_kind": kind_of, "devices": each.count, "peak": peak, "utilisation": chosen.utilisation}
        row |= {"status": status, "phase": chosen.phases.get(space, chosen.stated.phase)}
        if not chosen.named:
            row["run"] = f"{space}/{_run(meta, labels, name, chosen)}"
        yield Identified(row, (identity, each.container, chosen.since), f"the container of {where}")


def _flop(count: int, seconds: Fraction, peak: int, chosen: _Chosen) -> int:
    return ceil(count * seconds * peak * Fraction(chosen.utilisation, MILLION))


def _within(each: Held, where: str, chosen: _Chosen) -> tuple[Fraction, Fraction, str] | None:
    """(start, end, status) of what lies in the stated window; None for nothing."""
    end, status = each.end, each.status
    if end is None and each.lost:
        if chosen.lost == "skip":
            return None
        if chosen.lost == "refuse":
            raise ImporterError(
                f"{where}, finishedAt: is missing: its node was lost, and nobody saw when it ended",
                help="count it up to a time: --set lost=until --set until=TIME; or leave it out: --set lost=skip",
            )
    elif end is None:
        if chosen.running == "skip":
            return None
        if chosen.until is None:
            raise ImporterError(
                f"{where}: the pod goes on",
                help="count it up to the export, with status running: --set until=TIME, and the next export from "
                "there: --set since=TIME; or leave it out: --set running=skip",
            )
    if chosen.until is not None and (end is None or end > chosen.until):
        end, status = Fraction(chosen.until), status if each.lost else "running"
    start = max(each.start, Fraction(chosen.since))
    return (start, end, status) if end is not None and start < end else None


def _type(spec: Mapping[str, object], chosen: _Chosen) -> str | None:
    """The type of the pod's accelerators: by its node, or by what it asks of one, where that is gone."""
    found = chosen.nodes.get(str(spec.get("nodeName")))
    selector = spec.get("nodeSelector")
    return type_of(selector, chosen.label) if found is None and isinstance(selector, dict) else found


def _run(meta: Mapping[str, object], labels: Mapping[str, object], name: str, chosen: _Chosen) -> str:
    """The job that a pod is of: the stated label, else its controller, else itself."""
    if chosen.run_label:
        return str(labels.get(chosen.run_label) or name)
    for owner in as_list(meta.get("ownerReferences") or [], "ownerReferences"):
        if isinstance(owner, dict) and owner.get("controller") is True and isinstance(owner.get("name"), str):
            return str(owner["name"])
    return name


IMPORTER = Importer(
    "kubernetes",
    f"pods with accelerators: {_EXPORT}",
    FORMULA,
    read,
    ("compute",),
    {
        "until": "the time up to which is counted, that of the export: needed where pods go on",
        "since": "the time from which is counted: the `until` of the export before; default all",
        "running": "refuse (default) or skip pods that go on, where there is no `until`",
        "lost": "of pods whose end nobody saw: refuse (default), skip, or until: counted up to `until`",
        "utilisation": "share of the peak, e.g. 40%; default 100%, an upper bound",
        "peaks": "FLOP/s by type, or its kind, e.g. NVIDIA-H100-NVL=835.5e12,gpu=a100_sxm; default by type",
        "kinds": "device kind by type; default by type",
        "label": "the node's label that is the type; default those of NVIDIA, AMD, Google and Karpenter",
        "resources": f"the resources that are accelerators; default {','.join(COUNTED)}",
        "skipped": "resources that are left out, e.g. nvidia.com/mig-1g.10gb; claims: what is claimed as a device",
        "run_label": "the pod's label that names its run; default its controller",
        "phases": "phase by namespace, e.g. evals=evaluation; others have `phase`",
        **settings.COMPUTE,
    },
    columns=(*settings.ROW, "utilisation", "status"),
)
