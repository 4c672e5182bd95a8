"""A policy file reads the same to a person as to the parser: no character in it is invisible or moves another."""

from __future__ import annotations

import pytest

from tests.kit import policies as kit
from zkcompliance.errors import MalformedPolicy
from zkcompliance.policy.load import parse_policy


@pytest.mark.parametrize("character", ["\u202e", "\u2066", "\u200b", "\u009b", "\u2028", "\u0085", "\ufeff", "\ue000"])
@pytest.mark.parametrize("place", ["# ends here@\n", "", "jurisdiction"])
def test_what_is_not_seen_is_not_taken(character: str, place: str) -> None:
    if (place, character) == ("", "\ufeff"):
        return  # a byte order mark, which editors of Windows begin a file with, is no part of the text
    text = kit.text()
    hostile = {
        "": character + text,
        "jurisdiction": text.replace('jurisdiction = "Nowhere"', f'jurisdiction = "No{character}where"'),
    }.get(place, place.replace("@", character) + text)
    with pytest.raises(MalformedPolicy):
        parse_policy(hostile.encode())


def test_other_letters_are() -> None:
    assert parse_policy(("# règles – 規則, \N{HEBREW LETTER ALEF}\t\r\n" + kit.text()).encode())
