"""Sums of base values times extension constants, gathered from code: most of what LogUp and the composition compute.

Terms of such a sum are added up four at once and reduced once (machine.py, DOT). What is gathered is used once, in a
sum or a difference; the values are exact, so that nothing but the order of additions changes.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from zkcompliance.stark.air.do import Do, operands_of
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field.extension import Ext

GROUP = 4
Instruction = tuple[Do, int, int, int]
Term = tuple[int, int]  # a base register and the number of an extension constant


@dataclass
class Sum:
    """An extension register, if any, plus Σ register·constant."""

    base: int | None
    terms: list[Term]


@dataclass
class Fused:
    """Instructions with DOT and DOT_ADD among them; groups: what these add up, four terms each.

    kinds: whether each virtual register is of the extension; constants: the code's, and their negatives where needed.
    """

    kinds: list[bool]
    constants: list[Ext]
    instructions: list[Instruction] = field(default_factory=list)
    groups: list[tuple[Term, ...]] = field(default_factory=list)

    def fresh(self) -> int:
        """A new extension register."""
        self.kinds.append(True)
        return len(self.kinds) - 1

    def negated(self, term: Term) -> Term:
        register, constant = term
        self.constants.append(ext.neg(self.constants[constant]))
        return register, len(self.constants) - 1

    def settle(self, total: Sum, dst: int, nothing: int) -> None:
        """Write the sum to register dst; `nothing` is the number of the constant 0, which fills up a group."""
        current, terms = total.base, total.terms
        for at in range(0, len(terms), GROUP):
            part = terms[at : at + GROUP]
            into = dst if at + GROUP >= len(terms) else self.fresh()
            if len(part) == 1:
                alone = into if current is None else self.fresh()
                self.instructions.append((Do.EFROM, alone, *part[0]))
                if current is not None:
                    self.instructions.append((Do.EADD, into, current, alone))
            else:
                self.groups.append((*part, *[(part[0][0], nothing)] * (GROUP - len(part))))
                number = len(self.groups) - 1
                first = (Do.DOT, into, number, 0) if current is None else (Do.DOT_ADD, into, current, number)
                self.instructions.append(first)
            current = into


def fuse(instructions: list[Instruction], kinds: list[bool], constants: list[Ext]) -> Fused:
    """The same code with its sums of scaled base values gathered; registers are virtual, each written once."""
    out = Fused(list(kinds), [*constants, ext.ZERO])
    nothing = len(constants)
    uses = Counter(operand for op, _, a, b in instructions for operand in operands_of(op, a, b, []))
    pending: dict[int, Sum] = {}

    def keep(dst: int, total: Sum) -> None:
        if uses[dst] == 1:
            pending[dst] = total
        else:
            out.settle(total, dst, nothing)

    for op, dst, a, b in instructions:
        if op == Do.EFROM:
            keep(dst, Sum(None, [(a, b)]))
        elif op in (Do.EADD, Do.ESUB) and (a in pending or b in pending):
            x, y = pending.pop(a, Sum(a, [])), pending.pop(b, Sum(b, []))
            if op == Do.ESUB and x.base is None and y.base is not None:  # a register is added to sums, not subtracted
                out.settle(x, a, nothing)
                x = Sum(a, [])
            if x.terms or y.terms:
                keep(dst, _joined(out, op, x, y))
            else:
                out.instructions.append((op, dst, a, b))
        else:
            for operand in operands_of(op, a, b, []):
                if operand in pending:
                    out.settle(pending.pop(operand), operand, nothing)
            out.instructions.append((op, dst, a, b))
    return out


def _joined(out: Fused, op: Do, x: Sum, y: Sum) -> Sum:
    """x + y, or x − y where x has a register or y has none."""
    terms = x.terms + (y.terms if op == Do.EADD else [out.negated(term) for term in y.terms])
    if x.base is None or y.base is None:
        return Sum(y.base if x.base is None else x.base, terms)
    base = out.fresh()
    out.instructions.append((op, base, x.base, y.base))
    return Sum(base, terms)
