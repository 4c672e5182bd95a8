"""Clocks that ran out cannot be shown to run still: by no moment that the lab chooses, and by no clock set back."""

from __future__ import annotations

import pytest

from tests.kit.policies import DAY, HOUR, NOW
from tests.kit.policy_texts import head, requirement
from zkcompliance import schemas
from zkcompliance.claim import catalogue
from zkcompliance.errors import (
    ClaimDoesNotHold,
    MalformedPolicy,
    StaleProof,
    StatementMismatch,
    Undecided,
    UsageError,
    VerificationError,
)
from zkcompliance.log import keys
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.policy.binding import Binding, ForPolicy
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Policy
from zkcompliance.policy.verdict import Verdict
from zkcompliance.prove.api import prove_claim
from zkcompliance.prove.policy import prove_policies
from zkcompliance.schemas.shape import text_id

CLAIM = "incidents-reported-in-time"
Logs = dict[str, SealedLog]
AWARE = NOW - 20 * DAY  # of an incident that nobody reported; its clock is 5 days
DRAWN = b"drawn yesterday"


def text(
    *, proof: str = "5 days", reference: str = "", as_of: str = '{ within = "1 hour" }', clock: str = "5 days"
) -> str:
    """A policy of one register. proof: the age of a proof; reference, as_of, clock: what stands in it."""
    made = head("register", "Incidents in time", subject="none")
    made += f'{reference}\n[freshness]\nproof = "{proof}"\n[logs.incidents]\nschema = "incident"\n'
    made += '[logs.reports]\nschema = "incident_report"\n'
    clocks = [f'params.{name} = "{clock}"' for name in ("infrastructure", "cybersecurity", "death", "harm", "safety")]
    return made + requirement(
        "in-time", "Reported in time.", CLAIM, {"incidents": "incidents", "reports": "reports"},
        f"params.as_of = {as_of}", 'params.authority = "office"', 'params.unclear = "0 seconds"',
        'params.reportable = { includes = "cybersecurity" }', *clocks, f'params.danger = "{clock}"',
    )  # fmt: skip


def policy(**asked: str) -> Policy:
    return parse_policy(text(**asked).encode())


@pytest.fixture(scope="module")
def register(tmp_path_factory: pytest.TempPathFactory) -> Logs:
    """One incident, of which nobody was told."""
    folder = tmp_path_factory.mktemp("register")
    incident = {"serial": 1, "category": "cybersecurity", "occurred": AWARE - HOUR, "aware": AWARE}
    for name, schema, rows in (("incidents", schemas.incident, [incident]), ("reports", schemas.incident_report, [])):
        keys.generate(folder / f"{name}.key", f"lab.example/{name}")
        key = keys.load_private(folder / f"{name}.key")
        create_log(folder / name, schema, key)
        with Writer(folder / name, key) as writer:
            writer.seal(rows, empty=not rows)
    return {name: SealedLog.open(folder / name) for name in ("incidents", "reports")}


def proved(asked: Policy, logs: Logs, at: int, reference: bytes = b"", rehearsal: bool = False) -> bytes:
    """As the lab's own tools prove it, where its machine's clock says `at`."""
    left = {"in-time.reportable": "cybersecurity"}
    return prove_policies([asked], logs, left, binding=Binding(None, None, at, reference, rehearsal))


def judged(file: bytes, asked: Policy, logs: Logs, at: int = NOW, **more: object) -> Verdict:
    keys_of = {name: VerifierKey.parse(log.vkey) for name, log in logs.items()}
    return judge_policy(file, asked, now=at, keys=keys_of, **more)  # type: ignore[arg-type]


def refused(file: bytes, asked: Policy, logs: Logs, at: int = NOW, **more: object) -> VerificationError:
    with pytest.raises(VerificationError) as caught:
        judged(file, asked, logs, at, **more).require()
    return caught.value


def test_what_is_overdue_is_not_in_time(register: Logs) -> None:
    with pytest.raises(ClaimDoesNotHold, match="reported in time"):
        proved(policy(), register, NOW)


