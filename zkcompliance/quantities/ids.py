"""Ids: 128 bits that stand for a text, such as the name of a model or a chip."""

from __future__ import annotations

import hashlib
import re

from zkcompliance.errors import SchemaError

_DIGEST = re.compile(r"0x[0-9a-f]{32}")


def text_id(text: str) -> int:
    """The 128-bit id of a text: the first 16 bytes of SHA-256 of its UTF-8, little-endian; the empty text is 0.

    `0x` and 32 lower-case hex digits are those 16 bytes themselves. SchemaError for any other text that begins with
    `0x`.
    """
    if not text:
        return 0
    if text.startswith("0x"):
        if _DIGEST.fullmatch(text) is None:
            raise SchemaError("a digest is 0x and 32 lower-case hex digits")
        return int.from_bytes(bytes.fromhex(text[2:]), "little")
    try:
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "little")
    except UnicodeEncodeError:
        raise SchemaError("the text is not valid Unicode") from None
