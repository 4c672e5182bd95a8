"""How every numba kernel of the project is compiled: on its first call, with the machine code cached on disk."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from llvmlite import binding
from numba import config, njit
from numba.extending import intrinsic

from zkcompliance.errors import UsageError

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile function on first use, without the GIL (so that threads run it side by side) and with C division.

    UsageError where numba is told not to compile: kernels are written for machine integers, which wrap.
    """
    if getattr(config, "DISABLE_JIT", 0):
        raise UsageError(
            "numba is told not to compile, and the proof engine is compiled",
            help="take NUMBA_DISABLE_JIT out of the environment, and disable_jit out of .numba_config.yaml",
        )
    try:
        compiled = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # neither the package nor the user's cache folder is writable: compile in every process
        compiled = njit(nogil=True, error_model="numpy")(function)
    return cast(F, compiled)


def emitter(function: Callable[..., Any]) -> Callable[..., Any]:
    """A numba intrinsic: function(typing_context, *types) returns the signature and the emitter of the LLVM code."""
    return cast(Callable[..., Any], intrinsic(function))


def cpu_has(feature: str) -> bool:
    """Whether numba compiles for an LLVM feature such as "avx512f" or "sha": of the host, or of what numba is told."""
    told = getattr(config, "CPU_FEATURES", None)
    if told is not None:
        return f"+{feature}" in told.split(",")
    try:
        features = binding.get_host_cpu_features()
    except RuntimeError:  # LLVM does not know the host, and numba compiles for none of its features
        return False
    return bool(features.get(feature, False)) and getattr(config, "CPU_NAME", None) in (None, "host")
