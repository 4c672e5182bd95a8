"""The compiler: a claim's core nodes to a program and a witness generator."""

from zkcompliance.claim.compile.compiler import Compiled, compile_claim
from zkcompliance.claim.compile.errors import CannotCompile

__all__ = ["CannotCompile", "Compiled", "compile_claim"]
