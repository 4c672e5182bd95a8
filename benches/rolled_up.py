"""A log of S segments of 2^K rows, rolled up and proved over; and over the log itself, where one proof covers it.

    python -m benches.rolled_up K S [S …] [--runs N]

Each step is a process of its own, so that its memory is what the operating system saw of it. For each S: sealing,
`roll-up`, `prove`, `verify` with a chain that is new, and with one that a state knows. Then what a segment costs from
the least S to the largest, and the ratios, which travel; the seconds are of the machine, the least of N runs (2).
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

import zkcompliance as zk
from benches.claim_logs import make
from benches.measured import Figures, NotMeasured, least, run
from zkcompliance.limits import MAX_SEGMENTS
from zkcompliance.log.keys import load_private
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.schemas import by_name

PLAIN = "training-compute-below"
ROLLED = f"{PLAIN}-rolled-up"
KEYS = 8  # runs in a segment; what is a key otherwise is one thing
LIMIT = "1e33"


def seal(folder: Path, k: int, count: int) -> None:
    """The log: rows of the bench of the claim, of few runs, another order in each segment."""
    schema = by_name("compute")
    key = load_private(folder / "log.key")
    columns = make(PLAIN, 1 << k)[0]["compute"]
    draw = np.random.default_rng(7)
    for name in ("run", "model", "customer"):
        limbs = list(schema.limbs(name))
        columns[limbs] = columns[limbs][:, np.arange(1 << k) % (KEYS if name == "run" else 1)]
    create_log(folder / "log", schema, key)
    with Writer(folder / "log", key) as writer:
        for _ in range(count):
            writer.seal_columns([columns[:, draw.permutation(1 << k)]])


def own(*arguments: object) -> Figures:
    """A whole process of this Python."""
    return run([sys.executable, *arguments])[0]


def command(*arguments: object) -> Figures:
    """A whole command line."""
    return own("-m", "zkcompliance", *arguments)


def measured(folder: Path, k: int, count: int, runs: int) -> dict[str, Figures]:
    """By step; a step that makes a log is measured once."""
    for name in ("log", "rolled"):
        zk.keygen(folder / f"{name}.key", f"bench.example/{name}")
    found = {"seal": own("-m", "benches.rolled_up", "--seal", folder, k, count)}
    rolled, file = folder / "rolled", folder / "rolled.zkr"
    found["roll up"] = command("roll-up", folder / "log", "--to", rolled, "--key", folder / "rolled.key", "-o", file)
    asked = ("--param", f"limit={LIMIT}")

    def proved(claim: str, log: str) -> Figures:
        proof = folder / f"{log}.zkp"
        proof.unlink(missing_ok=True)
        return command("prove", claim, "--log", folder / log, *asked, "-o", proof)

    def verified(*more: object, claim: str = ROLLED, log: str = "rolled") -> Figures:
        return command(
            "verify", folder / f"{log}.zkp", "--claim", claim, *asked, "--log-key", folder / "log.key.pub", *more
        )

    found["prove over it"] = least([proved(ROLLED, "rolled") for _ in range(runs)])
    found["verify, chain new"] = least([verified("--roll-up", file) for _ in range(runs)])
    verified("--roll-up", file, "--state", folder / "state")
    known = ("--roll-up", file, "--state", folder / "state")
    found["verify, chain known"] = least([verified(*known) for _ in range(runs)])
    if count <= MAX_SEGMENTS:
        found["prove over the log"] = least([proved(PLAIN, "log") for _ in range(runs)])
        found["verify that"] = least([verified(claim=PLAIN, log="log") for _ in range(runs)])
    print(f"{count} segments of 2^{k} rows; the roll-up file has {file.stat().st_size / count / 1000:.0f} kB a segment")
    return found


def table(found: dict[str, Figures], rows: int) -> None:
    """A line for each step."""
    print(f"{'step':22}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}{'rows/s':>12}{'CPU s / 10^6 rows':>19}")
    for step, each in found.items():
        speed, million = rows / each.seconds, each.cpu / rows * 10**6
        print(f"{step:22}{each.seconds:9.2f}{each.cpu:9.2f}{each.memory:10.0f}{speed:12,.0f}{million:19.2f}")
    print()


def ratios(by_count: dict[int, dict[str, Figures]]) -> None:
    """What a segment costs, and what is saved at release."""
    least_count, most = min(by_count), max(by_count)
    if most > least_count:
        for step, few in by_count[least_count].items():
            if step in by_count[most]:
                each = (by_count[most][step].cpu - few.cpu) / (most - least_count)
                print(f"{step}: {1000 * each:.1f} ms of CPU a segment, from {least_count} to {most} segments")
    for count, found in by_count.items():
        if (whole := found.get("prove over the log")) is not None:
            share = found["prove over it"].cpu / whole.cpu
            print(f"{count} segments: proving over the roll-up takes {share:.2f} of the CPU of proving over the log")


def main() -> None:
    """The figures of all numbers of segments."""
    if sys.argv[1:2] == ["--seal"]:
        seal(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
        return
    parser = argparse.ArgumentParser(prog="python -m benches.rolled_up", description=__doc__)
    parser.add_argument("k", type=int)
    parser.add_argument("segments", type=int, nargs="+")
    parser.add_argument("--runs", type=int, default=2)
    given = parser.parse_args()
    by_count = {}
    for count in sorted(given.segments):
        with tempfile.TemporaryDirectory() as folder:
            try:
                by_count[count] = measured(Path(folder), given.k, count, given.runs)
            except NotMeasured as reason:
                sys.exit(f"{count} segments of 2^{given.k} rows: {reason}")
            table(by_count[count], count << given.k)
    ratios(by_count)


if __name__ == "__main__":
    main()
