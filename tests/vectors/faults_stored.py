"""One-fault log folders and input files. Edits of a log are explained in generate_faults.py."""

from __future__ import annotations

from collections.abc import Iterator

from tests.vectors.faults_signed import BODY, KEY, swap
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.signer import SignerKey

ROWS = "secret/segments/00000001/rows"
SEGMENT = "secret/segments/00000001"


def logs() -> Iterator[tuple[str, str | None, list[list[object]]]]:
    yield "sound", None, []
    for name in (
        "settings",
        "schema",
        "entries",
        "checkpoint",
        "secret/seen",
        ROWS,
        f"{SEGMENT}/meta",
        f"{SEGMENT}/budget",
        f"{SEGMENT}/seed",
    ):
        yield f"{name} cut", "schema" if name == "schema" else "log-corrupt", [[name, "cut", 20]]
    for name, at in (
        ("entries", 150),
        ("checkpoint", 40),
        (ROWS, 60),
        (f"{SEGMENT}/meta", 30),
        (f"{SEGMENT}/budget", 12),
    ):
        yield f"{name} altered", "log-corrupt", [[name, "flip", at]]
    for name in ("rows", "seed", "meta", "budget"):
        yield f"{name} missing", "log-corrupt", [[f"{SEGMENT}/{name}", "delete", 0]]
    yield "settings missing", "log", [["settings", "delete", 0]]
    yield "checkpoint missing", "log", [["checkpoint", "delete", 0]]
    yield "schema missing", "log", [["schema", "delete", 0]]
    yield "entries missing", "log", [["entries", "delete", 0]]
    yield "settings of another format", "log-corrupt", [["settings", "flip", 17]]
    yield "unknown profile", "log-corrupt", [["settings", "flip", 20]]
    yield "key altered", "key-file", [["settings", "flip", 60]]
    yield "seed readable by others", "log-corrupt", [[f"{SEGMENT}/seed", "mode", 0o644]]
    yield "secret folder open to others", "log-corrupt", [["secret", "mode", 0o755]]
    yield (
        "segments swapped",
        "log-corrupt",
        [
            [SEGMENT, "rename", "x"],
            ["secret/segments/00000000", "rename", SEGMENT],
            ["x", "rename", "secret/segments/00000000"],
        ],
    )
    yield "pending ahead of the checkpoint", "log-corrupt", [["secret/pending-00000009", "put", ""]]
    older = KEY.sign(Checkpoint(KEY.name, 1, bytes(32)).body)
    yield "checkpoint of another root", "log-corrupt", [["checkpoint", "put", older]]
    yield "checkpoint of another log", "log-corrupt", [["checkpoint", "put", SignerKey("other", bytes(32)).sign(BODY)]]
    yield "absurd size", "log-corrupt", [["checkpoint", "put", KEY.sign(Checkpoint(KEY.name, 2**40, bytes(32)).body)]]
    yield "older checkpoint put back", "log-evidence", [["checkpoint", "put", "OLDER"]]


HEADER = "start,end,run,phase,flop,method\n"
ONE, TWO = "2026-01-05T00:00:01Z", "2026-01-05T00:00:02Z"
CSV = HEADER + f"{ONE},{TWO},r,other,5,measured\n1767571203,1767571204,r,other,6,measured\n"
JSONL = '{"start": 1767571201, "end": 1767571202, "run": "r", "phase": "other", "flop": 5, "method": "measured"}\n'
DEVICE = "|   0  NVIDIA H100 80GB HBM3          On  | 00000000:19:00.0 Off |                    0 |\n"
STEPS = "".join(f"step:{i}/3 train_loss:10.8 train_time:{100 * i}ms step_avg:nanms\n" for i in range(4))
NANOGPT = "Wed Dec  4 08:12:30 2024\n" + DEVICE + STEPS


