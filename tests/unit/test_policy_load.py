"""The loader of policies: what it makes of a sound file, limits at the edge, hostile bytes, and bounds."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit.work import Work
from zkcompliance import limits
from zkcompliance.card import catalogue as cards
from zkcompliance.card.vacuity import never_vacuous
from zkcompliance.claim.catalogue import claim_in
from zkcompliance.errors import LimitExceeded, MalformedPolicy
from zkcompliance.policy.bounds import meets, read_bound, words
from zkcompliance.policy.catalogue import FLOOR, asked
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Bound, Policy
from zkcompliance.report.policy import describe
from zkcompliance.schemas.shape import text_id

VECTORS = Path(__file__).parents[1] / "vectors" / "policies.json"
DAY = 86400


def sound() -> str:
    text = json.loads(VECTORS.read_text())["sound"]
    return re.sub("@CARD ([a-z-]+)@[0-9]+@", lambda found: cards.load(found[1]).digest.hex(), text)


def edited(old: str, new: str) -> Policy:
    text = sound()
    assert text.count(old) == 1, old
    return parse_policy(text.replace(old, new).encode())


def test_the_day_of_checking_is_a_date_or_left_out() -> None:
    line = "valid_until = 2027-08-02\n"
    assert parse_policy(sound().encode()).checked is None
    assert edited(line, line + "checked = 2026-11-29\n").checked == 1795910400
    for wrong in ('"2026-11-29"', "2026-11-29T00:00:00Z", "1795910400", "true"):
        with pytest.raises(MalformedPolicy, match=r"^checked: is a date"):
            edited(line, f"{line}checked = {wrong}\n")


def test_what_a_sound_policy_says() -> None:
    policy = parse_policy(sound().encode())
    assert policy.text == sound().encode()
    assert (policy.label, policy.title, policy.jurisdiction) == ("example@3", "An example", "Nowhere")
    assert (policy.valid_from, policy.valid_until) == (1754092800, 1817164800)
    assert (policy.subject, policy.proof_age, policy.checkpoint_age) == (True, 7 * DAY, 30 * DAY)
    assert policy.cosigners is not None
    assert policy.cosigners.quorum == 2
    assert [(each.name, len(each.keys)) for each in policy.cosigners.operators] == [
        ("first", 2), ("second", 1), ("third", 1),
    ]  # fmt: skip
    compute, events = policy.logs["compute"], policy.logs["events"]
    assert (compute.schema, compute.rows, compute.sources) == ("compute", 5, ("signed", "hardware_attested"))
    assert [each.key.name for each in compute.keys] == ["lab.example"]
    assert (events.keys, events.rows, events.sources) == ((), 0, ())
    band, cadence, _ = policy.requirements
    assert band.program == cards.load("compute-band").program
    assert band.params == {
        "limit": Bound(low=10**25, high=10**25),
        "at_least": Bound(low=10_000, high=500_000),
        "at_most": Bound(free=True),
        "phases": Bound(includes=3),
        "model": Bound(low=text_id("base-1"), high=text_id("base-1")),
        "before": Bound(low=0, high=0),
        "outside": Bound(low=100_000, high=100_000),
    }
    assert band.reveals == {"total": Bound(high=9 * 10**24), "rows that count": Bound(low=5)}
    suites = next(each for each in cards.load("evals-cadence").params if each.name == "suites").parse("gpqa@2")
    assert cadence.params == {
        "model": Bound(subject=True),
        "since": Bound(high=1735689600),
        "until": Bound(within=3600),
        "gap": Bound(one_of=(90 * DAY, 180 * DAY)),
        "growth": Bound(low=4, high=4),
        "flop_before": Bound(high=10**27),
        "suites": Bound(low=suites, high=suites),
        "items": Bound(low=20, high=20),
    }
    assert cadence.logs == {"events": ("events",), "evals": ("evals",)}


def test_logs_with_rows_or_sources_imply_a_requirement() -> None:
    policy = parse_policy(sound().encode())
    written, floor = asked(policy)[:3], asked(policy)[3:]
    assert written == policy.requirements
    (one,) = floor
    assert one.name == f"{FLOOR}compute" == "floor: compute"
    assert (one.claim, one.logs) == ("log-floor-compute", {"log": ("compute",)})
    assert one.program == cards.load("log-floor-compute").program
    assert one.params == {"rows": Bound(low=5, high=5), "sources": Bound(low=6, high=6)}
    assert (
        one.says
        == "The log compute has at least 5 rows and has no row whose source is not signed or hardware_attested."
    )
    (rows,) = asked(edited('sources = ["signed", "hardware_attested"]\n', ""))[3:]
    assert rows.params["sources"] == Bound(low=15, high=15)
    (sources,) = asked(edited("rows = 5\n", ""))[3:]
    assert sources.params["rows"] == Bound(low=0, high=0)
    assert not asked(edited('rows = 5\nsources = ["signed", "hardware_attested"]\n', ""))[3:]


def test_a_log_may_be_named_for_its_floor_alone() -> None:
    policy = edited("[logs.events]", '[logs.more]\nschema = "eval"\nrows = 7\n[logs.events]')
    assert [each.name for each in asked(policy)[3:]] == ["floor: compute", "floor: more"]


def test_dates_of_a_key_need_something_that_dates_a_checkpoint() -> None:
    """Cosigners, or the age of a proof: the date of a proof that may have any age is anybody's choice."""
    text = sound()
    events = text[text.index('[[requirements]]\nname = "cadence"') : text.index('[[requirements]]\nname = "chips"')]
    text = text.replace(events, "").replace('[logs.events]\nschema = "event"\n', "")
    text = text.replace('[logs.evals]\nschema = "eval"\n', "")
    cosigners = text[text.index("[cosigners]") : text.index("[logs.compute]")]
    checkpoint, proof = 'checkpoint = "30 days"\n', 'proof = "7 days"\n'
    for left_out in ([], [proof], [checkpoint, cosigners]):
        kept = text
        for each in left_out:
            kept = kept.replace(each, "")
        old, new = parse_policy(kept.encode()).logs["registry"].keys
        assert (old.since, old.until, new.since, new.until) == (None, 1780272000, 1772323200, 1798761600)
    said = describe(parse_policy(sound().encode()))["logs"]["registry"]
    assert " before 2026-06-01, registry" in said and " from 2026-03-01 and before 2027-01-01" in said
    kept = text.replace("[freshness]\n", "").replace(proof, "").replace(checkpoint, "").replace(cosigners, "")
    with pytest.raises(MalformedPolicy, match=r"^logs\.registry\.keys\[1\]: needs \[cosigners\] or freshness\.proof"):
        parse_policy(kept.encode())


