"""Every vector of policies.json: one fault in a sound policy, refused with the key that holds it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.vectors import faults_policy
from zkcompliance.card import catalogue
from zkcompliance.errors import MalformedPolicy
from zkcompliance.policy.load import parse_policy

HERE = Path(__file__).parent
DOCUMENT = json.loads((HERE / "policies.json").read_text())
SOUND, VECTORS = DOCUMENT["sound"], DOCUMENT["vectors"]


def with_cards(text: str) -> bytes:
    """The placeholders filled in."""
    return re.sub("@CARD ([a-z-]+)@[0-9]+@", lambda found: catalogue.load(found[1]).digest.hex(), text).encode()


def test_the_sound_one_is_taken() -> None:
    policy = parse_policy(with_cards(SOUND))
    assert [each.name for each in policy.requirements] == ["band", "cadence", "chips"]


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"].replace(" ", "_") for vector in VECTORS])
def test_vector(vector: dict[str, Any]) -> None:
    old, new = vector["edit"]
    assert SOUND.count(old) == 1
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy(with_cards(SOUND.replace(old, new)))
    assert caught.value.code == vector["code"]
    key, said = vector["key"], caught.value.message
    assert said.startswith(f"{key}: ") if key else re.match("the policy |line [0-9]+: ", said), said
    assert len(said) < 600
    assert caught.value.help.startswith("zkcompliance ")


def test_there_are_enough() -> None:
    assert len(VECTORS) >= 100
    assert len({vector["name"] for vector in VECTORS}) == len(VECTORS)


def test_the_generator_writes_these() -> None:
    assert faults_policy.document() == (HERE / "policies.json").read_text()
