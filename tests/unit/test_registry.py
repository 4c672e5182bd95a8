"""What is pinned of the claims is what they compile to now: REGISTRY.lock, the cards, the ready-made policies."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import pins
from zkcompliance.card import reading
from zkcompliance.card.file import decode
from zkcompliance.card.model import Card
from zkcompliance.claim import catalogue
from zkcompliance.claim.card import card_of
from zkcompliance.verify.program import decode_program


@pytest.fixture(scope="module")
def cards() -> list[Card]:
    """Of every claim, compiled anew."""
    return pins.cards()


def test_what_lies_there_is_what_pins_would_write(cards: list[Card]) -> None:
    stale = [str(path.relative_to(pins.ROOT)) for path in pins.differing(pins.wanted(cards))]
    assert not stale, f"run `python tests/pins.py`: it would write {', '.join(stale)} anew"


def test_every_card_is_read_back(cards: list[Card]) -> None:
    for card in cards:
        assert decode(card.encoded) == card


def test_what_is_named_in_hours_or_days_is_not_shown_as_seconds(cards: list[Card]) -> None:
    """A value keeps its unit through a quotient by a bare number, and would be shown as so many seconds."""
    named = [(card.id, each) for card in cards for each in card.reveals if re.search(r"hours|days|weeks", each.name)]
    assert {f"chip-hours, {kind}" for kind in ("job", "inference", "idle", "maintenance")} <= {x.name for _, x in named}
    for claim, each in named:
        assert each.type.unit == (), (claim, each.name)
        assert reading.show(each.type, 44) == "44"


def test_the_verifier_reads_every_program_to_the_same_digest() -> None:
    for name in catalogue.names():
        claim = catalogue.load(name)
        assert decode_program(claim.program_bytes).digest == claim.program_digest == catalogue.registry()[name]


def test_parameters_do_not_change_the_program() -> None:
    claim = catalogue.load("training-compute-below")
    assert claim.build().digest == claim.program_digest == claim.program.digest
    names = {public.name for public in claim.program.publics}
    assert names >= {param.name for param in claim.params} | {each.name for each in claim.reveals}


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree with one policy, one card of a claim that there is, and one of a claim that is gone."""
    for name, part in (("ROOT", ""), ("CARDS", "cards"), ("LOCK", "REGISTRY.lock"), ("POLICIES", "policies")):
        monkeypatch.setattr(pins, name, tmp_path / part)
    (tmp_path / "cards").mkdir()
    (tmp_path / "cards" / "gone.json").write_bytes(b"{}")
    (tmp_path / "policies").mkdir()
    return tmp_path


def test_stale_cards_go_and_new_ones_come(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = card_of(catalogue.load("log-floor-audit"))
    asked = f'claim = "{card.label}"\ncard = "{card.digest.hex()}"\n'
    policy = copied / "policies" / "one.toml"
    policy.write_text(asked.replace(card.digest.hex(), "00"))
    pins.write(pins.wanted([card]))
    assert [path.name for path in (copied / "cards").iterdir()] == ["log-floor-audit.json"]
    assert (copied / "REGISTRY.lock").read_text() == f"{card.label} {card.program.hex()}\n"
    assert policy.read_text() == asked
    assert "removed cards/gone.json" in capsys.readouterr().out
    assert pins.differing(pins.wanted([card])) == []


def test_a_policy_that_asks_for_no_claim_is_named(copied: Path) -> None:
    (copied / "policies" / "one.toml").write_text('claim = "gone@1"\ncard = "00"\n')
    with pytest.raises(SystemExit, match=r"one\.toml asks for gone@1, and circuits/ has no such claim"):
        pins.wanted([card_of(catalogue.load("log-floor-audit"))])
