"""Claims from the text of a file."""

from __future__ import annotations

import runpy
from pathlib import Path

from zkcompliance.claim.language.build import ClaimDefinition


def defined(path: Path, text: str) -> ClaimDefinition:
    """The one claim of a text, which is written to the path: messages name its lines there."""
    path.write_text(text, encoding="utf-8")
    (made,) = [each for each in runpy.run_path(str(path)).values() if isinstance(each, ClaimDefinition)]
    return made
