"""What `zkcompliance watch` is told in its TOML file: the logs, and where the rows of each come from (docs/live.md).

    health = "watch.json"
    [[logs]]
    path = "acme-compute"; key = "compute.key"; schema = "compute"; every = "1h"
    [[logs.sources]]
    kind = "file"; glob = "exports/*.csv"; format = "csv"

Paths are from the file's own folder. Every key that is none, and every value of another form, is a UsageError that says
where it stands.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from zkcompliance import importers, schemas
from zkcompliance.edge import regular
from zkcompliance.edge.exchange import LOCAL
from zkcompliance.errors import UsageError, ZkComplianceError
from zkcompliance.importers import Importer
from zkcompliance.quantities import parse_seconds
from zkcompliance.schemas import Schema

MAX_BYTES = 1 << 20  # of the file
MAX_POINTS = 10_000  # of one answer; Prometheus gives no more than 11,000 of a series
_HELP = "docs/live.md has an example of each kind of source"


@dataclass(frozen=True)
class Source:
    """What all kinds have. every: seconds from one reading to the next; name: unlike any other's of its log."""

    name: str
    every: int
    importer: Importer
    options: Mapping[str, str]


@dataclass(frozen=True)
class Files(Source):
    """Files that match `pattern`, from the folder `root` on."""

    root: Path
    pattern: str


@dataclass(frozen=True)
class Prometheus(Source):
    """Range queries, in whole intervals of `interval` seconds.

    step: between readings, seconds. settle: how long after its end an interval is asked for. back: from how long ago on
    the first time. token: a file whose first line is sent as a bearer token.
    """

    url: str
    query: str
    step: int
    interval: int
    settle: int
    back: int
    token: Path | None


