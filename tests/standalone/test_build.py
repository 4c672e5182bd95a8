"""The one file: the same bytes wherever it is made, and nothing in it or around it but the standard library."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import re
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from tests.kit import support
from zkcompliance.standalone import build, closure

PACKAGE = "zkcompliance"
AREAS = {
    "__init__", "__main__", "attest", "card", "circuits", "decide", "edge", "errors", "limits", "lineage", "log",
    "outputs", "policies", "policy", "progress", "prove", "quantities", "report", "standalone", "start",
    "strict_json", "verify", "version",
}  # fmt: skip


ROOT = Path(__file__).parents[2]
DOC = ROOT / "docs" / "verifier.md"
MOST_LINES = 18_500  # without empty ones; streaks and withdrawn verdicts have 250, roll-ups 340, the page 650
PLUMBING = 2  # tables: what decides, and what does not


def lines(data: bytes) -> int:
    """Those that are not empty."""
    return sum(bool(line.strip()) for line in data.split(b"\n"))


def test_it_has_at_most_so_many_lines() -> None:
    assert sum(lines(data) for name, data in build.members().items() if name.endswith(".py")) <= MOST_LINES


def test_the_reading_order_names_every_file_and_its_length() -> None:
    """docs/verifier.md: each module is in one row; its figures are those of the files, within a tenth."""
    inside = {name: data for name, data in build.members().items() if name.endswith(".py")}
    read: list[str] = []
    tables = DOC.read_text().split("| read | what it does | lines |\n")[1:]
    assert len(tables) == PLUMBING
    sums = []
    for table in tables:
        rows = re.findall(r"^\| (`.*?) \|.*\| ([0-9]+) \|$", table, re.MULTILINE)
        sums.append(0)
        for files, stated in rows:
            folder, named = "", set[str]()
            for text in re.findall(r"`([^`]+)`", files.partition(", from ")[0]):
                folder = text[: text.rindex("/") + 1] if "/" in text else folder
                path = f"{PACKAGE}/{text if '/' in text or f'{PACKAGE}/{text}' in inside else folder + text}"
                found = {name for name in inside if name == path or (path.endswith("/") and name.startswith(path))}
                assert found, path
                named |= found
            count = sum(lines(inside[name]) for name in named)
            assert abs(int(stated) - count) <= 10 + count // 10, (files, count)
            sums[-1] += count
            read += named
    assert len(read) == len(set(read))
    assert all(name.endswith(("__init__.py", "__main__.py")) for name in set(inside) - set(read)), set(inside) - set(
        read
    )
    protocol = lines(inside[f"{PACKAGE}/verify/verifier.py"])
    verifier = sum(lines(data) for name, data in inside.items() if name.startswith(f"{PACKAGE}/verify/"))
    whole = sum(map(lines, inside.values()))
    for page, figures in ((DOC, (protocol, verifier, sums[0], whole)), (ROOT / "README.md", (verifier, sums[0]))):
        for count in figures:
            near = re.findall(r"[0-9]+(?:,[0-9]{3})*(?=[\s:,.])", page.read_text())
            assert any(abs(int(each.replace(",", "")) - count) <= 150 for each in near), (page.name, count)


def run(*arguments: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        **{"check": True, **options},  # type: ignore[call-overload]
    )


def test_one_command_makes_it_and_says_its_digest(tmp_path: Path) -> None:
    path = tmp_path / "v.pyz"
    said = run("-m", "zkcompliance.standalone", "-o", path, env=support.ENVIRONMENT).stdout
    data = path.read_bytes()
    assert said == f"{hashlib.sha256(data).hexdigest()}  {path}\n"
    assert data.startswith(b"#!/usr/bin/env -S python3 -I -S\n") and path.stat().st_mode & 0o777 == 0o755
    as_json = json.loads(run("-m", "zkcompliance.standalone", "--json", "-o", path, env=support.ENVIRONMENT).stdout)
    assert as_json["sha256"] == hashlib.sha256(data).hexdigest() and as_json["bytes"] == len(data)
    assert as_json["members"] == {n: hashlib.sha256(d).hexdigest() for n, d in build.members().items()}
    assert path.read_bytes() == data


def test_it_cannot_be_written(tmp_path: Path) -> None:
    done = run("-m", "zkcompliance.standalone", "-o", tmp_path / "no" / "v.pyz", env=support.ENVIRONMENT, check=False)
    assert done.returncode == 2 and done.stderr.startswith("error[usage]: ") and not list(tmp_path.iterdir())


def test_the_same_bytes_everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Other hash seeds, locales, time zones, umasks and working folders, and another clock."""
    expected = build.archive()
    surroundings = [
        {"PYTHONHASHSEED": "0", "LC_ALL": "C", "TZ": "UTC"},
        {"PYTHONHASHSEED": "4711", "LC_ALL": "C.UTF-8", "TZ": "Pacific/Kiritimati", "PYTHONUTF8": "0"},
        {"PYTHONHASHSEED": "99", "LANG": "tr_TR.UTF-8", "TZ": "America/Caracas", "PYTHONOPTIMIZE": "2"},
    ]
    for number, surrounding in enumerate(surroundings):
        path, place = tmp_path / f"{number}.pyz", tmp_path / str(number)
        place.mkdir()
        umask = [0o000, 0o077, 0o027][number]
        run(
            *("-m", "zkcompliance.standalone", "-o", path),
            cwd=place,
            umask=umask,
            env={**support.ENVIRONMENT, **surrounding},
        )
        assert path.read_bytes() == expected and path.stat().st_mode & 0o777 == 0o755
    for now in (0.0, 2_000_000_000.0):
        monkeypatch.setattr(time, "time", lambda now=now: now)
        assert build.archive() == expected


