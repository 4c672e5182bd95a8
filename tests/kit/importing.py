"""What the tests of importers share: load a file as rows, expect a refusal, and look for private values in it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from zkcompliance import importers, schemas
from zkcompliance.errors import ImporterError, UsageError, ZkComplianceError

DATA = Path(__file__).parents[1] / "data"
CANARY = "canary-7f3a91"
Loader = Callable[[Path], object]


def load(name: str, path: Path, schema: str = "compute", **options: str) -> list[dict[str, object]]:
    """The file's rows as sealed and read back: ids are digests."""
    found: list[dict[str, object]] = []
    chosen = schemas.by_name(schema)
    for chunk in importers.encode(importers.by_name(name), path, chosen, options):
        found += schemas.decode_rows(chosen, chunk)
    return found


def raw(name: str, path: Path, schema: str = "compute", **options: str) -> list[dict[str, object]]:
    """The importer's own rows, ids as texts."""
    return [dict(row) for row in importers.rows(importers.by_name(name), path, schemas.by_name(schema), options)]


def write(folder: Path, data: str | bytes, name: str = "in.csv") -> Path:
    """A file of a test."""
    (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)
    return folder / name


def refused(name: str, path: Path, match: str, schema: str = "compute", **options: str) -> str:
    """The message of an ImporterError, which names the file and repeats no canary."""
    with pytest.raises(ImporterError, match=match) as caught:
        load(name, path, schema, **options)
    assert path.name in caught.value.message
    assert CANARY not in caught.value.message + caught.value.help
    return caught.value.message


def wrong_option(name: str, path: Path, schema: str = "compute", **options: str) -> None:
    """The options are refused as such."""
    with pytest.raises(UsageError):
        load(name, path, schema, **options)


def survives(loader: Loader, path: Path) -> bool:
    """Whether a hostile file loads; if not, it ends in one of our errors of malformed input, without a canary."""
    try:
        loader(path)
    except ZkComplianceError as error:
        assert error.exit_status == 2
        text = error.message + error.help + str(error.__cause__ or "")
        assert CANARY not in text
        return False
    return True


def leaves(document: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The paths of all single values of a JSON document."""
    members = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    if not isinstance(document, (dict, list)):
        yield path
    for key, value in members:
        yield from leaves(value, (*path, key))


def replaced(document: object, path: tuple[str | int, ...], value: object) -> object:
    """A copy of a JSON document with another value at a path."""
    made = copy.deepcopy(document)
    at: object = made
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value
    return made


def get(document: object, path: tuple[str | int, ...]) -> object:
    """The value at a path."""
    for key in path:
        document = document[key]
    return document
