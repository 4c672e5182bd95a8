"""Writes docs/spec/soundcalc: the reference of each profile in the form that github.com/ethereum/soundcalc reads.

    python -m tests.kit.soundcalc

The reference is that of docs/spec/soundness.md: one height κ = 20, 512 constraints of degree 4, one segment. That form
has one rate and one dimension 2^h with n = 2^h/ρ, and ours is d = 65·2^(κ−6) of n = 2^(κ+b): what stands there is
ρ = 65/(64B) and the dimension n·ρ = d, so that rate, domain and folds are ours. It has no seal and one kind of LogUp:
`tag` and `logup` are left out, and stand in docs/spec/soundness.md alone.
"""

from __future__ import annotations

from pathlib import Path

from tests.kit.soundness_calc import Setting, error, folds, usual
from zkcompliance.verify.statement import PROFILES, degree_bound

OUTPUT = Path(__file__).parents[2] / "docs" / "spec" / "soundcalc"
KAPPA = 20
CONSTRAINTS, DEGREE = 512, 4
OPENED = 256  # polynomials in the batch: each has a coefficient of its own, so that the figure does not depend on it


def text(name: str) -> str:
    """The configuration of a profile, TOML."""
    profile = next(each for each in PROFILES.values() if each.name == name)
    setting = Setting(profile.log_blowup, profile.most_queries, profile.grinding)
    factors = [1 << arity for _, arity, _ in folds(frozenset((KAPPA,)))]
    domain = 1 << KAPPA + setting.b
    end = domain
    for factor in factors:
        end //= factor
    return f"""\
# zkcompliance, profile {name}: written by `python -m tests.kit.soundcalc`, from docs/spec/soundness.md
# The form has no seal and no heights; tag and logup of docs/spec/soundness.md are not in here.

[zkevm]
name = "zkcompliance {name}"
protocol_family = "FRI_STARK"
field = "BabyBear^6"  # p = 15*2^27 + 1; add it to the fields of a calculator that has BabyBear^4 and ^5 alone
hash_size_bits = 256

[[circuits]]
name = "reference, kappa {KAPPA}"
rho = {65 / (64 << setting.b)}  # 65/(64*2^{setting.b})
trace_length = {degree_bound(KAPPA)}  # d = 65*2^{KAPPA - 6}; over rho that is the domain, 2^{KAPPA + setting.b}
air_max_degree = {DEGREE}
num_columns = {OPENED}
num_constraints = {CONSTRAINTS}
opening_points = 2  # z and g*z
max_combo = 2
batch_size = {OPENED}
power_batching = false  # a coefficient of its own for each value
multilinear_batching = false
num_queries = {error(usual(name, KAPPA, 1)).queries}  # the fewest for 128 bits
fri_folding_factors = {factors}
fri_early_stop_degree = {end}  # positions of the last domain
grinding_query_phase = {setting.grinding}
"""


def main() -> None:
    OUTPUT.mkdir(exist_ok=True)
    for profile in PROFILES.values():
        (OUTPUT / f"{profile.name}.toml").write_text(text(profile.name))


if __name__ == "__main__":
    main()
