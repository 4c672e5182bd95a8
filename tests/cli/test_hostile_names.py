"""Names in a file from outside steer no terminal, whichever verb shows them."""

from __future__ import annotations

from pathlib import Path

import policy_kit as kit
import pytest
from click.testing import CliRunner

from zkcompliance.commands.main import cli
from zkcompliance.prove.api import prove_claim


@pytest.fixture(scope="module")
def proof(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("names")
    log = kit.make_log(folder, "log", "lab.example/c", kit.rows())
    return prove_claim(kit.catalogue.load(kit.CLAIM), {"compute": log}, {"limit": 10**20})


@pytest.mark.parametrize("character", ["\u009b", "\u202e", "\u2066", "\u2028", "\u200b"])
@pytest.mark.parametrize("name", [b"limit", b"compute"])
def test_explain(tmp_path: Path, proof: bytes, name: bytes, character: str) -> None:
    """A parameter and a slot renamed, with as many bytes: the file decodes, and `explain` verifies nothing."""
    hostile = character.encode() + b"m" * (len(name) - len(character.encode()))
    (tmp_path / "proof").write_bytes(proof.replace(name, hostile))
    for verb in ("explain", "verify"):
        done = CliRunner().invoke(cli, [verb, str(tmp_path / "proof")], prog_name="zkcompliance")
        assert character not in done.output, done.output
        assert done.exit_code == (0 if verb == "explain" else 1), done.output
