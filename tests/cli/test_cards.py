"""`explain CLAIM --card FILE` writes the card of a claim, and `explain FILE.json` reads one aloud."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pytest

from tests.kit.command_line import run
from zkcompliance.card import catalogue
from zkcompliance.card.file import decode

OWN = '''
from zkcompliance.claim.language import ComputeLog, Flop, Id, Param, claim, param, require, vacuous

@claim("total-of-one-owner", version=3)
def total(compute: ComputeLog, most: Param[Flop], owner: Param[Id] = param("whose", default="acme")) -> None:
    """What one owner computed stays below a limit."""
    require("below", compute.where(compute.owner.or_else("") == owner).flop.sum() < most)

VACUOUS = (vacuous("most", "no total is below 0", at_most=0),)
'''


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("own") / "total.py"
    path.write_text(OWN)
    return path


def test_the_card_of_the_catalogue_is_written_as_it_lies_there(tmp_path: Path) -> None:
    done = run("explain", "compute-band", "--card", tmp_path / "band.json", "--json")
    assert done.exit_code == 0, done.output
    data = (tmp_path / "band.json").read_bytes()
    assert decode(data) == catalogue.load("compute-band")
    shown = json.loads(done.stdout)
    assert shown["card"] == sha256(data).hexdigest()
    assert shown["digest"] == catalogue.load("compute-band").program.hex()


def test_the_card_of_ones_own_claim_is_written_and_read_aloud(own: Path, tmp_path: Path) -> None:
    file = tmp_path / "total.json"
    said = run("explain", own, "--card", file)
    assert said.exit_code == 0, said.output
    card = decode(file.read_bytes())
    assert (card.label, card.params[1].show(card.params[1].default or 0)) == ("total-of-one-owner@3", "acme")
    read = run("explain", file)
    assert read.exit_code == 0, read.output
    for line in (
        "total-of-one-owner, version 3: What",
        "default ‘acme’",
        "most of 0 or less: no total is below",
    ):
        assert line in read.stdout and line in said.stdout
    assert card.digest.hex() in read.stdout and card.program.hex() in read.stdout
    assert json.loads(run("explain", file, "--json").stdout)["card"] == card.digest.hex()


def test_an_earlier_card_is_replaced_and_nothing_else(own: Path, tmp_path: Path) -> None:
    file = tmp_path / "card.json"
    assert run("explain", "chips-registered", "--card", file).exit_code == 0
    assert run("explain", own, "--card", file).exit_code == 0
    assert decode(file.read_bytes()).id == "total-of-one-owner"
    for other in (b'{"card": 1}', b"rows", b'{"format": "zkcompliance-verdict/v1"}'):
        file.write_bytes(other)
        done = run("explain", own, "--card", file)
        assert done.exit_code == 2 and "it is not a card of a claim" in done.stderr, done.output
        assert file.read_bytes() == other
    before = own.read_bytes()
    assert run("explain", own, "--card", own).exit_code == 2
    assert own.read_bytes() == before


def test_what_is_no_claim_has_no_card(tmp_path: Path) -> None:
    done = run("explain", "eu-ai-act", "--card", tmp_path / "card.json")
    assert done.exit_code == 2 and "--card goes with a claim" in done.stderr
    assert not (tmp_path / "card.json").exists()


def test_what_is_no_card_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "card.json"
    assert run("explain", file).exit_code == 2
    file.write_bytes(catalogue.load("compute-band").encoded[:-1])
    done = run("explain", file)
    assert done.exit_code == 2 and "error[malformed-card]" in done.stderr
