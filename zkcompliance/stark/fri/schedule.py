"""The folding schedule, derived from the heights alone (docs/spec/fri.md)."""

from __future__ import annotations

from dataclasses import dataclass

FINAL_LOG2 = 8
MAX_ARITY_LOG2 = 3


@dataclass(frozen=True)
class Layer:
    """A codeword of height `kappa` is folded by 2^arity_log2; a height may roll in after it."""

    kappa: int
    arity_log2: int
    rolls_in: bool


def fold_schedule(heights: tuple[int, ...]) -> tuple[list[Layer], int]:
    """The layers, and the κ of the final polynomial (d_κ coefficients)."""
    layers: list[Layer] = []
    current = heights[0]
    while True:
        below = [h for h in heights if h < current]
        if not below and current <= FINAL_LOG2:
            return layers, current
        arity = min(MAX_ARITY_LOG2, current - max(below)) if below else MAX_ARITY_LOG2
        layers.append(Layer(current, arity, current - arity in below))
        current -= arity