# A claim that is not of the catalogue


def test_a_claim_of_ones_own_is_given_by_id() -> None:
    card = replace(cards.load("chips-registered"), id="my-chips", program=b"\7" * 32)
    text = sound().replace('claim = "chips-registered@2"', 'claim = "my-chips@2"')
    with pytest.raises(MalformedPolicy, match="no claim my-chips in the catalogue"):
        parse_policy(text.encode())
    named = cards.load("chips-registered").digest.hex()
    with pytest.raises(MalformedPolicy, match=f"card: is not the card of my-chips@2, {card.digest.hex()}"):
        parse_policy(text.encode(), {"my-chips": card})
    (*_, asked) = parse_policy(text.replace(named, card.digest.hex()).encode(), {"my-chips": card}).requirements
    assert (asked.card, asked.program) == (card.digest, b"\7" * 32)
    silent = replace(card, vacuous=())
    with pytest.raises(MalformedPolicy, match=r"requirements\.chips\.params\.cap: the card of my-chips does not say"):
        parse_policy(text.replace(named, silent.digest.hex()).encode(), {"my-chips": silent})


def test_a_file_says_what_is_vacuous_with_its_claim() -> None:
    import zkcompliance.circuits.compute.chips_registered as module

    assert claim_in(module, "it").vacuous == module.VACUOUS
    assert never_vacuous("cap", "x") not in module.VACUOUS


# Limits and hostile bytes


def padded(size: int) -> bytes:
    text = sound().encode()
    return text + b"#" * (size - len(text))


def test_a_file_of_the_largest_size_is_read_and_one_past_it_is_not() -> None:
    assert parse_policy(padded(limits.MAX_POLICY_BYTES)).label == "example@3"
    with pytest.raises(LimitExceeded):
        parse_policy(padded(limits.MAX_POLICY_BYTES + 1))


def requirements(count: int) -> bytes:
    text = sound()
    chips = text[text.index('[[requirements]]\nname = "chips"') :]
    return (text + "".join(chips.replace('"chips"', f'"chips-{n}"') for n in range(count - 3))).encode()


