"""No variable of the environment changes a verdict, what is printed or written, or an exit status."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit import support
from tests.kit.regulated_lab import CLAIM, Lab
from tests.kit.starting import LONG, Started, installed, seldom
from zkcompliance import start

FAULTS = ("", "parameter", "key", "reference", "file")
HELD = ("--claim", CLAIM, "-p", "limit=1e20", "--at", "2026-12-01")
PLANTED = {
    "_ZKCOMPLIANCE_COMPLETE": "bash_source", "_ZKCOMPLIANCE_VERIFY_COMPLETE": "bash_source",
    "_ZKCOMPLIANCE_VERIFY_PYZ_COMPLETE": "zsh_source", "ZKCOMPLIANCE_POLICY": "eu-ai-act",
    "ZKCOMPLIANCE_VERIFY_CLAIM": "compute-band", "COMP_WORDS": "zkcompliance verify", "COMP_CWORD": "1",
    "LANG": "tr_TR.ISO-8859-9", "LC_ALL": "C", "LANGUAGE": "de", "TERM": "dumb", "FORCE_COLOR": "1",
    "CLICOLOR_FORCE": "1", "TTY_COMPATIBLE": "1", "TTY_INTERACTIVE": "1", "COLORTERM": "truecolor", "COLUMNS": "20",
    "LINES": "2", "JUPYTER_COLUMNS": "9", "RICH_FORCE_TERMINAL": "1", "PAGER": "false", "TZ": "Asia/Kathmandu",
    "SOURCE_DATE_EPOCH": "1", "HOME": "/nonexistent", "TMPDIR": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent",
    "PYTHONIOENCODING": "ascii:strict", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONWARNINGS": "error",
    "PYTHONOPTIMIZE": "2", "PYTHONHASHSEED": "1", "PYTHONINSPECT": "1", "PYTHONUNBUFFERED": "1", "PYTHONDEVMODE": "1",
    "PYTHONFAULTHANDLER": "1", "PYTHONINTMAXSTRDIGITS": "640", "PYTHONSAFEPATH": "1", "PYTHONNOUSERSITE": "1",
    "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": "/nonexistent", "PYTHONSTARTUP": "/nonexistent",
    "PYTHONBREAKPOINT": "os._exit", "PYTHONPROFILEIMPORTTIME": "", "PYTHONTRACEMALLOC": "1", "PYTHONASYNCIODEBUG": "1",
    "NUMBA_DISABLE_JIT": "1", "NUMBA_DEBUG": "1", "NUMBA_CPU_NAME": "generic", "NUMBA_OPT": "0",
    "OPENSSL_CONF": "/nonexistent", "OPENSSL_MODULES": "/nonexistent", "OMP_NUM_THREADS": "1", "MPLCONFIGDIR": "/x",
}  # fmt: skip


def told(done: subprocess.CompletedProcess[bytes]) -> tuple[int, bytes, bytes]:
    """All that a caller gets; how long it took is left out."""
    return done.returncode, re.sub(rb"took +[0-9.]+ s", b"", done.stdout), done.stderr


@pytest.mark.parametrize(
    ("form", "fault"),
    [("text", ""), ("json", "reference")]
    + [pytest.param(form, fault, marks=LONG) for form in ("oscal", "sarif", "junit", "json") for fault in FAULTS[:2]]
    + [pytest.param(form, fault, marks=LONG) for form in ("text", "json") for fault in FAULTS[2:]],
)
def test_verify_says_the_same_in_a_planted_environment(verify: Started, lab: Lab, form: str, fault: str) -> None:
    asked = [lab.single, *HELD, "--log-key", lab.key, "--format", form]
    if fault == "parameter":
        asked += ["-p", "limit=1e21"]
    elif fault == "key":
        asked[asked.index(lab.key)] = lab.folder / "none"
    elif fault == "reference":
        asked += ["--context", "Fall \u00e9\u2603"]
    elif fault == "file":
        asked[0] = Path(__file__)
    clean, planted = verify.run(*asked), verify.run(*asked, env=PLANTED)
    assert told(planted) == told(clean) and planted.returncode == (
        0 if not fault else 1 if fault == "reference" else 2
    ), planted
    assert planted.stdout or planted.returncode


@pytest.mark.parametrize("name", ["", "_ZKCOMPLIANCE_COMPLETE", *seldom(*sorted(PLANTED))])
def test_no_variable_makes_a_file_that_is_no_proof_look_accepted(name: str) -> None:
    """Nor all of them together."""
    planted = {name: PLANTED[name]} if name else PLANTED
    done = installed("verify").run(__file__, *HELD, "--log-key", "none", env=planted)
    assert done.returncode == 2 and b"error[" in done.stderr and not done.stdout, done


def test_sealing_does_the_same(tmp_path: Path) -> None:
    """In a folder with settings for numba, too."""
    (tmp_path / "in.csv").write_text("start,end,run,phase,flop,method\n1767571200,1767571201,r,evaluation,5,measured\n")
    (tmp_path / ".numba_config.yaml").write_text("disable_jit: 1\n")
    caches = {name: str(tmp_path / name) for name in ("HOME", "XDG_CACHE_HOME", "NUMBA_CACHE_DIR")}
    for folder in caches.values():
        Path(folder).mkdir()
    environment = PLANTED | caches
    zk = installed()
    for words in (
        ("keygen", "lab.example/c", "-o", "key"),
        ("seal", "in.csv", "--log", "log", "--key", "key", "--profile", "small"),
        ("check", CLAIM, "--log", "log", "-p", "limit=9"),
        ("explain", CLAIM),
    ):
        done = zk.run(*words, cwd=tmp_path, env=environment)
        assert done.returncode == 0 and b"umba" not in done.stderr, done.stderr
    assert not [each for folder in caches.values() for each in Path(folder).iterdir()], "no kernel is kept or sought"


@pytest.mark.parametrize(
    ("variable", "statement", "said"),
    [
        ("PYTHONOPTIMIZE", "from zkcompliance.claim import catalogue; catalogue.load('compute-band')", "drops docstr"),
    ],
)
def test_a_library_caller_is_told_what_to_take_out(variable: str, statement: str, said: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", statement],
        env={**support.ENVIRONMENT, variable: "2"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1 and "errors.UsageError: " in done.stderr and said in done.stderr


def test_no_variable_has_a_say_in_what_is_compiled(tmp_path: Path) -> None:
    """Nor settings in the folder of a library's caller, where numba is told not to compile, or for what processor."""
    (tmp_path / ".numba_config.yaml").write_text("disable_jit: 1\n")
    code = (
        "from pathlib import Path\nimport numpy as np\nfrom zkcompliance.stark.native import kept\n"
        f"kept.folder = lambda: Path({str(tmp_path / 'kernels')!r})\n"
        "from tests.kit import small_kernels\n"
        "print(small_kernels.all_below(np.arange(9, dtype=np.uint32), 9))\n"
    )
    planted = {name: PLANTED[name] for name in PLANTED if name.startswith("NUMBA_")}
    assert len(planted) >= 4
    done = [
        subprocess.run([sys.executable, "-c", code], env=each, cwd=tmp_path, capture_output=True, text=True)
        for each in (support.ENVIRONMENT | planted, support.ENVIRONMENT)
    ]
    assert [(each.returncode, each.stdout, each.stderr) for each in done] == [(0, "True\n", "")] * 2
    assert len(list((tmp_path / "kernels").iterdir())) == 1, "the second found what the first compiled"


