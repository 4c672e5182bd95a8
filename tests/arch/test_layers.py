"""Who may import whom, what never stands in the package, and what a verifier loads (docs/adr, CONTRIBUTING)."""

from __future__ import annotations

import ast
import functools
import subprocess
import sys
from pathlib import Path

import pytest

import zkcompliance
from tests.kit import support

PACKAGE = Path(zkcompliance.__file__).parent
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if "circuits" not in path.relative_to(PACKAGE).parts)
CIRCUITS = sorted((PACKAGE / "circuits").resolve().glob("*.py"))

# Each layer may import itself and what stands before it.
ORDER = [
    {"start"},
    {"errors", "limits", "progress"},
    {"ending"},
    {"codec", "quantities", "digest", "strict_json"},
    {"shown"},
    {"screen"},
    {"regular"},
    {"field"},
    {"profiles", "transcript"},
    {"commit"},
    {"fri"},
    {"schemas", "schema_catalogue", "_schema_model", "_schema_cells"},
    {"air", "bus", "statement", "soundness"},
    {"claim"},
]
# Layers with a list of their own.
ALLOWED = {
    "verify": {"errors", "limits", "verify"},
    "log": {
        "errors", "limits", "progress", "codec", "field", "profiles", "transcript", "commit", "schemas", "quantities",
        "log", "regular", "shown", "_schema_model", "_schema_cells", "schema_catalogue",
    },
    "importers": {"errors", "limits", "quantities", "regular", "schemas", "importers", "progress"},
    "circuits": {"claim", "schemas", "quantities"},
    "report": {"errors", "quantities", "screen", "shown", "policy", "report"},
    "standalone": {"start", "errors", "ending", "log", "claim", "outputs", "policy", "report", "shown", "standalone"},
    "attest": {"errors", "limits", "regular", "shown", "strict_json", "log", "policy", "verify", "attest"},
    "outputs": {"errors", "log", "attest", "regular", "shown", "outputs"},
}  # fmt: skip


def imports(path: Path) -> set[str]:
    """Modules that a file imports, wherever it does so, those for type checking left out."""
    tree = ast.parse(path.read_text())
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            skipped |= {inner for part in node.body for inner in ast.walk(part)}
    found: set[str] = set()
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found.add(node.module or "")
            if node.module in ("zkcompliance", "zkcompliance.verify"):
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def layer(path: Path) -> str:
    inside = path.relative_to(PACKAGE).parts
    return inside[0] if len(inside) > 1 else path.stem


def used(path: Path) -> set[str]:
    """Top-level parts of the package that a file imports."""
    return {name.split(".")[1] for name in imports(path) if name.startswith("zkcompliance.")}


def test_lower_layers_do_not_know_higher_ones() -> None:
    rank = {name: i for i, names in enumerate(ORDER) for name in names}
    wrong = [
        f"{path.relative_to(PACKAGE)} imports {other}"
        for path in SOURCES
        if layer(path) in rank
        for other in used(path)
        if rank.get(other, len(ORDER)) > rank[layer(path)]
    ]
    assert not wrong


@pytest.mark.parametrize("name", [name for name in ALLOWED if name != "circuits"])
def test_layers_with_a_list_of_their_own(name: str) -> None:
    wrong = {
        f"{path.relative_to(PACKAGE)} imports {other}"
        for path in SOURCES
        if layer(path) == name
        for other in used(path) - ALLOWED[name]
    }
    assert not wrong


def test_circuits_import_the_claim_language_and_schemas_only() -> None:
    assert CIRCUITS
    for path in CIRCUITS:
        assert used(path) <= ALLOWED["circuits"], path.name


def test_the_verifier_is_standard_library_only() -> None:
    for path in SOURCES:
        if layer(path) == "verify":
            outside = {name.split(".")[0] for name in imports(path)} - {"zkcompliance", ""}
            assert outside <= set(sys.stdlib_module_names), path.name


def test_reports_are_standard_library_and_rich_on_a_terminal() -> None:
    for path in SOURCES:
        if layer(path) == "report":
            outside = {name.split(".")[0] for name in imports(path)} - {"zkcompliance", ""}
            allowed = {"rich"} if path.name == "terminal.py" else set()
            assert outside <= set(sys.stdlib_module_names) | allowed, path.name


def test_the_one_file_verifier_is_standard_library_only() -> None:
    """What is in it besides: tests/standalone/test_build.py."""
    for path in SOURCES:
        if layer(path) == "standalone":
            outside = {name.split(".")[0] for name in imports(path)} - {"zkcompliance", ""}
            assert outside <= set(sys.stdlib_module_names), path.name


