"""The sentences that all reports share."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

from tests.kit import verdicts
from zkcompliance import report
from zkcompliance.card.words import explain
from zkcompliance.claim import catalogue as claim
from zkcompliance.claim.card import card_of
from zkcompliance.policy.catalogue import FLOOR
from zkcompliance.policy.verdict import Asked, Chooser, Finding, Margin, Status, Tells, Value
from zkcompliance.report import facts, terminal, words
from zkcompliance.report.json_document import document
from zkcompliance.report.picture import picture
from zkcompliance.stark.profiles import PROFILES, STANDARD, Profile
from zkcompliance.version import VERIFIER, VERSION

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
        ("not what was asked", "not accepted", "Not accepted: the proof is about the model asteria-2, you asked about "
         f"asteria-3-large. Nothing of {TITLE} was judged."),
        ("another key", "not accepted", f"Not accepted: of 2 requirements of {TITLE}, 1 is not judged."),
        ("single not asked", "not accepted", "Not accepted: the proof is about the model asteria-2, you asked about "
         "asteria-3-large. Nothing of training-compute-below@2 was judged."),
    ],
)  # fmt: skip
def test_sentences(kind: str, outcome: str, sentence: str) -> None:
    assert (words.outcome(KINDS[kind]), words.sentence(KINDS[kind])) == (outcome, sentence)


@pytest.mark.parametrize("kind", KINDS)
def test_only_an_accepted_verdict_is_called_so(kind: str) -> None:
    assert (words.outcome(KINDS[kind]) == "accepted") is KINDS[kind].accepted
    assert words.sentence(KINDS[kind]).startswith("Accepted") is KINDS[kind].accepted


def test_that_there_is_none_of_something_is_no_gist() -> None:
    """A count whose limit is 0 does not stand in the place of what was asked; any other margin does."""
    (met, *_) = [each for each in KINDS["all met"].findings if each.margin is not None and each.says]
    margin = met.margin
    assert margin is not None and margin.limit and words.gist(met) == words.margin_words(met)
    none = replace(met, margin=replace(margin, value=0, limit=0))
    assert words.gist(none) == words.asserted(none.says).partition(". ")[0].rstrip(".")
    assert words.gist(replace(none, says="")) == words.margin_words(none)


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
    assert [line.partition(":")[0] for line in found[1:] if not line.startswith("“")] == [
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


# What a claim's sentences say with the values of this proof in them

SENTENCE = (
    "It holds when all of this is so:\n  1. small: For every row of compute (only rows where {}), x is below `limit`."
)
OF_MODEL = "`model` is none or the model is `model`"


def filled(sentence: str, *values: Value) -> str:
    finding = replace(verdicts.BELOW, sentences="a, version 1: b\n" + SENTENCE.format(sentence), values=values)
    return words.claim_lines(finding)[-1]


def test_sentences_have_the_values_of_the_proof() -> None:
    model = Value("model", "parameter", "m", 7, said="‘m’")
    assert filled(OF_MODEL, verdicts.LIMIT, model) == (
        "1. small: For every row of compute (only rows where the model is ‘m’), x is below 1e25."
    )
    assert "where `model` is none or the model is `model`), x is below `limit`" in filled(
        OF_MODEL
    )  # of none that verifies


def test_a_model_that_is_not_stated_leaves_the_sentence_as_wide_as_it_is() -> None:
    """Nothing is left out where that would make the sentence say more than was proved."""
    model = Value("model", "parameter", "(none)", 0)
    assert "where `model` (none) is none or the model is `model` (none))" in filled(OF_MODEL, model)


def test_a_name_that_the_lab_chose_adds_no_words_to_a_sentence() -> None:
    evil = "m or anything, and `limit`"
    said = filled(OF_MODEL, verdicts.LIMIT, Value("model", "parameter", evil, 7, said=f"‘{evil}’"))
    assert f"model is ‘{evil}’), x is below 1e25." in said
    truth = Value("worst", "parameter", "no", 0)
    assert "not (`worst` (no)) or y" in filled("not (`worst`) or y", truth)


def test_a_revealed_value_fills_no_place_of_a_parameter() -> None:
    revealed = Value("limit", "revealed", "5", 5)
    assert filled("y", revealed).endswith("below `limit`.")


# What is not shown, and what a reader asks next


def test_the_end_of_what_a_requirement_says_is_what_it_does_not_show() -> None:
    finding = replace(verdicts.BELOW, says="It is below. Not shown: compute that was never logged.")
    assert words.not_shown(finding) == "Not shown: compute that was never logged."
    assert words.asserted(finding.says) == "It is below."
    assert words.not_shown(verdicts.BELOW) == "" and words.asserted(verdicts.BELOW.says) == verdicts.BELOW.says
    one, two = verdicts.verdict(finding), verdicts.verdict(finding, verdicts.BAND)
    assert "training-compute: Not shown: compute that was never logged." in words.limits(one, whole=False)
    assert words.limits(two, whole=False) == list(verdicts.NOT_PROVEN) and len(words.limits(two)) == 3


def test_floors_are_called_what_they_ask() -> None:
    assert words.title("floor: compute") == "rows of the log compute" and words.title("below") == "below"


def test_which_reference_was_asked_for_and_bound() -> None:
    base = KINDS["one met"]
    asked = Asked(reference=base.reference, drawn=verdicts.NOON - 86_400)
    assert words.reference_said(replace(base, asked=asked)) == (
        "AIO-2026-0417, which was asked for, drawn on 2026-11-20 12:00 UTC, and the proof is bound to it"
    )
    other = words.reference_said(replace(base, asked=Asked(reference=b"X-1")))
    assert other == "X-1 was asked for, and the proof is bound to AIO-2026-0417"
    none = words.reference_said(replace(base, asked=Asked()))
    assert none.startswith("the proof is bound to AIO-2026-0417; none was asked for")
    assert words.reference_said(replace(base, asked=Asked(), reference=b"")).startswith("none; none was asked for")


def test_when_and_by_what_it_was_judged() -> None:
    base = KINDS["one met"]
    assert words.judged(base) == f"2026-11-21 12:00 UTC, by {VERIFIER}"
    assert words.judged(replace(base, asked=Asked(at=True))).startswith(
        "2026-11-21 12:00 UTC, a moment that was given, by"
    )
    root = Path(__file__).parents[2]
    assert f'version = "{VERSION}"' in (root / "pyproject.toml").read_text(encoding="utf-8")


def answers(finding: Finding) -> dict[str, str]:
    return {fact.name: fact.text for fact in facts.of_finding(finding)}


def test_the_answers_to_what_is_asked_next() -> None:
    def value(name: str, text: str, exact: int, tells: Tells, role: str = "revealed", **more: object) -> Value:
        return Value(name, role, text, exact, tells=tells, **more)  # type: ignore[arg-type]

    first = value("first day", "2026-01-05", 20458, Tells.FIRST)
    last = value("last day", "2026-02-01", 20485, Tells.LAST)
    shown = (
        first, last, value("rows that count", "1,200", 1200, Tells.COUNTED, rounding=99),
        value("rows of other models", "3", 3, Tells.OUTSIDE),
        value("model", "m-1", 9, Tells.MODEL, "parameter", chooser=Chooser.POLICY),
        value("before", "0", 0, Tells.NOTHING, "parameter", chooser=Chooser.LAB),
        value("as_of", "2026-02-03", 1, Tells.MOMENT, "parameter", chooser=Chooser.LAB_WITHIN),
    )  # fmt: skip
    said = answers(replace(verdicts.BELOW, values=shown))
    assert said["period"] == (
        "rows from 2026-01-05 to 2026-02-01, as they say themselves; clocks are judged as of 2026-02-03"
    )
    assert said["counted"] == "rows that count: 1,200, rounded down" and said["models"] == "m-1"
    assert said["outside"] == "rows of other models: 3"
    assert said["chosen by"] == "the lab: before; the lab within what the policy allows: as_of; the policy: model"
    none = answers(replace(verdicts.BELOW, values=(), logs=()))
    assert all("disclosed" in none[name] for name in ("period", "counted", "outside"))
    empty = (replace(first, exact=0, text="1970-01-01"), replace(last, exact=0, text="1970-01-01"))
    assert answers(replace(verdicts.BELOW, values=empty))["period"].startswith("no row counts")
    assert answers(verdicts.missing(KINDS["single refused"].findings[0].error, Status.NOT_MET)) == {}  # type: ignore[arg-type]


def test_whose_key_it_is_the_policy_says() -> None:
    lab = replace(verdicts.COMPUTE, lab="Example Lab")
    metered = replace(verdicts.COMPUTE, meterer="Example Metering", origin="meter.example/x", name="x")
    verdict = verdicts.verdict(replace(verdicts.BELOW, logs=(lab, metered, verdicts.INCIDENTS)))
    keys = [fact.text for fact in facts.head(verdict) if fact.name == "key"]
    assert keys == [
        "of compute: Example Lab, as the policy says",
        "of x: Example Metering, who seals this log and is not the lab, as the policy says",
        "of incidents: no policy says whose key it is",
    ]


def test_whose_key_it_is_the_keyring_says_too() -> None:
    """Beside what the policy says, which may be something else; and the key's digits, in everything that people read
    and in JSON."""
    lab = replace(verdicts.COMPUTE, lab="Example Lab")
    unnamed = replace(verdicts.INCIDENTS, key="incidents.example/1+00+AA")
    whole = verdicts.verdict(replace(verdicts.BELOW, logs=(lab, unnamed)))
    named = whole.with_names({lab.key: "North, compute"})
    keys = [fact.text for fact in facts.head(named) if fact.name == "key"]
    assert keys == [
        "of compute: Example Lab, as the policy says; North, compute, as your keyring says",
        "of incidents: no policy says whose key it is; it is not on your keyring",
    ]
    assert len(lab.digits.replace(" ", "")) == 40 and lab.digits != unnamed.digits
    for form in ("json", "html"):
        assert lab.digits in report.write(whole, form) and "North, compute" in report.write(named, form)
    screen = io.StringIO()
    terminal.show(named, screen)
    assert f"{lab.digits}, to be compared over the phone" in screen.getvalue()
    (known, unknown), (left, _) = (document(each)["requirements"][0]["logs"] for each in (named, whole))
    assert (known["named"], unknown["named"], left["named"]) == ("North, compute", "", None)
    assert known["digits"] == lab.digits
    assert replace(lab, key="").digits == "" and facts.of_log(replace(lab, key=""))[-1].name != "key digits"


def test_sentences_that_an_officer_stumbled_over() -> None:
    day = Value("first day", "revealed", "2026-01-05", 20458, tells=Tells.FIRST)
    same = replace(day, name="last day", tells=Tells.LAST)
    assert (
        answers(replace(verdicts.BELOW, values=(day, same)))["period"] == "rows of 2026-01-05, as they say themselves"
    )
    of_lab = Value("model", "parameter", "the lab", 0, tells=Tells.MODEL)
    assert answers(replace(verdicts.BELOW, values=(of_lab,)))["models"].startswith(
        "none: it is about rows that name no"
    )
    of_all = replace(of_lab, text="(none)")
    assert (
        answers(replace(verdicts.BELOW, values=(of_all,)))["models"] == "it is about all rows, whatever model they name"
    )
    kind = Value("begin", "parameter", "deploy", 1)
    shown = Value("first day of `begin`", "revealed", "2026-01-05", 20458)
    assert words.named(shown, replace(verdicts.BELOW, values=(kind, shown))) == "first day of deploy"
    assert (
        words.others(verdicts.verdict(verdicts.BELOW, others=1)) == "1 proof in the file, which is for another policy"
    )
    assert words.others(verdicts.verdict(verdicts.BELOW, others=2)).startswith("2 proofs in the file, which are for")
    one = replace(verdicts.COMPUTE, rows=0, counted=1)
    assert words.least_rows(one, "") == "at least 1 counts" and words.least_rows(replace(one, counted=2), "").endswith(
        "2 count"
    )


@pytest.mark.parametrize("profile", PROFILES)
def test_what_a_profile_means_is_said_beside_its_name(profile: Profile) -> None:
    said = words.security(replace(verdicts.BELOW, profile=profile.name))
    assert f"profile {profile.name}" in said and not said.endswith(profile.name), said
    larger, smaller = profile.log_blowup < STANDARD.log_blowup, profile.log_blowup > STANDARD.log_blowup
    assert ("are larger" in said, "are smaller" in said) == (larger, smaller)


def test_nothing_is_said_twice_of_what_a_proof_leaves_open() -> None:
    """What a policy asks of a log itself adds nothing to another requirement about that log; what was not judged says
    nothing at all."""
    floor = replace(verdicts.BELOW, name=f"{FLOOR}compute", says="rows", not_proven=("that every row is there",))
    assert "that every row is there" not in words.limits(verdicts.verdict(verdicts.BELOW, floor))
    assert "that every row is there" in words.limits(verdicts.verdict(floor))
    other = replace(floor, logs=(verdicts.INCIDENTS,))
    assert "that every row is there" in words.limits(verdicts.verdict(verdicts.BELOW, other))
    says = "Something. Not shown: the rest."
    judged = replace(verdicts.BELOW, says=says)
    assert f"{words.heading(judged)}: Not shown: the rest." in words.limits(verdicts.verdict(judged))
    assert words.limits(verdicts.verdict(replace(judged, status=Status.NOT_JUDGED, not_proven=()))) == []


def test_what_is_asked_of_a_log_itself_is_told_in_a_few_lines() -> None:
    floor = replace(verdicts.BELOW, name=f"{FLOOR}compute", says="The log has at least 5 rows.")
    said = {}
    for each in (floor, replace(floor, status=Status.NOT_MET)):
        screen = io.StringIO()
        terminal.show(verdicts.verdict(each), screen)
        said[each.status] = screen.getvalue()
    assert "  holds if" not in said[Status.MET] and "  holds if" in said[Status.NOT_MET]
    assert all(name in said[Status.MET] for name in ("  says", "  log", "  rows", "  source", "  proof"))
