"""Chains of CloudTrail's digests: AWS's key over each, none left out, every log file as it was delivered."""

from __future__ import annotations

import json
import random
import zipfile
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from zkcompliance.errors import EvidenceRefused, ImporterError, MalformedEvidence, UsageError, ZkComplianceError
from zkcompliance.evidence import cloudtrail
from zkcompliance.evidence.cloudtrail import Digest, Trail
from zkcompliance.importers import instances
from zkcompliance.importers.backed import _archive

DATA = Path(__file__).parents[1] / "data" / "cloudtrail"
PIECE = (DATA / "trail.zip").read_bytes()
KEYS = cloudtrail.read_keys((DATA / "keys.json").read_bytes())
DIGESTS, LOGS = _archive(PIECE)
FIRST, SECOND, THIRD = sorted(DIGESTS, key=lambda each: each.place)
Refused = (EvidenceRefused, MalformedEvidence)
RUNNING = "i-0123456789abcdef0"


def test_three_hours() -> None:
    """Signed by OpenSSL. Two runs of one instance, the second until the trail ends, and one of another."""
    trail = cloudtrail.check(DIGESTS, LOGS, KEYS)
    assert (trail.account, trail.end - trail.start, len(trail.logs)) == ("111122223333", 3 * 3600, 3)
    found = [(row["run"], row["start"], row["end"], row["devices"]) for row in instances.rows(trail, {})]
    assert found == [
        (RUNNING, 1762164300, 1762169700, 8),
        (RUNNING, 1762171200, trail.end, 8),
        ("i-0fedcba9876543210", 1762171800, 1762173600, 8),
    ]


def test_digests_that_are_left_out() -> None:
    """One in the middle is a gap. What is before the first, or after the last, is not spoken of."""
    both = {place: data for place, data in LOGS.items() if "example1" not in place}
    with pytest.raises(EvidenceRefused, match="the chain has a gap"):
        cloudtrail.check([FIRST, THIRD], both, KEYS)
    later = {place: data for place, data in LOGS.items() if "example0" not in place}
    assert cloudtrail.check([SECOND, THIRD], later, KEYS).start == 1762167691
    for twice in ([FIRST, FIRST], [FIRST, SECOND, SECOND, THIRD]):
        with pytest.raises(EvidenceRefused):
            cloudtrail.check(twice, LOGS, KEYS)


def test_log_files_that_are_missing_added_or_changed() -> None:
    place = next(iter(LOGS))
    for logs, says in (
        ({each: data for each, data in LOGS.items() if each != place}, "is missing"),
        ({**LOGS, place: LOGS[place] + b" "}, "is not the one"),
        ({**LOGS, "bucket/other.json.gz": b"{}"}, "named by no digest"),
    ):
        with pytest.raises(EvidenceRefused, match=says):
            cloudtrail.check(DIGESTS, logs, KEYS)


def test_every_byte_of_a_digest_counts() -> None:
    choose = random.Random(4)
    for at in choose.sample(range(len(SECOND.data)), 150):
        data = bytearray(SECOND.data)
        data[at] ^= 1 << choose.randrange(7)
        with pytest.raises(ZkComplianceError):
            cloudtrail.check([FIRST, replace(SECOND, data=bytes(data)), THIRD], LOGS, KEYS)
    for at in choose.sample(range(len(SECOND.signature)), 40):
        text = SECOND.signature[:at] + ("0" if SECOND.signature[at] != "0" else "1") + SECOND.signature[at + 1 :]
        with pytest.raises(EvidenceRefused):
            cloudtrail.check([FIRST, replace(SECOND, signature=text), THIRD], LOGS, KEYS)


def test_a_digest_that_was_moved() -> None:
    with pytest.raises(EvidenceRefused, match="names another place"):
        cloudtrail.check([replace(FIRST, place="other/" + FIRST.place), SECOND, THIRD], LOGS, KEYS)


def test_keys_of_another_time_or_nobody() -> None:
    (name, key) = next(iter(KEYS.items()))
    for keys in ({}, {name: replace(key, end=1762167690)}, {name: replace(key, start=1762170000)}):
        with pytest.raises(EvidenceRefused):
            cloudtrail.check(DIGESTS, LOGS, keys)


