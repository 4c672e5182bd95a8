"""Who may import whom, what never stands in the package, and what a verifier loads (docs/rooms.md, docs/adr)."""

from __future__ import annotations

import ast
import functools
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import zkcompliance
from tests.kit import support

PACKAGE = Path(zkcompliance.__file__).parent
PAGE = PACKAGE.parent / "docs" / "rooms.md"
CIRCUITS = sorted((PACKAGE.parent / "circuits").rglob("*.py"))
SOURCES = sorted(PACKAGE.rglob("*.py"))

# Every room and every module on top → the rooms that it may import, for type checking too; itself always.
ROOMS: dict[str, str] = {
    # what everybody may know
    "errors": "",
    "limits": "",
    "progress": "",
    "version": "",
    "spread": "errors",
    "strict_json": "errors",
    "quantities": "errors",
    "edge": "errors quantities",
    "schemas": "errors limits quantities",
    # the two hands
    "stark": "edge errors limits progress",
    "verify": "errors limits",
    # claims
    "card": "edge errors limits quantities strict_json",
    "claim": "card edge errors limits quantities schemas stark",
    "circuits": "card claim schemas",
    # logs
    "log": "edge errors limits progress quantities schemas spread stark",
    "evidence": "edge errors limits quantities strict_json",
    "cosigning": "edge errors limits log quantities",
    "importers": "edge errors evidence limits quantities schemas",
    "lineage": "card edge errors limits log progress verify",
    # what is asked, and what comes of it
    "policy": "card edge errors limits lineage log progress quantities strict_json verify version",
    "attest": "edge errors evidence limits log policy quantities strict_json verify",
    "request": "edge errors evidence limits log quantities",
    "openings": "edge errors evidence limits log policy quantities request schemas strict_json verify",
    "outputs": "attest edge errors log",
    "report": "card edge errors policy quantities version",
    "prove": (
        "attest card claim edge errors evidence limits lineage log openings policy progress quantities request schemas "
        "spread stark verify"
    ),
    "desk": "edge errors log quantities request",
    "decide": "attest card edge errors log openings outputs policy progress quantities request",
    "joint": "card decide edge errors limits log policy progress quantities version",
    "notes": "card edge errors joint limits log outputs progress prove quantities schemas",
    "archive": "attest card decide edge errors joint limits policy progress quantities report streaks strict_json",
    "streaks": "decide errors limits log policy progress",
    # what people call
    "client": (
        "attest card claim decide errors importers joint log outputs policy progress prove quantities schemas streaks"
    ),
    "signed": "attest errors outputs policy",
    "live": "client edge errors importers log quantities schemas start",
    "commands": (
        "archive attest card claim cosigning decide desk edge errors evidence importers joint limits live log notes "
        "openings outputs policy progress prove quantities report request schemas signed spread standalone stark start "
        "streaks verify version"
    ),
    "standalone": "circuits decide edge errors outputs policy report start version",
    "start": "",
    "__init__": "client errors live notes policy prove schemas signed start verify",
    "__main__": "start",
}
DATA = {"demo_data", "policies"}  # folders that hold no module

# Where a room may know a part of another alone: (room, other) → the modules, each with what is below it.
PARTS = {
    ("log", "stark"): "codec commit field profiles transcript",  # seals and spends; of proofs it knows nothing
    ("circuits", "claim"): "language",
    ("commands", "stark"): "commit prover statement",  # the demo's dishonest prover
    ("commands", "standalone"): "build",  # the one file's bytes, which an archive holds
    ("openings", "policy"): "binding finding opened",
    ("decide", "openings"): "answers",
    ("decide", "request"): "reading",  # left out of the one-file verifier
    ("attest", "verify"): "bundle program verifier",
}
# Written by hand, not in the language: what it needs of a program is in claim/ itself.
BY_HAND = {"rows_unchanged.py", "rows_extended.py", "rolled_up.py"}


