"""BabyBear and its extension of degree six: vectors, polynomials and transforms, fast and as plain twins."""
