"""MLflow's file store, the folder `mlruns`, of MLflow 2 and 3: read without MLflow and without a YAML reader.

    EXPERIMENT/meta.yaml              name: …
    EXPERIMENT/RUN/meta.yaml          run_id, status (1 … 5), start_time: …
    EXPERIMENT/RUN/metrics/NAME       a line for each value: time in ms, value, step (and a data set, in MLflow 3)
    EXPERIMENT/RUN/tags/mlflow.parentRunId
    .trash/EXPERIMENT/…               what was deleted, which counts

Of a meta.yaml those lines are read that MLflow writes: `key: value` at the line's beginning, the value plain or in
quotes. Files are regular ones, reached through no link, so that the store is what lies in the folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from zkcompliance import limits
from zkcompliance.edge import regular
from zkcompliance.errors import ImporterError
from zkcompliance.importers import settings
from zkcompliance.importers.mlflow_model import UUID, Point, Run, named, point

_STATUS = {"1": "RUNNING", "2": "SCHEDULED", "3": "FINISHED", "4": "FAILED", "5": "KILLED"}
_LINE = re.compile(r"([a-z_]{1,40}):(?: (.*))?", re.DOTALL)
_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_VALUE = re.compile(r"[+-]?(?:[0-9]{1,400}(?:\.[0-9]{1,400})?(?:[eE][+-]?[0-9]{1,3})?|inf|nan)", re.ASCII)
_WHOLE = "give the folder mlruns itself, whole as MLflow wrote it"


class Files:
    """The store in a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._folder: dict[str, Path] = {}

    def runs(self) -> Iterator[Run]:
        """Every run, deleted ones too, by start."""
        found: list[tuple[int, str, dict[str, str | None], str | None, str | None]] = []
        experiments = 0
        for experiment in self._experiments():
            experiments += 1
            name = _meta(experiment, 2).get("name")
            for folder in _folders(experiment):
                if not UUID.fullmatch(folder.name):
                    continue
                if folder.name in self._folder:
                    raise ImporterError(f"run {folder.name}: is there twice", help=_WHOLE)
                if len(self._folder) >= limits.MAX_IMPORT_IDENTITIES:
                    raise ImporterError(f"over {limits.MAX_IMPORT_IDENTITIES} runs in one store")
                self._folder[folder.name] = folder
                meta = _meta(folder, 3)
                if meta.get("run_id", meta.get("run_uuid")) != folder.name:
                    raise ImporterError(f"run {folder.name}: its meta.yaml is that of another run", help=_WHOLE)
                start = meta.get("start_time") or ""
                began = int(start) if _NUMBER.fullmatch(start) else -1
                found.append((began, folder.name, meta, name, _text(folder / "tags" / "mlflow.parentRunId")))
        if not experiments:
            raise ImporterError("holds no experiment of an MLflow file store", help=_WHOLE)
        for number, (began, uuid, meta, name, parent) in enumerate(sorted(found, key=lambda each: each[:2]), 1):
            status = _STATUS.get(meta.get("status") or "")
            yield Run(uuid, status, None if began < 0 else began, name, parent, named(number, uuid))

    def logging(self, metric: str) -> set[str]:
        """The ids of the runs that have the metric."""
        return {uuid for uuid in self._folder if (path := self._metric(uuid, metric)) and os.path.lexists(path)}

    def points(self, run: Run, metric: str, order: str) -> Iterator[Point]:
        """What a run logged of a metric, all of it held; order as in `Store`."""
        path = self._metric(run.uuid, metric)
        found: list[tuple[int, int, float]] = []
        if path is not None and os.path.lexists(path):
            above = len(metric.split("/")) + 2  # folders of the store, up to the experiment's
            with _opened(path, above) as file:
                for number, data in _lines(file, f"{run.where}, the metric"):
                    if len(found) >= limits.MAX_IMPORT_IDENTITIES:
                        raise ImporterError(
                            f"{run.where}: has over {limits.MAX_IMPORT_IDENTITIES} values of the metric"
                        )
                    found.append(_line(data, f"{run.where}, value {number} of the metric"))
        found.sort(key=lambda each: each if order == "step" else (each[1], each[0], each[2]))
        for number, (step, time, value) in enumerate(found, 1):
            yield point(run, number, step, time, value, value != value)

    def _experiments(self) -> Iterator[Path]:
        """The folders of experiments, those in the trash too. ImporterError for one with runs and without its name."""
        for place in (self._root, self._root / ".trash"):
            for folder in _folders(place) if place.is_dir() else ():
                if os.path.lexists(folder / "meta.yaml"):
                    yield folder
                elif any(UUID.fullmatch(each.name) for each in _folders(folder)):
                    raise ImporterError("an experiment has runs and no meta.yaml", help=_WHOLE)

    def _metric(self, uuid: str, metric: str) -> Path | None:
        """The file of a run's metric, whose name may have slashes; None for a name that no file can have."""
        parts = metric.split("/")
        if any(part in ("", ".", "..") or "\0" in part for part in parts):
            return None
        return self._folder[uuid].joinpath("metrics", *parts)


