"""`[anchors]` of a policy: what a sound table says, and each fault by its key."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from tests.kit import stamps
from tests.kit.anchored import WITNESSES, Lab
from zkcompliance import limits
from zkcompliance.errors import MalformedPolicy
from zkcompliance.evidence.beacon import BEACONS
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import BEACONS as NAMES
from zkcompliance.policy.model import Authority, Dater
from zkcompliance.report.policy import describe

ADA, BOB = (WITNESSES[name].verifier for name in ("ada", "bob"))
ROOT, OTHER = stamps.root(), stamps.root()
DER, OTHER_DER = (base64.b64encode(each.der).decode() for each in (ROOT, OTHER))
TABLE = f"""[anchors]
beacons = ["quicknet"]
quorum = 2
[anchors.operators]
both = ["{ADA.text}", {{ root = "{DER}", policy = "1.2.3" }}]
clock = [{{ root = "{OTHER_DER}", certificate = "{"ab" * 32}" }}]
"""


@pytest.fixture
def text(tmp_path: Path) -> str:
    given = Lab(tmp_path).policy("ada").text.decode()
    start, end = given.index("[anchors]"), given.index("[logs.compute]")
    return given[:start] + TABLE + given[end:]


def test_a_sound_table(text: str) -> None:
    anchors = parse_policy(text.encode()).anchors
    assert anchors is not None
    assert (anchors.quorum, anchors.beacons) == (2, ("quicknet",))
    assert anchors.operators == (
        Dater("both", (ADA,), (Authority(ROOT.der, "1.2.3"),)),
        Dater("clock", (), (Authority(OTHER.der, certificate=b"\xab" * 32),)),
    )


def test_it_is_described(text: str) -> None:
    assert describe(parse_policy(text.encode()))["anchors"] == [
        "when segments were sealed is believed of at least 2 of both, clock, and of the beacon quicknet"
    ]


def test_the_beacons_are_those_that_are_pinned() -> None:
    assert tuple(BEACONS) == NAMES


def test_a_cosigner_may_date_and_cosign(text: str) -> None:
    cosigners = f'[cosigners]\nquorum = 1\noperators = {{ ada = ["{ADA.text}"] }}\n'
    assert parse_policy(text.replace("[anchors]", cosigners + "[anchors]").encode()).cosigners is not None


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('["quicknet"]', '["fastnet"]', r"anchors\.beacons\[1\]: is one of quicknet, mainnet"),
        ('["quicknet"]', '["quicknet", "quicknet"]', r"anchors\.beacons: says the same twice"),
        ('["quicknet"]', "[]", r"anchors\.beacons: has 0 items"),
        ("quorum = 2", "quorum = 3", r"anchors\.quorum: is 3, and there are 2 operators"),
        ("quorum = 2", "quorum = 0", r"anchors\.quorum: is from 1"),
        ("quorum = 2\n", "", r"anchors\.quorum: is missing"),
        ("quorum = 2", "quorum = 2\nsurplus = 1", r"anchors\.surplus: is no key"),
        (', policy = "1.2.3"', "", r"both\[2\]: names neither policy nor certificate"),
        ('policy = "1.2.3"', 'policy = "1.02"', r"both\[2\]\.policy: is an object identifier"),
        ('policy = "1.2.3"', 'oid = "1.2.3"', r"both\[2\]\.oid: is no key|names neither"),
        ("ab" * 32, "AB" * 32, r"clock\[1\]\.certificate: is a SHA-256"),
        (ADA.text, ADA.text[:-4], r"both\[1\]: "),
        (
            f'"{ADA.text}", ',
            f'"{ADA.text}", "{ADA.text}", ',
            r"both\[2\]: is the same as anchors\.operators\.both\[1\]",
        ),
        ("clock = ", f'again = ["{ADA.text}"]\nclock = ', r"again\[1\]: is the same as"),
        (f'"{ADA.text}", ', "5, ", r"both\[1\]: is a text"),
        ("clock = ", "Clock = ", r"Clock: is a name"),
    ],
)
def test_each_fault_by_its_key(text: str, old: str, new: str, said: str) -> None:
    assert text.count(old) == 1
    with pytest.raises(MalformedPolicy, match=said):
        parse_policy(text.replace(old, new).encode())


@pytest.mark.parametrize(
    "root", ["", "MIIC…", "AAAA", "MAAA", "MAMCAQE=", DER[:-8], "x" * (limits.MAX_POLICY_CERTIFICATE_BYTES + 1)]
)
def test_a_root_that_is_no_certificate(text: str, root: str) -> None:
    with pytest.raises(MalformedPolicy, match=r"\.root: "):
        parse_policy(text.replace(DER, root).encode())


def test_a_root_may_stand_under_two_policies(text: str) -> None:
    """Of one operator."""
    more = f'{{ root = "{OTHER_DER}", policy = "1.2.4" }}, {{ root = "{OTHER_DER}", certificate'
    parse_policy(text.replace(f'{{ root = "{OTHER_DER}", certificate', more).encode())


def test_no_log_dates_itself(text: str) -> None:
    """Under its own kind of key: the bytes are the same."""
    from zkcompliance.log.note import VerifierKey

    own = VerifierKey("lab.example/compute", ADA.public).text
    with pytest.raises(MalformedPolicy, match=r"anchors\.operators\.both: has the public key of logs\.compute"):
        parse_policy(text.replace("rows = 1", f'rows = 1\nkeys = ["{own}"]').encode())


def test_neither_operators_nor_beacons(text: str) -> None:
    start, end = text.index("beacons = "), text.index("[logs.compute]")
    for table, said in (("\n", "anchors: is empty"), ("quorum = 1\n", "neither operators nor beacons")):
        with pytest.raises(MalformedPolicy, match=said):
            parse_policy((text[:start] + table + text[end:]).encode())
    with pytest.raises(MalformedPolicy, match=r"promptly\.claim: .*nobody who does: \[anchors\.operators\]"):
        parse_policy((text[:start] + 'beacons = ["mainnet"]\n' + text[end:]).encode())
    with pytest.raises(MalformedPolicy, match=r"promptly\.claim: .*write anchors\.beacons"):
        parse_policy(text.replace('beacons = ["quicknet"]\n', "").encode())


def test_a_claim_about_brackets_needs_somebody_who_is_believed(text: str) -> None:
    start, end = text.index("[anchors]"), text.index("[logs.compute]")
    with pytest.raises(MalformedPolicy, match=r"requirements\.promptly\.claim: is about when segments were sealed"):
        parse_policy((text[:start] + text[end:]).encode())
    with pytest.raises(MalformedPolicy, match="believes nobody of it"):
        parse_policy((text[:start] + text[end:]).encode())
