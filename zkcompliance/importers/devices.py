"""Accelerators by the names that logs give them: kind, and peak dense bf16 (or fp16) FLOP/s of one device.

Where a name leaves the variant open (Slurm's `h100`: SXM or PCIe), the fastest variant is taken, so that compute is
not understated. An MI250X is the whole module, though many clusters count its two halves as devices of their own: they
state a peak. A name that is not here needs a stated peak; a kind that the schemas do not list is `other`.

Peaks are the makers' figures without sparsity; those that are stated of a whole machine, per device:

- B300: HGX B300, 36 PFLOPS of FP16/BF16 with sparsity over 8; half of that without, as of B200.
- GB300: GB300 NVL72, 360 PFLOPS with sparsity over 72.
- MI250X: AMD Instinct MI200 series, up to 383.0 TF of FP16 and bf16: 220 compute units × 1,024 FLOP × 1.7 GHz.
"""

from __future__ import annotations

T = 10**12
_HOPPER = 989_400_000_000_000

# By the name that nvidia-smi and DCGM print
NVIDIA = {
    "Tesla V100-SXM2-16GB": ("v100_sxm", 125 * T),
    "Tesla V100-SXM2-32GB": ("v100_sxm", 125 * T),
    "NVIDIA A40": ("other", 149_700_000_000_000),
    "NVIDIA RTX A6000": ("other", 154_800_000_000_000),
    "NVIDIA L40S": ("other", 362_050_000_000_000),
    "NVIDIA A100-SXM4-40GB": ("a100_sxm", 312 * T),
    "NVIDIA A100-SXM4-80GB": ("a100_sxm", 312 * T),
    "NVIDIA A100-PCIE-40GB": ("a100_pcie", 312 * T),
    "NVIDIA A100 80GB PCIe": ("a100_pcie", 312 * T),
    "NVIDIA H100 80GB HBM3": ("h100_sxm", _HOPPER),
    "NVIDIA H100 PCIe": ("h100_pcie", 756 * T),
    "NVIDIA H100 NVL": ("h100_nvl", 835_500_000_000_000),
    "NVIDIA H200": ("h200_sxm", _HOPPER),
    "NVIDIA H20": ("h20", 148 * T),
    "NVIDIA GH200 120GB": ("gh200", _HOPPER),
    "NVIDIA GH200 480GB": ("gh200", _HOPPER),
    "NVIDIA GH200 144G HBM3e": ("gh200", _HOPPER),
    "NVIDIA B200": ("b200", 2250 * T),
    "NVIDIA GB200": ("gb200", 2500 * T),
    "NVIDIA B300 SXM6 AC": ("b300", 2250 * T),
    "NVIDIA GB300": ("gb300", 2500 * T),
}

_AMD = {"mi250x": ("mi250x", 383 * T), "mi300x": ("mi300x", 1_307_400_000_000_000)}

# By the type of a Slurm gres, in lower case: as sites write it, and as slurmd finds it (AutoDetect): the name above
# with _ for spaces.
GRES = {
    "v100": NVIDIA["Tesla V100-SXM2-16GB"],
    "a40": NVIDIA["NVIDIA A40"],
    "a6000": NVIDIA["NVIDIA RTX A6000"],
    "rtx_a6000": NVIDIA["NVIDIA RTX A6000"],
    "l40s": NVIDIA["NVIDIA L40S"],
    "a100": NVIDIA["NVIDIA A100-SXM4-40GB"],
    "h100": NVIDIA["NVIDIA H100 80GB HBM3"],
    "h100_pcie": NVIDIA["NVIDIA H100 PCIe"],
    "h100_nvl": NVIDIA["NVIDIA H100 NVL"],
    "h200": NVIDIA["NVIDIA H200"],
    "h20": NVIDIA["NVIDIA H20"],
    "gh200": NVIDIA["NVIDIA GH200 120GB"],
    "b200": NVIDIA["NVIDIA B200"],
    "gb200": NVIDIA["NVIDIA GB200"],
    "b300": NVIDIA["NVIDIA B300 SXM6 AC"],
    "gb300": NVIDIA["NVIDIA GB300"],
    **_AMD,
    **{f"amd_instinct_{name}": found for name, found in _AMD.items()},
    **{name.lower().replace(" ", "_"): found for name, found in NVIDIA.items()},
}

# By kind, for whoever names the kind of a type: the largest peak that is known of it
KINDS = {
    kind: max(peak for other, peak in (*NVIDIA.values(), *GRES.values()) if other == kind)
    for kind in dict.fromkeys(kind for kind, _ in GRES.values())
    if kind != "other"
}