def test_a_library_callers_environment_stays(tmp_path: Path, lab: Lab) -> None:
    """Nor does a call of the library change anything else of the process: limits of core dumps, streams, modules."""
    code = (
        "import os, resource, sys, ctypes\n"
        "def state(): return (dict(os.environ), resource.getrlimit(resource.RLIMIT_CORE), 'yaml' in sys.modules,\n"
        "    ctypes.CDLL(None).prctl(3, 0, 0, 0, 0), sys.stdout, sys.flags.isolated)\n"
        "before = state()\n"
        "import zkcompliance as zk\n"
        f"zk.keygen({str(tmp_path / 'key')!r}, 'lab.example/x')\n"
        f"keys = {{'compute': {str(lab.key)!r}}}\n"
        f"zk.verify(zk.Proof.load({str(lab.single)!r}), claim={CLAIM!r}, params={{'limit': 10**20}}, log_keys=keys)\n"
        "assert state() == before, (state(), before)\n"
    )
    environment = {**support.ENVIRONMENT, "NUMBA_CACHE_DIR": "x", "_ZKCOMPLIANCE_COMPLETE": "bash_source"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_what_stays_of_the_environment_says_where_things_lie_and_how_to_draw() -> None:
    """No folder of code, programs or translations, so no more than is written here."""
    assert {"TMPDIR", "TERM", "COLORTERM", "NO_COLOR", "COLUMNS", "LINES"} == start.KEPT
