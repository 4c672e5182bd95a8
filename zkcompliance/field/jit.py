"""How every numba kernel of the project is compiled: on its first call, with the machine code cached on disk."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

from llvmlite import binding
from numba import njit
from numba.extending import intrinsic

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile function on first use, without the GIL (so that threads run it side by side) and with C division."""
    try:
        compiled = njit(cache=True, nogil=True, error_model="numpy")(function)
    except RuntimeError:  # neither the package nor the user's cache folder is writable: compile in every process
        compiled = njit(nogil=True, error_model="numpy")(function)
    return cast(F, compiled)


def emitter(function: F) -> F:
    """A numba intrinsic: function(typing_context, *types) returns the signature and the emitter of the LLVM code."""
    return cast(F, intrinsic(function))


def cpu_has(feature: str) -> bool:
    """Whether the host processor has this LLVM feature, e.g. "avx512f" or "sha"."""
    return bool(binding.get_host_cpu_features().get(feature, False))