def test_what_runs_before_python_is_isolated_imports_nothing_that_a_folder_could_hold() -> None:
    """What is frozen into Python (os), built into it (sys), or named inside functions that run later."""
    for name in ("__init__", "__main__", "start", "commands/__init__", "commands/main", "standalone/__main__"):
        found = set()
        for node in ast.parse((PACKAGE / f"{name}.py").read_text(), feature_version=(3, 6)).body:
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
        assert found <= {"_signal", "io", "os", "sys", "zkcompliance.start"}, name


def test_nothing_below_the_commands_imports_them() -> None:
    for path in SOURCES:
        if layer(path) not in ("commands", "cli"):
            assert "commands" not in used(path), path.name


def loaded(statement: str, *, bad: tuple[str, ...]) -> set[str]:
    """Which of these modules a fresh interpreter has loaded after a statement."""
    code = f"import sys\n{statement}\nprint(*[m for m in {bad!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=support.ENVIRONMENT
    )
    return set(done.stdout.split())


HEAVY = ("numpy", "numba", "llvmlite", "cryptography")


@pytest.mark.parametrize(
    "statement",
    [
        "import zkcompliance",
        "import zkcompliance.verify",
        "from zkcompliance.verify import verify_bundle",
        "from zkcompliance.attest.api import check; from zkcompliance.attest.keys import PublicKey",
    ],
)
def test_what_a_regulator_loads(statement: str) -> None:
    assert loaded(statement, bad=HEAVY) == set()


def test_verifying_loads_no_more(honest, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    proof = tmp_path / "proof"
    proof.write_bytes(honest.bundle())
    statement = (
        "from zkcompliance.verify import verify_bundle\nfrom pathlib import Path\n"
        f"verify_bundle(Path({str(proof)!r}).read_bytes(), program_digest=None)"
    )
    assert loaded(statement, bad=HEAVY) == set()


# What never stands in the package


@functools.cache
def everything() -> list[tuple[Path, ast.AST]]:
    return [(path, node) for path in (*SOURCES, *CIRCUITS) for node in ast.walk(ast.parse(path.read_text()))]


def nodes(kind: type) -> list[tuple[Path, ast.AST]]:
    return [(path, node) for path, node in everything() if isinstance(node, kind)]


def test_no_assert() -> None:
    """`python -O` would drop it."""
    assert not [f"{path.name}:{node.lineno}" for path, node in nodes(ast.Assert)]  # type: ignore[attr-defined]


@functools.cache
def called() -> list[tuple[Path, ast.Call, str]]:
    return [(path, node, ast.unparse(node.func)) for path, node in nodes(ast.Call)]  # type: ignore[attr-defined, misc]


def calls(*names: str) -> list[tuple[Path, ast.Call]]:
    """Calls of plain names, or of attributes by their dotted form."""
    return [(path, node) for path, node, name in called() if name in names]


# `strict=False` is said where the shorter one is meant to end it: the last, shorter slice of a twin's fold.
LOOSE = {"field/twin.py": 1}


def test_zip_is_strict() -> None:
    loose: dict[str, int] = {}
    for path, call in calls("zip"):
        endless = any(ast.unparse(argument).startswith("itertools.count(") for argument in call.args)
        if not endless and not any(k.arg == "strict" and ast.unparse(k.value) == "True" for k in call.keywords):
            name = path.relative_to(PACKAGE).as_posix() if path.is_relative_to(PACKAGE) else path.name
            loose[name] = loose.get(name, 0) + 1
    assert all(LOOSE.get(name, 0) >= count for name, count in loose.items()), loose


def test_no_evaluation_of_data() -> None:
    assert not calls("eval", "exec", "compile", "__import__")
    banned = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "random", "yaml"}
    for path in (*SOURCES, *CIRCUITS):
        assert not {name.split(".")[0] for name in imports(path)} & banned, path.name


def test_numpy_reads_and_draws_nothing_unsafe() -> None:
    for path, call in calls("np.load", "numpy.load", "np.save", "numpy.save"):
        given = {k.arg: ast.unparse(k.value) for k in call.keywords}
        assert given.get("allow_pickle") == "False", f"{path.name}:{call.lineno}"
    for path, node in nodes(ast.Attribute):
        assert ast.unparse(node) not in ("np.random", "numpy.random"), path.name


def test_secrets_come_from_the_operating_system() -> None:
    """`os.urandom` and `secrets` only; nothing seeds from a clock or a process number."""
    for path, call in calls("os.getpid", "time.time", "time.time_ns", "uuid.uuid4"):
        assert layer(path) not in ("prove", "commit", "air", "bus", "fri"), f"{path.name}:{call.lineno}"


