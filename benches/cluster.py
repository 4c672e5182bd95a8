"""What sealing and rolling up cost on a Dask cluster of this machine, segment by segment.

    python -m benches.cluster --segments 8 --log2 16 --workers 1 2 4

For each number of workers, each a process of one thread on one processor: S segments of 2^K rows, made as they are
sealed, then rolled up. Printed are rows a second and CPU seconds a million rows (of workers and of the coordinator),
bytes moved a segment (what a worker reads and writes, files and network together, and the message that it gets), and
the most memory of a worker, by the operating system; of the first and of the last ten pieces the least, the middle and
the most. Then the proof over the roll-up, and its verification with a chain that is new and one that a state knows.
Last, from the run with most workers, what 10^9 rows on 32 workers would take, on paper.

With `--keep FOLDER` the logs stay there, and a run that was stopped is gone on with: what is sealed or proved is not
done again, figures of pieces are those of all runs, and rows a second those of the last one.
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import resource
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benches.measured import Figures, least
from benches.rolled_up import LIMIT, ROLLED, command
from benches.sealed_rows import columns
from zkcompliance import schemas
from zkcompliance.log import keys, rows, spent
from zkcompliance.log.layout import Layout
from zkcompliance.log.pending import CHUNK_ROWS
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.prove import rollup
from zkcompliance.prove.cluster import executor_of

MIB = 1 << 20


@dataclass(frozen=True)
class Measured:
    """A piece, and the file to which whoever does it adds what it took."""

    work: Callable[[Any], Any]
    piece: Any
    figures: Path

    @property
    def label(self) -> str:
        return str(self.piece.label)


def do(measured: Measured) -> Any:
    """Do the piece. Runs in a worker."""
    before, io = time.process_time(), moved()
    began = time.perf_counter()
    result = measured.work(measured.piece)
    found = {
        "label": measured.label, "cpu": time.process_time() - before, "seconds": time.perf_counter() - began,
        "moved": moved() - io, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "message": len(pickle.dumps(measured)),
    }  # fmt: skip
    with measured.figures.open("a") as out:
        out.write(json.dumps(found) + "\n")
    return result


def moved() -> int:
    """Bytes that this process has read and written, of files and of the network."""
    said = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(said["rchar"]) + int(said["wchar"])


class Measuring(Executor):
    """Hands pieces on, each to be measured."""

    def __init__(self, executor: Executor, figures: Path) -> None:
        self._executor, self._figures = executor, figures
        self.memory_each: int = getattr(executor, "memory_each", 0)

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return self._executor.submit(do, Measured(work, args[0], self._figures))


def made(count: int) -> Iterator[np.ndarray]:
    """Rows as limbs: 8,192 rows of a compute log, each time with another FLOP."""
    schema = schemas.compute
    base = schemas.encode_columns(schema, columns(CHUNK_ROWS), 1)
    low = schema.limbs("flop")[0]
    for at in range(0, count, CHUNK_ROWS):
        chunk = base[:, : min(CHUNK_ROWS, count - at)].copy()
        chunk[low] = np.uint32(at // CHUNK_ROWS & 0xFFFF)
        yield chunk


def one_processor(number: int) -> None:
    """The worker has one processor, and so one thread."""
    several = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {several[number % len(several)]})


def spread_of(values: list[float], digits: int) -> str:
    """Least, middle, most."""
    return " / ".join(f"{each:,.{digits}f}" for each in (min(values), statistics.median(values), max(values)))


def tell(name: str, figures: Path, seconds: float, own: float, total: int, segments: int) -> tuple[float, float]:
    """Print one stage; CPU seconds a million rows, of all workers and of the coordinator."""
    pieces = [json.loads(line) for line in figures.read_text().splitlines()]
    millions = total / 1e6
    cpu = sum(each["cpu"] for each in pieces) / millions
    print(
        f"  {name}: {total / seconds:,.0f} rows/s; a million rows {cpu:.2f} CPU s of workers, {own / millions:.2f} of "
        f"the coordinator; {sum(each['moved'] for each in pieces) / segments / MIB:,.1f} MiB moved a segment, "
        f"{sum(each['message'] for each in pieces) / segments:,.0f} bytes of messages; "
        f"worker's peak {max(each['memory'] for each in pieces):,.0f} MiB"
    )
    for kind in dict.fromkeys(each["label"].split(" segment")[0] for each in pieces):
        of = [each for each in pieces if each["label"].startswith(kind)]
        for which, some in (("first", of[:10]), ("last", of[-10:])):
            print(
                f"    {kind}, {which} {len(some)} of {len(of)} pieces, least / middle / most: CPU s "
                f"{spread_of([each['cpu'] for each in some], 3)}; peak MiB "
                f"{spread_of([each['memory'] for each in some], 0)}"
            )
    return cpu, own / millions


def measure(folder: Path, segments: int, log2: int, workers: int) -> tuple[float, float]:
    """Seal and roll up; CPU seconds a million rows, of workers and of the coordinator, of both together."""
    from distributed import Client, LocalCluster

    total = segments << log2
    rows.MAX_ROWS = 1 << log2
    for name in ("key", "rolled.key"):
        if not (folder / name).exists():
            keys.generate(folder / name, f"lab.example/{name}")
    if not (folder / "log").exists():
        create_log(folder / "log", schemas.compute, keys.load_private(folder / "key"))
    print(f"{workers} worker(s), {segments} segments of 2^{log2} rows")
    with (
        LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address=None, local_directory=str(folder)
        ) as at,
        Client(at, set_as_default=False) as client,
    ):
        for number, worker in enumerate(client.scheduler_info(n_workers=-1)["workers"]):
            client.run(one_processor, number, workers=[worker])
        client.run(warm)
        costs = []
        for name in ("seal", "roll up"):
            figures = folder / f"{name}.figures"
            executor = Measuring(executor_of(client), figures)
            began, own = time.perf_counter(), time.process_time()
            if name == "seal" and SealedLog.open(folder / "log").segments:
                pass  # in a run before
            elif name == "seal":
                with Writer(folder / "log", keys.load_private(folder / "key")) as writer:
                    writer.seal_columns(made(total), executor=executor)
            else:
                signer = keys.load_private(folder / "rolled.key")
                rollup.roll_up(folder / "log", folder / "rolled", signer, executor=executor)
            seconds, own = time.perf_counter() - began, time.process_time() - own
            costs.append(tell(name, figures, seconds, own, total, segments))
    found = SealedLog.open(folder / "log")
    assert len(found.segments) == segments and SealedLog.open(folder / "rolled").segments
    at_release(folder)
    return sum(each[0] for each in costs), sum(each[1] for each in costs)


def at_release(folder: Path) -> None:
    """Print what the commands over the roll-up take, each the least of two."""
    limit = ("--param", f"limit={LIMIT}")
    made, state = folder / "made.zkp", folder / "state"
    asked = ("verify", made, "--claim", ROLLED, *limit, "--log-key", folder / "key.pub")
    chain = ("--roll-up", Layout(folder / "rolled").rollup)
    found: dict[str, list[Figures]] = {}
    for _ in range(2):
        made.unlink(missing_ok=True)
        proving = command("prove", ROLLED, "--log", folder / "rolled", *limit, "-o", made)
        found.setdefault("prove over the roll-up", []).append(proving)
    for name, more in (("chain new", ()), ("", ("--state", state)), ("chain known", ("--state", state))):
        found[f"verify, {name}"] = [command(*asked, *chain, *more) for _ in range(2)]
    for name, figures in found.items():
        if not name.endswith(", "):
            of = least(figures)
            print(f"  {name}: {of.seconds:.2f} s, {of.cpu:.2f} CPU s", flush=True)


def warm() -> None:
    """Load the kernels, in a worker."""
    from zkcompliance.prove.engine import warm_up

    warm_up()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--segments", type=int, default=8)
    arguments.add_argument("--log2", type=int, default=16)
    arguments.add_argument("--at-once", type=int, default=1, help="Segments of the log in one of the roll-up.")
    arguments.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    arguments.add_argument("--folder", type=Path, help="Where the logs lie meanwhile; default the temporary folder.")
    arguments.add_argument("--keep", type=Path, help="Where the logs stay, of the one number of workers.")
    given = arguments.parse_args()
    rollup.MOST_AT_ONCE = given.at_once
    worker = coordinator = 0.0
    if given.keep is not None:
        given.keep.mkdir(exist_ok=True)
        spent.state_folder = lambda: given.keep / "spent"
        worker, coordinator = measure(given.keep, given.segments, given.log2, *given.workers)
    for workers in () if given.keep is not None else given.workers:
        with tempfile.TemporaryDirectory(dir=given.folder) as folder:
            spent.state_folder = lambda folder=folder: Path(folder) / "spent"
            worker, coordinator = measure(Path(folder), given.segments, given.log2, workers)
    print(
        f"on paper, 10^9 rows, sealed and rolled up: {worker * 1000 / 32 / 60:.0f} minutes of each of 32 workers, and "
        f"at most {coordinator * 1000 / 60:.0f} minutes of the coordinator, of which some is once a run"
    )


if __name__ == "__main__":
    from benches import cluster  # by its name, which workers know it by too

    cluster.main()