def imports(path: Path) -> set[str]:
    """Modules that a file imports, wherever it does so, for type checking too. `from a import b` may mean a.b."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0 and node.module, f"{path}: relative import"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def room(path: Path) -> str:
    """The room that a file is in, or the name of a module on top."""
    if path in CIRCUITS:
        return "circuits"
    inside = path.relative_to(PACKAGE).parts
    return inside[0] if len(inside) > 1 else path.stem


def used(path: Path) -> set[str]:
    """The rooms and modules on top that a file imports."""
    tops = {name.split(".")[1] for name in imports(path) if name.startswith("zkcompliance.")}
    return {top for top in tops if (PACKAGE / top).is_dir() or (PACKAGE / f"{top}.py").is_file()}


def of_room(name: str) -> list[Path]:
    return [path for path in (*SOURCES, *CIRCUITS) if room(path) == name]


def test_every_room_is_named() -> None:
    """Here, and in no other way: a folder or a module on top that nobody placed fails, and so does one that is gone."""
    there = {path.stem for path in PACKAGE.iterdir()} - {"__pycache__", "py"}
    assert there == {*ROOMS, *DATA}
    assert not [path for name in DATA for path in (PACKAGE / name).rglob("*.py")]


@pytest.mark.parametrize("name", ROOMS)
def test_a_room_imports_what_it_may(name: str) -> None:
    allowed = {*ROOMS[name].split(), name}
    assert not [f"{path.name} imports {other}" for path in of_room(name) for other in used(path) - allowed]


@pytest.mark.parametrize("pair", PARTS, ids=" ".join)
def test_a_room_that_may_know_a_part_of_another(pair: tuple[str, str]) -> None:
    name, other = pair
    whole = f"zkcompliance.{other}"
    parts = tuple(f"{whole}.{part}" for part in PARTS[pair].split())
    wrong = [
        f"{path.name} imports {module}"
        for path in of_room(name)
        for module in imports(path)
        if module.startswith(f"{whole}.") and not re.match(rf"({'|'.join(map(re.escape, parts))})(\.|$)", module)
        if not (name == "circuits" and path.name in BY_HAND)
    ]
    assert not wrong


def test_the_page_of_rooms_says_the_same() -> None:
    """docs/rooms.md: a line for each room, with those that may import it, or all but those that may not."""
    rows = re.findall(r"^\| `([^`]+)` \| .+ \| (.+) \|$", PAGE.read_text("utf-8"), re.MULTILINE)
    said = {}
    for shown, cell in rows:
        named = set(re.findall(r"`([^`]+)`", cell))
        said[shown] = {*map(shown_as, ROOMS)} - named - {shown} if cell.startswith("all but ") else named
    allowed = {shown_as(name): {shown_as(o) for o in ROOMS if name in ROOMS[o].split()} for name in ROOMS}
    assert said == allowed and len(rows) == len(ROOMS)


def shown_as(name: str) -> str:
    """A room as the page has it: `log/`, `errors.py`."""
    return f"{name}/" if (PACKAGE / name).is_dir() else f"{name}.py"


def test_rooms_make_no_circle() -> None:
    """By the table, and what it allows is more than what is imported; modules inside a room: test_circles.py."""
    list(graphlib.TopologicalSorter({name: rooms.split() for name, rooms in ROOMS.items()}).static_order())


def test_the_two_hands_do_not_know_each_other() -> None:
    hands = (("stark", "verify"), ("verify", "stark"))
    assert not [path for one, other in hands for path in of_room(one) if other in used(path)]


def test_verdicts_come_through_one_door() -> None:
    """decide.py alone calls the judges of policy/, and a lab's own check of what it just made."""
    judges = [path for path in SOURCES if "zkcompliance.policy.judge" in imports(path)]
    assert [path.relative_to(PACKAGE).as_posix() for path in judges] == ["decide.py", "prove/policy.py"]


def test_logs_know_nothing_of_proofs() -> None:
    assert not [path for path in of_room("log") if {"verify", "prove", "policy", "claim"} & used(path)]


def test_a_regulators_process_imports_no_claim_language() -> None:
    """It reads cards: what a claim is written in, and compiled by, is on the proving side alone."""
    for name in ("verify", "card", "lineage", "policy", "attest", "outputs", "report", "decide", "standalone"):
        assert not [path for path in of_room(name) if {"claim", "stark", "prove"} & used(path)]


JUDGES = {"zkcompliance.policy.judge.judge_claim", "zkcompliance.policy.judge.judge_policy"}
# Besides the door: a bundle is judged before a lab gives it away, and so are the demo's honest and dishonest one.
BEFORE_GIVEN = {"prove/policy.py", "commands/demo.py", "commands/demo_cases.py"}


def test_a_verdict_is_reached_through_one_door() -> None:
    asking = {path.relative_to(PACKAGE).as_posix() for path in SOURCES if JUDGES & imports(path)}
    assert "decide.py" in asking and asking <= {"decide.py", *BEFORE_GIVEN}


def test_who_judges_knows_no_byte_forms_of_the_prover() -> None:
    """Policies, attestations and reports: neither a codec nor profiles but for the verifier's own reader."""
    for name in ("policy", "attest", "report"):
        for path in of_room(name):
            assert "stark" not in used(path), path
            read = {module for module in imports(path) if module.startswith("zkcompliance.verify.codec")}
            assert name == "policy" or not read, path


def test_reports_are_standard_library_and_rich_on_a_terminal() -> None:
    for path in SOURCES:
        if room(path) == "report":
            outside = {name.split(".")[0] for name in imports(path)} - {"zkcompliance", ""}
            allowed = {"rich"} if path.name == "terminal.py" else set()
            assert outside <= set(sys.stdlib_module_names) | allowed, path.name


