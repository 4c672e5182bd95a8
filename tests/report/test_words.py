"""The sentences that all reports share."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.kit import verdicts
from zkcompliance.card.words import explain
from zkcompliance.claim import catalogue as claim
from zkcompliance.claim.card import card_of
from zkcompliance.policy.verdict import Chooser, Margin, Value
from zkcompliance.report import words
from zkcompliance.report.picture import picture

KINDS = verdicts.all_kinds()
TITLE = "eu-ai-act-systemic-risk@1"


@pytest.mark.parametrize(
    ("kind", "outcome", "sentence"),
    [
        ("all met", "accepted", f"Accepted: all 3 requirements of {TITLE} are met."),
        ("one met", "accepted", f"Accepted: the one requirement of {TITLE} is met."),
        ("not shown", "not accepted", f"Not accepted: of 3 requirements of {TITLE}, 1 is not shown."),
        ("not met and not shown", "not accepted",
         f"Not accepted: of 3 requirements of {TITLE}, 1 is not met and 1 is not shown."),
        ("single", "accepted", "Accepted: the proof shows training-compute-below@2 as asked."),
        ("single refused", "not accepted", "Not accepted: incidents-reported-in-time@2 is not met."),
        ("undecided", "not decided",
         "Not decided: the proof of training-compute-below@2 verifies, but nothing was given to hold it against."),
        ("nothing", "not accepted", f"Not accepted: nothing of {TITLE} was judged."),
    ],
)  # fmt: skip
def test_sentences(kind: str, outcome: str, sentence: str) -> None:
    assert (words.outcome(KINDS[kind]), words.sentence(KINDS[kind])) == (outcome, sentence)


@pytest.mark.parametrize("kind", KINDS)
def test_only_an_accepted_verdict_is_called_so(kind: str) -> None:
    assert (words.outcome(KINDS[kind]) == "accepted") is KINDS[kind].accepted
    assert words.sentence(KINDS[kind]).startswith("Accepted") is KINDS[kind].accepted


@pytest.mark.parametrize(
    ("value", "limit", "share"),
    [(63, 100, "63%"), (1, 3, "≈33.33%"), (1, 10**9, "under 0.01%"), (0, 5, "0%"), (5, 0, ""), (30, 10, "300%"),
     (999_999, 10**6, "≈99.99%"), (2**511, 2**512 - 1, "≈50%"), (10**10, 1, "1e12%")],
)  # fmt: skip
def test_shares_are_cut_never_rounded_up(value: int, limit: int, share: str) -> None:
    assert words.share(Margin("a", value, "b", limit)) == share


@pytest.mark.parametrize(
    ("value", "rounding", "limit", "share"),
    [(63, 9, 100, "at least 63%"), (1, 0, 3, "≈33.33%"), (10, 9, 30, "at least 33.33%"), (9, 8, 10**5, "under 0.02%")],
)
def test_the_share_of_what_was_rounded_down_is_a_least_one(value: int, rounding: int, limit: int, share: str) -> None:
    assert words.share(Margin("a", value, "b", limit, rounding=rounding)) == share


def test_figures_are_exact() -> None:
    assert words.figure(Value("a", "revealed", "≈1.23e7", 12345678)) == "≈1.23e7 (12345678)"
    assert words.figure(Value("a", "revealed", "≈1.23e7 (12345678)", 12345678)) == "≈1.23e7 (12345678)"
    assert words.exact(Value("a", "revealed", "1e7", 10**7)) == "10,000,000"
    assert words.exact(Value("a", "revealed", "1e7 FLOP", 10**7)) == "10,000,000"
    assert words.exact(Value("a", "revealed", "12,345", 12345)) == words.exact(Value("a", "parameter", "50%", 5)) == ""
    rounded = Value("a", "revealed", "≈1.23e7 (12345678)", 12345678)
    assert (words.short(rounded), words.exact(rounded)) == ("≈1.23e7", "12,345,678")


def test_the_claim_in_words_leaves_out_what_the_report_says_of_the_proof() -> None:
    said = explain(card_of(claim.load("compute-band")))
    found = words.claim_lines(replace(verdicts.BAND, sentences=said))
    assert found[0].startswith("compute-band, version 2: A model's training compute lies between")
    assert [line.partition(":")[0] for line in found[1:]] == [
        "It holds when all of this is so", "1. each row that counts names its model",
        "2. total at or above the lower edge", "3. total at or below the upper edge",
        "4. little in phases that do not count", "5. compute.start is not after compute.end (implied)",
    ]  # fmt: skip
    other = replace(verdicts.BAND, sentences="a\n  b\n\nc")
    assert words.claim_lines(other) == ["a", "b", "c"]


def test_who_chose() -> None:
    made = {v.name: words.chooser(v) for v in verdicts.BAND.values}
    assert made["limit"] == "chosen by the policy" and made["at_least"] == "chosen by the lab"
    assert made["at_most"] == "chosen by the lab within this" and made["total"] == "held against nothing"
    of_one = replace(verdicts.LIMIT, chooser=Chooser.JUDGE)  # its bound is `exactly` too, and nobody's policy
    assert words.chooser(of_one) == "chosen by whoever judged"


def test_what_is_invisible_or_reorders_is_shown_as_such() -> None:
    assert words.clean("a\u202eb\u200bc\x1bd\ud800e\tf\ng") == "a\ufffdb\ufffdc\ufffdd\ufffde f g"
    assert words.clean("שלום 长 é") == "שלום 长 é"


def test_references_are_text_only_where_they_read_as_it() -> None:
    assert words.reference(b"AIO-7") == "AIO-7" and words.reference(b"") == "none"
    assert words.reference(b"a\nb") == "0x610a62" and words.reference(b"\xff") == "0xff"
    assert words.reference("\u202e".encode()) == "0xe280ae"


def test_times() -> None:
    assert words.moment(0) == "not stated" and words.moment(verdicts.NOON) == "2026-11-21 12:00 UTC"
    assert words.moment(verdicts.NOON + 1) == "2026-11-21 12:00:01 UTC"
    assert words.iso(2**64 - 1) == "2999-12-31T23:59:59Z" and words.day(verdicts.POLICY.valid_from) == "2025-08-02"


def test_sizes() -> None:
    assert words.rows(()) == "no segments" and words.rows((10,)) == "1 segment of at most 1,024 rows"
    assert words.rows((10, 10)) == "2 segments of at most 1,024 rows each"
    assert words.rows((12, 10)) == "2 segments of at most 1,024 to 4,096 rows each"
    assert verdicts.BAND.margin is not None
    assert words.margin_words(verdicts.BAND) == "total is 6.3e24; limit is 1e25, 63% of it"
    assert words.margin_words(replace(verdicts.BAND, margin=None)) == ""
    rounded = replace(verdicts.BAND, margin=replace(verdicts.BAND.margin, rounding=10**23 - 1))
    said = "total is 6.3e24, rounded down; limit is 1e25, at least 63% of it"
    assert words.margin_words(rounded) == said
    drawn = picture(rounded, "p")
    assert drawn is not None and said in drawn and ">total 6.3e24, rounded down<" in drawn
