"""Step logs of modded-nanogpt: an nvidia-smi table, then `step:125/1480 … train_time:16505ms …` lines.

One row is one step. `train_time` is cumulative and stops during validation; a step that is logged twice (training line,
then validation line) ends at the later reading. The 2024 scripts set the clock back to zero after step 10, their
warm-up: those ten steps, compilation included, are kept, and later steps follow after them. Nothing of the clock is
left out: the rows add up to its every millisecond. nvidia-smi prints the time of the machine's own clock, without a
zone: it is UTC unless it is stated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers.local_time import Zone
from zkcompliance.importers.model import Importer, Row
from zkcompliance.importers.run_steps import Run
from zkcompliance.quantities import MILLION, parse_integer, parse_ppm
from zkcompliance.schemas import PHASES, Schema

FORMULA = (
    "flop = ceil(devices × step ms × peak FLOP/s × utilisation ppm / 10^9), hardware-based; utilisation is 100 % "
    "unless set, an upper bound; peak is the dense bf16 figure of the device; validation passes are not on the "
    "log's clock and not counted; the date is UTC unless a zone is set"
)
WARM_UP_STEPS = 10
MAX_LINE_BYTES = 4096
_HELP = (
    "while a run goes on, seal it with --set running=accept, which leaves its last step for later; where another run "
    "has this name, name it: --set run=NAME"
)
_DEVICES = {
    "NVIDIA H100 80GB HBM3": ("h100_sxm", 989_400_000_000_000),
    "NVIDIA H100 PCIe": ("h100_pcie", 756_000_000_000_000),
    "NVIDIA H200": ("h200_sxm", 989_400_000_000_000),
    "NVIDIA A100-SXM4-80GB": ("a100_sxm", 312_000_000_000_000),
    "NVIDIA A100-SXM4-40GB": ("a100_sxm", 312_000_000_000_000),
}
_DATE = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\w{3}) +(\d{1,2}) (\d\d):(\d\d):(\d\d) (\d{4}) *", re.ASCII)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DEVICE = re.compile(
    r"\| +(\d{1,3})  (\S.*?) +(?:On|Off) +\| +[0-9A-F]{8}:[0-9A-F]{2}:[0-9A-F]{2}\.[0-9A-F] ", re.ASCII
)
_STEP = re.compile(
    r"step:(\d{1,9})/(\d{1,9}) (?:(?:val_loss|train_loss):\S+ )?train_time:(\d{1,12})ms step_avg:\S+ms", re.ASCII
)


@dataclass
class _Machine:
    """What the head of the log says of the hardware and when it started (UTC seconds)."""

    began: int
    kind: str
    peak: int
    devices: int


@dataclass
class _Settings:
    run: str
    phase: str
    utilisation: int
    incomplete: bool
    running: bool
    peak: int | None
    zone: Zone


def _settings(name: str, options: Mapping[str, str]) -> _Settings:
    phase = options.get("phase", "pretraining")
    if phase not in PHASES:
        raise UsageError(f"phase is one of {', '.join(PHASES)}", help="zkcompliance formats")
    utilisation = parse_ppm(options.get("utilisation", "100%"))
    if options.get("incomplete", "no") not in ("yes", "no"):
        raise UsageError("incomplete is one of yes, no", help="zkcompliance formats")
    peak = parse_integer(options["peak"]) if "peak" in options else None
    incomplete = options.get("incomplete") == "yes"
    running = options.get("running", "refuse")
    if running not in ("refuse", "accept"):
        raise UsageError("running is one of refuse, accept", help="zkcompliance formats")
    run = options.get("run", name.rpartition(".")[0] or name)
    zone = Zone.of(options.get("utc_offset"), options.get("zone"))
    return _Settings(run, phase, utilisation, incomplete, running == "accept", peak, zone)


def _lines(file: BinaryIO) -> Iterator[tuple[int, str]]:
    number = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        if len(line) > MAX_LINE_BYTES:
            raise ImporterError(f"line {number}: is longer than {MAX_LINE_BYTES} bytes")
        try:
            yield number, line.decode().rstrip("\n")
        except UnicodeDecodeError:
            raise ImporterError(f"line {number}: is not UTF-8") from None


def _machine(lines: Iterator[tuple[int, str]], peak: int | None, zone: Zone) -> tuple[_Machine, tuple[int, str]]:
    """The head of the log up to its first step line, and that line with its number."""
    began: int | None = None
    names: list[str] = []
    for number, line in lines:
        if line.startswith("step:"):
            break
        if began is None and (date := _DATE.fullmatch(line)) and date[1] in _MONTHS:
            month, day, year = _MONTHS.index(date[1]) + 1, int(date[2]), date[6]
            moments = zone.moments(f"{year}-{month:02}-{day:02}T{date[3]}:{date[4]}:{date[5]}")
            if len(moments) != 1:
                why = "clocks show this hour twice" if moments else "the date does not exist, or clocks skip it"
                raise ImporterError(f"line {number}: {why}", help="state the clock's own: --set utc_offset=+01:00")
            (began,) = moments
        elif device := _DEVICE.match(line):
            if int(device[1]) != len(names):
                raise ImporterError(f"line {number}: device numbers are not 0, 1, 2, …")
            names.append(device[2])
    else:
        raise ImporterError("holds no step line")
    if began is None or began < 0:
        raise ImporterError("holds no nvidia-smi date before its first step")
    if not names or any(name != names[0] for name in names):
        raise ImporterError("holds no nvidia-smi table of devices of one kind")
    if names[0] not in _DEVICES and peak is None:
        raise ImporterError(f"the peak of a device named {names[0]!r} is not known", help="add --set peak=989.4e12")
    kind, known = _DEVICES.get(names[0], ("other", 0))
    return _Machine(began, kind, known if peak is None else peak, len(names)), (number, line)


def _readings(first: tuple[int, str], lines: Iterator[tuple[int, str]]) -> Iterator[tuple[int, int, int, int]]:
    """(line, step, of how many, train_time in ms) of every step line."""
    for number, line in _chain(first, lines):
        if line.startswith("step"):
            match = _STEP.fullmatch(line)
            if match is None:
                raise ImporterError(f"line {number}: a step line of a form that is not known")
            yield number, int(match[1]), int(match[2]), int(match[3])


def _chain(first: tuple[int, str], rest: Iterator[tuple[int, str]]) -> Iterator[tuple[int, str]]:
    yield first
    yield from rest


def _steps(
    readings: Iterator[tuple[int, int, int, int]], *, incomplete: bool, running: bool
) -> Iterator[tuple[int, int]]:
    """(ms since the start at which the step begins, at which it ends) for steps 1, 2, … in order.

    running: the run goes on, and its last step is left out: another reading of it may come.
    """
    step, total, base, clock, begin = 0, -1, 0, 0, 0
    for number, now, of, reading in readings:
        if total not in (-1, of):
            raise ImporterError(f"line {number}: the number of steps changes")
        total = of
        if now not in (step, step + 1) or now > total:
            raise ImporterError(f"line {number}: steps are not 0, 1, 2, …")
        if now == step + 1 and step > 0:
            yield begin, base + clock
            begin = base + clock
        if reading < clock:
            if now != WARM_UP_STEPS + 1 or step != WARM_UP_STEPS:
                raise ImporterError(f"line {number}: train_time runs backwards, other than after step {WARM_UP_STEPS}")
            base += clock
        step, clock = now, reading
    if step > 0 and not running:
        yield begin, base + clock
    if step != total and not incomplete and not running:
        raise ImporterError(
            f"ends at step {step} of {total}",
            help="add --set incomplete=yes for a run that was cut short, or --set running=accept while it goes on",
        )


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows of the compute schema, one per step; start and end enclose the step in whole UTC seconds."""
    chosen = _settings(name, options)
    lines = _lines(file)
    machine, first = _machine(lines, chosen.peak, chosen.zone)
    rate = machine.devices * machine.peak * chosen.utilisation
    run = Run(chosen.run, {"began": str(machine.began)})
    steps = _steps(_readings(first, lines), incomplete=chosen.incomplete, running=chosen.running)
    for after, (begin, end) in enumerate(steps):
        row: Row = {
            "start": machine.began + begin // 1000,
            "end": machine.began - (-end // 1000),
            "run": chosen.run,
            "phase": chosen.phase,
            "device_kind": machine.kind,
            "devices": machine.devices,
            "peak": machine.peak,
            "utilisation": chosen.utilisation,
            "flop": -(-(end - begin) * rate // (1000 * MILLION)),
            "method": "hardware",
            "source": "self_declared",
        }
        yield run.row(row, after, help=_HELP)


IMPORTER = Importer(
    "nanogpt",
    "step log of a modded-nanogpt run",
    FORMULA,
    read,
    ("compute",),
    {
        "utilisation": "share of the peak, e.g. 40%; default 100%, an upper bound",
        "run": "name of the run; default the file's name",
        "phase": "default pretraining",
        "peak": "FLOP/s of one device, e.g. 989.4e12; default by the device's name",
        "incomplete": "yes accepts a log that ends early; default no",
        "utc_offset": "of the date in the file, e.g. +02:00; default +00:00",
        "zone": "of the date in the file by name, e.g. Europe/Berlin; instead of utc_offset",
        "running": "refuse (default) or accept a run that goes on: its last step is left for later",
    },
    columns=(
        "start", "end", "run", "phase", "device_kind", "devices", "peak", "utilisation", "flop", "method", "source",
    ),
    grows=True,
)  # fmt: skip
