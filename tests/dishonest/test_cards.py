"""Cards that lie. What a program's bytes say themselves no card can say otherwise; the rest changes the card's digest,
which a policy pins; and of a card that nobody pinned the verdict says whose word it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit import policies as kit
from tests.kit.part import one_in
from tests.kit.policies import HOUR, MODEL, NOW
from tests.kit.split_up import split_up
from zkcompliance.card import catalogue as cards
from zkcompliance.card import types
from zkcompliance.card.file import decode
from zkcompliance.card.model import Card, Reveal
from zkcompliance.card.own import own, owned
from zkcompliance.card.parameter import Parameter
from zkcompliance.card.places import named
from zkcompliance.card.program import check_card
from zkcompliance.card.sentence import Sentence
from zkcompliance.card.types import Type
from zkcompliance.claim import catalogue
from zkcompliance.decide import Request
from zkcompliance.errors import CardMismatch, MalformedCard, MalformedPolicy, ProgramMismatch, UsageError
from zkcompliance.log.note import VerifierKey
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Policy
from zkcompliance.policy.proofs import proofs_in
from zkcompliance.policy.verdict import Verdict
from zkcompliance.prove.policy import prove_policies
from zkcompliance.verify.program import Program, Public, decode_program

LIMIT = 10**21
GIVEN = {"below.limit": LIMIT}
BINDING = Binding(None, MODEL, NOW)
NAMES = [name for name in cards.names() if not name.startswith(("log-floor-", "rows-unchanged-"))]
NAMES += ["log-floor-compute", "rows-unchanged-compute"]


def program(name: str) -> Program:
    """As the verifier decodes it."""
    return decode_program(catalogue.load(name).program_bytes)


def param(card: Card, number: int, **other: object) -> Card:
    """The card with one of its parameters changed."""
    made = list(card.params)
    made[number] = replace(made[number], **other)  # type: ignore[arg-type]
    return replace(card, params=tuple(made))


def slot(card: Card, number: int, **other: object) -> Card:
    made = list(card.slots)
    made[number] = replace(made[number], **other)  # type: ignore[arg-type]
    return replace(card, slots=tuple(made))


# Lies about what the program's bytes say themselves

SET_OF_FLOP = Type(types.SET, of=types.FLOP, top=2**96 - 1)
PLACED = Parameter("limit", SET_OF_FLOP, 0, (1 << 97 * 2) - 1, places=2)
DISCLOSED = Reveal("phases", types.INT, 127, None, Sentence(("a number",)))
LIES: dict[str, tuple[str, Callable[[Card], Card]]] = {
    "a wider parameter": (kit.CLAIM, lambda c: param(c, 0, high=2**113 - 1)),
    "a narrower parameter": (kit.CLAIM, lambda c: param(c, 0, high=10**25)),
    "a parameter told as a set": (kit.CLAIM, lambda c: replace(c, params=(PLACED, *c.params[1:]))),
    "another name": (kit.CLAIM, lambda c: param(c, 0, name="most")),
    "a parameter left out": (kit.CLAIM, lambda c: replace(c, params=c.params[:1])),
    "a parameter too many": (kit.CLAIM, lambda c: replace(c, params=(*c.params, replace(c.params[0], name="least")))),
    "parameters in another order": (kit.CLAIM, lambda c: replace(c, params=tuple(reversed(c.params)))),
    "names swapped": (
        "compute-band",
        lambda c: param(param(c, 1, name=c.params[2].name), 2, name=c.params[1].name),
    ),
    "a parameter told as a reveal": (kit.CLAIM, lambda c: replace(c, params=c.params[:1], reveals=(DISCLOSED,))),
    "a reveal told as a parameter": (
        "compute-band",
        lambda c: replace(c, reveals=(), params=(*c.params, replace(c.revealed()[0], high=c.reveals[0].high))),
    ),
    "a wider reveal": ("compute-band", lambda c: replace(c, reveals=(replace(c.reveals[0], high=2**124 - 1),))),
    "a reveal of another name": ("compute-band", lambda c: replace(c, reveals=(replace(c.reveals[0], name="least"),))),
    "a reveal too many": ("compute-band", lambda c: replace(c, reveals=(*c.reveals, replace(DISCLOSED, name="more")))),
    "slots swapped": ("eval-coverage", lambda c: replace(c, slots=tuple(reversed(c.slots)))),
    "slots' names swapped": (
        "chips-registered",
        lambda c: slot(slot(c, 0, name=c.slots[1].name), 1, name=c.slots[0].name),
    ),
    "a slot left out": ("eval-coverage", lambda c: replace(c, slots=c.slots[:1])),
    "another schema": (kit.CLAIM, lambda c: slot(c, 0, digest=cards.load("log-floor-event").slots[0].digest)),
    "another id": (kit.CLAIM, lambda c: replace(c, id="training-compute-above")),
    "another version": (kit.CLAIM, lambda c: replace(c, version=3)),
}


@pytest.mark.parametrize("name", NAMES)
def test_honest_cards_agree(name: str) -> None:
    check_card(cards.load(name), program(name))


@pytest.mark.parametrize("lie", LIES)
def test_what_the_program_says_itself(lie: str) -> None:
    name, change = LIES[lie]
    card = change(cards.load(name))
    assert card != cards.load(name) and card.digest != cards.load(name).digest
    with pytest.raises(CardMismatch):
        check_card(card, program(name))


def test_another_program() -> None:
    card = replace(cards.load(kit.CLAIM), program=cards.load("compute-band").program)
    for name in (kit.CLAIM, "compute-band"):
        with pytest.raises(ProgramMismatch if name == kit.CLAIM else CardMismatch):
            check_card(card, program(name))


def test_a_value_of_the_compiler_cannot_stand_for_a_set_of_values() -> None:
    """A program whose publics are `limit[1]`, `limit[2]` and, disclosed, `limit`: the last is none of the card's."""
    whole = program(kit.CLAIM)
    placed = tuple(Public(f"limit[{i}]", 0, 97) for i in (1, 2))  # 2^96 in whole limbs, and a bit
    lying = replace(whole, publics=(*placed, *whole.publics[1:], Public("limit", 1, 97)))
    card = cards.load(kit.CLAIM)
    made = Parameter("limit", SET_OF_FLOP, 0, (1 << 194) - 1, places=2)
    assert [bits for _, bits in made.publics] == [97, 97]
    card = replace(card, params=(made, *card.params[1:]), program=lying.digest)
    assert named(lying.publics, (1 << 96 | 9, 0, *(0 for _ in whole.publics[1:]), 7))["limit"] == 7
    with pytest.raises(CardMismatch, match="revealed value limit"):
        check_card(card, lying)
    honest = replace(lying, publics=lying.publics[:-1])
    check_card(replace(card, program=honest.digest), honest)


