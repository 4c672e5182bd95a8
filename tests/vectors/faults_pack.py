"""A twin of `faults_formats.py` with one edit → the files that an importer reads.

Edits: [file, operation, argument], with `cut` (keep so many bytes; from the end when negative), `append` (text),
`delete`, `encode` (codec), `swap` ([old, new] text, there once) and `bytes` ([old text, new hex], there at least once).
Packed inputs: `zip` (stored, not deflated), `sqlite` (of one SQL script), `parquet` and `ipc` (of one table, a list of
[name, Arrow type, values]; texts are written as Latin-1, so that one can fail to be UTF-8).
"""

from __future__ import annotations

import io
import json
import sqlite3
import zipfile
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any


def changed(data: bytes, operation: str, argument: Any) -> bytes:
    """The bytes after the edit."""
    match operation:
        case "cut":
            assert argument < len(data)
            return data[:argument]
        case "append":
            return data + argument.encode()
        case "encode":
            return data.decode().encode(argument)
        case "swap":
            old, new = (text.encode() for text in argument)
            assert data.count(old) == 1, f"{argument[0]!r} is {data.count(old)} times in the sound twin"
            return data.replace(old, new)
        case "bytes":
            old, new = argument[0].encode(), bytes.fromhex(argument[1])
            assert old in data, f"{argument[0]!r} is not in the sound twin"
            return data.replace(old, new)
        case _:
            raise AssertionError(operation)


def put(folder: Path, twin: Mapping[str, Any], edit: list[Any] | None) -> Path:
    """Write the twin's files with that edit, and pack them. The input's path."""
    name, operation, argument = edit or ("", "", None)
    files = {file: text.encode() for file, text in twin["files"].items()}
    assert not edit or name in files or name == twin["input"], name
    if name in files and operation == "delete":
        del files[name]
    elif name in files:
        files[name] = changed(files[name], operation, argument)
    target = folder / str(twin["input"])
    if "pack" not in twin:
        for file, data in files.items():
            (folder / file).write_bytes(data)
        return target
    PACK[twin["pack"]](target, files)
    if name == twin["input"]:
        target.write_bytes(changed(target.read_bytes(), operation, argument))
    return target


def _zip(target: Path, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data)


def _sqlite(target: Path, files: Mapping[str, bytes]) -> None:
    (script,) = files.values()
    with closing(sqlite3.connect(target)) as database:
        database.executescript(script.decode())


def _table(files: Mapping[str, bytes]) -> Any:
    import pyarrow as pa

    (text,) = files.values()
    names, columns = [], []
    for name, kind, values in json.loads(text):
        names.append(name)
        if kind == "string":
            columns.append(pa.array([value.encode("latin-1") for value in values], pa.binary()).view(pa.string()))
        else:
            columns.append(pa.array(values, pa.type_for_alias(kind)))
    return pa.Table.from_arrays(columns, names)


def _parquet(target: Path, files: Mapping[str, bytes]) -> None:
    from pyarrow import parquet

    parquet.write_table(_table(files), target)


def _ipc(target: Path, files: Mapping[str, bytes]) -> None:
    from pyarrow import ipc

    table, held = _table(files), io.BytesIO()
    with ipc.new_file(held, table.schema) as out:
        out.write_table(table)
    target.write_bytes(held.getvalue())


PACK = {"zip": _zip, "sqlite": _sqlite, "parquet": _parquet, "ipc": _ipc}
