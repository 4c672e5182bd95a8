"""A process that compiles kernels, started by `workers`, which says what is written and read here.

numba types and optimises each kernel as it always does, but makes no machine code: that is made once, of all kernels of
this process together, with the code of entry.py and memory.py.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from typing import Any

from llvmlite import binding

from zkcompliance.stark.native import target
from zkcompliance.stark.native.signature import Signature


def run() -> None:
    """Answer documents on standard output until there is no more to do; what fails is an answer too."""
    output = sys.stdout.buffer
    try:
        told = json.loads(sys.stdin.readline())
        worker = _Worker(told)
        output.write(json.dumps({"kernels": list(worker.kernels)}).encode() + b"\n")
        output.flush()
        while (symbol := json.loads(sys.stdin.readline())["kernel"]) is not None:
            worker.compile(symbol)
            output.write(json.dumps({"done": symbol}).encode() + b"\n")
            output.flush()
        made = worker.emit()
        output.write(json.dumps({"bytes": len(made)}).encode() + b"\n" + made)
    except Exception as error:
        output.write(json.dumps({"error": f"{type(error).__name__}: {error}"}).encode() + b"\n")
    output.flush()
    sys.exit(0)


class _Worker:
    """numba, told of the processor, and the LLVM module that compiled kernels are put into."""

    def __init__(self, told: dict[str, Any]) -> None:
        sys.path[:] = told["path"]
        sys.modules["yaml"] = None  # type: ignore[assignment]  # or numba would read settings from a folder
        target.tell(target.Target(told["name"], told["features"]))
        config: Any = import_module("numba.core.config")
        config.CPU_NAME, config.CPU_FEATURES = told["name"], told["features"]
        from zkcompliance.stark.native import memory

        memory.check()
        self.kernels = declared(told["modules"])
        self.context = _without_machine_code()
        self.module = binding.parse_assembly(str(memory.module()))
        self.symbols: list[str] = []

    def compile(self, symbol: str) -> None:
        """Add a kernel, its entry and all that it calls to the module."""
        from zkcompliance.stark.native import entry

        dispatcher, signature = self.kernels[symbol]
        kinds = entry.types_of(signature)
        dispatcher.compile(kinds)
        made = dispatcher.overloads[kinds]
        around = entry.module(self.context, made, signature, symbol)
        for text in (made.library.get_llvm_str(), str(around)):
            part = binding.parse_assembly(text)
            for function in part.functions:
                if not function.is_declaration and function.name not in (symbol, made.fndesc.llvm_func_name):
                    function.linkage = "linkonce_odr"  # two kernels may have one in common
            self.module.link_in(part)
        self.symbols.append(symbol)

    def emit(self) -> bytes:
        """The object with every entry that was added, and nothing else that can be called from outside."""
        for function in self.module.functions:
            if not function.is_declaration and function.name not in self.symbols:
                function.linkage = "internal"
        self.module.verify()
        machine = self.context.codegen()._tm
        builder = binding.create_pass_builder(machine, binding.create_pipeline_tuning_options(speed_level=1))
        passes = binding.create_new_module_pass_manager()
        if hasattr(passes, "add_global_dead_code_eliminate_pass") and hasattr(passes, "add_strip_dead_prototype_pass"):
            passes.add_global_dead_code_eliminate_pass()
            passes.add_strip_dead_prototype_pass()
        else:  # an older llvmlite, which has these among many others only
            passes = builder.getModulePassManager()
        passes.run(self.module, builder)
        unknown = [
            function.name
            for function in self.module.functions
            if function.is_declaration and not function.name.startswith("llvm.")
            if function.name not in ("malloc", "free")
        ]
        if unknown:
            raise ValueError(f"kernels call what is not in the object: {', '.join(unknown)}")
        return bytes(machine.emit_object(self.module))


def declared(modules: list[str]) -> dict[str, tuple[Any, Signature]]:
    """By symbol, every kernel of these modules that has a signature: numba's dispatcher, and the signature."""
    from zkcompliance.stark.field.jit import Kernel

    found = {}
    for name in modules:
        for value in vars(import_module(name)).values():
            if isinstance(value, Kernel) and value.signature is not None and value.function.__module__ == name:
                found[value.symbol] = (value.dispatcher(called=False), value.signature)
    return found


def _without_machine_code() -> Any:
    """numba's context, of this process alone, whose code generator from now on stops at optimised LLVM code."""
    library: Any = import_module("numba.core.codegen").JITCodeLibrary

    def first(made: Any, name: str) -> int:
        made._ensure_finalized()
        return 0

    context: Any = import_module("numba.core.registry").cpu_target.target_context
    unmade = {"_finalize_specific": lambda made: None, "get_pointer_to_function": first}
    codegen = context.codegen()
    codegen._library_class = type("Library", (library,), unmade)
    codegen.set_env = lambda name, environment: None  # where a kernel lies that is never called here
    return context
