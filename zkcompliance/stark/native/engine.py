"""The compiled kernels of this process: kept ones where they fit, else compiled now and kept; loaded once.

Kernels run without the GIL: ctypes lets go of it for each call.
"""

from __future__ import annotations

import ctypes
import logging
import threading
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from llvmlite import binding

from zkcompliance.errors import InternalError, UsageError
from zkcompliance.progress import Progress, silent
from zkcompliance.stark.native import kept, target

FAILED = -(1 << 63)  # what an entry returns where its kernel could not do its work
Entry = Callable[[bytes], int]

_log = logging.getLogger("zkcompliance")


class Engine:
    """The kernels that some modules declare. parts: what else they are made of, but for what lies in field/."""

    def __init__(self, modules: Sequence[str], parts: Sequence[str]) -> None:
        self.modules, self.parts = tuple(modules), tuple(parts)
        self._lock = threading.Lock()
        self._loaded: Any = None

    def sources(self) -> list[Path]:
        """Every file that compiled code follows from: these modules, and all of field/ and of native/."""
        stark = Path(__file__).parents[1]
        named = {_file(name) for name in (*self.modules, *self.parts)}
        return sorted({*named, *stark.glob("field/*.py"), *stark.glob("native/*.py")})

    def prepare(self, progress: Progress = silent, tell: Callable[[str], None] = _log.warning) -> None:
        """Load the kernels; where none that fit are kept, compile them, which takes up to a minute.

        tell: is told, in a sentence each, that this is done, why what is kept is not taken, and why nothing is kept.
        UsageError where the sources change meanwhile: what was compiled may be of both, and is neither kept nor run.
        """
        with self._lock:
            if self._loaded is None:
                self._loaded = _load(self._objects(progress, tell))

    def entry(self, symbol: str) -> Entry:
        """The kernel of that name, to be called with packed arguments."""
        self.prepare()
        address = self._loaded.get_function_address(symbol)
        if not address:
            raise InternalError(f"{symbol} is not among the compiled kernels")
        return ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_char_p)(address)

    def _objects(self, progress: Progress, tell: Callable[[str], None]) -> list[bytes]:
        key = kept.key(target.current(), self.sources())
        objects, why = kept.read(key)
        if objects:
            return objects
        if why:
            tell(f"compiled kernels that were kept are not taken: {why}")
        from zkcompliance.stark.native.workers import compiled

        objects = compiled(self.modules, target.current(), progress)
        if kept.key(target.current(), self.sources()) != key:
            raise UsageError("zkcompliance was changed while its proof engine was compiled: start again")
        if why := kept.write(key, objects):
            tell(f"compiled kernels could not be kept, and the next run compiles again: {why}")
        return objects


def _file(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise InternalError(f"{module} is not there")
    return Path(spec.origin)


def _load(objects: list[bytes]) -> Any:
    """LLVM's engine with these objects in it."""
    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    machine = binding.Target.from_default_triple().create_target_machine(jit=True)
    engine = binding.create_mcjit_compiler(binding.parse_assembly(""), machine)
    for each in objects:
        engine.add_object_file(binding.ObjectFileRef.from_data(each))
    engine.finalize_object()
    return engine
