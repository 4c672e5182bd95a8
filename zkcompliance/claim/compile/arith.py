"""Gadgets on wide integers: carries, comparison, equality, products, division. Each says what it constrains."""

from __future__ import annotations

import numpy as np

from zkcompliance.claim.compile.context import MAX_DEGREE, Context, Publics
from zkcompliance.claim.compile.run import Run, carried, split
from zkcompliance.claim.compile.terms import (
    HALF,
    ONE,
    RADIX,
    ZERO,
    Term,
    TooWide,
    Wide,
    add,
    const,
    digits,
    limbs_for,
    sub,
    wide,
)
from zkcompliance.stark.air.program import Kind, Op
from zkcompliance.stark.field.babybear import P, inv

_INVERSE = inv(RADIX) if inv(RADIX) <= HALF else inv(RADIX) - P


def chain(
    ctx: Context,
    limbs: list[Term],
    out: list[Term],
    name: str,
    top: tuple[int, int] | None = None,
    kind: Kind = Kind.EVERY,
) -> Term:
    """Σ 2^(16j)·limb_j = Σ 2^(16j)·out_j + 2^(16n)·carry over the integers, on the rows of `kind`; the carry, in `top`.

    Digit by digit limb_j + c_(j−1) − out_j = 2^16·c_j. A carry that takes few values is no column: c = (…)/2^16 in F,
    and Π (c − v) = 0 over its values. Otherwise it is a range-checked column.
    """
    carry = ZERO
    n = max(len(limbs), len(out))
    for j in range(n):
        given = limbs[j] if j < len(limbs) else ZERO
        e = given + carry - (out[j] if j < len(out) else ZERO)
        lo, hi = -(-e.lo // RADIX), e.hi // RADIX
        if top is not None and j == n - 1:  # both ends in `top`, also where no carry that e can have is
            lo, hi = min(max(lo, top[0]), top[1]), max(min(hi, top[1]), top[0])
        carry = _carry(ctx, e, lo, hi, f"{name}, carry {j}", kind)
    return carry


def _carry(ctx: Context, e: Term, lo: int, hi: int, name: str, kind: Kind) -> Term:
    """The c in [lo, hi] with e = 2^16·c, on the rows of `kind`."""
    if hi <= lo:  # one value; or none: then e is never a multiple in honest traces, and the constraint says so
        ctx.zero(name, e - const(RADIX * lo), kind)
        return const(lo)
    size = hi - lo + 1
    if size <= MAX_DEGREE:
        if e.degree * size > MAX_DEGREE:
            e = ctx.flat(e, f"{name}, before")
        if e.size + RADIX * max(abs(lo), abs(hi)) >= P:
            raise TooWide("a carry could wrap")
        return ctx.member(Term(Op.MUL, e, const(_INVERSE), lo, hi, e.degree), lo, hi, name, kind)
    here = ctx.number
    (u,) = ctx.limbs(1, name, lambda run: [(run.value(here, e) >> 16) - lo & 0xFFFF])
    if size > RADIX:
        raise TooWide("a carry of more than 16 bits")
    u = ctx.below(u, size)
    ctx.zero(name, e - (u + lo) * RADIX, kind)
    return u + lo


def at_least_zero(ctx: Context, d: Wide, name: str) -> Term:
    """r = [d ≥ 0]: d + (1 − r)·2^(16n) = s with s of n range-checked limbs; so −2^(16n) ≤ d < 2^(16n) is enough."""
    if d.lo >= 0 or d.hi < 0:
        return ONE if d.lo >= 0 else ZERO
    n = max(len(d.limbs), limbs_for(d.hi), limbs_for(-d.lo - 1))
    here = ctx.number

    def fill(run: Run) -> list:  # type: ignore[type-arg]
        return carried([run.value(here, limb) for limb in d.limbs], n)

    slack = ctx.limbs(n, f"{name}: slack", fill)
    return chain(ctx, list(d.limbs), slack, name, (-1, 0)) + 1


def require_at_least_zero(ctx: Context, d: Wide, name: str) -> None:
    """d ≥ 0 on every row: the same with r = 1."""
    if d.lo >= 0:
        return
    n = max(len(d.limbs), limbs_for(max(d.hi, 0)))
    here = ctx.number
    slack = ctx.limbs(n, f"{name}: slack", lambda run: carried([run.value(here, limb) for limb in d.limbs], n))
    chain(ctx, list(d.limbs), slack, name, (0, 0))


def require_zero(ctx: Context, d: Wide, name: str) -> None:
    """d = 0 on every row, over the integers."""
    chain(ctx, list(d.limbs), [], name, (0, 0))


def normalise(ctx: Context, w: Wide, name: str = "digits") -> Wide:
    """The same value ≥ 0 with 16-bit limbs."""
    if w.normal:
        return w
    if w.lo < 0:
        raise TooWide("a negative value has no digits")
    n = max(len(w.limbs), limbs_for(w.hi))
    here = ctx.number
    out = ctx.limbs(n, name, lambda run: carried([run.value(here, limb) for limb in w.limbs], n))
    chain(ctx, list(w.limbs), out, name, (0, 0))
    return wide(out, w.lo, w.hi)


def equal(ctx: Context, a: Wide, b: Wide, name: str) -> Term:
    """r = [a = b], limb by limb where the digits are determined."""
    d = sub(a, b)
    if d.lo > 0 or d.hi < 0:
        return ZERO
    if d.constant is not None:
        return ONE if d.constant == 0 else ZERO
    if isinstance(ctx, Publics):
        return at_least_zero(ctx, d, name) * at_least_zero(ctx, sub(digits(0), d), name)
    if len(d.limbs) > 1 and not (a.normal and b.normal):
        shifted = normalise(ctx, sub(d, digits(d.lo)), f"{name}: difference")
        d = sub(shifted, digits(-d.lo))
    if all(limb.hi <= 0 for limb in d.limbs):
        d = sub(digits(0), d)
    if all(limb.lo >= 0 for limb in d.limbs) and sum(limb.hi for limb in d.limbs) <= HALF:
        return ctx.invertible([sum(d.limbs[1:], d.limbs[0])], name)  # a sum of what is not negative: 0 if all are
    return ctx.invertible(list(d.limbs), name)


def select(ctx: Context, cases: list[tuple[Term, Wide]], b: Wide) -> Wide:
    """a where its c is 1, b where all are 0: b_j + Σ c·(a_j − b_j). At most one c is 1 on any row."""
    cases = [(ctx.flat(c, "a condition"), a) for c, a in cases]
    every = [*(a for _, a in cases), b]
    limbs = []
    for j in range(max(len(a.limbs) for a in every)):
        chosen = b.limb(j)
        for c, a in cases:
            chosen = chosen + ctx.times(c, a.limb(j) - b.limb(j))
        limbs.append(chosen.within(min(a.limb(j).lo for a in every), max(a.limb(j).hi for a in every)))
    return wide(limbs, min(a.lo for a in every), max(a.hi for a in every))


def multiply(ctx: Context, a: Wide, b: Wide, name: str = "product") -> Wide:
    """a·b. Negative factors are shifted to 0 first; digits that are too large together are cut into bytes."""
    if a.constant is not None and b.constant is not None:
        return digits(a.constant * b.constant)
    if _fits(a, b):
        return _convolve(ctx, a, b)
    for x, y in ((a, b), (b, a)):
        if x.lo < 0:
            up = sub(x, digits(x.lo))
            lower = multiply(ctx, digits(x.lo), y, name) if x.constant is None else None
            if lower is None:  # a negative constant
                positive = multiply(ctx, digits(-(x.constant or 0)), y, name)
                return sub(digits(0), positive)
            return add(multiply(ctx, up, y, name), lower)
    a, b = normalise(ctx, a, f"{name}: factor"), normalise(ctx, b, f"{name}: factor")
    if a.hi < b.hi or a.constant is not None:
        a, b = b, a
    if len(b.limbs) == 1 and b.limbs[0].hi <= HALF // (RADIX - 1) // len(a.limbs):
        return _convolve(ctx, a, b)
    pieces = octets(ctx, b, name)
    even, odd = wide(pieces[::2]), wide(pieces[1::2])
    low = _convolve(ctx, a, even)
    high = normalise(ctx, _convolve(ctx, a, odd), f"{name}: odd bytes")
    product = add(low, wide([limb * 256 for limb in high.limbs]))
    return wide(product.limbs, a.lo * b.lo, a.hi * b.hi)


def _fits(a: Wide, b: Wide) -> bool:
    terms = min(len(a.limbs), len(b.limbs))
    return max(x.size for x in a.limbs) * max(y.size for y in b.limbs) * terms <= HALF


def _convolve(ctx: Context, a: Wide, b: Wide) -> Wide:
    sums = [ZERO] * (len(a.limbs) + len(b.limbs) - 1)
    for i, x in enumerate(a.limbs):
        for j, y in enumerate(b.limbs):
            sums[i + j] = sums[i + j] + ctx.times(x, y)
    corners = [x * y for x in (a.lo, a.hi) for y in (b.lo, b.hi)]
    return wide(sums, min(corners), max(corners))


def octets(ctx: Context, w: Wide, name: str) -> list[Term]:
    """The bytes of a value with 16-bit limbs: limb = lo + 2^8·hi, with lo < 2^8 and hi of 16 bits."""
    if w.constant is not None:
        value = w.constant
        return [const(value >> 8 * i & 0xFF) for i in range(max(1, -(-value.bit_length() // 8)))]
    pieces = []
    here = ctx.number
    for limb in w.limbs:
        if limb.hi < 256:
            pieces += [limb, ZERO]
            continue
        (high,) = ctx.limbs(1, f"{name}: high byte", lambda run, e=limb: [run.value(here, e) >> 8])  # type: ignore[misc]
        low = limb - high.within(0, 255) * 256
        ctx.require_16_bits(low.within(0, 255), name=f"{name}: low byte")
        ctx.require_16_bits(255 - low.within(0, 255), name=f"{name}: low byte below 2^8")
        pieces += [low.within(0, 255), high.within(0, limb.hi >> 8)]
    while len(pieces) > 1 and pieces[-1] is ZERO:
        pieces.pop()
    return pieces


def divide(ctx: Context, a: Wide, divisor: int, name: str = "quotient") -> tuple[Wide, Wide]:
    """⌊a / divisor⌋ and the remainder: a = divisor·q + r, 0 ≤ r < divisor, q − ⌊lo/divisor⌋ ≥ 0 in 16-bit limbs."""
    low, high = a.lo // divisor, a.hi // divisor
    here = ctx.number
    n, m = limbs_for(high - low), limbs_for(divisor - 1)
    kind = object if max(divisor, -low) >> 62 else None  # small values are int64, whatever they are divided by

    def quotient(run: Run) -> list:  # type: ignore[type-arg]
        return split(np.asarray(run.integers(here, a), kind) // divisor - low, n)

    def rest(run: Run) -> list:  # type: ignore[type-arg]
        return split(np.asarray(run.integers(here, a), kind) % divisor, m)

    q = wide(ctx.limbs(n, name, quotient), 0, None)
    r = wide(ctx.limbs(m, f"{name}: remainder", rest))
    if m == 1:
        r = wide([ctx.below(r.limbs[0], divisor)])
    else:
        require_at_least_zero(ctx, sub(digits(divisor - 1), r), f"{name}: remainder below the divisor")
    whole = add(q, digits(low))
    product = multiply(ctx, q, digits(divisor), name)
    shifted = add(product, digits(low * divisor))
    require_zero(ctx, sub(sub(a, shifted), r), f"{name} times divisor plus remainder")
    return wide(whole.limbs, low, high), wide(r.limbs, 0, divisor - 1)


def public_bits(ctx: Publics, w: Wide, name: str) -> list[Term]:
    """The bits of a public value ≥ 0, least first: b·(b − 1) = 0 and Σ 2^i·b_i = w."""
    count = max(1, w.hi.bit_length())

    def fill(run: Run) -> list:  # type: ignore[type-arg]
        value = run.integers(-1, w)[0]
        return [run.value(-1, const(int(value) >> i & 1)) for i in range(count)]

    bits = []
    for bit in ctx.limbs(count, name, fill):
        bits.append(ctx.member(bit, 0, 1, f"{name}: 0 or 1"))
    limbs = []
    for start in range(0, count, 16):
        total = ZERO
        for i, bit in enumerate(bits[start : start + 16]):
            total = total + bit * (1 << i)
        limbs.append(total)
    require_zero(ctx, sub(wide(limbs), w), name)
    return bits
