"""Exact integer ranges: what a value can be at most, over every log that has its schema.

A range is (lo, hi), both attained or not, never exceeded. No value of a claim may pass 2^256 in magnitude; the compiler
takes its limbs from these ranges, so that nothing wraps.
"""

from __future__ import annotations

from zkcompliance.limits import MAX_LOG_ROWS_LOG2, MAX_SEGMENTS

Range = tuple[int, int]
BIT: Range = (0, 1)
MAX_ROWS = MAX_SEGMENTS << MAX_LOG_ROWS_LOG2
MAX_BITS = 256


def too_large(r: Range) -> bool:
    return r[0] <= -(1 << MAX_BITS) or r[1] >= 1 << MAX_BITS


def add(a: Range, b: Range) -> Range:
    return a[0] + b[0], a[1] + b[1]


def sub(a: Range, b: Range) -> Range:
    return a[0] - b[1], a[1] - b[0]


def mul(a: Range, b: Range) -> Range:
    corners = [x * y for x in a for y in b]
    return min(corners), max(corners)


def square(a: Range) -> Range:
    """Of x·x."""
    low = 0 if a[0] <= 0 <= a[1] else min(a[0] ** 2, a[1] ** 2)
    return low, max(a[0] ** 2, a[1] ** 2)


def floordiv(a: Range, divisor: int) -> Range:
    """divisor > 0; rounds down."""
    return a[0] // divisor, a[1] // divisor


def union(*ranges: Range) -> Range:
    return min(r[0] for r in ranges), max(r[1] for r in ranges)


def total(a: Range, least_rows: int) -> Range:
    """Of a sum of `least_rows` … MAX_ROWS values in `a`; least_rows is 0 or 1."""
    low = a[0] * (MAX_ROWS if a[0] < 0 else least_rows)
    return low, a[1] * (MAX_ROWS if a[1] > 0 else least_rows)


def disjoint(a: Range, b: Range) -> bool:
    return a[1] < b[0] or b[1] < a[0]
