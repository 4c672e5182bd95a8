"""The LLVM code around a kernel: arguments as signature.py packs them, numba's calling convention, one result.

int64 entry(const void *packed)    the result, 0 where there is none; FAILED where the kernel raised
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.np import arrayobj

from zkcompliance.stark.native.engine import FAILED
from zkcompliance.stark.native.signature import Signature, Word

_WORD = ir.IntType(64)
_SCALARS = {"u4": types.uint32, "i4": types.int32, "i8": types.int64, "b1": types.boolean}
_STORED = {"u4": ir.IntType(32), "i4": ir.IntType(32), "i8": _WORD, "b1": ir.IntType(8)}

_arrayobj: Any = arrayobj  # without types


def types_of(signature: Signature) -> tuple[Any, ...]:
    """numba's types of the arguments."""
    return tuple(_type_of(word) for word in signature.arguments)


def _type_of(word: Word) -> Any:
    scalar = _SCALARS[word.code]
    return types.Array(scalar, word.dimensions, "C") if word.dimensions else scalar


class _Packed:
    """Reads the packed arguments one after the other."""

    def __init__(self, context: Any, builder: Any, start: Any) -> None:
        self.context, self.b, self.start, self.at = context, builder, start, 0

    def _next(self, kind: Any) -> Any:
        slot = self.b.gep(self.start, [_WORD(self.at)])
        self.at += 1
        value = self.b.load(self.b.bitcast(slot, kind.as_pointer()))
        value.align = 1
        return value

    def value(self, word: Word) -> Any:
        """The next argument as a kernel takes it."""
        if word.dimensions:
            return self._array(word)
        stored = self._next(_STORED[word.code])
        return self.b.trunc(stored, ir.IntType(1)) if word.code == "b1" else stored

    def _array(self, word: Word) -> Any:
        kind = _type_of(word)
        array = self.context.make_array(kind)(self.context, self.b)
        pointer = self.b.inttoptr(self._next(_WORD), array.data.type)
        shape = [self._next(_WORD) for _ in range(word.dimensions)]
        strides = [_WORD(word.dtype.itemsize)]
        for extent in reversed(shape[1:]):
            strides.insert(0, self.b.mul(strides[0], extent))
        _arrayobj.populate_array(array, pointer, shape, strides, word.dtype.itemsize, None)
        return array._getvalue()


def module(context: Any, compiled: Any, signature: Signature, symbol: str) -> Any:
    """An LLVM module with the function `symbol`, which calls a compiled kernel (the result of numba's compiling)."""
    made = context.create_module(symbol)
    described = compiled.fndesc
    kind = context.call_conv.get_function_type(described.restype, described.argtypes)
    kernel = ir.Function(made, kind, described.llvm_func_name)
    function = ir.Function(made, ir.FunctionType(_WORD, [_WORD.as_pointer()]), symbol)
    builder = ir.IRBuilder(function.append_basic_block())
    packed = _Packed(context, builder, function.args[0])
    values = [packed.value(word) for word in signature.arguments]
    status, out = context.call_conv.call_function(builder, kernel, described.restype, described.argtypes, values)
    result = {"": lambda: _WORD(0), "b1": lambda: builder.zext(out, _WORD), "i8": lambda: out}[signature.returned]()
    builder.ret(builder.select(status.is_error, _WORD(FAILED), result))
    return made