def _folders(place: Path) -> list[Path]:
    """The folders in a place, by name; links to others are none."""
    with os.scandir(place) as entries:
        names = sorted(entry.name for entry in entries if entry.is_dir(follow_symlinks=False))
    return [place / name for name in names]


def _meta(folder: Path, depth: int) -> dict[str, str | None]:
    """What its meta.yaml says, but for what has lines of its own; a value that cannot be read is None."""
    try:
        data = regular.read_file(folder / "meta.yaml", limits.MAX_IMPORT_LINE_BYTES, folders=depth - 1)
    except OSError as error:
        raise ImporterError(f"a meta.yaml: {error.strerror}", help=_WHOLE) from None
    found: dict[str, str | None] = {}
    joined = re.sub(r"\n +", " ", settings.utf8(data, "a meta.yaml"))  # a long value goes on in a line that is set in
    for line in filter(None, joined.split("\n")):
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        if match[1] in found:
            raise ImporterError(f"a meta.yaml: says {match[1]} twice", help=_WHOLE)
        found[match[1]] = _scalar(match[2] or "")
    return found


def _scalar(text: str) -> str | None:
    """A YAML scalar as MLflow writes one, plain or in single quotes; None for any other form."""
    if text.startswith("'"):
        return text[1:-1].replace("''", "'") if re.fullmatch(r"'(?:[^']|'')*'", text) else None
    return None if text[:1] in ('"', "|", ">", "&", "*", "!", "{", "[", "") else text


def _opened(path: Path, folders: int) -> BinaryIO:
    """A metric's file. folders: how many above it are the store's."""
    try:
        return os.fdopen(regular.open_file(path, folders=folders), "rb")
    except OSError as error:
        raise ImporterError(f"a metric: {error.strerror}", help=_WHOLE) from None


def _lines(file: BinaryIO, where: str) -> Iterator[tuple[int, bytes]]:
    """The lines of a metric's file, with their numbers from 1; ImporterError says of which run."""
    try:
        yield from settings.lines(file, limits.MAX_IMPORT_LINE_BYTES)
    except ImporterError as error:
        raise ImporterError(f"{where}, {error.message}", help=_WHOLE) from None


def _text(path: Path) -> str | None:
    """What a tag's file holds; None where it is not there."""
    if not os.path.lexists(path):
        return None
    try:
        return settings.utf8(regular.read_file(path, limits.MAX_IMPORT_LINE_BYTES, folders=3), "a tag").strip()
    except OSError as error:
        raise ImporterError(f"a tag: {error.strerror}", help=_WHOLE) from None


def _line(data: bytes, where: str) -> tuple[int, int, float]:
    """(step, time, value) of a line; without a step, as early versions wrote it, it is 0. A value is a double."""
    parts = settings.utf8(data, where).split(" ")
    if len(parts) not in (2, 3, 5) or not all(_NUMBER.fullmatch(part) for part in (parts[0], *parts[2:3])):
        raise ImporterError(f"{where}: is not a line of time, value and step", help=_WHOLE)
    if not _VALUE.fullmatch(parts[1]):
        raise ImporterError(f"{where}: is not a number")
    return int(parts[2]) if len(parts) > 2 else 0, int(parts[0]), float(parts[1])
