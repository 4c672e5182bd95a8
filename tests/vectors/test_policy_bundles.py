"""Every vector of policy_bundles.json: one fault, one error code; the sound twins are taken."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from tests.vectors import faults_bundle
from zkcompliance.errors import ZkComplianceError
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.proofs import proofs_in

HERE = Path(__file__).parent
DOCUMENT = json.loads((HERE / "policy_bundles.json").read_text())
TWINS = {kind: base64.b64decode(text) for kind, text in DOCUMENT["twins"].items()}
VECTORS = DOCUMENT["vectors"]
TAKE = {"bundle": proofs_in, "binding": Binding.decode}


def test_the_twins_are_sound() -> None:
    found = proofs_in(TWINS["bundle"])
    assert {proof.bound() for proof in found} == {faults_bundle.BINDING}
    assert [each.requirement for proof in found for each in proof.claims] == list(faults_bundle.REQUIREMENTS)
    assert Binding.decode(TWINS["binding"]).encode() == TWINS["binding"]


@pytest.mark.parametrize("vector", VECTORS, ids=[f"{v['kind']}-{v['name']}".replace(" ", "_") for v in VECTORS])
def test_vector(vector: dict[str, Any]) -> None:
    twin = TWINS[vector["kind"]]
    at, remove, insert = vector["edit"]
    changed = twin[:at] + bytes.fromhex(insert) + twin[at + remove :]
    assert changed != twin
    with pytest.raises(ZkComplianceError) as caught:
        TAKE[vector["kind"]](changed)
    assert caught.value.code == vector["code"], caught.value


def test_there_are_enough() -> None:
    assert sum(vector["kind"] == "bundle" for vector in VECTORS) >= 40
    assert len({(vector["kind"], vector["name"]) for vector in VECTORS}) == len(VECTORS)


def test_the_generator_writes_these() -> None:
    assert faults_bundle.document() == (HERE / "policy_bundles.json").read_text()
