"""Values placed in every private cell appear in no output, error, temporary file, public file or proof.

They are looked for as text, in decimal and hex, as little- and big-endian bytes, as limbs, and texts as their digests;
in what every verb prints, errors and crashes included, in every file outside the log's secret part, and in the names
of all files. What is opened for writing anywhere is watched. Values of two or three bytes are looked for as text only.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.kit.witnesses import ours, signer
from zkcompliance import schemas
from zkcompliance.commands.main import VERBS, cli
from zkcompliance.log.public_keys import load_public
from zkcompliance.stark.commit.budget import Budget

CLAIM = "training-compute-below"
ROWS = [
    {
        "start": 1_715_973_211 + i, "end": 1_725_973_477 + i, "run": f"cnry7f3a-run-{i}", "phase": "pretraining",
        "device_kind": "tpu_v5p", "devices": 3_735_928_559 + i, "peak": 987_654_321_012_345 + i,
        "utilisation": f"{765_431 + i} ppm", "flop": 41_152_263_004_115_226_300 + 7_777_777 * i, "method": "measured",
        "site": f"cnry7f3a-site-{i}", "owner": f"cnry7f3a-owner-{i}", "source": "hardware_attested",
    }
    for i in range(3)
]  # fmt: skip
NUMBERS = [765_431, 765_432, 765_433, *(v for row in ROWS for v in row.values() if isinstance(v, int))]
TEXTS = [row[name] for row in ROWS for name in ("run", "site", "owner")]
WRITES: list[Path] | None = None


def needles() -> Iterator[bytes]:
    for number in NUMBERS:
        yield from (str(number).encode(), f"{number:,}".encode(), f"{number:x}".encode(), f"{float(number)!r}".encode())
        size = (number.bit_length() + 7) // 8
        if size >= 4:
            limbs = [number >> 16 * i & 0xFFFF for i in range((size + 1) // 2)]
            yield number.to_bytes(size, "little")
            yield number.to_bytes(size, "big")
            yield b"".join(limb.to_bytes(4, "little") for limb in limbs)
    for text in TEXTS:
        digest = hashlib.sha256(text.encode()).digest()
        yield from (text.encode(), digest[:16], digest[:16].hex().encode(), digest.hex()[:32].encode())
        yield from (base64.b64encode(digest[:12]), digest[:16][::-1].hex().encode())
        yield str(int.from_bytes(digest[:16], "little")).encode()
    yield b"cnry7f3a"


NEEDLES = sorted(set(needles()))


def clean(data: bytes, where: object) -> None:
    for needle in NEEDLES:
        assert needle not in data, (where, needle)


def watch(event: str, arguments: tuple[object, ...]) -> None:
    if WRITES is not None and event == "open" and isinstance(arguments[0], (str, bytes)):
        flags = arguments[2]
        if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
            WRITES.append(Path(os.fsdecode(arguments[0])))


@pytest.fixture(scope="module")
def writes() -> Iterator[list[Path]]:
    global WRITES
    if not hasattr(sys, "canary_watch"):
        sys.canary_watch = watch  # type: ignore[attr-defined]
        sys.addaudithook(watch)
    WRITES = []
    yield WRITES
    WRITES = None


class Bench:
    """Runs verbs in a folder and keeps nothing that has a canary in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.verbs: set[str] = set()

    def run(self, *arguments: object, status: int = 0) -> str:
        result = CliRunner().invoke(cli, [str(a) for a in arguments], prog_name="zkcompliance")
        assert result.exit_code == status, (arguments, result.output)
        self.verbs.add(str(arguments[0]))
        clean(result.stdout.encode() + result.stderr.encode(), arguments)
        return result.stdout

    def both(self, *arguments: object, status: int = 0) -> None:
        self.run(*arguments, status=status)
        self.run(*arguments, "--json", status=status)


def csv(rows: list[dict[str, object]]) -> str:
    return "\n".join([",".join(rows[0]), *(",".join(str(v) for v in row.values()) for row in rows)]) + "\n"


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory, writes: list[Path]) -> Bench:
    """A log of two segments, its key, and a proof, all made by the verbs."""
    made = Bench(tmp_path_factory.mktemp("bench"))
    inputs = tmp_path_factory.mktemp("private")
    (inputs / "in.csv").write_text(csv(ROWS))
    f = made.folder
    made.run("keygen", "lab.example/c", "-o", f / "key")
    made.both("seal", inputs / "in.csv", "--log", f / "log", "--key", f / "key", "--again", "--meterer")
    made.run("prove", CLAIM, "--log", f / "log", "-p", "limit=1e21", "-o", f / "proof")
    made.run("prove", CLAIM, "--log", f / "log", "-p", "limit=1e22", "-o", f / "proof2", "--json")
    return made


