"""The ready-made policies: pinned, sound, in words; and which version is in force when."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from tests import pins
from tests.kit import support
from zkcompliance.card import catalogue as cards
from zkcompliance.claim import catalogue as claims
from zkcompliance.errors import LimitExceeded, MalformedPolicy, PolicyNotInForce, UsageError
from zkcompliance.policy import catalogue
from zkcompliance.policy.bounds import meets
from zkcompliance.policy.catalogue import asked
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Policy
from zkcompliance.report import policy as words
from zkcompliance.report.words import title

DAY = 86400
# No longer than their shortest clock
AGES = dict.fromkeys(
    ("ai-act-73", "gpai-code-incidents", "gpai-code-incidents-complete", "raise", "sb-53", "slowdown"), DAY
) | {"eu-article-52": 14 * DAY}
NAMES = [
    "ai-act-73", "cloud-kyc", "conditional-treaty", "eu-ai-act", "eu-article-52", "eu-data", "eu-gpai", "eu-modifier",
    "gpai-code-incidents", "gpai-code-incidents-complete", "gpai-code-recurrence", "korea", "raise", "raise-recurrence",
    "sb-53", "sb-53-recurrence", "seoul", "slowdown", "treaty-complete", "us-frontier-threshold",
]  # fmt: skip


def test_these_are_there() -> None:
    assert catalogue.names() == NAMES


@pytest.mark.parametrize("path", sorted(pins.POLICIES.glob("*.toml")), ids=lambda path: path.stem)
def test_file(path: Path) -> None:
    """Named after its id and version, with the digests of the cards; `python tests/pins.py` writes them anew."""
    text = path.read_text(encoding="utf-8")
    policy = parse_policy(text.encode())
    assert path.stem == f"{policy.id}-{policy.version}"
    digests = {card.label: card.digest.hex() for card in map(cards.load, cards.names())}
    assert pins.pinned(text, digests) == text
    assert len(pins.PINNED.findall(text)) == len(policy.requirements)
    assert not re.search(r"[\t\r]| $", text, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_where_it_comes_from_and_what_it_does_not_show(name: str) -> None:
    policy = catalogue.load(name)
    assert all(re.search("[0-9]", source) for source in policy.sources)  # an article, a section or a date
    assert not any(rule.keys for rule in policy.logs.values()) and policy.cosigners is None
    assert policy.proof_age == AGES.get(name, 30 * DAY)
    when = None if policy.checked is None else words.day(policy.checked)
    assert words.describe(policy)["checked"] == when
    for each in policy.requirements:
        assert re.search("[Nn]ot show|no proof shows", each.says), each.name
        apart = each.says.partition("Not shown: ")[2]  # stands in summaries without what was said before it
        assert not re.search(r"\b(any|either) of (that|these)\b|^such an?\b|\bthat is for the\b|^the other\b", apart)
    said = "\n".join(words.lines(words.describe(policy)))
    for each in asked(policy):
        assert f"{title(each.name)}: {each.says}" in said
        assert each.program.hex() in said
        for param in claims.load(each.claim).params:
            assert f"     {param.name} is " in said
    for line in words.not_shown(catalogue.load(name)):
        assert line in said


@pytest.mark.parametrize(
    ("name", "requirement", "param", "met", "missed"),
    [
        ("eu-ai-act", "below-presumption", "limit", 10**25, 10**25 + 1),
        ("eu-gpai", "below-gpai", "limit", 10**23, 10**25),
        ("eu-gpai", "estimates-agree", "tolerance", 300_000, 300_001),
        ("eu-modifier", "under-a-third", "unknown", 10**23, 10**25),
        ("eu-modifier", "under-a-third", "systemic", 10**25, 10**25 + 1),
        ("eu-article-52", "notified-within-two-weeks", "clock", 14 * DAY, 14 * DAY + 1),
        ("eu-article-52", "notified-within-two-weeks", "threshold", 10**25, 10**25 + 1),
        ("slowdown", "capped-in-every-window", "cap", 10**24, 10**24 + 1),
        ("slowdown", "capped-in-every-window", "window", 30 * DAY, 30 * DAY - 1),
        ("slowdown", "no-dark-compute", "dark", DAY, DAY + 1),
        ("us-frontier-threshold", "below-frontier", "limit", 10**26, 10**25),
        ("gpai-code-incidents", "initial-reports-in-time", "infrastructure", 2 * DAY, 3 * DAY),
        ("gpai-code-incidents", "initial-reports-in-time", "cybersecurity", 5 * DAY, 6 * DAY),
        ("gpai-code-incidents", "initial-reports-in-time", "death", 10 * DAY, 11 * DAY),
        ("gpai-code-incidents", "initial-reports-in-time", "harm", 15 * DAY, 16 * DAY),
        ("gpai-code-incidents", "initial-reports-in-time", "reportable", 0b1111, 0b1011),
        ("sb-53", "office-in-15-days", "safety", 15 * DAY, 16 * DAY),
        ("sb-53", "office-in-15-days", "danger", 15 * DAY, 16 * DAY),
        ("sb-53", "danger-in-24-hours", "danger", DAY, 2 * DAY),
        ("sb-53", "danger-in-24-hours", "reportable", 0b100000, 0b010000),
        ("sb-53", "office-in-15-days", "reportable", 0b110000, 0b010000),
        ("raise", "office-in-72-hours", "safety", 3 * DAY, 4 * DAY),
        ("raise", "office-in-72-hours", "danger", 3 * DAY, 4 * DAY),
        ("raise", "danger-in-24-hours", "danger", DAY, 2 * DAY),
        ("ai-act-73", "reports-in-time", "infrastructure", 2 * DAY, 3 * DAY),
        ("ai-act-73", "reports-in-time", "death", 10 * DAY, 11 * DAY),
        ("ai-act-73", "reports-in-time", "harm", 15 * DAY, 16 * DAY),
        ("gpai-code-incidents-complete", "initial-reports-in-time", "death", 10 * DAY, 11 * DAY),
        ("gpai-code-incidents-complete", "updates-and-final-reports", "every", 28 * DAY, 29 * DAY),
        ("gpai-code-incidents-complete", "updates-and-final-reports", "final", 60 * DAY, 61 * DAY),
        ("gpai-code-recurrence", "framework-every-12-months", "gap", 366 * DAY, 367 * DAY),
        ("gpai-code-recurrence", "model-report-every-six-months", "gap", 184 * DAY, 185 * DAY),
        ("sb-53-recurrence", "framework-every-year", "gap", 366 * DAY, 367 * DAY),
        ("sb-53-recurrence", "modifications-in-30-days", "limit", 30 * DAY, 31 * DAY),
        ("sb-53-recurrence", "summaries-every-three-months", "gap", 92 * DAY, 93 * DAY),
        ("raise-recurrence", "framework-every-year", "gap", 366 * DAY, 367 * DAY),
        ("raise-recurrence", "summaries-every-three-months", "gap", 92 * DAY, 93 * DAY),
        ("seoul", "scores-under-threshold", "items", 10, 9),
        ("conditional-treaty", "below-threshold", "limit", 10**26, 10**26 + 1),
        ("conditional-treaty", "evaluated-at-a-cadence", "gap", 180 * DAY, 181 * DAY),
        ("korea", "below-the-decree", "limit", 10**26, 10**26 + 1),
        ("cloud-kyc", "verified-when-supplied", "unnamed", 0, 1),
        ("eu-data", "reservations-honoured", "most", 0, 1),
        ("treaty-complete", "audited-while-trained", "least", 2, 1),
        ("treaty-complete", "audited-while-trained", "longest", 366 * DAY, 367 * DAY),
    ],
)
def test_the_numbers_of_the_law(name: str, requirement: str, param: str, met: int, missed: int) -> None:
    (asks,) = [each for each in catalogue.load(name).requirements if each.name == requirement]
    assert meets(asks.params[param], met, time=0, subject_name=None)
    assert not meets(asks.params[param], missed, time=0, subject_name=None)


def test_a_register_is_judged_at_the_time_of_the_proof() -> None:
    asks, _ = catalogue.load("sb-53").requirements
    moment = 1_800_000_000
    as_of = [moment - 3601, moment - 3600, moment, moment + 1]
    assert [meets(asks.params["as_of"], at, time=moment, subject_name=None) for at in as_of] == [
        False,
        True,
        True,
        False,
    ]


def test_growth_asks_something_under_the_cap() -> None:
    """From a quarter of the cap on, fourfold growth could not be over it."""
    cap, cadence, _ = catalogue.load("conditional-treaty").requirements
    before, growth, limit = cadence.params["flop_before"].high, cadence.params["growth"].high, cap.params["limit"].high
    assert before is not None and growth is not None and limit is not None and before * growth < limit
    assert "its training compute, which every evaluation states" in cadence.says


def test_every_claim_of_the_first_wave_serves_some_policy() -> None:
    used = {each.claim for name in NAMES for each in asked(catalogue.load(name))}
    assert used >= {
        "chips-registered", "compute-band", "compute-methods-agree", "eval-coverage", "eval-score-under",
        "evals-cadence", "incidents-reported-in-time", "training-compute-below",
    }  # fmt: skip
    assert used <= set(claims.names())


# Where they come from


def test_by_name_by_version_by_file(tmp_path: Path) -> None:
    policy = catalogue.load("eu-ai-act")
    assert catalogue.load("eu-ai-act@2") == catalogue.latest("eu-ai-act") == policy
    assert catalogue.versions("eu-ai-act") == (policy,)
    assert catalogue.versions("mine") == ()
    path = tmp_path / "mine.toml"
    path.write_bytes(policy.text)
    assert catalogue.load(str(path)) == policy
    path.write_bytes(b"#" * 65_537)
    with pytest.raises(LimitExceeded):
        catalogue.load(str(path))


@pytest.mark.parametrize(
    "name",
    ["eu", "eu-ai-act@1", "eu-ai-act@3", "eu-ai-act@", "eu-ai-act@02", "", "../eu-ai-act", "none.toml", "x" * 5000],
)
def test_what_is_not_there(name: str) -> None:
    with pytest.raises(UsageError) as caught:
        catalogue.load(name)
    assert len(caught.value.message) < 800  # it names what there is


def test_loading_them_needs_no_numpy_and_no_cryptography() -> None:
    code = (
        "import sys\nfrom zkcompliance.policy import catalogue\nfrom zkcompliance.report import policy\n"
        "for name in catalogue.names(): policy.describe(catalogue.load(name))\n"
        "print([m for m in ('numpy', 'numba', 'cryptography', 'click', 'rich') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=support.ENVIRONMENT)
    assert done.stdout.strip() == "[]", done.stderr


# In force


def example(version: int, start: int, end: int) -> Policy:
    return replace(catalogue.load("eu-ai-act"), version=version, valid_from=start, valid_until=end)


ONE, TWO, THREE = example(1, 100 * DAY, 200 * DAY), example(2, 150 * DAY, 300 * DAY), example(3, 180 * DAY, 400 * DAY)


@pytest.mark.parametrize(
    ("policy", "now", "said"),
    [
        (ONE, 100 * DAY - 1, "eu-ai-act@1 is valid from 1970-04-11, and this is 1970-04-10"),
        (ONE, 100 * DAY, None),
        (ONE, 150 * DAY - 1, None),
        (ONE, 150 * DAY, "eu-ai-act@1 is superseded by eu-ai-act@2 since 1970-05-31"),
        (ONE, 180 * DAY, "eu-ai-act@1 is superseded by eu-ai-act@3 since 1970-06-30"),
        (ONE, 200 * DAY, "eu-ai-act@1 was valid until the end of 1970-07-19, and this is 1970-07-20"),
        (TWO, 150 * DAY, None),
        (TWO, 180 * DAY, "eu-ai-act@2 is superseded by eu-ai-act@3 since 1970-06-30"),
        (THREE, 180 * DAY, None),
        (THREE, 400 * DAY - 1, None),
        (THREE, 400 * DAY, "eu-ai-act@3 was valid until the end of 1971-02-04, and this is 1971-02-05"),
    ],
)
def test_in_force(policy: Policy, now: int, said: str | None) -> None:
    error = catalogue.in_force(policy, now, (THREE, ONE, TWO))
    assert (error and error.message) == said
    assert error is None or isinstance(error, PolicyNotInForce)


def test_other_policies_supersede_nothing() -> None:
    other = replace(TWO, id="other")
    assert catalogue.in_force(ONE, 180 * DAY, (other,)) is None
    assert catalogue.in_force(ONE, 180 * DAY) is None


def test_the_catalogue_gives_the_latest_version(monkeypatch: pytest.MonkeyPatch) -> None:
    first = catalogue.load("eu-ai-act").text
    second = first.replace(b"version = 2\n", b"version = 3\n")
    monkeypatch.setattr(catalogue, "_files", lambda: {"eu-ai-act": (second, first)})
    assert [each.version for each in catalogue.versions("eu-ai-act")] == [3, 2]
    assert catalogue.load("eu-ai-act").version == catalogue.latest("eu-ai-act").version == 3
    assert catalogue.load("eu-ai-act@2").version == 2


def test_another_card_is_refused() -> None:
    text = catalogue.load("eu-ai-act").text.replace(
        cards.load("training-compute-below").digest.hex().encode(), b"0" * 64
    )
    with pytest.raises(MalformedPolicy, match=r"requirements\.below-presumption\.card: is not the card of"):
        parse_policy(text)
