"""Every vector of faults.json: one fault, one error code; the sound twins are taken."""

from __future__ import annotations

import base64
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.vectors import generate_faults
from tests.vectors.faults_pack import put
from zkcompliance import importers, schemas
from zkcompliance.errors import ZkComplianceError
from zkcompliance.log import note
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.evidence import Evidence
from zkcompliance.log.fsck import fsck, raise_if_faulty
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.receipt import Receipt
from zkcompliance.log.trust import TrustPolicy

DOCUMENT = json.loads(Path(__file__).with_name("faults.json").read_text())
FIXED, VECTORS = DOCUMENT["fixed"], DOCUMENT["vectors"]
KEY = VerifierKey.parse(FIXED["key"])
TAKE = {
    "note": lambda text: note.verify(text, KEY),
    "checkpoint": Checkpoint.parse,
    "key": VerifierKey.parse,
    "trust": TrustPolicy.parse,
    "cosigned": lambda text: TrustPolicy.parse(FIXED["trust"]).check(text),
    "receipt": lambda text: Receipt.parse(text).check(FIXED["entry"].encode(), TrustPolicy.parse(FIXED["trust"])),
    "evidence": Evidence.parse,
}


def edit(log: Path, name: str, operation: str, argument: Any) -> None:
    path = log / name
    match operation:
        case "cut":
            path.write_bytes(path.read_bytes()[:argument])
        case "flip":
            data = bytearray(path.read_bytes())
            data[argument] ^= 1
            path.write_bytes(data)
        case "put":
            path.write_text(argument)
            path.chmod(0o600)
        case "delete":
            path.unlink()
        case "mode":
            path.chmod(argument)
        case "rename":
            path.rename(log / argument)
        case _:
            raise AssertionError(operation)


def take_log(folder: Path, edits: list[list[Any]]) -> None:
    log = folder / "log"
    for name, data in FIXED["log"].items():
        path = log / name
        for parent in (path.parent, *path.parent.parents):
            if parent.is_relative_to(log) and not parent.exists():
                parent.mkdir(parents=True)
        path.write_bytes(base64.b64decode(data))
        path.chmod(0o600 if name.startswith("secret") else 0o644)
    for secret in (log / "secret", *(p for p in (log / "secret").rglob("*") if p.is_dir())):
        secret.chmod(0o700)
    for change in edits:
        edit(log, *change)
    try:
        raise_if_faulty(fsck(log))
    finally:
        shutil.rmtree(log)


def take_import(folder: Path, kind: str, data: bytes) -> None:
    path = folder / f"in.{kind}"
    path.write_bytes(data)
    list(importers.encode(importers.by_name(kind), path, schemas.compute))


def take_twin(folder: Path, kind: str, change: list[Any] | None) -> None:
    twin = FIXED["twins"][kind]
    if twin.get("pack") in ("parquet", "ipc"):
        pytest.importorskip("pyarrow")
    path = put(folder, twin, change)
    options = {name: value.replace("{folder}", str(folder)) for name, value in twin.get("options", {}).items()}
    list(importers.encode(importers.by_name(twin["format"]), path, schemas.by_name(twin["schema"]), options))


@pytest.mark.parametrize("vector", VECTORS, ids=[f"{v['kind']}-{v['name']}".replace(" ", "_") for v in VECTORS])
def test_vector(vector: dict[str, Any], tmp_path: Path) -> None:
    code = None
    try:
        if vector["kind"] == "log":
            take_log(tmp_path, vector["edits"])
        elif vector["kind"] in FIXED["twins"]:
            take_twin(tmp_path, vector["kind"], vector["edit"])
        elif "base64" in vector:
            take_import(tmp_path, vector["kind"], base64.b64decode(vector["base64"]))
        else:
            TAKE[vector["kind"]](vector["input"])
    except ZkComplianceError as error:
        code = error.code
    assert code == vector["code"]


def test_there_are_enough() -> None:
    faults = [v for v in VECTORS if v["code"] is not None]
    kinds = Counter(v["kind"] for v in faults)
    assert len(faults) >= 100 and min(kinds.values()) >= 10 and len(kinds) == 22, kinds
    assert len({(v["kind"], v["name"]) for v in VECTORS}) == len(VECTORS)
    assert {v["kind"] for v in VECTORS if v["code"] is None} == set(kinds)


def test_the_generator_writes_these() -> None:
    assert generate_faults.document() == Path(__file__).with_name("faults.json").read_text()