def test_every_verb(bench: Bench, tmp_path: Path) -> None:
    f, said = bench.folder, []
    for limit, status in (("1e21", 0), ("5", 1)):
        bench.both("check", CLAIM, "--log", f / "log", "-p", f"limit={limit}", status=status)
    bench.run("fsck", f / "log", "--deep")
    bench.both("fsck", f / "log")
    bench.both("devices", f / "log")
    bench.both("verify", f / "proof", "--claim", CLAIM, "-p", "limit=1e21", "--log-key", f / "key.pub")
    bench.both("verify", f / "proof", status=4)
    held = ("--claim", CLAIM, "-p", "limit=1e21", "--log-key", f / "key.pub")
    bench.run("archive", f / "proof", *held, "-o", f / "case.zip")
    bench.both("archive", "verify", f / "case.zip")
    bench.both("streak", f / "proof", "--policy", "seoul", status=2)  # a policy without a calendar
    for subject in (CLAIM, f / "proof", "budget-spent"):
        bench.both("explain", subject)
    for verb in ("claims", "schemas", "formats"):
        bench.both(verb)
    shutil.copytree(f / "log", f / "again")
    shutil.copy(f / "key", f / "key2")
    for verb, before in (("refresh", "again"), ("compact", "refresh")):
        bench.run(verb, f / before, "--to", f / verb, "--key", f / "key2", "-o", f / f"proof-{verb}")
    (f / "watch.toml").write_text(
        f'health = "health"\n[[logs]]\npath = "watched"\nkey = "{f / "key"}"\nschema = "compute"\nevery = 60\n'
        '[[logs.sources]]\nkind = "file"\nglob = "none"\nformat = "csv"\n'
    )
    bench.run("watch", f / "watch.toml", "--once", status=2)
    bench.both("log", "retire", f / "again")
    bench.run("fsck", f / "compact", "--deep")
    shutil.copytree(f / "compact", f / "backup")
    bench.both("log", "restored", f / "backup")
    bench.run("fsck", f / "log", "--count-spent")  # a copy of it was sealed again
    bench.run("keygen", "lab.example/rolled", "-o", f / "key3")
    bench.run("roll-up", f / "log", "--to", f / "rolled", "--key", f / "key3")
    opened = f / "secret" / "rows"  # it has rows of the log, and is for whoever asked
    opened.parent.mkdir()
    bench.both("open", "--log", f / "log", "--rows", "1", "-o", opened)
    about = ("--checkpoint", f / "log" / "checkpoint", "--log-key", f / "key.pub", "--answer-by", "2 weeks")
    bench.run("request", "new", "--open", "3", *about, "--key", f / "key3", "-o", f / "request")
    bench.both("open", "--log", f / "log", "--request", f / "request")
    bench.run("hand-over", f / "log", "--to", f / "copy", "--share", "1/2")
    bench.run("hand-over", f / "rolled", "--to", f / "copy2", "--share", "1/3", "--json")
    bench.both("receive", f / "copy", "--key", f / "key.pub")
    bench.both("fsck", f / "copy")
    with ours(tmp_path / "state", [load_public(f / "key.pub")], signer(1), told=said) as url:
        (tmp_path / "w.pub").write_text(signer(1).verifier.text + "\n")
        bench.both("cosign", f / "log", "--witness", f"{tmp_path}/w.pub={url}")
    bench.both("cosign", f / "log", "--witness", f"{tmp_path}/w.pub={url}", "--timeout", 1, status=1)
    for each in tmp_path.glob("state*"):
        clean(each.read_bytes(), each)
    assert not said
    bench.both("timestamp", f / "log", "--request", f / "request.tsq")
    # the demo has a log of its own, a desk, `countersign` and `withdraw` see no log, `witness` is what was asked just
    # now, and `note` says the one row that it is given
    elsewhere = {"demo", "report", "policies", "evidence", "completion", "witness", "countersign", "desk"}
    elsewhere |= {"withdraw", "note"}
    assert set(VERBS) - bench.verbs <= elsewhere