def test_a_clock_that_is_set_back(register: Logs) -> None:
    """The proof is sound, and says of a moment long ago what was so then."""
    asked = policy()
    file = proved(asked, register, AWARE + 4 * DAY)
    assert judged(file, asked, register, AWARE + 4 * DAY).accepted
    error = refused(file, asked, register)
    assert isinstance(error, StaleProof) and "more than 5 days before" in error.message
    assert isinstance(refused(file, asked, register, AWARE + 10 * DAY), StaleProof)


def test_a_moment_that_is_set_back(register: Logs) -> None:
    """The stated time is honest, and the parameter is not."""
    asked = policy()
    bound = Binding(ForPolicy(asked.digest, asked.id, asked.version), None, NOW).encode()
    clocks = dict.fromkeys(("infrastructure", "cybersecurity", "death", "harm", "safety", "danger"), 5 * DAY)
    for as_of in (AWARE + 4 * DAY, NOW - HOUR - 1):
        publics = {"as_of": as_of, "authority": text_id("office"), "unclear": 0, **clocks}
        publics["reportable"] = 0 if as_of > AWARE + 5 * DAY else 2
        file = prove_claim(catalogue.load(CLAIM), register, publics, head=bound, requirement="in-time")
        error = refused(file, asked, register)
        assert isinstance(error, StatementMismatch) and error.message.startswith("as_of: the proof is about")


def test_a_reference_bounds_the_stated_time(register: Logs) -> None:
    asked = policy(reference='reference = "required"', proof="30 days")
    file = proved(asked, register, AWARE + 4 * DAY, DRAWN)
    drawn = {"reference": DRAWN, "drawn": NOW - DAY}
    error = refused(file, asked, register, **drawn)
    assert isinstance(error, StaleProof) and "its reference was drawn on 2026-01-04" in error.message
    for missing in ({}, {"reference": DRAWN}, {"reference": b"", "drawn": NOW}):
        with pytest.raises(Undecided, match="requires a reference that you drew"):
            judged(file, asked, register, **missing)
    with pytest.raises(UsageError, match="and it is judged as of"):
        judged(file, asked, register, reference=DRAWN, drawn=NOW + 1)
    with pytest.raises(UsageError, match="asks for a reference that whoever judges drew"):
        proved(asked, register, AWARE + 4 * DAY)
    told = judged(file, asked, register, AWARE + 4 * DAY, reference=DRAWN, drawn=AWARE + 3 * DAY)
    assert told.accepted and not any("the lab's word" in line for line in told.findings[0].not_proven)


def test_without_a_reference_the_time_is_the_labs_word(register: Logs) -> None:
    asked = policy()
    verdict = judged(proved(asked, register, AWARE + DAY), asked, register, AWARE + 2 * DAY)
    assert verdict.accepted
    assert verdict.findings[0].not_proven[-1] == (
        "that it was proved on 2025-12-17 12:00:00 UTC: the time is the lab's word, since no reference that you drew "
        "was asked for; it is at most 5 days before you judged, or the proof would be refused"
    )


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"as_of": '{ within = "61 minutes" }'}, r"as_of\.within: is at most 1 hour, and not 61 minutes"),
        ({"as_of": '{ within = "7 days" }'}, "whatever ran out in between would be in order"),
        ({"as_of": "{ free = true }"}, r"as_of: is what the claim takes for now"),
        ({"as_of": '{ at_most = "2026-01-01" }'}, "otherwise the lab chooses a moment at which no clock had run out"),
        ({"as_of": '{ one_of = ["2026-01-01", "2026-02-01"] }'}, r"as_of: is what the claim takes for now"),
        ({"proof": "6 days"}, r"a proof is taken for 6 days, and cybersecurity may run for 5 days: a lab could state"),
        ({"clock": "3 days"}, r'Write freshness\.proof = "3 days" or less, or reference = "required"'),
        ({"reference": 'reference = "maybe"'}, "reference: is required or none"),
    ],
)  # fmt: skip
def test_policies_that_leave_the_moment_to_the_lab(asked: dict[str, str], why: str) -> None:
    with pytest.raises(MalformedPolicy, match=why):
        policy(**asked)


def test_policies_that_do_not() -> None:
    assert policy(as_of='"2026-01-01"', proof="30 days").requirements[0].params["as_of"].exact
    assert policy(reference='reference = "required"', proof="365 days").reference
    assert not policy(reference='reference = "none"').reference
