"""The package's public names: `zk.prove` and `zk.verify` are the client's functions, whatever was imported before."""

from __future__ import annotations

import inspect
import itertools
import subprocess
import sys
from pathlib import Path

import pytest

import zkcompliance as zk
from zkcompliance.client import proofs, verdicts

ROOT = Path(zk.__file__).parents[1]
STEPS = (
    "import zkcompliance.verify.verifier, zkcompliance.verify.field",
    "from zkcompliance.prove import api, fits",
    "from zkcompliance import verify, prove; assert verify.__name__ == 'verify' and prove.__name__ == 'prove'",
    "import zkcompliance.client.logs",
)
CHECK = (
    "import zkcompliance as zk, inspect\n"
    "from zkcompliance import prove, verify\n"
    "from zkcompliance.client import proofs, verdicts\n"
    "assert zk.prove is prove is proofs.prove and zk.verify is verify is verdicts.verify\n"
    "assert inspect.isfunction(zk.prove) and inspect.isfunction(zk.verify)\n"
)


@pytest.mark.parametrize("order", list(itertools.permutations(range(len(STEPS)), 3))[::5], ids=str)
def test_functions_in_any_order_of_imports(order: tuple[int, ...]) -> None:
    """Also between the steps: a room that is imported later does not take the function's place."""
    code = CHECK.join(f"{STEPS[i]}\n" for i in order) + CHECK
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, text=True)
    assert done.returncode == 0, done.stderr


def test_rooms_alone_load_no_client() -> None:
    code = (
        "import sys, zkcompliance.verify, zkcompliance.prove, zkcompliance.verify.codec\n"
        "assert 'zkcompliance.client' not in sys.modules and 'zkcompliance.prove.api' not in sys.modules\n"
        "assert sys.modules['zkcompliance.verify'].codec is sys.modules['zkcompliance.verify.codec']\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", ["prove", "verify"])
def test_they_say_what_they_take(name: str) -> None:
    function, home = getattr(zk, name), {"prove": proofs, "verify": verdicts}[name]
    assert function is getattr(home, name) and type(function) is type(test_they_say_what_they_take)
    assert "policy" in inspect.signature(function).parameters and inspect.getdoc(function)
    assert name not in vars(zk), "nothing is kept that could hide the function of another import"


def test_every_public_name_is_there() -> None:
    assert set(zk.__all__) <= set(dir(zk))
    for name in zk.__all__:
        assert getattr(zk, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        zk.nothing  # noqa: B018
