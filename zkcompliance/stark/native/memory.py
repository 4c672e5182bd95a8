"""What numba's kernels ask of numba's runtime, as LLVM code: memory for arrays, and the strides of a reshaped one.

A kernel that is called through numba finds these in numba's extension modules. Here they are part of the object, so
that it needs nothing but the C library. numba's code reads and counts references in what `alloc` returns, a record of
(references, destructor, its argument, data, size, …): `check` refuses a numba for which that is another one.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils
from numba.core.runtime import nrtdynmod

_WORD, _INT = ir.IntType(64), ir.IntType(32)
_BYTES = ir.IntType(8).as_pointer()
_WORDS = _WORD.as_pointer()
_HEADER = 64  # bytes before the data: the record, and more
_MOST = 1 << 62  # bytes; sums with less do not wrap
_FIELDS = (_WORD, _BYTES, _BYTES, _BYTES, _WORD)

_cgutils: Any = cgutils  # without types


def check() -> None:
    """ValueError where this version of numba has another record of an allocation than the one written here."""
    fields = tuple(nrtdynmod._meminfo_struct_type.elements)
    if fields[: len(_FIELDS)] != _FIELDS or len(fields) > 6:
        raise ValueError(f"this numba keeps {fields} of an array's memory, not {_FIELDS}")


def module() -> ir.Module:
    """The definitions of the four functions of numba's runtime that its kernels call."""
    made = ir.Module("zkcompliance.memory")
    malloc = ir.Function(made, ir.FunctionType(_BYTES, [_WORD]), "malloc")
    free = ir.Function(made, ir.FunctionType(ir.VoidType(), [_BYTES]), "free")
    _allocate(made, malloc)
    for name in ("NRT_MemInfo_call_dtor", "NRT_Free"):
        function = ir.Function(made, ir.FunctionType(ir.VoidType(), [_BYTES]), name)
        builder = ir.IRBuilder(function.append_basic_block())
        builder.call(free, [function.args[0]])
        builder.ret_void()
    _reshape(made)
    return made


def _allocate(made: ir.Module, malloc: ir.Function) -> None:
    """record * alloc(size, align): one reference, data at a multiple of align (a power of two); null if there is none.

    The record lies at the start of what malloc gives, so that free takes it.
    """
    function = ir.Function(made, ir.FunctionType(_BYTES, [_WORD, _INT]), "NRT_MemInfo_alloc_aligned")
    size, align = function.args
    b = ir.IRBuilder(function.append_basic_block())
    align = b.zext(align, _WORD)
    with b.if_then(b.icmp_unsigned(">", size, _WORD(_MOST))):
        b.ret(_BYTES(None))
    start = b.call(malloc, [b.add(b.add(size, align), _WORD(_HEADER))])
    with b.if_then(b.icmp_unsigned("==", b.ptrtoint(start, _WORD), _WORD(0))):
        b.ret(_BYTES(None))
    first = b.add(b.ptrtoint(start, _WORD), b.sub(b.add(align, _WORD(_HEADER)), _WORD(1)))
    data = b.and_(first, b.sub(_WORD(0), align))
    record = b.bitcast(start, _WORDS)
    for field, value in enumerate((_WORD(1), _WORD(0), _WORD(0), data, size, _WORD(0))):
        b.store(value, b.gep(record, [_WORD(field)]))
    b.ret(start)


def _reshape(made: ir.Module) -> None:
    """int reshape(n, dims, strides, m, new dims, new strides, item size, Fortran): 1, and the new strides, in C order.

    0, for which a kernel fails, where the array is not contiguous: numba's own would look whether it can be done.
    """
    kinds = [_WORD, _WORDS, _WORDS, _WORD, _WORDS, _WORDS, _WORD, _INT]
    function = ir.Function(made, ir.FunctionType(_INT, kinds), "numba_attempt_nocopy_reshape")
    n, dims, strides, m, new_dims, new_strides, item, _ = function.args
    b = ir.IRBuilder(function.append_basic_block())
    expected = _cgutils.alloca_once_value(b, item)
    with _cgutils.for_range(b, n) as loop:
        at = b.sub(b.sub(n, _WORD(1)), loop.index)
        with b.if_then(b.icmp_signed("!=", b.load(b.gep(strides, [at])), b.load(expected))):
            b.ret(_INT(0))
        b.store(b.mul(b.load(expected), b.load(b.gep(dims, [at]))), expected)
    b.store(item, expected)
    with _cgutils.for_range(b, m) as loop:
        at = b.sub(b.sub(m, _WORD(1)), loop.index)
        b.store(b.load(expected), b.gep(new_strides, [at]))
        b.store(b.mul(b.load(expected), b.load(b.gep(new_dims, [at]))), expected)
    b.ret(_INT(1))
