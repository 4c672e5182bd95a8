"""The texts of a log's ids, where whoever seals asked to keep them: `secret/texts`, for readers of their own rows.

A row has the digest of a text alone (`schemas.text_id`). The file gives the texts back: its format, one JSON text a
line, in the order of their code points, each once, and the SHA-256 of all before. Nothing public says that it is there.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable

from zkcompliance.edge.shown import command
from zkcompliance.errors import LimitExceeded, LogCorrupt
from zkcompliance.limits import MAX_TEXTS_BYTES
from zkcompliance.log import files
from zkcompliance.log.layout import Layout

_FORMAT = "zkcompliance-texts-1"


def encode(texts: Iterable[str]) -> bytes:
    """The bytes of the file. LimitExceeded where they are over MAX_TEXTS_BYTES."""
    lines = [_FORMAT, *(json.dumps(text, ensure_ascii=True) for text in sorted(set(texts)))]
    body = "".join(f"{line}\n" for line in lines).encode()
    data = body + f"{hashlib.sha256(body).hexdigest()}\n".encode()
    if len(data) > MAX_TEXTS_BYTES:
        raise LimitExceeded(
            f"the texts of a log take at most {MAX_TEXTS_BYTES:,} bytes", help="seal without --keep-texts"
        )
    return data


def load(layout: Layout) -> set[str]:
    """The texts that are kept, none where there is no file; LogCorrupt where it is damaged."""
    if not os.path.lexists(layout.texts):
        return set()
    data = files.read(layout.texts, MAX_TEXTS_BYTES, folders=1)
    try:
        lines = data.decode("ascii").split("\n")
        texts = {json.loads(line) for line in lines[1:-2]}
        if all(isinstance(text, str) for text in texts) and encode(texts) == data:
            return texts
    except (ValueError, TypeError, RecursionError):
        pass
    raise LogCorrupt(
        f"{layout.texts} is damaged; ids are shown as digests without it", help=command("rm", layout.texts)
    )


def keep(layout: Layout, texts: Iterable[str]) -> None:
    """Add texts, durably. For the log's holder."""
    known = load(layout)
    if not known >= (more := set(texts)):
        files.replace(layout.texts, encode(known | more), files.PRIVATE)
