"""The processor that kernels are compiled for: this one, unless a process says otherwise before it loads a kernel."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from llvmlite import binding


@dataclass(frozen=True)
class Target:
    """A processor as LLVM names it. features: "+sha,-avx512f,…"; what is not named is as the processor's name says."""

    name: str
    features: str

    def has(self, feature: str) -> bool:
        """Whether code may use a feature, such as "avx512f" or "sha"."""
        return f"+{feature}" in self.features.split(",")


@cache
def host() -> Target:
    """This processor; of one that LLVM does not know, no feature is used."""
    try:
        return Target(binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten())
    except RuntimeError:
        return Target("generic", "")


_told: list[Target] = []


def tell(target: Target) -> None:
    """Compile for another processor in this process from now on: for a worker, and for tests.

    It is said before a kernel's module is imported, since how wide vectors are follows from it.
    """
    _told[:] = [target]


def current() -> Target:
    """The processor that this process compiles for."""
    return _told[0] if _told else host()
