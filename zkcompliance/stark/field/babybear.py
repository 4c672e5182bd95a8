"""The base field F of BabyBear, on plain Python ints.

p = 15 * 2^27 + 1 = 2013265921, so that F has a multiplicative subgroup of order 2^k for every k <= 27.
"""

P = 15 * 2**27 + 1
GENERATOR = 31
TWO_ADICITY = 27
NONRESIDUE = 31  # u^6 = 31 defines the extension; X^6 - 31 is irreducible because 31 generates F*
ROOT_OF_UNITY = 440564289  # 31^15, of order 2^27


def root_of_unity(k: int) -> int:
    """omega_{2^k} = ROOT_OF_UNITY^(2^(27 - k)), an element of order 2^k; ValueError unless 0 <= k <= 27."""
    if not 0 <= k <= TWO_ADICITY:
        raise ValueError(f"no root of unity of order 2^{k}: 0 <= k <= {TWO_ADICITY}")
    return pow(ROOT_OF_UNITY, 1 << (TWO_ADICITY - k), P)


def inv(x: int) -> int:
    """x^(p - 2) = 1/x in F; ZeroDivisionError when x = 0 mod p."""
    if x % P == 0:
        raise ZeroDivisionError("zero has no inverse in F")
    return pow(x, P - 2, P)
