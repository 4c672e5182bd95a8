"""The name of a log: a text that is seen as it is. From docs/spec/log.md, with its own copy of the table."""

from __future__ import annotations

import unicodedata

# Default_Ignorable_Code_Point of Unicode 16.0 (DerivedCoreProperties.txt), and what is drawn as nothing besides
HIDDEN = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x2800, 0x2800), (0x3164, 0x3164), (0xFE00, 0xFE0F),
    (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x16FE4, 0x16FE4), (0x1BCA0, 0x1BCA3), (0x1D159, 0x1D159),
    (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
_SEEN = ("L", "M", "N", "P", "S")  # letters, marks, numbers, punctuation, symbols: no separators, no others


def is_origin(text: str) -> bool:
    """Whether a text may name a log: not empty, composed (NFC), every character seen, no space and no plus sign."""
    if not text or "+" in text or not unicodedata.is_normalized("NFC", text):
        return False
    return all(unicodedata.category(c)[0] in _SEEN and not _is_hidden(ord(c)) for c in text)


def _is_hidden(code: int) -> bool:
    return any(first <= code <= last for first, last in HIDDEN)
