"""The same proof, byte for byte, by code for other processors than this one, and by numba's own dispatch."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

from tests.kit import support
from tests.kit.support import Proved

TELL = "from zkcompliance.stark.native import target\ntarget.tell(target.Target({name!r}, {features!r}))\n"
NUMBA = (
    "from zkcompliance.stark.field import jit\n"
    "jit.Kernel.__call__ = lambda kernel, *arguments: kernel.dispatcher()(*arguments)\n"
)
PROVE = (
    "import sys\nfrom hashlib import sha256\n"
    "from tests.kit import support\n"
    "from zkcompliance.stark.field import width\n"
    "made = support.prove(support.prover([support.seal(support.table(support.ROWS))]))\n"
    "print(width.LANES, sha256(made.bundle()).hexdigest(), 'numba' in sys.modules)\n"
)


def proved(before: str) -> list[str]:
    """LANES, the digest of the bundle, and whether numba was loaded, in a process that begins with `before`."""
    done = subprocess.run(
        [sys.executable, "-c", before + PROVE], env=support.ENVIRONMENT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.skipif(platform.machine() != "x86_64", reason="these are names of x86-64 processors")
@pytest.mark.parametrize(("name", "features"), [("x86-64", ""), ("x86-64-v3", "+avx2,+fma,+bmi,+bmi2")])
def test_a_processor_without_avx512_and_without_sha(name: str, features: str, honest: Proved) -> None:
    """The least that there is, and one with AVX2: vectors of 8 entries, and SHA-256 without instructions for it."""
    lanes, digest, _ = proved(TELL.format(name=name, features=features))
    assert (lanes, digest) == ("8", support.sha256(honest.bundle()).hexdigest())


TRANSFORM = (
    "import numpy as np\n"
    "from zkcompliance.stark.field import ntt, twin\n"
    "for k in range(13):\n"
    "    rows = np.arange(1, 2 * (5 << k) + 1, dtype=np.uint32).reshape(2, -1)[:, : (1 << k) + k]\n"
    "    shift, at = 1801784439, range(0, 1 << k, max(1, 1 << k >> 3))\n"
    "    values = ntt.evaluate_cosets(rows, k, [shift])\n"
    "    points = twin.coset_points(k, shift)\n"
    "    for row, found in zip(rows, values[:, 0], strict=True):\n"
    "        assert [int(found[i]) for i in at] == [twin.evaluate([int(c) for c in row], points[i]) for i in at], k\n"
    "    short = ntt.evaluate_cosets(rows[:, : 1 << k], k, [shift])\n"
    "    assert (ntt.interpolate_cosets(short, [shift]) == rows[:, : 1 << k]).all(), k\n"
)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="these are names of x86-64 processors")
@pytest.mark.parametrize(("name", "features"), [("x86-64", ""), ("x86-64-v3", "+avx2,+fma,+bmi,+bmi2")])
def test_transforms_of_every_small_size(name: str, features: str) -> None:
    """With 8 lanes too, where the least size of the vector kernels is another: one too small ends the process."""
    done = subprocess.run(
        [sys.executable, "-c", TELL.format(name=name, features=features) + TRANSFORM],
        env=support.ENVIRONMENT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, (done.returncode, done.stderr)


def test_this_processor_loads_no_numba(honest: Proved) -> None:
    _, digest, numba = proved("")
    assert (digest, numba) == (support.sha256(honest.bundle()).hexdigest(), "False")


@pytest.mark.long
def test_numbas_own_dispatch(honest: Proved) -> None:
    """Every kernel that a proof needs, compiled by numba in the process itself and called by it."""
    _, digest, numba = proved(NUMBA)
    assert (digest, numba) == (support.sha256(honest.bundle()).hexdigest(), "True")
