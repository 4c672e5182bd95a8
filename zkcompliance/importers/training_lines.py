"""What readers of the lines that a training prints share: text without colours, times of day, rows by step.

A line is known by its step; a run by its name and its first line, which no other has to the millisecond.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers import settings
from zkcompliance.importers.cumulative import RESUMED, Count
from zkcompliance.importers.local_time import Zone
from zkcompliance.quantities import parse_integer

MAX_LINE_BYTES = 1 << 20
_COLOUR = re.compile(r"\x1b\[[0-9;]{0,16}m")
_LONGEST_STEP = 12  # digits of a count of a line
OPTIONS = {
    "parameters": "of the model, e.g. 7e9; those that a token uses, of a mixture of experts; needed",
    "utc_offset": "+HH:MM, of the clock that the lines show; default UTC",
    "zone": "the zone of that clock, e.g. Europe/Berlin",
    **{name: RESUMED[name] for name in ("base", "resumed")},
    **settings.COMPUTE,
    **settings.DEVICES,
}


def texts(file: BinaryIO) -> Iterator[tuple[int, str]]:
    """Lines with their numbers from 1, without colours and spaces at their ends. ImporterError."""
    for number, line in settings.lines(file, MAX_LINE_BYTES):
        yield number, _COLOUR.sub("", settings.utf8(line, f"line {number}")).strip()


def number(text: str, where: str) -> int:
    """Digits, with or without commas between thousands. ImporterError."""
    digits = text.replace(",", "")
    if not re.fullmatch(rf"[0-9]{{1,{_LONGEST_STEP}}}", digits, re.ASCII):
        raise ImporterError(f"{where}: is no whole number of at most {_LONGEST_STEP} digits")
    return int(digits)


def milliseconds(day: str, time: str, fraction: str, zone: Zone, where: str) -> int:
    """A time of day as UTC milliseconds, rounded down; of an hour that clocks show twice, the first."""
    found = zone.moments(f"{day}T{time}")
    if not found or found[0] < 0:
        raise ImporterError(f"{where}: its time is none that these clocks show")
    return found[0] * 1000 + int(fraction[:3].ljust(3, "0") or "0")


def count(options: Mapping[str, str], name: str, tokens: int, counted: str) -> Count:
    """6 × parameters × tokens of each of what is counted. name: of the file; counted: what messages call it."""
    if "parameters" not in options:
        raise UsageError("parameters is needed: FLOP = 6 × parameters × tokens", help="add --set parameters=7e9")
    return Count(
        settings.Compute.of(options, settings.stem(name)),
        counted,
        6 * parse_integer(options["parameters"]) * tokens,
        "architecture",
        parse_integer(options["base"]) if "base" in options else 0,
        settings.choice(options, "resumed", ("refuse", "rewind", "restart"), "refuse"),
        "step",
    )


def refuse_again(resumed: str, where: str) -> None:
    """ImporterError where training begins again in one file and nobody said so: it went back to a checkpoint, and what
    was done between that and the end of the first is done twice, whichever steps are logged."""
    if resumed == "refuse":
        raise ImporterError(
            f"{where}: training starts again, from a checkpoint or anew",
            help="a run that was resumed: add --set resumed=rewind; what it lost since its last line is in no row",
        )


def identity(run: str, first: str) -> tuple[str, str]:
    """What no other run has. first: its first line."""
    return run, hashlib.sha256(first.encode("utf-8", "surrogatepass")).hexdigest()[:32]
