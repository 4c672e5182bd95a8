"""What one proof of several claims over several logs reveals: of each segment what a proof of one claim does, exactly;
and nothing that tells two worlds apart of which the same is public."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.kit import unions
from tests.kit import vocabulary as words
from tests.kit.batch import drawn_positions, point
from tests.kit.functionals import at_base_point, at_extension_point, rank
from tests.kit.support import ROWS, SCHEMA, table
from tests.kit.unions import Case, compute, log_of, of_language
from tests.kit.watched import PARTS, Watched, openings_length, uniform
from zkcompliance import schemas
from zkcompliance.stark.field import extension as ext
from zkcompliance.stark.field.babybear import P, inv, root_of_unity
from zkcompliance.stark.field.extension import Ext
from zkcompliance.stark.profiles import log_mask
from zkcompliance.stark.prover.prover import Prover

CHIP = schemas.chip
DIGESTS = {"compute": SCHEMA.digest, "other": SCHEMA.digest, "chips": CHIP.digest, "banned": CHIP.digest}
PROOFS = 3


def chips(names: Sequence[str], site: str) -> list[np.ndarray]:
    fixed = {"kind": "h100_sxm", "owner": "lab", "from": 0, "until": 5, "peak": "1e15"}
    return log_of(CHIP, [{**fixed, "chip": name, "site": site} for name in names])


def of(logs: unions.Tables, limit: int = 2**100) -> Case:
    """Two limits on one log, a limit on two logs together, and a list of chips none of which is in another list."""
    wanted = [
        compute("a", ["compute"], limit), compute("b", ["compute"], limit + 1), compute("c", ["compute", "other"]),
        of_language(words.absent, {"used": ["chips"], "banned": ["banned"]}),
    ]  # fmt: skip
    return unions.union(logs, DIGESTS, wanted)


LOGS = {
    "compute": [table(ROWS), table(ROWS[:2], 10)],
    "other": [table([(0, 5)])],
    "chips": chips("abc", "s1"),
    "banned": chips("xy", "s2"),
}


@pytest.fixture(scope="module")
def proofs() -> list[Prover]:
    """Several unions over the same sealed logs, of two statements."""
    first, made = of(LOGS), []
    for number in range(PROOFS):
        case = of(LOGS, 2**100 + number % 2)
        assert [t.entry for t in case.tables] == [t.entry for t in first.tables]
        made.append(case.prover())
        made[-1].seed = bytes([number]) * 32
        made[-1].prove()
    return made


def rows_opened(made: Prover, number: int) -> set[int]:
    """The positions that are opened of an instance's trees."""
    above = made.layout.heights[0] - made.layout.instances[number].kappa
    return {position >> above for position in drawn_positions(made)}


def of_segment(proofs: Sequence[Prover], number: int, h: int) -> np.ndarray:
    """The functionals of one log column's mask of h coefficients that all these proofs and the tag reveal."""
    entry, profile = proofs[0].tables[number].entry, proofs[0].profile
    rows, bits = 1 << entry.k, entry.kappa + profile.log_blowup
    parts = [at_extension_point(entry.tag_point(), rows, h)]
    parts += [at_extension_point(made.z, rows, h) for made in proofs]
    positions = set().union(*(rows_opened(made, number) for made in proofs))
    return np.concatenate([*parts, *(at_base_point(point(p, bits), rows, h) for p in sorted(positions))])


@pytest.mark.parametrize("number", range(5))
def test_a_segment_gives_what_one_proof_of_one_claim_takes(proofs: list[Prover], number: int) -> None:
    """q + 6 functionals of each column for a union, whichever claims read it, and all are independent."""
    entry, profile = proofs[0].tables[number].entry, proofs[0].profile
    count = of_segment(proofs, number, 1).shape[0]
    units = 6 + PROOFS * profile.units
    assert count <= units <= log_mask(entry.k, entry.kappa)
    assert rank(of_segment(proofs, number, count)) == count
    assert rank(of_segment(proofs, number, count - 1)) == count - 1  # and of a shorter mask they would tell something


def test_a_column_that_several_claims_read_has_one_value(proofs: list[Prover]) -> None:
    made = proofs[0]
    read = [len(i.air.log_columns) for i in made.layout.instances]
    log = made.layout.instances[2]
    assert log.member is not None and len(log.member.parts) == 3 and read[2] == 8
    others = sum(made.layout.chunks)
    for each in made.layout.instances:
        others += each.witness_columns + len(each.air.next_columns) + each.air.extension_columns + 1
    assert len(made.values) == sum(read) + others


def of_witness(made: Prover, number: int) -> np.ndarray:
    """The functionals of the mask of a witness column that is read in the next row, too."""
    instance, profile = made.layout.instances[number], made.profile
    after = ext.scale(made.z, root_of_unity(instance.k))
    parts = [at_extension_point(at, instance.rows, profile.mask) for at in (made.z, after)]
    bits = instance.kappa + profile.log_blowup
    opened = sorted(rows_opened(made, number))
    return np.concatenate([*parts, *(at_base_point(point(p, bits), instance.rows, profile.mask) for p in opened)])