# In a judgement


class World:
    def __init__(self, folder: Path) -> None:
        self.log = kit.make_log(folder, "log", "lab.example/a", kit.rows())
        self.policy = kit.policy()
        phases = {"below.phases": "pretraining, fine_tuning"}
        self.file = prove_policies([self.policy], {"compute": self.log}, {**GIVEN, **phases}, binding=BINDING)
        with split_up():
            apart = prove_policies([self.policy], {"compute": self.log}, {**GIVEN, **phases}, binding=BINDING)
        self.one = next(each.data for each in proofs_in(apart) if each.statement.claims[0].claim == kit.CLAIM)
        self.key = folder / "log.key.pub"

    def judge(self, policy: Policy) -> Verdict:
        keys = {"compute": VerifierKey.parse(self.log.vkey)}
        return judge_policy(self.file, policy, now=NOW + HOUR, keys=keys, subject=MODEL)

    def pinning(self, card: Card) -> Policy:
        """The policy as its author would have it who pins this card of the claim."""
        pinned = [
            replace(each, card=card.digest, program=card.program) if each.claim == card.id else each
            for each in self.policy.requirements
        ]
        return replace(self.policy, cards={card.id: card}, requirements=tuple(pinned))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("cards"))


def test_the_honest_one_is_met(world: World) -> None:
    assert world.judge(world.policy).accepted
    card = cards.load(kit.CLAIM)
    verdict = world.judge(world.pinning(card))
    assert verdict.accepted and verdict.findings[0].card == card.digest
    assert "rests on whoever wrote the policy" in verdict.findings[0].warnings[0]


@pytest.mark.parametrize("lie", [lie for lie, (name, _) in LIES.items() if name == kit.CLAIM])
def test_a_policy_that_pins_a_lie_is_not_met(world: World, lie: str) -> None:
    """Whoever pins such a card has its digest right, and is not misled: the program of the proof says otherwise."""
    card = LIES[lie][1](cards.load(kit.CLAIM))
    verdict = world.judge(world.pinning(replace(card, id=kit.CLAIM, version=2)))
    same = lie in ("another id", "another version")
    found = verdict.findings[0].error
    assert found is None if same else isinstance(found, CardMismatch), found


