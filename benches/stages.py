"""Where a proof's time goes, taken from inside: extension (LDE), hashing, the evaluator, folding and opening."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from zkcompliance.stark.air import machine
from zkcompliance.stark.commit import merkle
from zkcompliance.stark.commit import table as tables
from zkcompliance.stark.field import ntt, polynomial
from zkcompliance.stark.fri import prover as fri
from zkcompliance.stark.prover import columns, prover, quotient
from zkcompliance.stark.prover import openings as deep

clock: dict[str, float] = {}


def timed(name: str, modules: list[Any], attribute: str) -> None:
    """Count the time spent in a function under `name`, wherever it was imported to."""
    inner: Callable[..., Any] = getattr(modules[0], attribute)
    clock.setdefault(name, 0.0)

    def wrapper(*arguments: Any, **options: Any) -> Any:
        started = time.perf_counter()
        try:
            return inner(*arguments, **options)
        finally:
            clock[name] += time.perf_counter() - started

    for module in modules:
        setattr(module, attribute, wrapper)


def watch() -> None:
    """Begin to count what the prover's parts take."""
    timed("extend", [ntt, tables, columns, quotient, fri], "evaluate_cosets")
    timed("extend", [ntt, tables, quotient, prover], "interpolate")
    timed("extend", [ntt, quotient], "interpolate_cosets")
    timed("hash", [merkle.TreeBuilder], "add")
    timed("hash", [merkle.TreeBuilder], "finish")
    timed("evaluate", [machine, quotient, prover], "execute")
    timed("fold and open", [deep, prover], "combine_openings")
    timed("fold and open", [tables], "combine_into")
    timed("fold and open", [polynomial, deep.vector], "dot")
    timed("fold and open", [deep.vector], "fold")
    timed("fold and open", [prover], "grind")


def reset() -> None:
    clock.update(dict.fromkeys(clock, 0.0))


def shares(whole: float) -> dict[str, float]:
    """Seconds by stage, and what is left of the whole."""
    return {**clock, "other": max(0.0, whole - sum(clock.values()))}
