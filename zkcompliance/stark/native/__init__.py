"""Compiled kernels as a file: made by numba in processes of its own, kept for this machine, loaded by llvmlite alone.

    signature  what a kernel takes and returns, and how that is packed for a call
    target     the processor that kernels are compiled for
    kept       the file of compiled code: its key, and the one folder that it is taken from
    workers    compiling in several processes, each of which is `worker`
    entry      the LLVM code around a kernel: from packed arguments to numba's own calling convention
    memory     the LLVM code of what numba's kernels ask of numba's runtime
    engine     the addresses of compiled kernels in this process

Which kernels there are is declared in field/jit.py, and in the modules that it lists.
"""
