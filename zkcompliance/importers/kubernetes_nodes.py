"""Which accelerators the nodes of a Kubernetes cluster have: their type by labels, and kind and peak by type.

A type is a label's value in lower case with _ for - and spaces, and is looked up among the names of `devices.py`:
NVIDIA's feature discovery writes `NVIDIA-H100-80GB-HBM3`. What is shared or cut into slices has a name of its own there
(-SHARED, -MIG-1g.10gb), and no known peak.
"""

from __future__ import annotations

from collections.abc import Mapping

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.devices import GRES, KINDS
from zkcompliance.quantities import parse_integer
from zkcompliance.schemas import DEVICE_KINDS

LABELS = (
    "nvidia.com/gpu.product",  # NVIDIA GPU feature discovery
    "amd.com/gpu.product-name",  # AMD's node labeller
    "cloud.google.com/gke-accelerator",
    "karpenter.k8s.aws/instance-gpu-name",
)
# Labels of nodes whose accelerators are parts, or shared: their value becomes part of the type
_PARTS = ("cloud.google.com/gke-gpu-partition-size", "cloud.google.com/gke-gpu-sharing-strategy")
# How Google names them
_CLOUD = {
    "nvidia_tesla_v100": GRES["v100"],
    "nvidia_tesla_a100": GRES["a100"],
    "nvidia_a100_80gb": GRES["a100"],
    "nvidia_h100_80gb": GRES["h100"],
    "nvidia_h100_mega_80gb": GRES["h100"],
    "nvidia_h200_141gb": GRES["h200"],
    "nvidia_l40s": GRES["l40s"],
}
_NONE = "gpu"  # the type of an accelerator that no label tells


def normal(name: str) -> str:
    """A type as it is looked up."""
    return name.lower().replace("-", "_").replace(" ", "_")


def type_of(labels: Mapping[str, object], label: str | None) -> str | None:
    """The type that these labels tell; None where they tell none. label: the one to look at, where it is stated."""
    for name in (label,) if label else LABELS:
        value = labels.get(name)
        if isinstance(value, str) and value:
            parts = (labels[part] for part in _PARTS if isinstance(labels.get(part), str))
            return normal("-".join((value, *map(str, parts))))
    return None


class Types:
    """Kind and peak of each type: the stated ones (options `kinds` and `peaks`), else those that are known."""

    def __init__(self, options: Mapping[str, str]) -> None:
        peaks = {normal(name): text for name, text in settings.table(options, "peaks").items()}
        kinds = {normal(name): text for name, text in settings.table(options, "kinds").items()}
        if not set(kinds.values()) <= set(DEVICE_KINDS):
            raise UsageError(f"kinds: a kind is one of {', '.join(DEVICE_KINDS)}")
        self._known = {**{normal(name): found for name, found in GRES.items()}, **_CLOUD}
        for name, text in peaks.items():
            kind, _ = self._known.get(name, ("other", 0))
            self._known[name] = (text, KINDS[text]) if text in KINDS else (kind, parse_integer(text))
        self._kinds = kinds

    def of(self, name: str | None, where: str) -> tuple[str, int]:
        """(kind, peak FLOP/s of one). ImporterError for a type without a known peak."""
        found = self._known.get(name or _NONE)
        if found is None:
            stated = _NONE if name is None else "TYPE"
            which = "no label of its node tells its type" if name is None else "the peak of this type is not known"
            raise ImporterError(
                f"{where}: {which}",
                help=f"add --set peaks={stated}=989.4e12, or the kind of device: --set peaks={stated}=h100_sxm"
                + ("; or export the nodes too, first: kubectl get nodes,pods -A -o json" if name is None else ""),
            )
        kind, peak = found
        return self._kinds.get(name or _NONE, kind), peak
