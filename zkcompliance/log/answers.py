"""What devices answered for a log's checkpoints: LOG/devices/, one file for each answer, public.

A file holds an attachment of a proof (docs/spec/anchors.md, kind 4), which begins with the checkpoint body that it is
for, and is named by the SHA-256 of its bytes. Nothing here checks a signature: whoever keeps one has done that, and so
does whoever verifies a proof. The next generation of a log begins without any: its checkpoint is another one.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from zkcompliance.errors import LimitExceeded, LogCorrupt
from zkcompliance.limits import MAX_ATTACHMENT_BYTES, MAX_DEVICES
from zkcompliance.log import files
from zkcompliance.log.layout import Layout, read_limited

_NAME = re.compile(r"[0-9a-f]{64}")


def keep(layout: Layout, answer: bytes) -> Path:
    """Keep an answer, durably; where it is. One that is there already stays. LimitExceeded where there are too many."""
    with files.reporting(layout.root):
        if not os.path.lexists(layout.devices):
            files.make_dir(layout.devices, files.PUBLIC_DIR)
            files.sync_dir(layout.root)
        path = layout.devices / hashlib.sha256(answer).hexdigest()
        if not os.path.lexists(path):
            body = _body_of(answer)
            if sum(_body_of(each) == body for each in _all(layout)) >= MAX_DEVICES:
                raise LimitExceeded(f"a checkpoint has the answers of at most {MAX_DEVICES} devices")
            files.replace(path, answer)
        return path


def put(layout: Layout, before: bytes, after: bytes) -> Path:
    """Keep an answer in the place of another one, which it says more than; durably."""
    path = layout.devices / hashlib.sha256(after).hexdigest()
    with files.reporting(layout.devices):
        files.replace(path, after)
        if before != after:
            (layout.devices / hashlib.sha256(before).hexdigest()).unlink(missing_ok=True)
        files.sync_dir(layout.devices)
    return path


def of_checkpoint(layout: Layout, body: bytes) -> list[bytes]:
    """The answers for this checkpoint, in the order of their names; LogCorrupt where one is not what was kept."""
    return [each for each in _all(layout) if _body_of(each) == body]


def _all(layout: Layout) -> list[bytes]:
    if not os.path.lexists(layout.devices):
        return []
    found = []
    for name in sorted(filter(_NAME.fullmatch, files.names(layout.devices))):
        data = read_limited(layout.devices / name, MAX_ATTACHMENT_BYTES)
        if hashlib.sha256(data).hexdigest() != name:
            raise LogCorrupt(f"{layout.devices / name} is not the answer that was kept: delete it, and ask again")
        found.append(data)
    return found


def _body_of(answer: bytes) -> bytes:
    """The checkpoint body that an answer begins with; empty where it is none."""
    size = int.from_bytes(answer[:2], "little")
    return answer[2 : 2 + size] if len(answer) >= 2 + size else b""