def test_a_card_beside_the_pin_is_refused(world: World) -> None:
    card = replace(cards.load(kit.CLAIM), title="Everything is in order.")
    asked = replace(world.policy, cards={card.id: card})
    (found, _) = world.judge(asked).findings
    assert isinstance(found.error, CardMismatch) and "not the one that is asked for" in found.error.message


def test_sentences_of_another_claim_have_another_digest(world: World) -> None:
    """What no program says is in the digest: sentences, units, choices, ranges within a width, what asks nothing."""
    card = cards.load(kit.CLAIM)
    band = cards.load("compute-band")
    for lie in (
        replace(card, clauses=band.clauses[:1]),
        replace(card, title=band.title),
        replace(card, vacuous=()),
        param(card, 0, high=2**112 - 2),
        param(card, 0, type=types.FLOP_PER_SECOND),
        param(card, 0, default=1),
        slot(card, 0, schema="event"),
    ):
        check_card(lie, program(kit.CLAIM))
        assert lie.digest != card.digest
        text = kit.text().replace("training-compute-below@2", "my-own@2")
        with pytest.raises(MalformedPolicy, match=r"below\.card: is not the card of my-own@2"):
            parse_policy(text.encode(), {"my-own": replace(lie, id="my-own")})


# A card from a stranger


def ask(world: World, card: Path, **more: object) -> Verdict:
    asked = {"params": (f"limit={LIMIT}", "phases=pretraining,fine_tuning"), "log_keys": (str(world.key),)}
    return Request(claim=str(card), **{**asked, **more}).decide(world.one, clock=NOW + HOUR)  # type: ignore[arg-type]


def test_the_verdict_says_whose_word_a_card_is(world: World, tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    path.write_bytes(cards.load(kit.CLAIM).encoded)
    verdict = ask(world, path)
    assert verdict.accepted and not any("rests on" in each for each in verdict.findings[0].warnings)
    path.write_bytes(replace(cards.load(kit.CLAIM), title="Everything is in order.").encoded)
    with pytest.raises(UsageError, match="a claim of this id is in the catalogue, and has another card"):
        ask(world, path)
    with pytest.raises(UsageError, match="a claim of this id is in the catalogue"):
        owned([path])
    stranger = replace(cards.load(kit.CLAIM), id="stranger", title="Everything is in order.")
    path.write_bytes(stranger.encoded)
    verdict = ask(world, path)
    assert not verdict.accepted and "claim: the proof is of" in str(verdict.findings[0].error)
    with pytest.raises(CardMismatch, match="the card is of stranger@2, and its program of training-compute-below@2"):
        ask(world, path, log_keys=())


def test_only_one_form_of_a_card_is_read(tmp_path: Path) -> None:
    data = cards.load(kit.CLAIM).encoded
    document = json.loads(data)
    path = tmp_path / "card.json"
    for other in (
        data.rstrip(b"\n"),
        data + b" ",
        json.dumps(document).encode(),
        (json.dumps(document, indent=1, sort_keys=True) + "\n").encode(),
        data.replace(b'"card": 1', b'"card": true'),
        data.replace(b'"version": 2,', b'"version": 2.0,'),
        data.replace(b'"low": "0"', b'"low": "00"', 1),
        data.replace(b'"card": 1,', b'"card": 1,\n "card": 1,'),
        b"",
    ):
        path.write_bytes(other)
        with pytest.raises(MalformedCard):
            own(path)


@pytest.mark.parametrize("part", one_in(4, range(4), first=1))
def test_no_byte_of_a_pinned_card_can_be_changed(part: int) -> None:
    """Every byte of one card, changed in one bit or to a digit: it is no card, or not the one that the policy names."""
    card = replace(cards.load(kit.CLAIM), id="my-own")
    text = kit.text().replace("training-compute-below@2", "my-own@2")
    text = text.replace(cards.load(kit.CLAIM).digest.hex(), card.digest.hex())
    assert parse_policy(text.encode(), {"my-own": card}).requirements[0].card == card.digest
    data, refused = card.encoded, {"malformed-card": 0, "malformed-policy": 0}
    for at in range(part, len(data), 4):
        for changed in {data[at] ^ 1, data[at] ^ 0x80, ord("1")} - {data[at]}:
            try:
                other = decode(data[:at] + bytes([changed]) + data[at + 1 :])
                parse_policy(text.encode(), {"my-own": other})
            except (MalformedCard, MalformedPolicy) as error:
                refused[error.code] += 1
            else:
                pytest.fail(f"byte {at} as {changed:#x} is taken")
    assert min(refused.values()) > 25, refused