def test_the_one_file_verifier_is_standard_library_only() -> None:
    """What is in it besides: tests/standalone/test_build.py."""
    for path in SOURCES:
        if room(path) == "standalone":
            outside = {name.split(".")[0] for name in imports(path)} - {"zkcompliance", ""}
            assert outside <= set(sys.stdlib_module_names), path.name


def imported_at_once(body: list[ast.stmt]) -> Iterator[str]:
    """What statements import when a file is run: not inside functions, nor for type checking."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif not isinstance(node, ast.FunctionDef):
            checking = isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
            for part in ("orelse",) if checking else ("body", "orelse", "finalbody", "handlers"):
                yield from imported_at_once(getattr(node, part, []))


def test_what_runs_before_python_is_isolated_imports_nothing_that_a_folder_could_hold() -> None:
    """What is frozen into Python (os), built into it (sys), or named inside functions that run later."""
    hollow = ("prove/__init__", "verify/__init__")
    for name in ("__init__", "__main__", "start", "commands/__init__", "commands/main", "standalone/__main__", *hollow):
        tree = ast.parse((PACKAGE / f"{name}.py").read_text(), feature_version=(3, 6))
        allowed = {"_signal", "io", "os", "sys", "zkcompliance.start"}
        if name == "__init__":
            allowed |= {"zkcompliance.prove", "zkcompliance.verify"}  # the package's own, by its own path, and hollow
        assert set(imported_at_once(tree.body)) <= allowed, name
        assert name not in hollow or (len(tree.body) == 1 and ast.get_docstring(tree)), name


def test_nothing_below_the_commands_imports_them() -> None:
    for path in SOURCES:
        if room(path) != "commands":
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
        "from zkcompliance.verify.verifier import verify_bundle",
        "from zkcompliance.attest.api import check; from zkcompliance.attest.keys import PublicKey",
    ],
)
def test_what_a_regulator_loads(statement: str) -> None:
    assert loaded(statement, bad=HEAVY) == set()


def test_what_a_proof_of_one_claim_loads() -> None:
    """Where no model is named and no policy asks: nothing that reads policies, proof files, lineages or states."""
    rooms = ("commands.prove", "commands.logs", "commands.asked_proof", "prove.api", "prove.enclose", "claim.catalogue")
    names = ", ".join(f"zkcompliance.{name}" for name in rooms)
    bad = ("policy.model", "policy.proofs", "policy.subject", "lineage.stream", "lineage.rollup", "log.memory")
    statement = f"import {names}; zkcompliance.commands.options.subject_paths(None)"
    assert loaded(statement, bad=tuple(f"zkcompliance.{name}" for name in bad)) == set()


def test_verifying_loads_no_more(honest, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    proof = tmp_path / "proof"
    proof.write_bytes(honest.bundle())
    statement = (
        "from zkcompliance.verify.verifier import verify_bundle\nfrom pathlib import Path\n"
        f"verify_bundle(Path({str(proof)!r}).read_bytes(), program_digests=None)"
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
LOOSE = {"stark/field/twin.py": 1}


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
        assert room(path) not in ("prove", "stark"), f"{path.name}:{call.lineno}"


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
            first, *_ = [each for each in node.args.args if each.arg != "cls"]  # type: ignore[attr-defined]
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


FRESH = {"os.urandom(32)", "os.urandom(SEED_BYTES)"}
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
    assert len(calls("commit")) >= 2 and commitments <= KEPT
    assert len(assigned) >= 3 and assigned <= FRESH | KEPT


OPENS = {"open", "read_bytes", "read_text", "write_bytes", "write_text", "touch", "memmap", "fromfile", "tofile"}
OPENERS = {"log/keys.py"}  # key files are no part of a log, and may be reached through a link


def test_every_file_of_a_log_is_opened_by_one_helper() -> None:
    """Through no link, waiting for no pipe: `zkcompliance.edge.regular`, and `files.creating` for what is new."""
    found = []
    for path, call, name in called():
        place = path.relative_to(PACKAGE).as_posix() if path in SOURCES else path.name
        if not place.startswith(("log/", "stark/commit/")):
            continue
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
    allowed = {"os.open": 1}  # files.creating (new, O_EXCL and O_NOFOLLOW)
    assert all(each.startswith("log/files.py") and each.endswith("os.open") for each in found), found
    assert len(found) == allowed["os.open"]


def test_no_work_at_import_time_reads_a_file() -> None:
    """Top-level statements open nothing."""
    for path in SOURCES:
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.Expr | ast.Assign | ast.AnnAssign) and not isinstance(node, ast.FunctionDef):
                text = ast.unparse(node)
                assert ".read_text(" not in text and ".read_bytes(" not in text and "open(" not in text, path.name
