"""A claim of which no proof would be accepted is refused when it is explained, with a way to say it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kit import command_line
from zkcompliance.claim import catalogue
from zkcompliance.errors import MalformedProgram
from zkcompliance.prove.early import SAY_IT_OTHERWISE, refuse_unprovable

HEAD = '''from zkcompliance.claim.language import *


@claim("word")
def word(compute: ComputeLog, limit: Param[Flop], since: Param[Time]) -> None:
    """A word of the language."""
    a, b, c = compute.site.is_given(), compute.flop <= limit, compute.start > since
    require("asked", compute.where({}).count() <= 5)
'''
UNSEEN = ("compute.is_first | c | b", "a | b | compute.is_last | c")
SEEN = ("(a & b) | c", "c | (a & b)", "a | b | c", "~(~(a & b) & ~c)", "~(~a & ~b & ~c)", "(a | b) & c", "a & b & c")


def written(folder: Path, condition: str) -> Path:
    path = folder / "word.py"
    path.write_text(HEAD.format(condition), encoding="utf-8")
    return path


@pytest.mark.parametrize("condition", UNSEEN)
def test_what_is_not_seen_to_be_0_or_1_is_refused_by_explain_too(condition: str, tmp_path: Path) -> None:
    path, card = written(tmp_path, condition), tmp_path / "word.json"
    with pytest.raises(MalformedProgram, match="selector may be other than 0 and 1") as caught:
        refuse_unprovable(catalogue.load(str(path)).program_bytes)
    assert caught.value.help == SAY_IT_OTHERWISE
    for arguments in (["explain", path], ["explain", path, "--card", card]):
        result = command_line.run(*arguments)
        assert result.exit_code == 2 and not card.exists()


@pytest.mark.parametrize("condition", SEEN)
def test_and_or_and_not_are_seen(condition: str, tmp_path: Path) -> None:
    path = written(tmp_path, condition)
    refuse_unprovable(catalogue.load(str(path)).program_bytes)
    assert command_line.run("explain", path).exit_code == 0
