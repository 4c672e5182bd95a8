"""Whatever lies in the folder or in PYTHONPATH, and whichever Python it is: the package alone decides."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.kit import regulated_lab
from tests.kit.starting import CLEAN, ROOT, Started, one_file, seldom
from zkcompliance import start

PLANTED = """import os
os.write(1, b"Accepted\\n")
os._exit(0)
"""
VERSIONS = sorted(Path.home().glob(".pyenv/versions/3.*/bin/python"))
OLD = [path for path in VERSIONS if int(path.parts[-3].split(".")[1]) < 11]
NEW = [path for path in VERSIONS if int(path.parts[-3].split(".")[1]) >= 11]


def before_us() -> set[str]:
    """Modules that Python imports by itself, before a program's first line: out of reach for the program."""
    done = subprocess.run([sys.executable, "-c", "import sys; print(*sys.modules)"], capture_output=True, text=True)
    return {name.partition(".")[0] for name in done.stdout.split()} | {"sitecustomize", "usercustomize"}


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a module for every name of the standard library and of what this package needs.

    But for those of other systems, which an installed `.pth` file may try to import before the program begins.
    """
    folder = tmp_path_factory.mktemp("planted")
    names = {*sys.stdlib_module_names, "click", "rich", "numpy", "numba", "llvmlite", "cryptography", "yaml", "pytest"}
    for name in names - before_us():
        if name in sys.stdlib_module_names and find_spec(name) is None:
            continue
        (folder / f"{name}.py").write_text(PLANTED)
    return folder


MODULE = Started((sys.executable, "-m", "zkcompliance", "verify"))
SCRIPT = Started((sys.executable, "-c", "from zkcompliance.commands.main import main; main()", "verify"))
CHECKOUT = Started((sys.executable, str(ROOT / "cli.py"), "verify"))


@pytest.mark.parametrize("way", [MODULE, SCRIPT, CHECKOUT, None], ids=["module", "script", "checkout", "one file"])
@pytest.mark.parametrize("where", ["path", *seldom("folder")])
def test_planted_modules_are_not_imported(
    way: Started | None, where: str, planted: Path, pyz: Path, lab: regulated_lab.Lab
) -> None:
    program = way or one_file(pyz)
    path = [str(planted)] if where != "folder" else []
    env = {"PYTHONPATH": os.pathsep.join([*path, str(ROOT)])}
    options = {"env": env, "cwd": planted if where != "path" else lab.folder}
    done = program.run(lab.single, *lab.asked_of_single(), **options)
    assert done.returncode == 0 and b"Accepted: the proof shows" in done.stdout, done.stderr
    done = program.run(lab.single, *lab.asked_of_single()[:-1], "ref 8", **options)
    assert done.returncode == 1 and b"error[statement-mismatch]" in done.stderr


def test_the_planted_modules_would_be_run(planted: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import argparse"], env={"PYTHONPATH": str(planted)}, capture_output=True
    )
    assert (done.returncode, done.stdout) == (0, b"Accepted\n")


def test_the_builder_is_isolated_too(planted: Path, tmp_path: Path, pyz: Path) -> None:
    environment = {"PYTHONPATH": os.pathsep.join([str(planted), str(ROOT)])}
    building = Started((sys.executable, "-m", "zkcompliance.standalone"))
    done = building.run("-o", tmp_path / "v.pyz", env=environment, cwd=planted)
    assert done.returncode == 0 and (tmp_path / "v.pyz").read_bytes() == pyz.read_bytes(), done.stderr


@pytest.mark.parametrize(
    "flags",
    [("-I", "-S"), ("-OO",), ("-I", "-OO"), *seldom((), ("-I",), ("-O",), ("-B",), ("-u",), ("-E",))],
)
def test_flags_of_python(flags: tuple[str, ...], lab: regulated_lab.Lab, pyz: Path) -> None:
    alone = Started((sys.executable, *flags, str(pyz)))
    ways = [alone] if "-S" in flags else [alone, Started((sys.executable, *flags, "-m", "zkcompliance", "verify"))]
    for program in ways:
        done = program.run(lab.single, *lab.asked_of_single(), env={"PYTHONPATH": str(ROOT)})
        assert done.returncode == 0, done.stderr


def test_an_isolated_python_is_not_started_again(pyz: Path) -> None:
    """Nor twice: what it is started with is what it looks for."""
    code = "import os, sys; os.execv = None; sys.argv[1:] = ['--version']\n"
    for run in (
        "from zkcompliance.commands.main import main; main()",
        "import zkcompliance.start as s; s.program('zkcompliance.commands.group')",
    ):
        command = [sys.executable, "-I", "-X", "utf8", "-c", code + run]
        done = subprocess.run(command, env=CLEAN, capture_output=True)
        assert done.returncode == 0 and b"version" in done.stdout, done.stderr
    code = f"import os, sys, runpy; os.execv = None; sys.argv = [{str(pyz)!r}, '--help']\n"
    code += f"runpy.run_path({str(pyz)!r}, run_name='__main__')"
    done = subprocess.run([sys.executable, "-I", "-S", "-X", "utf8", "-c", code], env=CLEAN, capture_output=True)
    assert done.returncode == 0 and b"--log-key" in done.stdout, done.stderr


def test_the_one_file_finds_itself(pyz: Path, lab: regulated_lab.Lab, tmp_path: Path) -> None:
    """By a name of its folder, by a link, by its first line, and unpacked."""
    (tmp_path / "link").symlink_to(pyz)
    (tmp_path / "v.pyz").write_bytes(pyz.read_bytes())
    (tmp_path / "v.pyz").chmod(0o755)
    subprocess.run([sys.executable, "-m", "zipfile", "-e", pyz, tmp_path / "unpacked"], check=True)
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    for words in ((sys.executable, "v.pyz"), (sys.executable, "./link"), ("./v.pyz",), (sys.executable, "unpacked")):
        done = Started(words).run(lab.single, *lab.asked_of_single(), cwd=tmp_path, env={"PATH": path})
        assert done.returncode == 0, (words, done.stderr)


@pytest.mark.parametrize("python", OLD, ids=lambda path: path.parts[-3])
def test_an_old_python_says_which_it_is(python: Path, pyz: Path) -> None:
    version = python.parts[-3]
    ways = [
        ("-m", "zkcompliance"), ("-I", str(ROOT / "cli.py")), (str(ROOT / "cli.py"),), (str(pyz),),
        ("-I", "-S", str(pyz)),
        ("-c", "from zkcompliance.commands.main import main; main()"), ("-m", "zkcompliance.standalone"),
        (str(ROOT / "zkcompliance" / "start.py"), "zkcompliance.commands.group"),
    ]  # fmt: skip
    for words in ways:
        done = Started((str(python), *words)).run("verify", "x", env={"PYTHONPATH": str(ROOT)})
        said = f"error[usage]: zkcompliance needs Python 3.11 or newer, this is Python {version}\nhelp: "
        assert done.returncode == 2 and done.stderr.decode().startswith(said), (words, done.stderr)
    if version >= "3.7" or version.startswith("3.10"):
        code = "from zkcompliance import verify"
        done = Started((str(python), "-c", code)).run(env={"PYTHONPATH": str(ROOT)})
        assert b"ImportError: zkcompliance needs Python 3.11" in done.stderr


@pytest.mark.parametrize("python", sorted(Path.home().glob(".pyenv/versions/2.7.*/bin/python")), ids=str)
def test_a_python_of_another_age(python: Path, pyz: Path) -> None:
    for program in (pyz, ROOT / "cli.py"):
        done = Started((str(python), str(program))).run("verify", "x")
        assert done.returncode == 2 and b"needs Python 3.11 or newer, this is Python 2.7" in done.stderr, done.stderr


def test_an_old_python_by_its_number_alone(pyz: Path) -> None:
    """The same where none is installed to try with."""
    old = "import sys; sys.version_info = (3, 10, 4, 'final', 0)\n"
    for code in (
        "from zkcompliance.commands.main import main; main()",
        f"import runpy; runpy.run_path({str(pyz)!r}, run_name='__main__')",
    ):
        done = Started((sys.executable, "-c", old + code)).run(env={"PYTHONPATH": str(ROOT)})
        assert done.returncode == 2 and b"this is Python 3.10.4" in done.stderr, done.stderr


def test_what_an_old_python_reads_first_it_can_read() -> None:
    from zkcompliance.standalone.build import MAIN

    package = ROOT / "zkcompliance"
    first = ["__init__", "__main__", "start", "commands/__init__", "commands/main", "standalone/__init__"]
    for text in (MAIN, *((package / f"{name}.py").read_bytes() for name in (*first, "standalone/__main__"))):
        ast.parse(text, feature_version=(3, 6))


@pytest.mark.parametrize("python", NEW[-1:], ids=lambda path: path.parts[-3])
def test_a_python_that_lacks_what_is_needed(python: Path) -> None:
    done = Started((str(python), str(ROOT / "cli.py"))).run("--version")
    assert done.returncode == 2 and b"error[usage]: click is not installed for this Python" in done.stderr


def test_a_fault_while_starting_is_internal() -> None:
    code = (
        "import sys\nfrom zkcompliance import start\nsys.modules['broken'] = m = type(sys)('broken')\n"
        "def run(): raise MemoryError\nm.run = run\nstart._guarded(start._run, 'broken')"
    )
    done = Started((sys.executable, "-c", code)).run(env={"PYTHONPATH": str(ROOT)})
    assert done.returncode == 70 and b"error[internal]: unexpected MemoryError" in done.stderr


def test_what_is_kept_is_a_matter_of_places_and_drawing() -> None:
    assert {"TMPDIR", "NO_COLOR", "COLUMNS"} <= start.KEPT and len(start.KEPT) < 10