def test_as_many_requirements_as_a_bundle_has_proofs_floors_counted() -> None:
    most = limits.MAX_POLICY_REQUIREMENTS
    assert len(asked(parse_policy(requirements(most - 1)))) == most
    with pytest.raises(MalformedPolicy, match=f"requirements: are over {most}"):
        parse_policy(requirements(most))
    with pytest.raises(MalformedPolicy, match=f"requirements: are at most {most}"):
        parse_policy(requirements(most + 1))


def test_names_and_texts_at_their_limits() -> None:
    assert edited('id = "example"', f'id = "{"e" * 63}"').id == "e" * 63
    assert edited('"An example"', f'"{"x" * limits.MAX_POLICY_TEXT_BYTES}"')
    many = ", ".join(f'"s{n}"' for n in range(limits.MAX_POLICY_SOURCES))
    assert edited('"Example Act, section 1", "Example Act, section 2"', many)
    with pytest.raises(MalformedPolicy, match=r"^sources: "):
        edited('"Example Act, section 1", "Example Act, section 2"', many + ', "more"')


def test_a_set_of_as_many_names_as_it_has_places_each_as_long_as_a_text() -> None:
    claim = cards.load("graded-by-match")
    suites = next(param for param in claim.params if param.name == "suites")
    names = [f"{n:x}" * limits.MAX_TEXT_BYTES for n in range(suites.places)]
    whole = ", ".join(names)
    assert read_bound(suites, whole, "suites", free=False).exact == suites.parse(names)
    assert read_bound(suites, {"one_of": [whole, names[0]]}, "suites", free=False).one_of[0] == suites.parse(names)
    for long in (names[0] + "0", whole + ", " + names[0]):
        with pytest.raises(MalformedPolicy, match=r"^suites: "):
            read_bound(suites, long, "suites", free=False)


def test_logs_and_operators_at_their_limits() -> None:
    logs = "".join(f'[logs.l{n}]\nschema = "eval"\nrows = 1\n' for n in range(limits.MAX_POLICY_LOGS - 5))
    assert len(edited("[logs.events]", f"{logs}[logs.events]").logs) == limits.MAX_POLICY_LOGS
    with pytest.raises(MalformedPolicy, match=r"^logs: are at most"):
        edited("[logs.events]", f'{logs}[logs.x]\nschema = "eval"\nrows = 1\n[logs.events]')


