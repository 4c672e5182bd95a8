"""Times as an export writes them, by a form that is stated: `%d/%b/%y %I:%M %p` in Europe/Berlin, or `ms`.

    %Y %y   year, of four or two digits (69 to 99 are of the last century)     %H %I %M %S   hours of 24 or 12, minutes,
    %m %b %B   month, as a number or in English                                              seconds
    %d   day                                        %p   AM or PM         %f   fraction of a second, which is cut off
    %z   offset from UTC: Z, +02:00 or +0200        %%   a percent sign

What a form leaves out is zero: a form without seconds gives whole minutes, one without hours the day's first second. A
form without %z needs a zone. `ms` is milliseconds since 1970, cut to seconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from zkcompliance.errors import UsageError
from zkcompliance.importers.local_time import Zone
from zkcompliance.quantities import LAST, Refused

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_PARTS = {
    "Y": r"(?P<Y>\d{4})", "y": r"(?P<y>\d\d)", "m": r"(?P<m>\d\d?)", "d": r"(?P<d>\d\d?)", "H": r"(?P<H>\d\d?)",
    "I": r"(?P<I>\d\d?)", "M": r"(?P<M>\d\d)", "S": r"(?P<S>\d\d)", "f": r"\d{1,9}", "p": r"(?P<p>[AaPp][Mm])",
    "b": f"(?P<b>{'|'.join(name[:3] for name in _MONTHS)})", "B": f"(?P<B>{'|'.join(_MONTHS)})",
    "z": r"(?P<z>Z|[+-]\d\d:?\d\d)", "%": "%",
}  # fmt: skip
_LONGEST = 64  # of a form, and of a text that is read by one
_MILLISECONDS = re.compile(r"\d{12,13}", re.ASCII)  # from 2001-09-09, as whole seconds have ten digits


@dataclass(frozen=True)
class Form:
    """How the times of a file are written; pattern None: milliseconds."""

    pattern: re.Pattern[str] | None
    zone: Zone | None

    @classmethod
    def of(cls, form: str, zone: str | None) -> Form:
        """zone: +HH:MM or a name such as Europe/Berlin. UsageError for a form or a zone that is none."""
        if form == "ms":
            if zone is not None:
                raise UsageError("--zone: milliseconds since 1970 are UTC", help="leave --zone out")
            return cls(None, None)
        pattern = _pattern(form)
        if ("z" in pattern.groupindex) != (zone is None):
            raise UsageError(
                "--times: a form has an offset of its own (%z), or there is --zone, and not both",
                help="--zone Europe/Berlin, or --zone +00:00 for UTC",
            )
        if zone is None:
            return cls(pattern, None)
        offset = zone.startswith(("+", "-"))
        return cls(pattern, Zone.of(zone if offset else None, None if offset else zone))

    def read(self, value: object) -> int:
        """UTC seconds, from 1970 to 2100. Refused says why it is none; the value is not repeated."""
        moment = self._moment(value)
        if not 0 < moment <= LAST:
            raise Refused("is before 1970, or after 2099")
        return moment

    def _moment(self, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, (int, str)):
            raise Refused("is not a time")
        text = str(value)
        if self.pattern is None:
            if not _MILLISECONDS.fullmatch(text):
                raise Refused("is not a time in milliseconds since 1970")
            return int(text) // 1000
        match = self.pattern.fullmatch(text) if len(text) <= _LONGEST else None
        if match is None:
            raise Refused("is not a time of the form that --times states")
        found = {name: part for name, part in match.groupdict().items() if part is not None}
        try:
            shown = _clock(found)
        except ValueError:
            raise Refused("is a day or an hour that there is not") from None
        if self.zone is None:
            return _with_offset(shown, found["z"])
        moments = self.zone.moments(shown.isoformat())
        if not moments:
            raise Refused("is a time of day that clocks there skip")
        if len(moments) > 1:
            raise Refused("is in an hour that clocks there show twice: export times in UTC")
        return moments[0]


def _pattern(form: str) -> re.Pattern[str]:
    """The form as an expression. UsageError names what is wrong with it."""
    made, seen = "", set()
    pieces = re.split(r"(%.?)", form)
    for piece in pieces:
        if not piece.startswith("%"):
            made += re.escape(piece)
            continue
        letter = piece[1:]
        if letter not in _PARTS or (letter in seen and letter != "%"):
            raise UsageError(
                f"--times: {piece} is no part of a time, or is there twice; there is "
                + ", ".join(f"%{name}" for name in _PARTS),
                help="--times '%Y-%m-%d %H:%M:%S' --zone Europe/Berlin",
            )
        seen.add(letter)
        made += _PARTS[letter]
    whole = ({"Y", "y"}, {"m", "b", "B"}, {"d"})
    halves = ("I" in seen) == ("p" in seen)
    if len(form) > _LONGEST or any(len(each & seen) != 1 for each in whole) or not halves or {"H", "I"} <= seen:
        raise UsageError(
            "--times: a form has a year, a month and a day, each once, and %I with %p or %H",
            help="--times '%Y-%m-%d %H:%M:%S' --zone Europe/Berlin",
        )
    return re.compile(made, re.ASCII | re.IGNORECASE)


def _clock(found: dict[str, str]) -> datetime:
    """What the clocks showed. ValueError for no such day or hour."""
    year = int(found["Y"]) if "Y" in found else int(found["y"]) + (1900 if int(found["y"]) >= 69 else 2000)
    named = found.get("b", found.get("B", "")).lower()
    month = int(found["m"]) if "m" in found else 1 + [name[:3] for name in _MONTHS].index(named[:3])
    hour = int(found.get("H", "0"))
    if "I" in found:
        if not 1 <= int(found["I"]) <= 12:
            raise ValueError
        hour = int(found["I"]) % 12 + (12 if found["p"].lower() == "pm" else 0)
    return datetime(year, month, int(found["d"]), hour, int(found.get("M", "0")), int(found.get("S", "0")))


def _with_offset(shown: datetime, offset: str) -> int:
    """UTC seconds of what clocks showed at an offset."""
    seconds = int((shown.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds())
    if offset in "Zz":
        return seconds
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if hours > 23 or minutes > 59:
        raise Refused("has an offset that is none")
    return seconds - (1 if offset[0] == "+" else -1) * (hours * 3600 + minutes * 60)