@dataclass(frozen=True)
class Command(Source):
    """A program that prints what Slurm's sacct does. timeout: seconds until it is ended."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    timeout: int


@dataclass(frozen=True)
class Log:
    """A log: its folder, the private key's file, its schema, and what is sealed in it.

    beacon: the file of a round that each seal holds; beacon_required: nothing is sealed without one of the last day.
    """

    path: Path
    key: Path
    schema: Schema
    profile: str
    sources: tuple[Source, ...]
    beacon: Path | None = None
    beacon_required: bool = False


@dataclass(frozen=True)
class Plan:
    """All of it. health: where it is written down how things are, and from where on a server is asked."""

    health: Path | None
    logs: tuple[Log, ...]


def load(path: Path) -> Plan:
    """The plan in a file. UsageError where it cannot be read, or says what is none."""
    try:
        with regular.open_given(path) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: {regular.reason(error)}", help="give the TOML file that says what is read") from None
    if len(data) > MAX_BYTES:
        raise UsageError(f"{path}: is longer than {MAX_BYTES} bytes", help=_HELP)
    try:
        found = tomllib.loads(data.decode())
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is no TOML: {str(error)[:200]}", help=_HELP) from None
    root = path.absolute().parent
    table = _Table(str(path), "", found)
    health = root / table.text("health")
    logs = tuple(_log(each, root) for each in table.tables("logs"))
    table.end()
    folders = [log.path for log in logs]
    for folder in folders:
        if folders.count(folder) > 1:
            raise UsageError(f"{path}: the log {folder} is there twice", help="give it all its sources in one [[logs]]")
    return Plan(health, logs)


class _Table:
    """A table of the file at `where`, whose keys are taken one by one; what is left at the end is none of ours."""

    def __init__(self, file: str, where: str, values: Mapping[str, object]) -> None:
        self._file, self._where, self._left = file, where, dict(values)

    def wrong(self, what: str) -> UsageError:
        return UsageError(f"{self._file}: {self._where}{': ' if self._where else ''}{what}", help=_HELP)

    def get(self, name: str, default: str | None = None) -> str | None:
        value = self._left.pop(name, default)
        if value is not None and (not isinstance(value, str) or not value or "\0" in value):
            raise self.wrong(f"{name} is a text, and not empty")
        return value

    def text(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise self.wrong(f"{name} is not there")
        return value

    def seconds(self, name: str, default: str | None = None, least: int = 1) -> int:
        value = self._left.pop(name, default)
        if value is None:
            raise self.wrong(f"{name} is not there")
        try:
            found = value if type(value) is int else parse_seconds(value) if isinstance(value, str) else -1
        except ZkComplianceError as error:
            raise self.wrong(f"{name}: {error.message}") from None
        if not least <= found < 1 << 31:
            raise self.wrong(f'{name} is a length of time of at least {least} s: seconds, or such as "1h"')
        return found

    def texts(self, name: str) -> dict[str, str]:
        """A table of texts; whole numbers are taken as texts."""
        value = self._left.pop(name, {})
        if not isinstance(value, dict):
            raise self.wrong(f"{name} is a table: {{ name = value }}")
        for key, each in value.items():
            if not (isinstance(each, str) or type(each) is int) or "\0" in f"{key}{each}":
                raise self.wrong(f"{name}.{key[:64]} is a text or a whole number")
        return {key: str(each) for key, each in value.items()}

    def flag(self, name: str) -> bool:
        value = self._left.pop(name, False)
        if type(value) is not bool:
            raise self.wrong(f"{name} is true or false")
        return value

    def several(self, name: str) -> tuple[str, ...]:
        value = self._left.pop(name, None)
        if (
            not isinstance(value, list)
            or not value
            or not all(isinstance(each, str) and "\0" not in each for each in value)
        ):
            raise self.wrong(f"{name} is a list of texts, of which there is at least one")
        return tuple(value)

    def tables(self, name: str) -> list[_Table]:
        value = self._left.pop(name, None)
        if not isinstance(value, list) or not value or not all(isinstance(each, dict) for each in value):
            raise self.wrong(f"[[{self._where + '.' if self._where else ''}{name}]] is not there")
        inside = f"{self._where}." if self._where else ""
        return [_Table(self._file, f"{inside}{name}[{at}]", each) for at, each in enumerate(value, 1)]

    def end(self) -> None:
        for name in self._left:
            raise self.wrong(f"{name[:64]!r} is nothing that stands here")


def _log(table: _Table, root: Path) -> Log:
    path, key = root / table.text("path"), root / table.text("key")
    try:
        schema = schemas.by_name(table.text("schema"))
    except ZkComplianceError as error:
        raise table.wrong(error.message) from None
    profile = table.get("profile") or "standard"
    every = table.seconds("every")
    sources = tuple(_source(each, every, schema, root) for each in table.tables("sources"))
    names = [each.name for each in sources]
    for name in names:
        if names.count(name) > 1:
            raise table.wrong(f"two sources are called {name}: give each a name, name = …")
    beacon, required = table.get("beacon"), table.flag("beacon_required")
    if required and beacon is None:
        raise table.wrong("beacon_required is about the file of rounds: beacon is not there")
    table.end()
    return Log(path, key, schema, profile, sources, None if beacon is None else root / beacon, required)


def _source(table: _Table, every: int, schema: Schema, root: Path) -> Source:
    kind = table.text("kind")
    if kind not in _KINDS:
        raise table.wrong(f"kind is one of {', '.join(_KINDS)}")
    name, every, options = table.get("name") or kind, table.seconds("every", str(every)), table.texts("options")
    if not name.replace("-", "").replace("_", "").replace(".", "").isalnum() or name.startswith("."):
        raise table.wrong("name has letters, digits, '-', '_' and '.' alone")  # it is that of a file too
    form = {"sacct": "slurm"}.get(kind) or table.text("format")
    try:
        importer = importers.mapped(importers.by_name(form), table.texts("map"), schema)
        importer.check(schema, options)
    except ZkComplianceError as error:
        raise table.wrong(error.message) from None
    source = _KINDS[kind](table, root, Source(name, every, importer, options))
    table.end()
    return source


def _files(table: _Table, root: Path, base: Source) -> Source:
    return Files(base.name, base.every, base.importer, base.options, root, table.text("glob"))


def _prometheus(table: _Table, root: Path, base: Source) -> Source:
    if base.importer.name not in ("dcgm", "kube-state"):
        raise table.wrong("format is dcgm or kube-state: what Prometheus answers")
    url, query, step = table.text("url"), table.text("query"), table.seconds("step")
    parts = _split(table, url)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOCAL):
        raise table.wrong("url is https://…, or http:// of this machine (localhost)")
    if not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise table.wrong("url is a server's, with nothing in it but host, port and path; a token is token_file = …")
    try:
        interval = parse_seconds(base.options.get("every", "1 h"))
    except ZkComplianceError as error:
        raise table.wrong(f"options.every: {error.message}") from None
    if not interval or interval % step or interval // step > MAX_POINTS:
        raise table.wrong(f"options.every is a whole multiple of step, of at most {MAX_POINTS} steps")
    options = dict(base.options)
    if base.importer.name == "kube-state":
        if "since" in options or options.get("step", str(step)) != str(step):
            raise table.wrong("options.step and options.since follow from step: leave them out")
        options["step"] = f"{step} s"
    token = table.get("token_file")
    return Prometheus(
        base.name, base.every, base.importer, options, url.rstrip("/"), query, step, interval,
        table.seconds("settle", "5 min", 0), table.seconds("back", "1 d"), None if token is None else root / token,
    )  # fmt: skip


def _split(table: _Table, url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise table.wrong("url is no URL") from None
    if not url.isascii() or not url.isprintable() or " " in url:
        raise table.wrong("url is no URL")
    return parts


def _command(table: _Table, root: Path, base: Source) -> Source:
    command = table.several("command")
    if not command[0].startswith("/"):
        raise table.wrong("command begins with the program's whole path, such as /usr/bin/sacct: no PATH is searched")
    environment = table.texts("environment")
    if any("=" in name or not name for name in environment):
        raise table.wrong("environment has names of variables")
    timeout = table.seconds("timeout", "5 min")
    return Command(base.name, base.every, base.importer, base.options, command, environment, timeout)


_KINDS = {"file": _files, "prometheus": _prometheus, "sacct": _command}
