"""Cards with faults: whatever the bytes, a card is read that is written the same again, or MalformedCard is raised."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from tests.kit.varied_claims import VARIED
from zkcompliance import limits
from zkcompliance.card import catalogue, words
from zkcompliance.card.file import decode
from zkcompliance.claim.card import card_of
from zkcompliance.claim.provable import provable
from zkcompliance.errors import MalformedCard

FILES = {
    **{name: catalogue.load(name).encoded for name in catalogue.names()},
    **{name: card_of(provable(each)).encoded for name, each in VARIED.items()},
}
NAMES = [*VARIED, "compute-band", "evals-cadence", "log-floor-audit", "rows-unchanged-compute"]
HOSTILE: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**32, 10**19, "", " ", "x", "limit", "phases", "9" * 2600, "9" * 2601, "-1", "01",
    "0x" + "0" * 32, "a\u200bb", "e\u0301", "\ud800", "\u202e", "\x02limit\x03", "long " * 900, "A", "a" * 101, [], {},
    [None], [[]], ["x", "y"], {"param": "limit"}, {"param": "nobody"},
    {"kind": "set", "of": {"kind": "set"}, "top": "9"},
    {"kind": "number", "unit": {"s": 0}}, {"kind": "number", "unit": {"s": 1, "flop": 1}}, {"kind": "id"},
    {"kind": "time"}, {"kind": "bool"}, {"kind": "enum", "choices": ["a", "a"]}, {"kind": "enum", "choices": ["a"]},
    {"text": "1e28", "value": "5"}, {"text": "x", "value": "9" * 2600}, "0" * 64, "0" * 63, "\u0660" * 64,
)  # fmt: skip


def use(data: bytes) -> bool:
    """Reads the card, and all that is made of one that is read; False where it is refused."""
    try:
        card = decode(data)
    except MalformedCard:
        return False
    assert card.encoded == data
    words.explain(card)
    values = {param.name: param.low if param.default is None else param.default for param in card.params}
    assert len(card.sentences(values)) == len(card.clauses)
    for param in card.params:
        param.show(param.high)
        assert len(param.publics) == max(1, param.places)
    for reveal in card.revealed():
        reveal.show(reveal.high)
    assert all(isinstance(str(each), str) for each in card.vacuous)
    return True


def places(document: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) below a document."""
    found: list[tuple[Any, Any]] = []
    pairs = document.items() if isinstance(document, dict) else enumerate(document)
    for key, value in pairs:
        found.append((document, key))
        if isinstance(value, (dict, list)):
            found += places(value)
    return found


def changed(document: Any, draw: random.Random) -> None:
    """One value replaced, dropped, said twice, swapped with another's, or a member added."""
    spots = places(document)
    held, key = draw.choice(spots)
    kind = draw.randrange(6)
    if kind == 0:
        held[key] = copy.deepcopy(draw.choice(HOSTILE))
    elif kind == 1:
        del held[key]
    elif kind == 2:
        other, place = draw.choice(spots)
        held[key] = copy.deepcopy(other[place])
    elif kind == 3 and isinstance(held, list):
        held.insert(key, copy.deepcopy(held[key]))
    elif kind == 4 and isinstance(held, dict):
        held[draw.choice(("kind", "unit", "of", "top", "counts", "x", "param"))] = copy.deepcopy(draw.choice(HOSTILE))
    elif isinstance(held[key], str) and held[key].isdigit():
        held[key] = str(max(0, int(held[key]) + draw.choice((-1, 1, 2**16, 2**128))))
    elif isinstance(held[key], int):
        held[key] += draw.choice((-1, 1))


def mutated(data: bytes, draw: random.Random) -> bytes:
    """In the document, written canonically so that the reader gets to what it says; or in the bytes."""
    if draw.random() < 0.8:
        document = json.loads(data)
        for _ in range(draw.choice((1, 1, 1, 2, 3))):
            changed(document, draw)
        text = json.dumps(document, indent=draw.choice((1, 1, 1, 1, 1, 1, 1, None)), ensure_ascii=False) + "\n"
        return text.encode(errors="surrogatepass")
    at, length = draw.randrange(len(data)), draw.choice((0, 1, 2, 9))
    new = draw.choice((b"", bytes([draw.randrange(256)]), b"\\ud800", b"[" * 40, b"\x00", b"9" * 30, b"\xef\xbb\xbf"))
    return data[:at] + new + data[at + length :]


@pytest.mark.parametrize("name", FILES)
def test_every_card_is_read_and_written_the_same(name: str) -> None:
    assert use(FILES[name])


def hunt(name: str, rounds: int) -> None:
    draw = random.Random(f"cards {name}")
    read = sum(use(mutated(FILES[name], draw)) for _ in range(rounds))
    assert 0 < read < rounds / 2  # another title is a card, most of all else is none


@pytest.mark.parametrize("name", NAMES)
def test_faults(name: str) -> None:
    hunt(name, 300)


@pytest.mark.long
@pytest.mark.parametrize("name", FILES)
def test_many_faults(name: str) -> None:
    hunt(name, 20_000)


def test_bytes_of_all_kinds() -> None:
    draw = random.Random("bytes")
    for data in (
        b"",
        b"\n",
        b"null\n",
        b"[]\n",
        b"{}\n",
        b"[" * 100_000,
        b'"' * 1000,
        b"{" * 17,
        b"\xff",
        b"1" * (limits.MAX_CARD_BYTES + 1),
    ):
        assert not use(data)
    for _ in range(300):
        assert not use(draw.randbytes(draw.randrange(200)))