def test_the_archive_itself(pyz: Path) -> None:
    """Stored, sorted, dated 1980, mode 0644, no extra fields; what is in it is the installed source, byte for byte."""
    with zipfile.ZipFile(pyz) as opened:
        entries = opened.infolist()
        assert [e.filename for e in entries] == sorted(build.members()) and opened.testzip() is None
        for entry in entries:
            assert (entry.compress_type, entry.date_time) == (zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0))
            assert entry.external_attr == 0o100644 << 16 and not entry.extra and not entry.comment
            assert (entry.create_system, entry.flag_bits) == (3, 0)
            name = entry.filename
            if name == "__main__.py":
                continue
            module = name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
            source = closure.source(closure.STAND_INS.get(module, module))
            inside = Path(name).relative_to(PACKAGE)
            root = closure.CLAIMS.parent if inside.parts[0] == "circuits" else closure.ROOT
            original = root / inside if source is None else source
            assert opened.read(name) == original.read_bytes(), name


def test_what_is_in_it() -> None:
    """The parts of the package, those that stand in for others, and nothing of a lab's."""
    names = set(build.members())
    assert {Path(n).parts[1].removesuffix(".py") if "/" in n else Path(n).stem for n in names} <= AREAS
    for module in closure.LEFT_OUT:
        assert closure.source(module) is not None, module
        assert module.replace(".", "/") + ".py" not in names
    lab = ("prove/", "commit/sha", "commit/table", "fri/", "bus/", "field/ntt", "importers/", "commands/", "log/writer")
    assert not [
        n for n in names if n.startswith(tuple(f"{PACKAGE}/{x}" for x in lab)) and n != f"{PACKAGE}/prove/__init__.py"
    ]
    cards = {f"{PACKAGE}/circuits/cards/{p.name}" for p in (closure.CLAIMS / "cards").glob("*.json")}
    assert len(cards) > 20 and cards <= names
    assert [n for n in names if n.startswith(f"{PACKAGE}/circuits/") and n.endswith(".py")] == [
        f"{PACKAGE}/circuits/__init__.py"
    ]
    ready = {f"{PACKAGE}/policies/{p.name}" for p in (closure.ROOT / "policies").glob("*.toml")}
    assert ready <= names


def module_level(tree: ast.Module) -> set[str]:
    """What importing a file imports."""
    found: set[str] = set()
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            todo += node.orelse
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
        todo += ast.iter_child_nodes(node)
    return found


def test_no_file_in_it_needs_anything_outside() -> None:
    """At import, and inside functions too: the standard library and what is in the file, but for log folders."""
    inside = {n.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for n in build.members()}
    for name, data in build.members().items():
        if not name.endswith(".py"):
            continue
        for module in module_level(ast.parse(data)):
            assert module in inside or module.partition(".")[0] in sys.stdlib_module_names, (name, module)
        tree = ast.parse(data)
        anywhere = {m for m in closure.imported(tree) if m.partition(".")[0] not in (PACKAGE, *sys.stdlib_module_names)}
        assert not anywhere, (name, anywhere)
        ours = {m for m in closure.imported(tree) if m.startswith(f"{PACKAGE}.") and closure.source(m) is not None}
        assert ours - inside <= set(closure.LEFT_OUT), (name, ours - inside)


TRY = """
import importlib, sys
from zkcompliance.standalone import isolation
isolation.install()
import zkcompliance
assert zkcompliance.__file__.startswith(sys.argv[1]), zkcompliance.__file__
for name in sys.argv[2:]:
    try:
        importlib.import_module(name)
    except ImportError:
        continue
    print(name)
"""
OUTSIDE = [
    "numpy", "numba", "llvmlite", "cryptography", "click", "rich", "galois", "hypothesis", "pytest", "py_ecc",
    "pyarrow", "setuptools", "pip", "zkcompliance.client", "zkcompliance.commands.main", "zkcompliance.prove.api",
    "zkcompliance.claim", "zkcompliance.claim.card", "zkcompliance.claim.compile.compiler", "zkcompliance.log.store",
    "zkcompliance.stark", "zkcompliance.circuits.logs.log_floor",
]  # fmt: skip


ISOLATED = ["-P", "-s"]  # but for PYTHONPATH, which is the file alone


@pytest.mark.parametrize("flags", [[], ISOLATED, [*ISOLATED, "-S"]], ids=["plain", "isolated", "isolated-no-site"])
def test_nothing_else_can_be_imported_from_inside(pyz: Path, flags: list[str]) -> None:
    """Not even where it is installed, beside the package itself."""
    assert run(*flags, "-c", TRY, pyz, *OUTSIDE, cwd=pyz.parent, env={"PYTHONPATH": str(pyz)}).stdout == ""


def test_every_module_in_it_can_be_imported(pyz: Path) -> None:
    modules = [
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in build.members()
        if name.endswith(".py") and name != "__main__.py"
    ]
    assert (
        run(*ISOLATED, "-S", "-W", "error", "-c", TRY, pyz, *modules, env={"PYTHONPATH": str(pyz)}).stdout.split()
        == modules
    )


def test_a_built_file_needs_no_other(pyz: Path, tmp_path: Path) -> None:
    """Alone in a folder, run by its first line."""
    alone = tmp_path / "verify"
    alone.write_bytes(pyz.read_bytes())
    alone.chmod(0o755)
    done = subprocess.run(
        [alone, "--help"], capture_output=True, text=True, cwd=tmp_path, env={"PATH": os.environ["PATH"]}
    )
    assert done.returncode == 0 and "--log-key" in done.stdout, done.stderr