def imports() -> Iterator[tuple[str, str, str | None, str | bytes]]:
    yield "csv", "sound", None, CSV
    for name, text in {
        "empty": "",
        "header alone": HEADER,
        "not UTF-8": CSV.encode().replace(b"r,", b"\xff,"),
        "UTF-16": CSV.encode("utf-16"),
        "cell missing": swap(CSV, "r,other,5,", "r,other,"),
        "cell too many": CSV + f"{ONE},{TWO},r,other,5,measured,x\n",
        "column missing": swap(CSV, ",flop", ",devices"),
        "unknown column": swap(CSV, "run", "runs"),
        "column twice": swap(CSV, "end", "start"),
        "open quote": CSV + '"1',
        "NaN": swap(CSV, ",5,", ",NaN,"),
        "infinite": swap(CSV, ",5,", ",inf,"),
        "negative": swap(CSV, ",5,", ",-5,"),
        "fraction": swap(CSV, ",5,", ",0.5,"),
        "over 2^96": swap(CSV, ",5,", f",{2**96},"),
        "absurd sentinel": swap(CSV, f"{TWO},r", "9223372036854775794,r"),
        "end before start": swap(CSV, f"{ONE},{TWO},r", f"{TWO},{ONE},r"),
        "unknown method": swap(CSV, "5,measured", "5,guessed"),
        "blank line": CSV + "\n",
        "missing value": swap(CSV, ",5,", ",,"),
        "local time": swap(CSV, ONE, "2025-01-01 00:00:00"),
    }.items():
        yield "csv", name, "import", text
    yield "jsonl", "sound", None, JSONL
    for name, text in {
        "empty": "",
        "truncated": JSONL[:40],
        "not UTF-8": JSONL.encode().replace(b'"r"', b'"\xff"'),
        "blank line": JSONL + "\n" + JSONL,
        "array": "[1]\n",
        "member twice": swap(JSONL, '"run": "r"', '"run": "r", "run": "s"'),
        "unknown member": swap(JSONL, '"run"', '"runs"'),
        "member missing": swap(JSONL, '"flop": 5, ', ""),
        "NaN": swap(JSONL, ": 5,", ": NaN,"),
        "negative": swap(JSONL, ": 5,", ": -5,"),
        "fraction": swap(JSONL, ": 5,", ": 0.5,"),
        "true for a number": swap(JSONL, ": 5,", ": true,"),
        "list for a value": swap(JSONL, ": 5,", ": [5],"),
        "number for a text": swap(JSONL, '"r"', "7"),
        "absurdly long number": swap(JSONL, ": 5,", f": {'5' * 5000},"),
        "deeply nested": "[" * 100_000 + "\n",
        "out of order": swap(JSONL, '"start": 1767571201', '"start": 1767571203'),
        "over 2^96": swap(JSONL, ": 5,", f": {2**96},"),
    }.items():
        yield "jsonl", name, "import", text
    yield "nanogpt", "sound", None, NANOGPT
    for name, text in {
        "empty": "",
        "truncated": NANOGPT[: NANOGPT.index("step:3")],
        "no date": NANOGPT[25:],
        "no device": swap(NANOGPT, DEVICE, ""),
        "impossible date": swap(NANOGPT, "Dec  4", "Dec 34"),
        "unknown device": swap(NANOGPT, "H100 80GB HBM3", "X999"),
        "device number missing": swap(NANOGPT, "|   0", "|   1"),
        "step missing": "".join(NANOGPT.splitlines(True)[:3] + NANOGPT.splitlines(True)[4:]),
        "time backwards": swap(NANOGPT, "train_time:200ms", "train_time:50ms"),
        "number of steps changes": swap(NANOGPT, "step:2/3", "step:2/4"),
        "step line of another form": swap(NANOGPT, "train_time:200ms", "train_time:0.2s"),
        "time NaN": swap(NANOGPT, "train_time:200ms", "train_time:nanms"),
        "not UTF-8": NANOGPT.encode() + b"\xff\n",
    }.items():
        yield "nanogpt", name, "import", text
