"""Every vector of attestations.json: one fault, one error code, whichever code checks the signatures."""

from __future__ import annotations

import base64
import json
from collections import Counter
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from zkcompliance.attest import keys
from zkcompliance.attest.api import check
from zkcompliance.attest.keys import PublicKey
from zkcompliance.errors import ZkComplianceError
from zkcompliance.log import signatures as library
from zkcompliance.standalone import signatures as plain

DOCUMENT = json.loads(Path(__file__).with_name("attestations.json").read_text())
VECTORS = DOCUMENT["vectors"]
KEYS = {name: PublicKey.parse(pem.encode(), name) for name, pem in DOCUMENT["fixed"]["keys"].items()}


@pytest.mark.parametrize("module", [library, plain], ids=["library", "plain"])
@pytest.mark.parametrize("vector", VECTORS, ids=[f"{v['kind']}: {v['name']}" for v in VECTORS])
def test_vector(vector: dict[str, Any], module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys, "signatures", module)
    attestation = base64.b64decode(vector["attestation"])
    file = base64.b64decode(vector.get("file", DOCUMENT["fixed"]["file"]))
    if vector["code"] is None:
        check(attestation, file, KEYS[vector["key"]])
        return
    with pytest.raises(ZkComplianceError) as caught:
        check(attestation, file, KEYS[vector["key"]])
    assert caught.value.code == vector["code"], caught.value
    assert vector.get("words", "") in caught.value.message
    assert caught.value.help


def test_there_are_enough_and_no_two_are_alike() -> None:
    faults = [vector for vector in VECTORS if vector["code"] is not None]
    assert len(faults) >= 100
    assert Counter(v["kind"] for v in faults) >= Counter(form=40, signature=25, signed=40, file=5)
    same = Counter((v["attestation"], v.get("file"), v["key"]) for v in VECTORS)
    assert set(same.values()) == {1}
