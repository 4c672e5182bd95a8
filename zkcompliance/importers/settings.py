"""What importers of several formats let their user state: source, phase, run, devices, and how they are read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO

from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.quantities import parse_integer
from zkcompliance.schemas import DEVICE_KINDS, PHASES, SOURCES

SOURCE = {
    "source": f"how far the input is to be trusted: {', '.join(SOURCES)}; default self_declared, others with --meterer"
}
FOR = {
    "model": "the model that it was spent on; default not stated",
    "customer": "for whom it was spent; default not stated",
}
COMPUTE = {
    "run": "name of the run; default as the formula says",
    "phase": "what the compute was for; default pretraining",
    "site": "where it ran; default not stated",
    "owner": "whose devices; default not stated",
    **FOR,
    **SOURCE,
}
ROW = (  # the columns of `Compute.row`
    "start", "end", "run", "phase", "device_kind", "devices", "peak", "flop", "method", "site", "owner", "model",
    "customer", "source",
)  # fmt: skip
DEVICES = {
    "kind": "kind of device; default other",
    "devices": "how many; default 0, not stated",
    "peak": "FLOP/s of one device; default 0, not stated",
}


def choice(options: Mapping[str, str], name: str, allowed: Sequence[str], default: str) -> str:
    """An option with a fixed list of values; UsageError lists them."""
    value = options.get(name, default)
    if value not in allowed:
        raise UsageError(f"{name} is one of {', '.join(allowed)}", help="zkcompliance formats")
    return value


def flag(options: Mapping[str, str], name: str) -> bool:
    """A yes-or-no option, default no."""
    return choice(options, name, ("yes", "no"), "no") == "yes"


def source(options: Mapping[str, str]) -> str:
    """The `source` of every row."""
    return choice(options, "source", SOURCES, "self_declared")


def integer(options: Mapping[str, str], name: str, default: int | None = None) -> int | None:
    """A whole-number option ≥ 0."""
    return parse_integer(options[name]) if name in options else default


def table(options: Mapping[str, str], name: str) -> dict[str, str]:
    """An option `A=B,C=D` as a dict. UsageError on another form or a key given twice."""
    found: dict[str, str] = {}
    for part in options[name].split(",") if name in options else ():
        key, equals, value = part.removeprefix(" ").partition("=")
        if not equals or not key or key in found:
            raise UsageError(f"{name}: want NAME=VALUE,NAME=VALUE, each name once", help="zkcompliance formats")
        found[key] = value
    return found


def names(options: Mapping[str, str], name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """An option that lists names of resources."""
    return tuple(options[name].split(",")) if options.get(name) else default


@dataclass(frozen=True)
class Compute:
    """Columns of the compute schema that a user states for a whole file."""

    run: str
    phase: str
    kind: str
    devices: int
    peak: int
    site: str
    owner: str
    model: str
    customer: str
    source: str

    @classmethod
    def of(cls, options: Mapping[str, str], run: str) -> Compute:
        """From COMPUTE and DEVICES options; `run` is the default name."""
        return cls(
            run=options.get("run") or run,
            phase=choice(options, "phase", PHASES, "pretraining"),
            kind=choice(options, "kind", DEVICE_KINDS, "other"),
            devices=integer(options, "devices", 0) or 0,
            peak=integer(options, "peak", 0) or 0,
            site=options.get("site", ""),
            owner=options.get("owner", ""),
            model=options.get("model", ""),
            customer=options.get("customer", ""),
            source=source(options),
        )

    def row(self, start: int, end: int, flop: int, method: str) -> dict[str, object]:
        """A row of the compute schema."""
        return {
            "start": start, "end": end, "run": self.run, "phase": self.phase, "device_kind": self.kind,
            "devices": self.devices, "peak": self.peak, "flop": flop, "method": method, "site": self.site,
            "owner": self.owner, "model": self.model, "customer": self.customer, "source": self.source,
        }  # fmt: skip


def shown(version: object, form: str) -> str:
    """A format's version as it may be printed: as it stands if it has the form of one, else `not named`."""
    return version if isinstance(version, str) and re.fullmatch(form, version, re.ASCII) else "not named"


def stem(name: str) -> str:
    """A file's name without its ending: the default name of a run."""
    return name.rpartition(".")[0] or name


def head(file: BinaryIO, size: int) -> bytes:
    """The first bytes of a file that nothing has been read from; they stay to be read."""
    peek = getattr(file, "peek", None)
    if peek is not None:
        return bytes(peek(size)[:size])
    first = file.read(size)
    file.seek(0)
    return first


def lines(file: BinaryIO, longest: int) -> Iterator[tuple[int, bytes]]:
    """Lines with their numbers from 1, line ends cut off.

    ImporterError for a line over `longest` bytes, and for a last line without a line end: the file was cut.
    """
    number = 0
    while line := file.readline(longest + 2):
        number += 1
        text = line.removesuffix(b"\n").removesuffix(b"\r")
        if len(text) > longest:
            raise ImporterError(f"line {number}: is longer than {longest} bytes")
        if not line.endswith(b"\n"):
            raise ImporterError(f"line {number}: has no line end, so the file was cut")
        yield number, text


def utf8(data: bytes, where: str) -> str:
    """Strict UTF-8, without NUL characters."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        raise ImporterError(f"{where}: is not UTF-8") from None
    if "\0" in text:
        raise ImporterError(f"{where}: holds a NUL character")
    return text
