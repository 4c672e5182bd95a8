"""Times of day as the clocks of a place show them, to UTC seconds; an hour that clocks show twice is told by its job.

In the hour that summer time repeats, one time of day is two seconds of UTC. How long a job ran says which is meant.
"""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from zkcompliance.errors import UsageError

_OFFSET = re.compile(r"([+-])([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)


@dataclass(frozen=True)
class Zone:
    """The clocks of a file: a fixed offset from UTC, or a zone by its IANA name."""

    _zone: timezone | zoneinfo.ZoneInfo

    @classmethod
    def of(cls, offset: str | None, name: str | None) -> Zone:
        """From the options `utc_offset` and `zone`, of which one may be given; UTC without."""
        if offset is not None and name is not None:
            raise UsageError("utc_offset and zone: give one of them", help="leave --set utc_offset=… or zone=… out")
        if name is not None:
            try:
                return cls(zoneinfo.ZoneInfo(name))
            except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
                raise UsageError(
                    f"zone: no time zone {name[:64]!r} is known here; it is a name such as Europe/Berlin",
                    help="pip install tzdata  # where this machine has no zones; or --set utc_offset=+01:00",
                ) from None
        match = _OFFSET.fullmatch(offset or "+00:00")
        if match is None:
            raise UsageError(
                "utc_offset is +HH:MM or -HH:MM",
                help="say --set utc_offset=+01:00; a zone with summer time is --set zone=Europe/Berlin",
            )
        span = timedelta(hours=int(match[2]), minutes=int(match[3]))
        return cls(timezone(-span if match[1] == "-" else span))

    def moments(self, text: str) -> tuple[int, ...]:
        """The seconds of UTC that a time of day YYYY-MM-DDTHH:MM:SS is there, earliest first: none, one, or two."""
        if not _TIME.fullmatch(text):
            return ()
        try:
            shown = datetime.fromisoformat(text)
        except ValueError:
            return ()
        found = set()
        for fold in (0, 1):
            moment = shown.replace(tzinfo=self._zone, fold=fold).astimezone(UTC)
            if moment.astimezone(self._zone).replace(tzinfo=None, fold=0) == shown:  # a time that clocks skip is none
                found.add(int(moment.timestamp()))
        return tuple(sorted(found))
