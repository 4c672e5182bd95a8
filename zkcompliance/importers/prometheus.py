"""DCGM tensor-pipe activity out of Prometheus: the JSON of a `query_range`, one row per GPU and hour.

A reading is the share of cycles in which the tensor cores were busy since the reading before. It is an estimate of
the work done, not a count: the pipe can be active with operations of another width than the peak is stated for.

DCGM writes numbers near 2^31, 2^47 and 2^63 for: no reading. They, and readings that are missing, leave a gap. Refused:
gaps (unless an option says what they are), NaN, negative values and values over 1, times that do not increase, a GPU
that is there twice, MIG slices, another metric, partial answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.devices import KINDS, NVIDIA
from zkcompliance.importers.exact import Seen, ceil, number
from zkcompliance.importers.json_stream import JsonStream, as_text
from zkcompliance.importers.model import Identified, Importer, Row
from zkcompliance.importers.prometheus_range import readings, series
from zkcompliance.quantities import MILLION, Exact, parse_integer, parse_seconds
from zkcompliance.schemas import Schema

METRIC = "DCGM_FI_PROF_PIPE_TENSOR_ACTIVE"
FORMULA = (
    "flop = ceil(Σ activity × seconds since the reading before × peak FLOP/s), an estimate, for each GPU and interval; "
    "a reading belongs to the interval in which it was taken; utilisation = flop / (peak × seconds); peak is the dense "
    "bf16 figure by modelName unless set; the first reading of a GPU counts for nothing"
)
# DCGM's blank values (none, not found, not supported, not permitted) as 32-bit, 64-bit and double numbers; a double
# near 2^63 is written 9.223372036854776e+18
_BLANKS = ((0x7FFFFFF0, 0x7FFFFFFF), (0x7FFFFFFFFFFFFFF0, 9223372036854776000), (1 << 47, (1 << 47) + 15))


def read(file: BinaryIO, name: str, schema: Schema, options: Mapping[str, str]) -> Iterator[Row]:
    """Rows of the compute schema, GPU by GPU; start and end enclose the readings in whole seconds."""
    chosen, stream, seen = _Chosen.of(options, name), JsonStream(file), Seen()
    for where, labels in series(stream):
        kind, peak = _device(labels, where, chosen)
        device = as_text(labels.get("UUID"), f"{where}, UUID")
        if not seen.add(labels.get("UUID")):
            raise ImporterError(f"{where}, UUID: the GPU is there twice", help="aggregate: max by (UUID, …)")
        yield from _intervals(_activity(stream, where), where, device, kind, peak, chosen)


@dataclass(frozen=True)
class _Chosen:
    stated: settings.Compute
    peak: int | None
    every: int
    longest: int
    gaps: str
    unnamed: bool
    kind: str | None
    peaks: dict[str, tuple[str | None, int]]  # by modelName or UUID: the kind, where it is stated, and the peak

    @classmethod
    def of(cls, options: Mapping[str, str], name: str) -> _Chosen:
        every, longest = parse_seconds(options.get("every", "1 h")), parse_seconds(options.get("longest", "5 min"))
        if not every or not longest:
            raise UsageError(
                "every and longest are at least a second", help="say --set every=1h, or --set longest=10min"
            )
        return cls(
            settings.Compute.of(options, settings.stem(name)),
            parse_integer(options["peak"]) if "peak" in options else None,
            every,
            longest,
            settings.choice(options, "gaps", ("refuse", "skip", "full"), "refuse"),
            settings.flag(options, "unnamed"),
            options.get("kind"),
            {name: _stated(text) for name, text in settings.table(options, "peaks").items()},
        )


def _stated(text: str) -> tuple[str | None, int]:
    """Kind and peak of a device, out of a kind, which has both, or FLOP/s."""
    return (text, KINDS[text]) if text in KINDS else (None, parse_integer(text))


def _device(labels: Mapping[str, object], where: str, chosen: _Chosen) -> tuple[str, int]:
    """(kind, peak) of the GPU. ImporterError for another metric, a MIG slice or an unknown model."""
    device = as_text(labels.get("UUID"), f"{where}, UUID")
    if "__name__" not in labels and not chosen.unnamed:
        raise ImporterError(
            f"{where}, __name__: is missing", help=f"add --set unnamed=yes if it is an aggregate of {METRIC}"
        )
    if labels.get("__name__", METRIC) != METRIC:
        raise ImporterError(f"{where}, __name__: is not {METRIC}")
    if labels.get("GPU_I_ID") or labels.get("GPU_I_PROFILE"):
        raise ImporterError(
            f"{where}, GPU_I_ID: a slice of a GPU (MIG) is not counted here",
            help="write what it used into a CSV of the compute schema: zkcompliance schemas compute",
        )
    name = labels.get("modelName")
    model = name if isinstance(name, str) else ""
    kind, peak = NVIDIA.get(model, ("other", None))
    for stated in (each for each in (model, device) if each in chosen.peaks):  # that of the device itself counts
        named, peak = chosen.peaks[stated]
        kind = kind if named is None else named
    if peak is None or (chosen.peak is not None and not chosen.peaks.keys() & {model, device}):
        peak = chosen.peak
    if peak is None:
        raise ImporterError(
            f"{where}, modelName: the peak of this device is not known",
            help="add --set peaks=MODEL=989.4e12, by modelName or UUID; or one for all, --set peak=989.4e12",
        )
    return chosen.stated.kind if chosen.kind else kind, peak


def _activity(stream: JsonStream, where: str) -> Iterator[tuple[Fraction, Fraction]]:
    """(time, activity 0 … 1), times increasing, blanks left out."""
    for here, time, value in readings(stream, where):
        if value.is_finite() and any(low <= value <= high for low, high in _BLANKS):
            continue
        activity = number(value, f"{here}, value")
        if activity > 1:
            raise ImporterError(f"{here}, value: is over 1, and activity is 0 to 1")
        yield time, activity


def _intervals(
    readings: Iterator[tuple[Fraction, Fraction]], where: str, device: str, kind: str, peak: int, chosen: _Chosen
) -> Iterator[Row]:
    """Rows of one GPU: readings gathered by the multiple of `every` seconds in which they were taken."""
    before: Fraction | None = None
    bucket, begin, finish, busy, span = -1, Fraction(), Fraction(), Fraction(), Fraction()

    def row() -> Row:
        share = Exact(round(busy / span * MILLION))
        row = chosen.stated.row(int(begin), ceil(finish), ceil(busy * peak), "measured")
        row |= {"device_kind": kind, "devices": 1, "peak": peak, "utilisation": share}
        return Identified(row, (device, str(begin)), f"the interval of {where} from {int(begin)}")

    for time, activity in readings:
        if before is None:
            before = time
            continue
        elapsed = time - before
        if elapsed > chosen.longest:
            if chosen.gaps == "refuse":
                raise ImporterError(
                    f"{where}: no reading for over {chosen.longest} s",
                    help="add --set gaps=full (counted as busy), gaps=skip, or --set longest=10min",
                )
            activity = Fraction(1) if chosen.gaps == "full" else Fraction(0)
        if time // chosen.every != bucket:
            if span:
                yield row()
            bucket, begin, busy, span = time // chosen.every, before, Fraction(), Fraction()
        busy, span, finish, before = busy + activity * elapsed, span + elapsed, time, time
    if span:
        yield row()


IMPORTER = Importer(
    "dcgm",
    f"Prometheus query_range of {METRIC}",
    FORMULA,
    read,
    ("compute",),
    {
        "every": "length of the intervals; default 1 h",
        "longest": "longest time between readings that is no gap; default 5 min",
        "gaps": "refuse (default), skip (counted as idle) or full (counted as busy)",
        "unnamed": "yes takes series without __name__, as of an aggregate; default no",
        "peak": "FLOP/s of one GPU; default by modelName",
        "peaks": "the same by modelName or UUID, or a kind, e.g. NVIDIA L40S=362.05e12,GPU-42…=h100_pcie",
        "kind": "kind of device; default by modelName",
        **settings.COMPUTE,
    },
    columns=(*settings.ROW, "utilisation"),
)
