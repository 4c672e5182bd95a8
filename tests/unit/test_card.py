"""What a card may hold: each member at its limit and past it; and what the language refuses, since no card holds it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.kit.varied_claims import VARIED
from zkcompliance import limits, schemas
from zkcompliance.card.file import decode
from zkcompliance.card.vacuity import Vacuous, implausible, never_vacuous, vacuous
from zkcompliance.claim.card import card_of
from zkcompliance.claim.language import ComputeLog, EnumWord, Flop, LogTable, Param, claim, param, require
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.sentences import phrase
from zkcompliance.claim.provable import provable
from zkcompliance.errors import ClaimDefinitionError, MalformedCard, UsageError
from zkcompliance.schemas import Column, Schema

CARDS = {name: json.loads(card_of(provable(each)).encoded) for name, each in VARIED.items()}
EACH, SETS = CARDS["one-of-each"], CARDS["sets-of-values"]
SAID = "a" * limits.MAX_CARD_TEXT_BYTES


def written(document: Any) -> bytes:
    return (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def with_value(document: Any, path: str, value: Any) -> bytes:
    """The card with another value at a path such as `params.0.name`."""
    made = copy.deepcopy(document)
    held = made
    *above, last = path.split(".")
    for key in above:
        held = held[int(key)] if isinstance(held, list) else held[key]
    held[int(last) if isinstance(held, list) else last] = value
    return written(made)


def at(name: str) -> str:
    """The path of a parameter of `one-of-each`."""
    return f"params.{[each['name'] for each in EACH['params']].index(name)}"


@pytest.mark.parametrize(
    ("path", "last", "past"),
    [
        ("id", "a" * 63, "a" * 64),
        ("version", 2**32 - 1, 2**32),
        ("version", 1, 0),
        ("title", SAID, SAID + "a"),
        ("about", f"{SAID}\n{SAID}", f"{SAID}\n{SAID}a"),
        ("about", "  two\n\n   spaces ", "a\ttab"),
        ("logs.0.slot", "a" * 100, "a" * 101),
        ("logs.0.schema", "a" * 63, "a" * 64),
        ("logs.0.schema", "a" * 63 + ".rollup", "a" * 64 + ".rollup"),
        ("logs.0.schema", "a.rollup", "a.rollup.rollup"),
        ("logs.0.order", True, 1),
        ("logs.0.order", False, None),
        ("logs.0.more", True, "true"),
        ("logs.0.more", False, 0),
        (f"{at('since')}.high", str(2**48 - 1), str(2**48)),
        (f"{at('longest')}.high", str(2**40 - 1), str(2**40)),
        (f"{at('longest')}.default", str(365 * 86400), str(365 * 86400 + 1)),
        (f"{at('share')}.high", "1000000", "1000001"),
        (f"{at('most')}.high", str(2**112 - 1), str(2**112)),
        (f"{at('rate')}.high", str(2**112 - 1), str(2**112)),
        (f"{at('rows')}.high", str(2**32 - 1), str(2**32)),
        (f"{at('rows')}.low", "3", "4"),
        (f"{at('whole')}.high", str(2**64 - 1), str(2**64)),
        (f"{at('whose')}.high", str(2**128 - 1), str(2**128)),
        (f"{at('whose')}.default", ["other"], ["other", "third"]),
        (f"{at('whose')}.default", [""], []),
        (f"{at('whose')}.default", ["0x" + "5a" * 16], ["0x5a"]),
        (f"{at('strict')}.high", "1", "2"),
        (f"{at('phase')}.high", str(len(schemas.PHASES) - 1), str(len(schemas.PHASES))),
        (f"{at('phases')}.high", str(2 ** len(schemas.PHASES) - 1), str(2 ** len(schemas.PHASES))),
        (f"{at('phases')}.high", str(2 ** len(schemas.PHASES) - 1), str(2 ** len(schemas.PHASES) - 2)),
        (f"{at('phases')}.low", "0", "1"),
        (f"{at('phase')}.places", 0, 1),
        ("reveals.0.high", str(2**512 - 1), str(2**512)),
        ("reveals.2.high", "1", "2"),
        ("reveals.0.figures", 9, 10),
        ("reveals.0.figures", 1, 0),
        (f"{at('longest')}.role", None, "now"),
        (f"{at('until')}.role", "now", "clock"),
        (f"{at('since')}.role", "now", "then"),
        (f"{at('most')}.role", None, "clock"),
        ("reveals.0.counts", None, "Compute"),
        ("reveals.0.name", "whos", "whose"),
        ("reveals.0.type", {"kind": "number", "unit": {"flop": -64}}, {"kind": "number", "unit": {"flop": -65}}),
        ("reveals.0.type", {"kind": "number"}, {"kind": "id"}),
        ("requirements.0.name", "tim", "flop"),
        ("requirements.0.says", [{"param": "since"}] * 1024, [{"param": "since"}] * 1025),
        ("requirements.0.says", ["a" * 32768], ["a" * 32769]),
        ("requirements.0.says", ["a ", {"param": "since"}], ["a ", {"param": "nobody"}]),
        ("requirements.0.says", ["a ", {"param": "since"}], ["a ", "b"]),
        ("requirements.0.says", [" "], [""]),
    ],
)
def test_at_the_limit_and_past_it(path: str, last: Any, past: Any) -> None:
    assert decode(with_value(EACH, path, last)).encoded == with_value(EACH, path, last)
    with pytest.raises(MalformedCard):
        decode(with_value(EACH, path, past))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("params.0.places", 2),
        ("params.0.places", 0),
        ("params.0.high", str(2**387 - 2)),
        ("params.0.type.top", str(2**128)),
        ("params.0.type.top", "0"),
        ("params.0.type.of", {"kind": "bool"}),
        ("params.0.type.of", {"kind": "enum", "choices": ["a"]}),
        ("params.1.default", ["acme", "acme"]),
        ("params.1.default", ["other", "third", "fourth"]),
        ("params.3.default", "5"),
        ("reveals.0.counts", "registry"),
        ("reveals.0.counts", ""),
        ("reveals.0.name", "sites"),
        ("reveals.0.name", "sites[2]"),
    ],
)
def test_sets_of_values_that_are_none(path: str, value: Any) -> None:
    with pytest.raises(MalformedCard):
        decode(with_value(SETS, path, value))


def test_a_set_is_written_in_one_order() -> None:
    texts = SETS["params"][1]["default"]
    assert sorted(texts) == ["acme", "other"]
    with pytest.raises(MalformedCard, match="canonical"):
        decode(with_value(SETS, "params.1.default", texts[::-1]))


@pytest.mark.parametrize(
    "form",
    [
        lambda data: data[:-1],
        lambda data: data + b"\n",
        lambda data: b"\xef\xbb\xbf" + data,
        lambda data: json.dumps(json.loads(data), ensure_ascii=False).encode(),
        lambda data: data.replace(b'"card": 1,', b'"card": 1.0,'),
        lambda data: data.replace(b'"card": 1,', b'"card": true,'),
        lambda data: data.replace(b'"card": 1,', b'"card": 2,'),
        lambda data: data.replace(b'"card": 1,', b'"card": 1,\n "card": 1,'),
        lambda data: data.replace("−".encode(), b"\\u2212"),
        lambda data: data.replace(b'"beside": null', b'"beside": null,\n "more": null'),
        lambda data: written(dict(reversed(json.loads(data).items()))),
    ],
)
def test_one_form(form: Callable[[bytes], bytes]) -> None:
    data = written(EACH)
    assert decode(data).encoded == data != form(data)
    with pytest.raises(MalformedCard):
        decode(form(data))


# What the language refuses, with the line


class Many(EnumWord, schema=Schema("many", (Column("c", "enum", tuple(f"c{i}" for i in range(1025))),)), column="c"):
    """More choices than a list of a card has."""


class ManyLog(LogTable, schema=Schema("many", (Column("c", "enum", tuple(f"c{i}" for i in range(1025))),))):
    """Rows with such a column."""


class BadLog(LogTable, schema=Schema("Not a word", schemas.compute.columns)):
    """Rows of a schema that no log has."""


def with_text(doc: str) -> Callable[[], ClaimDefinition]:
    def make() -> ClaimDefinition:
        def body(compute: ComputeLog, limit: Param[Flop]) -> None:
            require("below", compute.flop.sum() < limit)

        body.__doc__ = doc
        return claim("it")(body)

    return make


def documented(doc: str) -> Callable[[], ClaimDefinition]:
    def make() -> ClaimDefinition:
        def body(compute: ComputeLog, limit: Param[Flop] = param(doc)) -> None:
            """It is so."""
            require("below", compute.flop.sum() < limit)

        return claim("it")(body)

    return make


def named_in_another_alphabet() -> ClaimDefinition:
    def body(compute: ComputeLog, größe: Param[Flop]) -> None:
        """It is so."""
        require("below", compute.flop.sum() < größe)

    return claim("it")(body)


def with_a_log_of_a_long_name() -> ClaimDefinition:
    name = "l" * 101

    def body(compute: ComputeLog) -> None:
        """It is so."""
        require("below", compute.flop.sum() < 5)

    code = body.__code__
    body.__code__ = code.replace(co_varnames=(name, *code.co_varnames[1:]))
    body.__annotations__ = {name: ComputeLog, "return": None}
    return claim("it")(body)


def of_a_late_version() -> ClaimDefinition:
    @claim("it", version=2**32)
    def body(compute: ComputeLog) -> None:
        """It is so."""
        require("below", compute.flop.sum() < 5)

    return body


def of_too_many_choices() -> ClaimDefinition:
    @claim("it")
    def body(log: ManyLog, one: Param[Many]) -> None:
        """It is so."""
        require("one", log.every(log.c == one))

    return body


def of_a_schema_with_a_bad_name() -> ClaimDefinition:
    @claim("it")
    def body(log: BadLog) -> None:
        """It is so."""
        require("below", log.flop.sum() < 5)

    return body


def with_a_long_sentence() -> ClaimDefinition:
    @claim("it")
    def body(compute: ComputeLog) -> None:
        """It is so."""
        require("one of", compute.every(compute.run.is_in([f"{i:04} {'a' * 40}" for i in range(800)])))

    return body


@pytest.mark.parametrize(
    "make",
    [
        with_text(SAID + "a"), with_text("It is \u200bso."), with_text("It is so.\n\nCafe\u0301."),
        with_text("It is so.\n\x07"), with_text("\ud800"), documented("two\x01"), documented(SAID + "a"),
        named_in_another_alphabet, with_a_log_of_a_long_name, of_a_late_version, of_too_many_choices,
        of_a_schema_with_a_bad_name, with_a_long_sentence,
    ],
)  # fmt: skip
def test_what_no_card_holds_is_refused_with_the_line(make: Callable[[], ClaimDefinition]) -> None:
    with pytest.raises(ClaimDefinitionError, match=r"test_card\.py:\d+: "):
        make()


@pytest.mark.parametrize("doc", [SAID, "It is so.  \n\n   Indented, “quoted”, − ×   ", "Ünïcode: 日本語, עברית"])
def test_what_a_card_holds_is_taken(doc: str) -> None:
    made = card_of(provable(with_text(doc)()))
    assert decode(made.encoded) == made
    assert made.title == doc.split("\n")[0].rstrip()


def test_a_long_expression_is_no_deep_recursion() -> None:
    @claim("it")
    def body(compute: ComputeLog) -> None:
        """It is so."""
        term = compute.devices.or_else(0)
        for number in range(1200):
            term = term + number
        require("below", compute.every(term < 2**32))

    assert phrase(body.requirements[0].value).endswith(" + 1,199) is below ≈4.29e9 (4,294,967,296)")


# What stands at the end of a claim's file


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (vacuous("nobody", "x", at_most=0), "nobody"),
        (vacuous("phases", "x", at_most=0), "no value of phases"),
        (vacuous("longest", "x", at_most=-1), "no value of longest"),
        (vacuous("longest", "x", at_most="1 parsec"), "parsec"),
        (implausible("phases", "x", none_of=("nothing",)), "no choice of the set phases"),
        (implausible("phase", "x", none_of=("failed",)), "no choice of the set phase"),
        (vacuous("longest", "x", between=("since", "nobody")), "nobody"),
        (vacuous("longest", "x", between=("since", "rows")), "no times"),
        (vacuous("rows", "x", between=("since", "until")), "no length of time"),
    ],
)
def test_what_asks_nothing_fits_its_parameter(said: Vacuous, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        said.resolved(VARIED["one-of-each"].params)


def test_edges_are_values_whose_texts_say_so() -> None:
    params = VARIED["one-of-each"].params
    for said in (
        vacuous("longest", "x", at_least="3 weeks"), vacuous("share", "x", at_least=950_000),
        never_vacuous("whose", "x"),
        vacuous("most", "x", at_least="1e40"), vacuous("until", "x", at_most="2024-08-01"),
        vacuous("longest", "x", between=("since", "until")), vacuous("phases", "x", all_of=("failed", "other")),
    ):  # fmt: skip
        said.resolved(params).check(params)
    document = {**EACH, "vacuous": [{
        "param": "longest", "why": "x", "at_least": {"text": "3 weeks", "value": str(21 * 86400)}, "at_most": None,
        "none_of": [], "all_of": [], "between": None, "formal": True,
    }]}  # fmt: skip
    assert str(decode(written(document)).vacuous[0]) == "longest of 3 weeks or more: x"
    document["vacuous"][0]["at_least"]["value"] = str(22 * 86400)
    with pytest.raises(MalformedCard, match="3 weeks is no value of longest"):
        decode(written(document))
