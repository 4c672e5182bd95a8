"""Accelerators by the names that logs give them: kind, and peak dense bf16 (or fp16) FLOP/s of one device.

Where a name leaves the variant open (Slurm's `h100`: SXM or PCIe), the fastest variant is taken, so that compute is
not understated. A name that is not here needs a stated peak.
"""

from __future__ import annotations

T = 10**12

# By the name that nvidia-smi and DCGM print
NVIDIA = {
    "Tesla V100-SXM2-16GB": ("v100_sxm", 125 * T),
    "Tesla V100-SXM2-32GB": ("v100_sxm", 125 * T),
    "NVIDIA A100-SXM4-40GB": ("a100_sxm", 312 * T),
    "NVIDIA A100-SXM4-80GB": ("a100_sxm", 312 * T),
    "NVIDIA A100-PCIE-40GB": ("a100_pcie", 312 * T),
    "NVIDIA A100 80GB PCIe": ("a100_pcie", 312 * T),
    "NVIDIA H100 80GB HBM3": ("h100_sxm", 989_400_000_000_000),
    "NVIDIA H100 PCIe": ("h100_pcie", 756 * T),
    "NVIDIA H200": ("h200_sxm", 989_400_000_000_000),
    "NVIDIA H20": ("h20", 148 * T),
    "NVIDIA B200": ("b200", 2250 * T),
}

# By the type of a Slurm gres, in lower case
GRES = {
    "v100": ("v100_sxm", 125 * T),
    "a100": ("a100_sxm", 312 * T),
    "h100": ("h100_sxm", 989_400_000_000_000),
    "h200": ("h200_sxm", 989_400_000_000_000),
    "h20": ("h20", 148 * T),
    "b200": ("b200", 2250 * T),
}
