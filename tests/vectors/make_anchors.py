"""Writes anchors.json: attachments of proof files, what each is worth, and the section that they make.

    python -m tests.vectors.make_anchors

Rounds are the League of Entropy's, the time stamp is OpenSSL's (tests/data); so a second run writes the same bytes.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path

from zkcompliance.evidence import beacon, timestamp
from zkcompliance.evidence.beacon import Round
from zkcompliance.stark.statement import _attached

OUTPUT = Path(__file__).with_name("anchors.json")
DATA = Path(__file__).parents[1] / "data"
POLICY = "1.2.3.4.1"


def document() -> dict[str, object]:
    given = json.loads((DATA / "drand" / "rounds.json").read_text())
    rounds = [
        Round(each, one["round"], bytes.fromhex(one["signature"]), bytes.fromhex(one.get("previous_signature", "")))
        for each in (beacon.QUICKNET, beacon.MAINNET)
        for one in given[each.name]["rounds"]
    ]
    body, reply, root = ((DATA / "rfc3161" / name).read_bytes() for name in ("checkpoint", "reply.tsr", "root.der"))
    stamp = timestamp.check_stamp(reply, body, [timestamp.Authority(root, POLICY)])
    attached = timestamp.encode_stamp(body, reply)
    return {
        "rounds": [
            {
                "beacon": each.beacon.name, "round": str(each.number), "attachment": each.encode().hex(),
                "sha256": each.digest.hex(), "moment": str(each.moment),
            }
            for each in rounds
        ],
        "stamps": [
            {
                "attachment": attached.hex(), "root": base64.b64encode(root).decode(), "policy": POLICY,
                "moment": str(stamp.moment),
            }
        ],
        "section": _attached([(2, attached), *((1, each.encode()) for each in rounds)]).hex(),
    }  # fmt: skip


if __name__ == "__main__":
    OUTPUT.write_text(json.dumps(document(), indent=1) + "\n")