HOSTILE = {
    "brackets": b"a=" + b"[" * 60_000,
    "braces": b"a=" + b"{b=" * 20_000,
    "tables": b"[" * 60_000,
    "a long key": b"a" + b".a" * 30_000 + b"=1",
    "a long header": b"[a" + b".a" * 30_000 + b"]",
    "quoted keys": b'"a"' + b'."a"' * 15_000 + b"=1",
    "quotes": b'"' * 60_000,
    "escapes": b'a="' + b'\\"' * 30_000,
    "quotes of the other kind": b"'" * 60_000,
    "a quote in a comment": b"#'" * 30_000,
    "an integer": b"a=" + b"9" * 60_000,
    "a hexadecimal integer": b"format=0x" + b"f" * 60_000,
    "a float": b"a=" + b"9" * 60_000 + b".5",
    "an exponent": b"format=1e" + b"9" * 60_000,
    "many tables": b"".join(b"[a%d]\n" % n for n in range(8000)),
    "many array tables": b"[[a]]\n" * 10_000,
    "many keys": b"".join(b"a%d=1\n" % n for n in range(8000)),
    "many dotted keys": b"".join(b"a.b.c.d.e.f.g.h%d=1\n" % n for n in range(3000)),
    "newlines": b"\n" * 60_000,
    "nothing": b"",
    "a byte order mark": "\ufeff".encode() + b"a=1",
    "UTF-16": "a=1".encode("utf-16"),
    "a null": b"a='\0'",
    "carriage returns": b"a=1\r" * 9000,
    "a surrogate": b'format="\\ud800"',
    "not a number": b"format=nan",
    "infinity": b"version=inf",
    "a local time": b"valid_from=12:00:00",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_bytes_are_refused_at_once(name: str) -> None:
    with Work() as work, pytest.raises(MalformedPolicy) as caught:
        parse_policy(HOSTILE[name])
    assert work.pieces < 2_000
    assert len(caught.value.message) < 600


def test_hostile_strings_hide_no_brackets() -> None:
    """What the guard takes for a text is one for the parser too: a text with an escaped quote, a comment with one."""
    assert edited('"An example"', r'"An \"[[[[[[[[[[\" example"').title == 'An "[[[[[[[[[[" example'
    assert edited('"An example"', "'An \\[[[[[[[[[[example'").title == "An \\[[[[[[[[[[example"
    assert edited('title = "An example"', 'title = "a#b"  # it\'s [[[[[[[[[').title == "a#b"
    with pytest.raises(MalformedPolicy, match="nested deeper"):
        edited('title = "An example"', f"title = 'a\\' + \"{'[' * 9}\"\nx = {'[' * 9}")


# Bounds


def test_meets() -> None:
    def met(bound: Bound, value: int, moment: int = 0, subject: str | None = None) -> bool:
        return meets(bound, value, time=moment, subject_name=subject)

    between = Bound(low=3, high=5)
    assert [met(between, value) for value in (2, 3, 5, 6)] == [False, True, True, False]
    assert [met(Bound(includes=0b101), value) for value in (0b101, 0b111, 0b001, 0)] == [True, True, False, False]
    assert [met(Bound(one_of=(2, 9)), value) for value in (2, 5, 9)] == [True, False, True]
    assert [met(Bound(within=10), value, 100) for value in (89, 90, 100, 101)] == [False, True, True, False]
    assert not met(Bound(within=10), 0, 0)
    named = Bound(subject=True)
    assert met(named, text_id("model"), subject="model")
    assert not met(named, text_id("model"), subject="other")
    assert not met(named, 0, subject=None)
    assert not met(named, text_id("model"))
    assert met(Bound(free=True), 12345)
    assert not met(Bound(low=3, one_of=(2, 4)), 2)
    assert not met(Bound(high=3, includes=4), 4)


@pytest.mark.parametrize(
    ("claim", "param", "bound", "said"),
    [
        ("compute-band", "limit", Bound(low=10**25, high=10**25), "exactly 1e25 FLOP"),
        ("compute-band", "limit", Bound(high=10**25 + 1), "at most ≈1e25 FLOP (10000000000000000000000001)"),
        ("compute-band", "at_least", Bound(low=10_000, high=500_000), "at least 1% and at most 50%"),
        ("compute-band", "at_least", Bound(free=True), "the lab's choice"),
        ("compute-band", "phases", Bound(includes=3), "a set that includes pretraining, fine_tuning"),
        ("evals-cadence", "since", Bound(high=1735689600), "not after 2025-01-01 00:00:00 UTC"),
        ("evals-cadence", "since", Bound(low=1735689600), "not before 2025-01-01 00:00:00 UTC"),
        ("evals-cadence", "until", Bound(within=7 * DAY), "within 1 week before the proof"),
        ("evals-cadence", "gap", Bound(one_of=(90 * DAY, 180 * DAY)), "one of 90 days; 180 days"),
        ("evals-cadence", "model", Bound(subject=True), "the name of the model that the proof is about"),
        ("eval-score-under", "worst", Bound(low=1, high=1), "exactly yes"),
    ],
)
def test_words(claim: str, param: str, bound: Bound, said: str) -> None:
    spec = next(each for each in cards.load(claim).params if each.name == param)
    assert words(bound, spec) == said


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("claime", "claim: is missing: is requirements.band.claime meant for it?"),
        ("anything", "claim: is missing"),
    ],
)
def test_a_mistyped_key_is_named_with_the_one_that_is_missing(typed: str, says: str) -> None:
    text = sound().replace("\nclaim = ", f"\n{typed} = ", 1)
    with pytest.raises(MalformedPolicy) as caught:
        parse_policy(text.encode())
    assert caught.value.message.endswith(says)


@pytest.mark.parametrize("number", ["1_0", "1_000_000", "+1", "-0", "-1_0", "0x10", "0o17", "0b1", "+1_0"])
def test_whole_numbers_have_the_grammar_of_rows(number: str) -> None:
    """What TOML itself would take; names and texts that look alike are left alone."""
    for text in (f"version = {number}", f"version={number}#", f"a = [3, {number}]", f"a = {{ b = {number} }}",
                 f"a = [\n{number},\n]"):  # fmt: skip
        with pytest.raises(MalformedPolicy, match="is not a number as it is written here"):
            parse_policy(text.encode())
    for text in (f"a-{number.strip('+-')} = 1", f'title = "{number}"', f"# {number}", "a = 2026-01-05", "b = 1.5e-3"):
        with pytest.raises(MalformedPolicy) as caught:
            parse_policy(text.encode())
        assert "as it is written here" not in caught.value.message
