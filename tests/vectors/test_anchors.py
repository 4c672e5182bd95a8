"""anchors.json: genuine rounds and a time stamp of OpenSSL, as proof files bring them, and what each is worth."""

from __future__ import annotations

import base64
import json

from tests.kit.bundles import unproved
from tests.vectors import make_anchors
from zkcompliance.evidence import beacon, timestamp
from zkcompliance.verify.bundle import ROUND, STAMP, decode_bundle

VECTORS = json.loads(make_anchors.OUTPUT.read_text())


def test_they_are_written_as_they_stand() -> None:
    assert make_anchors.document() == VECTORS


def test_rounds() -> None:
    rounds = [beacon.decode_round(bytes.fromhex(each["attachment"])) for each in VECTORS["rounds"]]
    beacon.check_rounds(rounds)
    for each, said in zip(rounds, VECTORS["rounds"], strict=True):
        assert (each.beacon.name, str(each.number), each.digest.hex(), str(each.moment)) == (
            said["beacon"], said["round"], said["sha256"], said["moment"],
        )  # fmt: skip


def test_stamps() -> None:
    for each in VECTORS["stamps"]:
        body, reply = timestamp.decode_stamp(bytes.fromhex(each["attachment"]))
        by = timestamp.Authority(base64.b64decode(each["root"]), each["policy"])
        assert str(timestamp.check_stamp(reply, body, [by]).moment) == each["moment"]


def test_the_section() -> None:
    found = decode_bundle(unproved(b"", size=8) + bytes.fromhex(VECTORS["section"])).attachments
    assert [each.kind for each in found] == [ROUND, ROUND, STAMP]
    assert {each.data.hex() for each in found} == {
        each["attachment"] for each in (*VECTORS["rounds"], *VECTORS["stamps"])
    }
