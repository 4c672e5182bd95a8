"""Slurm accounting: `sacct -P -D` text and `sacct --json`, one row per job attempt and GPU type.

Job rows count; steps (JobIDRaw with a dot) lie inside them and are passed over. An attempt is (JobIDRaw, Submit): a
requeued job has several, which sacct shows with -D only. What was FAILED, CANCELLED, TIMEOUT or REQUEUED spent compute
too. `gres/gpu` is the number of GPUs, `gres/gpu:TYPE` repeats it by type; they are never added.

Refused: a missing column, a second row of one attempt, a state, a GPU type or a form of the file that is not known, an
attempt that has not ended, elapsed seconds that do not follow from its times, a file without any step or any GPU.
A file without -D that has steps cannot be told from one with -D: state how it was exported.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from zkcompliance import limits
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.exact import Seen
from zkcompliance.importers.local_time import Zone
from zkcompliance.importers.model import Identified, Importer, Row
from zkcompliance.importers.slurm_gpus import Devices, counts
from zkcompliance.importers.slurm_json import json_attempts
from zkcompliance.importers.slurm_model import Attempt, JobRow, naming, seconds
from zkcompliance.quantities import MILLION, parse_integer, parse_ppm, parse_time
from zkcompliance.schemas import PHASES, Schema

FORMULA = (
    "flop = ceil(GPUs × elapsed seconds × peak FLOP/s × utilisation), hardware-based, for every attempt of every job, "
    "failed and cancelled ones included; utilisation is 100 % unless set, an upper bound; peak is the dense bf16 "
    "figure of the GPU type's fastest variant unless set; times are UTC unless set; run is cluster/JobIDRaw/submit time"
)
_COLUMNS = ("JobIDRaw", "State", "ElapsedRaw", "AllocTRES", "Submit", "Start", "End")
_OPTIONAL = ("Account", "JobName", "Cluster", "Suspended")
_NEVER = ("Unknown", "None", "")


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows of the compute schema in the file's order. Jobs without a GPU are rows of kind cpu with 0 FLOP."""
    chosen, devices = _Chosen.of(options), Devices(options)
    is_json = settings.head(file, 1) in (b"{", b" ", b"\n", b"\r", b"\t")
    attempts = json_attempts(file, chosen.running, chosen.trusted) if is_json else _attempts(file, chosen)
    seen, gpus = Seen(), 0
    for where, attempt in attempts:
        with naming(attempt.job):
            if not seen.add(attempt.cluster, attempt.job, attempt.submit, attempt.part):
                raise ImporterError(
                    f"{where}, column JobIDRaw: a second row of the same job and submit time",
                    help="leave one of them out: exports that overlap are given as files of their own",
                )
            parts = devices.of(attempt.tres, where)
        for place, (kind, count, peak) in enumerate(parts):
            gpus += count
            row = {
                "start": attempt.start,
                "end": attempt.end,
                "run": chosen.run(attempt),
                "phase": chosen.phases.get(attempt.account, chosen.phase),
                "device_kind": kind,
                "devices": count,
                "peak": peak,
                "utilisation": chosen.utilisation,
                "flop": -(-attempt.elapsed * count * peak * chosen.utilisation // MILLION),
                "method": "hardware",
                "site": options.get("site", attempt.cluster),
                "owner": options.get("owner", ""),
                "model": options.get("model", ""),
                "customer": options.get("customer", ""),
                "status": attempt.status,
                "source": chosen.source,
            }
            yield Identified(
                row, (attempt.cluster, attempt.job, attempt.submit, attempt.part, place), f"job {attempt.job}"
            )
    if len(seen) and not gpus:
        raise ImporterError(
            "no job has gres/gpu in AllocTRES: AccountingStorageTRES does not count GPUs",
            help="scontrol show config | grep AccountingStorageTRES  # it has to name gres/gpu before the jobs run",
        )


@dataclass(frozen=True)
class _Chosen:
    """The options, read."""

    phase: str
    phases: dict[str, str]
    utilisation: int
    zone: Zone
    trusted: bool
    running: str
    allocations: bool
    run_from: str
    name: str
    source: str

    @classmethod
    def of(cls, options: Mapping[str, str]) -> _Chosen:
        phases = settings.table(options, "phases")
        if not set(phases.values()) <= set(PHASES):
            raise UsageError(f"phases: a phase is one of {', '.join(PHASES)}", help="zkcompliance formats")
        return cls(
            settings.choice(options, "phase", PHASES, "pretraining"),
            phases,
            parse_ppm(options.get("utilisation", "100%")),
            Zone.of(options.get("utc_offset"), options.get("zone")),
            settings.choice(options, "span", ("refuse", "elapsed"), "refuse") == "elapsed",
            settings.choice(options, "running", ("refuse", "skip"), "refuse"),
            settings.flag(options, "allocations"),
            settings.choice(options, "run_from", ("attempt", "name", "account"), "attempt"),
            options.get("run", ""),
            settings.source(options),
        )

    def run(self, attempt: Attempt) -> str:
        """The text of the run column."""
        named = {"name": attempt.name, "account": attempt.account}.get(self.run_from, "")
        return self.name or named or f"{attempt.cluster}/{attempt.job}/{attempt.submit}"


def _attempts(file: BinaryIO, chosen: _Chosen) -> Iterator[tuple[str, Attempt]]:
    """(place, attempt) of each job row of `sacct -P -D` output."""
    lines = settings.lines(file, limits.MAX_IMPORT_CELL_BYTES)
    number, first = next(lines, (0, b""))
    if not number:
        raise ImporterError("is empty: the first line names the columns")
    header = _header(settings.utf8(first, "line 1"))
    steps = jobs = 0
    for number, line in lines:
        where = f"line {number}"
        cells = settings.utf8(line, where).split("|")
        if len(cells) != len(header):
            raise ImporterError(f"{where}: {len(cells)} cells, not {len(header)}")
        row = dict(zip(header, cells, strict=True))
        if "." in row["JobIDRaw"]:
            steps += 1
            continue
        with naming(row["JobIDRaw"]):
            attempt = _attempt(row, where, chosen)
        if attempt is not None:
            jobs += 1
            yield where, attempt
    if jobs and not steps and not chosen.allocations:
        raise ImporterError(
            "holds no job step: this is sacct -X, which hides requeued attempts",
            help="export with sacct -P -D, or state --set allocations=yes for sacct -X -P -D",
        )


def _header(line: str) -> list[str]:
    header = line.split("|")
    if header[-1] == "":
        raise ImporterError("line 1: lines end in |, as of sacct -p", help="export with sacct -P -D")
    for name in _COLUMNS:
        if name not in header:
            raise ImporterError(
                f"line 1: column {name} is missing",
                help=f"sacct -P -D --format=JobID,{','.join((*_COLUMNS, *_OPTIONAL))}",
            )
    for name in (*_COLUMNS, *_OPTIONAL):
        if header.count(name) > 1:
            raise ImporterError(f"line 1: column {name} is there twice")
    return header


def _attempt(row: Mapping[str, str], where: str, chosen: _Chosen) -> Attempt | None:
    """The attempt of a job row; None when it never ran, or has not ended and is to be skipped."""
    state = row["State"].partition(" ")[0]

    def moments(column: str) -> tuple[int, ...]:
        text = row[column]
        try:
            found = (parse_time(text),) if text.isdecimal() else chosen.zone.moments(text)
        except UsageError:
            found = ()
        if not found:
            raise ImporterError(
                f"{where}, column {column}: is not a time, or one that clocks skip",
                help="export with SLURM_TIME_FORMAT=%s, which has seconds of UTC",
            )
        return found

    elapsed = _integer(row, "ElapsedRaw", where)
    starts = () if row["Start"] in _NEVER else moments("Start")
    ends = () if row["End"] in _NEVER else moments("End")
    job = JobRow(
        state=state, elapsed=elapsed, start=starts[0] if starts else None, end=ends[0] if ends else None,
        job=row["JobIDRaw"], submit=moments("Submit")[0],
        cluster=row.get("Cluster", ""), account=row.get("Account", ""), name=row.get("JobName", ""),
        tres=_tres(row["AllocTRES"], where),
        suspended=seconds(row.get("Suspended", ""), f"{where}, column Suspended"),
        spans=tuple((start, end) for start in starts for end in ends),
    )  # fmt: skip
    return Attempt.judged(job, where, chosen.running, chosen.trusted)


def _integer(row: Mapping[str, str], column: str, where: str) -> int:
    try:
        return parse_integer(row[column])
    except UsageError:
        raise ImporterError(f"{where}, column {column}: is not a whole number") from None


def _tres(text: str, where: str) -> dict[str, int | None]:
    """The gres entries of AllocTRES, as `gres/gpu` and `gres/gpu:TYPE` → count."""
    where = f"{where}, column AllocTRES"
    entries = [part.partition("=") for part in (text.split(",") if text else ())]
    if not all(equals for _, equals, _ in entries):
        raise ImporterError(f"{where}: is not a list of NAME=COUNT, each once", help="export with sacct -P -D")
    return counts(((name, number) for name, _, number in entries), where)


IMPORTER = Importer(
    "slurm",
    "Slurm job accounting: sacct -P -D, or sacct --json",
    FORMULA,
    read,
    ("compute",),
    {
        "utilisation": "share of the peak, e.g. 40%; default 100%, an upper bound",
        "peaks": "FLOP/s by GPU type, or its kind, e.g. h100=989.4e12,gpu=a100_sxm; default by type",
        "kinds": "device kind by GPU type, e.g. h100=h100_pcie; default by type",
        "resources": "the gres that are accelerators, e.g. gpu,npu; default gpu",
        "skipped": "gres that are no accelerators, e.g. scratch,tmpdisk; others than gpu are refused",
        "phase": "default pretraining",
        "phases": "phase by account, e.g. evals=evaluation; others have `phase`",
        "run": "name of the run of all jobs; default as the formula says",
        "run_from": "attempt (default), name (JobName) or account",
        "site": "default the cluster's name",
        "owner": "default not stated",
        **settings.FOR,
        "utc_offset": "of the times in the file, e.g. +02:00; default +00:00",
        "zone": "of the times in the file by name, e.g. Europe/Berlin, with its summer time; instead of utc_offset",
        "span": "refuse (default) where ElapsedRaw does not follow from the times; elapsed: it stands, and End follows",
        "running": "refuse (default) or skip attempts that have not ended",
        "allocations": "yes accepts a file without steps: sacct -X -P -D; default no",
        **settings.SOURCE,
    },
    columns=(*settings.ROW, "utilisation", "status"),
)