def test_nothing_is_read_from_the_environment() -> None:
    """A key, a parameter or a default from there would be seen by other programs, and by nobody who reads a command.

    start.py takes names out of it, puts the account's own home in, and reads no value.
    """
    taken_out = [
        ast.unparse(node)
        for node in ast.walk(ast.parse((PACKAGE / "start.py").read_text()))
        if isinstance(node, ast.comprehension | ast.Delete) and "environ" in ast.unparse(node)
    ]
    assert sorted(each.strip() for each in taken_out) == [
        "del os.environ[name]",
        "for name in os.environ if name not in KEPT",
    ]
    text = (PACKAGE / "start.py").read_text()
    assert text.count("environ[") == 2 and 'os.environ["HOME"] = home()\n' in text
    for path, node in nodes(ast.Attribute):
        if path.name == "start.py":
            continue
        assert node.attr not in ("environ", "getenv", "environb"), f"{path.name}:{node.lineno}"  # type: ignore[attr-defined]
    for path, node in nodes(ast.ImportFrom):
        assert not {alias.name for alias in node.names} & {"environ", "getenv", "environb"}, path.name  # type: ignore[attr-defined]
    for path, node in nodes(ast.keyword):
        assert node.arg not in ("envvar", "auto_envvar_prefix"), f"{path.name}:{node.lineno}"  # type: ignore[attr-defined]


PUBLIC = {"'[LOG=]PUB'", "'LOG'"}  # a public key's file; a log, whose new key is the public one of its checkpoint


def test_private_keys_are_read_from_files_only() -> None:
    """What loads one takes a path, and no option of a verb holds a key itself."""
    loaders = []
    for path, node in nodes(ast.FunctionDef):
        if node.name.startswith("load_private") or (path.name == "signing.py" and node.name == "load"):  # type: ignore[attr-defined]
            (first,) = [each for each in node.args.args if each.arg != "cls"]  # type: ignore[attr-defined]
            loaders.append(ast.unparse(first.annotation))
    assert len(loaders) >= 2 and set(loaders) <= {"Path", "str | Path"}
    options = 0
    for _, call in calls("click.option"):
        names = [str(each.value) for each in call.args if isinstance(each, ast.Constant)]
        if any(name.strip("-").endswith(("key", "seed", "secret", "password", "token")) for name in names):
            given = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
            assert "click.Path(" in given.get("type", "") or given.get("metavar", "") in PUBLIC, names
            options += 1
    assert options >= 4


FRESH = {"os.urandom(32)", "os.urandom(SEED_BYTES)", "random_seed()"}
KEPT = {"seed", "segment.seed", "self._seed"}  # a segment's: drawn when it was sealed, and read again


def test_every_seed_is_drawn_where_it_is_used() -> None:
    """No code of the package hands a prover, a commitment or a key a seed of its own making."""
    provers = {ast.unparse(call.args[4]) for _, call in calls("Prover")}
    commitments = {ast.unparse(call.args[1]) for _, call in calls("commit")}
    assigned = {
        ast.unparse(node.value)  # type: ignore[attr-defined]
        for _, node in nodes(ast.Assign)
        if isinstance(node.targets[0], ast.Name) and node.targets[0].id == "seed"  # type: ignore[attr-defined]
    }
    assert len(calls("Prover")) >= 3 and provers <= FRESH
    assert len(calls("commit")) >= 3 and commitments <= KEPT
    assert len(assigned) >= 3 and assigned <= FRESH | KEPT


OPENS = {"open", "read_bytes", "read_text", "write_bytes", "write_text", "touch", "memmap", "fromfile", "tofile"}
OPENERS = {"log/keys.py"}  # key files are no part of a log, and may be reached through a link


def test_every_file_of_a_log_is_opened_by_one_helper() -> None:
    """Through no link, waiting for no pipe: `zkcompliance.edge.regular`, and `files.creating` for what is new."""
    found = []
    for path, call, name in called():
        if path not in SOURCES or layer(path) not in ("log", "commit"):
            continue
        place = path.relative_to(PACKAGE).as_posix()
        last = name.rpartition(".")[2]
        ours = name in ("SealedLog.open", "log.open") or name.endswith("tree.open")
        opens = (last in OPENS and not ours) or name in (
            "os.open",
            "np.load",
            "np.save",
            "shutil.copyfile",
            "shutil.copy",
        )
        if opens and place not in OPENERS:
            found.append(f"{place}:{call.lineno} {name}")
    allowed = {"os.open": 2}  # files.creating (new, O_EXCL and O_NOFOLLOW) and files.sync_dir
    assert all(each.startswith("log/files.py") and each.endswith("os.open") for each in found), found
    assert len(found) == allowed["os.open"]


def test_no_work_at_import_time_reads_a_file() -> None:
    """Top-level statements open nothing."""
    for path in SOURCES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign) and not isinstance(node, ast.FunctionDef):
                text = ast.unparse(node)
                assert ".read_text(" not in text and ".read_bytes(" not in text and "open(" not in text, path.name
