"""Letters that nobody sees, as data: ranges of code points, first and last.

DEFAULT_IGNORABLE is Default_Ignorable_Code_Point of Unicode 16.0 (DerivedCoreProperties.txt), whole: 4174 code points.
BLANK are letters and signs that are assigned and drawn as nothing. `zkcompliance.verify.checkpoint` has its own copy.
"""

from __future__ import annotations

DEFAULT_IGNORABLE = (
    (0x00AD, 0x00AD), (0x034F, 0x034F), (0x061C, 0x061C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
    (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164), (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF),
    (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
BLANK = ((0x2800, 0x2800), (0x16FE4, 0x16FE4), (0x1D159, 0x1D159))  # Braille, Khitan filler, null notehead
HIDDEN = tuple(sorted((*DEFAULT_IGNORABLE, *BLANK)))
