"""How every kernel of the project is declared, and called: compiled by numba once, then kept as a file and loaded.

    @kernel("u4[:] i8 -> b1")   called from Python: compiled for these types, and for these alone
    @kernel                     a part of others
    @emitter                    a part of others that is written in LLVM's own language, with ir, types and cgutils

Nothing of this imports numba before something is compiled. See `native` for the rest.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any, TypeVar, overload

from zkcompliance.stark.native import target
from zkcompliance.stark.native.engine import FAILED, Engine, Entry
from zkcompliance.stark.native.signature import parse

F = TypeVar("F", bound=Callable[..., Any])

# With kernels that have a signature; those that take longest to compile first.
MODULES = (
    "zkcompliance.stark.field.ntt_rows",
    "zkcompliance.stark.air.machine",
    "zkcompliance.stark.field.ext_kernels",
    "zkcompliance.stark.commit.sha256",
    "zkcompliance.stark.field.sum_kernels",
    "zkcompliance.stark.field.kernels",
    "zkcompliance.stark.field.residues",
    "zkcompliance.stark.field.roots",
)
# Outside this folder, what kernels are made of.
PARTS = (
    "zkcompliance.stark.air.do",
    "zkcompliance.stark.air.fuse",
    "zkcompliance.stark.air.lanes",
    "zkcompliance.stark.commit.sha256_emit",
    "zkcompliance.stark.commit.message_lanes",
)
ENGINE = Engine(MODULES, PARTS)


class Kernel:
    """A function for numba. With a signature it is called through the engine, without the GIL.

    Then its arguments are as Signature.pack takes them, and MemoryError is raised where it lacks memory to work in.
    """

    def __init__(self, function: Callable[..., Any], signature: str | None) -> None:
        functools.update_wrapper(self, function)
        self.function = function
        self.signature = None if signature is None else parse(signature)
        self.engine = ENGINE
        self.symbol = f"{function.__module__}.{function.__qualname__}"
        self._entry: Entry | None = None

    def __call__(self, *arguments: Any) -> Any:
        signature = self.signature
        if signature is None:
            return self.dispatcher()(*arguments)
        packed = signature.pack(arguments)
        if self._entry is None:
            self._entry = self.engine.entry(self.symbol)
        result = self._entry(packed)
        if result == FAILED:
            raise MemoryError("no memory for a kernel to work in")
        if not signature.returned:
            return None
        return result if signature.returned == "i8" else bool(result)

    @functools.cache  # noqa: B019 - kernels live as long as the process
    def dispatcher(self, called: bool = True) -> Any:
        """numba's own form of it, with C division. called: from Python, which takes more code and may be done."""
        njit: Any = import_module("numba").njit
        options = {} if called else {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
        made = njit(nogil=True, error_model="numpy", **options)(self.function)
        if not called:  # a constant argument is no type of its own: it would be compiled once more
            template = made.get_call_template
            made.get_call_template = lambda given, named: template([types.unliteral(each) for each in given], named)
        return made

    @property
    def _numba_type_(self) -> Any:
        """By which numba takes it as a function where another kernel calls it."""
        return self.dispatcher(called=False)._numba_type_


@overload
def kernel(declared: F) -> F: ...
@overload
def kernel(declared: str) -> Callable[[F], F]: ...
def kernel(declared: Any) -> Any:
    """Declare a kernel, with its signature if it is called from Python: see native/signature.py.

    Kernels are written for machine integers, which wrap; without a signature they must not be called from Python but
    by tests.
    """
    if isinstance(declared, str):
        return lambda function: Kernel(function, declared)
    return Kernel(declared, None)


class _Emitter:
    """An intrinsic of numba's, made when numba first sees it."""

    def __init__(self, function: Callable[..., Any]) -> None:
        functools.update_wrapper(self, function)
        self.function = function

    def __call__(self, *arguments: Any) -> Any:
        raise TypeError(f"{self.function.__qualname__} is a part of kernels, and not to be called")

    @functools.cached_property
    def _numba_type_(self) -> Any:
        from llvmlite import binding
        from numba.core.registry import cpu_target
        from numba.extending import intrinsic

        binding.initialize_native_asmparser()  # for the few instructions that are written as such
        made = intrinsic(self.function)
        cpu_target.typing_context.refresh()
        return cpu_target.typing_context.resolve_value_type(made)


def emitter(function: Callable[..., Any]) -> Callable[..., Any]:
    """A numba intrinsic: function(typing_context, *types) returns the signature and the emitter of the LLVM code."""
    return _Emitter(function)


class _Later(ModuleType):
    """A module that emitters need, imported when an attribute of it is first asked for."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


# without types
ir: Any = _Later("llvmlite.ir")
types: Any = _Later("numba.types")
cgutils: Any = _Later("numba.core.cgutils")


def cpu_has(feature: str) -> bool:
    """Whether kernels are compiled for an LLVM feature such as "avx512f" or "sha"."""
    return target.current().has(feature)