@pytest.mark.parametrize(
    "data",
    [
        b"{}",
        b'{"PublicKeyList": []}',
        b'{"PublicKeyList": [{"Fingerprint": "a", "Value": "~"}]}',
        b'{"PublicKeyList": [{"Fingerprint": "a", "Value": "AAAA"}]}',
        (DATA / "keys.json").read_bytes().replace(b"+00:00", b""),
    ],
)
def test_lists_of_keys_that_are_none(data: bytes) -> None:
    with pytest.raises(MalformedEvidence):
        cloudtrail.read_keys(data)


def zipped(change: Callable[[dict[str, bytes]], None]) -> bytes:
    with zipfile.ZipFile(BytesIO(PIECE)) as archive:
        members = {info.filename: archive.read(info) for info in archive.infolist()}
    change(members)
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_archives_that_are_damaged() -> None:
    signature = next(name for name in zipfile.ZipFile(BytesIO(PIECE)).namelist() if name.endswith(".signature"))

    def alone(members: dict[str, bytes]) -> None:
        members["other.signature"] = members[signature]

    def cut(members: dict[str, bytes]) -> None:
        name = signature.removesuffix(".signature")
        members[name] = members[name][:-20]

    for piece in (zipped(alone), zipped(cut), PIECE[:-30], b"PK\x03\x04", PIECE[:200]):
        with pytest.raises(MalformedEvidence):
            _archive(piece)


def trail(*records: tuple[int, str, str, str]) -> Trail:
    """Made up, as if it were checked: (second, call, instance, type)."""
    said = [
        {
            "eventSource": "ec2.amazonaws.com", "eventName": call, "eventTime": f"2025-11-03T10:00:{second:02d}Z",
            "responseElements": {"instancesSet": {"items": [{"instanceId": instance, "instanceType": kind}]}},
        }
        for second, call, instance, kind in records
    ]  # fmt: skip
    return Trail("1", 1762164000, 1762164060, {"bucket/log": json.dumps({"Records": said}).encode()})


def seconds(given: Trail, options: dict[str, str] | None = None) -> list[tuple[int, int]]:
    zero = 1762164000
    return [
        (int(str(row["start"])) - zero, int(str(row["end"])) - zero) for row in instances.rows(given, options or {})
    ]


def test_runs_are_counted_from_start_to_end() -> None:
    run, start, stop, end = "RunInstances", "StartInstances", "StopInstances", "TerminateInstances"
    big = "p5.48xlarge"
    assert seconds(trail((1, run, RUNNING, big), (5, stop, RUNNING, ""), (7, start, RUNNING, ""))) == [(1, 5), (7, 60)]
    assert seconds(trail((1, run, RUNNING, big), (5, start, RUNNING, ""), (9, end, RUNNING, ""))) == [(1, 9)]
    both = trail((1, run, RUNNING, big), (5, stop, RUNNING, ""), (5, start, RUNNING, ""))
    assert seconds(both) == [(1, 5), (5, 60)]
    assert seconds(trail((9, stop, RUNNING, "")), {"running": f"{RUNNING}={big}"}) == [(0, 9)]
    assert seconds(trail((1, run, RUNNING, "m5.large")), {}) == []
    assert seconds(trail((1, run, RUNNING, "g5.xlarge")), {"skipped": "g5.xlarge"}) == []


def test_what_the_trail_says_is_not_stated_otherwise() -> None:
    """A lab that says of an instance that it has fewer devices than AWS says."""
    (row,) = instances.rows(trail((1, "RunInstances", RUNNING, "p5.48xlarge")), {"types": f"{RUNNING}=p5.4xlarge"})
    assert row["devices"] == 8


@pytest.mark.parametrize(
    ("record", "says"),
    [
        ((9, "StopInstances", RUNNING, ""), "since when it ran"),
        ((9, "StartInstances", RUNNING, ""), "of which type"),
        ((9, "RunInstances", RUNNING, "p9.huge"), "not known here"),
        ((9, "RunInstances", "no instance", "p5.48xlarge"), "no log file"),
    ],
)
def test_runs_that_cannot_be_told(record: tuple[int, str, str, str], says: str) -> None:
    with pytest.raises(ImporterError, match=says):
        list(instances.rows(trail(record), {}))


def test_options_that_it_has_not() -> None:
    with pytest.raises(UsageError, match="no option 'source'"):
        list(instances.rows(trail(), {"source": "signed"}))


def test_digests_of_two_accounts_or_none() -> None:
    with pytest.raises(MalformedEvidence):
        cloudtrail.check([], {}, KEYS)
    with pytest.raises(MalformedEvidence):
        cloudtrail.check([Digest("a/b", b"{}", "00")], {}, KEYS)