def test_every_refusal(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    f = bench.folder
    bench.run("fsck", f / "log", "--count-spent")  # a copy of it was sealed again
    bench.both("prove", CLAIM, "--log", f / "log", "-p", "limit=5", "-o", f / "p", status=1)
    bench.both("verify", f / "proof", "--claim", CLAIM, "-p", "limit=7", "--log-key", f / "key.pub", status=1)
    bench.both("explain", "nothing", status=2)
    rows = f / "log" / "secret" / "segments" / "00000001" / "rows"
    data = rows.read_bytes()
    try:
        for altered in (data[:-7], data[:60] + bytes([data[60] ^ 1]) + data[61:]):
            rows.write_bytes(altered)
            bench.both("fsck", f / "log", status=2)
            bench.both("check", CLAIM, "--log", f / "log", "-p", "limit=1e21", status=2)
            bench.both("prove", CLAIM, "--log", f / "log", "-p", "limit=1e21", "-o", f / "p", status=2)
    finally:
        rows.write_bytes(data)

    def crash(*_: object) -> None:
        raise ValueError(str(ROWS[0]))

    monkeypatch.setattr(Budget, "proofs_left", crash)
    bench.both("check", CLAIM, "--log", f / "log", "-p", "limit=1e21", status=70)


@pytest.mark.parametrize("column", [c.name for c in schemas.compute.columns])
def test_a_refused_cell_is_not_repeated(bench: Bench, tmp_path: Path, column: str) -> None:
    """Each cell in turn holds a canary that does not fit; the error names row and column only."""
    f = bench.folder
    kind = schemas.compute.column(column).type
    wrong = ["cnry7f3a", "-41152263004115226300", "41152263004115226300.5", "1" + str(ROWS[0]["flop"]) * 3]
    if kind == "id":
        wrong = ["0xcnry7f3a"]
    for text in wrong:
        (tmp_path / "in.csv").write_text(csv([ROWS[1], {**ROWS[0], column: text}]))
        bench.both("seal", tmp_path / "in.csv", "--log", f / "log", "--key", f / "key", status=2)
        (tmp_path / "in.jsonl").write_text(f'{{"{column}": "{text}"}}\n')
        bench.both("seal", tmp_path / "in.jsonl", "--log", f / "log", "--key", f / "key", status=2)


def test_no_public_file_and_no_name(bench: Bench, writes: list[Path]) -> None:
    public = [p for p in bench.folder.rglob("*") if p.is_file() and "secret" not in p.parts]
    names = {p.name for p in public}
    assert {"proof", "proof2", "checkpoint", "entries", "schema", "settings", "key.pub"} <= names
    for path in public:
        clean(path.read_bytes(), path)
    for path in bench.folder.rglob("*"):
        clean(str(path.relative_to(bench.folder)).encode(), path)
    assert any(
        needle in p.read_bytes() for p in bench.folder.rglob("rows") for needle in NEEDLES
    )  # so they can be found


OUTPUT = re.compile("[0-9a-f]{16}")  # what an output is called before it has its name


def test_nothing_is_written_elsewhere(bench: Bench, writes: list[Path]) -> None:
    """Temporary files too: what was opened for writing is in the log's secret part, or is one of the public files.

    Or it is how much was spent of a segment, in the user's state: a digest of its entry, and a number.
    """
    outside = set()
    for path in writes:
        if path.parent == Path() or "spent" in path.parts:  # in a folder that is held open: a log's, or the state's
            continue
        ours = bench.folder in path.parents and "secret" not in path.parts
        elsewhere = bench.folder not in path.parents and not str(path).startswith("/dev/")
        test_s_own = path.name in ("in.csv", "in.jsonl", ".lock")
        compiled = path.parent.name == "kernels"  # made once for all inputs
        judged = any(name.startswith("zkcompliance-archive-") for name in path.parts)  # an archive's own public files
        if ours or (elsewhere and not test_s_own and not compiled and not judged):
            outside.add(path.name.removeprefix(".").partition(".")[0])
    public = {"key", "proof", "proof2", "proof-refresh", "proof-compact", "checkpoint", "entries", "schema", "settings"}
    public |= {"lineage", "successor", "key2", "key3", "rollup", "rolled", "request"}
    public |= {"watch", "w"}  # the test's own watch.toml, and the key of a witness
    public |= {"state"}  # of that witness, which was looked through
    public |= {"checkpoint-00000002", "00000000"}  # a dated checkpoint, and a roll-up's proof
    assert {name for name in outside if not OUTPUT.fullmatch(name)} <= public