def test_masks_of_every_instance_hide_all_that_is_opened(proofs: list[Prover]) -> None:
    """Instances of different numbers of rows and heights, the cells table among them."""
    made = proofs[0]
    assert len({i.k for i in made.layout.instances}) >= 3 and len(made.layout.heights) >= 1
    for number in range(len(made.layout.instances)):
        functionals = of_witness(made, number)
        assert rank(functionals) == functionals.shape[0] <= made.profile.mask


def lagrange(x: Ext, k: int) -> list[Ext]:
    """L_0(x) … L_(N−1)(x)."""
    rows, g = 1 << k, root_of_unity(k)
    vanishing = ext.scale(ext.sub(ext.power(x, rows), ext.ONE), inv(rows))
    points = [pow(g, i, P) for i in range(rows)]
    return [ext.mul(ext.scale(vanishing, g_i), ext.inv(ext.sub(x, (g_i, 0, 0, 0, 0, 0)))) for g_i in points]


def of_blind(made: Prover, number: int) -> np.ndarray:
    """Of (rows of the blind, its mask): the terminal, then the values at z and at the positions."""
    instance, profile = made.layout.instances[number], made.profile
    bits, rows = instance.kappa + profile.log_blowup, instance.rows
    terminal = np.zeros((6, rows + profile.mask), np.int64)
    for row in range(rows):
        if row % 8 < 6:
            terminal[row % 8, row] = 1
    parts = [
        np.concatenate([np.array(lagrange(made.z, instance.k)).T, at_extension_point(made.z, rows, profile.mask)], 1)
    ]
    for position in sorted(rows_opened(made, number)):
        x = point(position, bits)
        values = [value[0] for value in lagrange((x, 0, 0, 0, 0, 0), instance.k)]
        parts.append(np.concatenate([np.array([values]), at_base_point(x, rows, profile.mask)], axis=1))
    return np.concatenate([terminal, *parts])


def test_terminals_are_independent_of_all_else_and_have_one_relation(proofs: list[Prover]) -> None:
    """Each instance's terminal is hidden by its blind, whatever of the blind is opened: 6 functionals more than the
    openings. Over all instances the blinds' sums are zero, so that a union has one relation, as a claim alone."""
    made = proofs[0]
    for number in (0, 2, len(made.layout.instances) - 2):
        functionals = of_blind(made, number)
        assert rank(functionals) == functionals.shape[0]
    blinds = [instance[-1] for instance in made.trace.witness]
    for i in range(6):
        assert sum(int(blind[i::8].astype(object).sum()) for blind in blinds) % P == 0


# Two worlds


WORLDS = [
    {
        "compute": [table([]), table([], 10)],
        "other": [table([])],
        "chips": chips("abc", "s1"),
        "banned": chips("xy", ""),
    },
    {
        "compute": [table([(0, 2**96 - 1)] * 7), table([(2, 2**96 - 2)] * 900, 10)],
        "other": [table([(1, 7)] * 8)],
        "chips": chips(["zebra"] * 3, "elsewhere"),
        "banned": chips(["horse", "cow"], "here"),
    },
]
TIMES = 4


@pytest.fixture(scope="module")
def worlds() -> list[list[Watched]]:
    """Proofs over logs whose rows differ as much as they can, and of which the same is public."""
    made = []
    for which, logs in enumerate(WORLDS):
        case = unions.union(logs, DIGESTS, [
            compute("a", ["compute"], 2**110), compute("b", ["other"], 2**110),
            compute("c", ["compute", "other"], 2**111),
            of_language(words.absent, {"used": ["chips"], "banned": ["banned"]}),
        ])  # fmt: skip
        assert not case.failures()
        runs = []
        for number in range(TIMES):
            prover = case.prover(Watched)
            prover.seed = bytes([which, number]) * 16
            prover.prove()
            runs.append(prover)
        made.append(runs)
    return made  # type: ignore[return-value]


def test_what_is_public_is_equal(worlds: list[list[Watched]]) -> None:
    """Claims, values, sizes, the shape of everything, and lengths: but for roots and tags nothing differs."""
    first, second = (runs[0] for runs in worlds)
    assert [claim.encode() for claim in first.statement.claims] == [claim.encode() for claim in second.statement.claims]
    assert len(first.statement.encode()) == len(second.statement.encode())
    for a, b in zip(first.layout.instances, second.layout.instances, strict=True):
        assert (a.k, a.kappa, a.air) == (b.k, b.kappa, b.air)
    assert (first.layout.heights, first.layout.chunks) == (second.layout.heights, second.layout.chunks)
    assert first.layout.cells == second.layout.cells
    assert len({made.length - openings_length(made) for runs in worlds for made in runs}) == 1


@pytest.mark.parametrize("part", PARTS)
def test_openings_look_uniform_in_either_world(worlds: list[list[Watched]], part: str) -> None:
    for runs in worlds:
        values = np.concatenate([np.concatenate(PARTS[part](made)) for made in runs])
        assert uniform(values, 16 if values.size >= 200 else 4) < 5, (part, values.size)
