"""The verdict at a terminal: fits 80 columns, no colour in a pipe, every fact, and nothing that steers the terminal."""

from __future__ import annotations

import io
import re
import sys
from dataclasses import replace

import pytest
from rich.cells import cell_len

from tests.kit import verdicts
from zkcompliance import report
from zkcompliance.commands import console
from zkcompliance.policy.verdict import Status, Value, Verdict
from zkcompliance.report import terminal, words
from zkcompliance.standalone import plain

KINDS = verdicts.all_kinds()
every = pytest.mark.parametrize("verdict", KINDS.values(), ids=KINDS.keys())


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(verdict: Verdict, file: io.StringIO | None = None, **options: int) -> str:
    file = file or io.StringIO()
    terminal.show(verdict, file, **options)
    return file.getvalue()


def flat(text: str) -> str:
    return re.sub(r"\s", "", text)


@every
def test_it_fits_80_columns(verdict: Verdict) -> None:
    assert max(cell_len(line) for line in shown(verdict, width=80).splitlines()) <= 80


@every
def test_a_pipe_has_no_colour_and_nothing_that_steers(verdict: Verdict) -> None:
    text = shown(verdict)
    assert all(c.isprintable() or c == "\n" for c in text)
    assert not any(line.endswith(" ") for line in text.split("\n")) and text.endswith("\n")
    text.encode()


def test_a_terminal_has_colour_and_the_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = shown(KINDS["not met and not shown"], Screen(), width=80)
    assert "\x1b[1;31mNOT MET\x1b[0m" in text and "\x1b[32mMET\x1b[0m" in text
    monkeypatch.setenv("NO_COLOR", "1")
    assert "31m" not in shown(KINDS["not met and not shown"], Screen(), width=80)


WIDTHS = pytest.mark.parametrize("width", [20, 40, 60, None])


@WIDTHS
@every
def test_every_fact_is_said(verdict: Verdict, width: int | None) -> None:
    """However narrow the terminal, and without one; in the one-file verifier's words too."""
    text = flat(shown(verdict, **({} if width is None else {"width": width})))
    lines = plain.text(verdict, width).splitlines()
    assert width is None or max(map(cell_len, lines)) <= width
    assert not [want for want in said_plainly(verdict) if flat(words.clean(want)) not in flat("".join(lines))]
    wanted = [verdict.file_sha256.hex(), words.sentence(verdict)]
    if verdict.policy:
        wanted += [verdict.policy.digest.hex(), verdict.policy.id, verdict.policy.jurisdiction]
    if verdict.subject:
        wanted += [verdict.subject.name, verdict.subject.digest.hex()]
    if verdict.attested:
        wanted += [verdict.attested.keyid, verdict.attested.kind, verdict.attested.digest.hex()]
    assert ("attested" in text) == (verdict.attested is not None)
    for error in verdict.mismatches:
        wanted += [error.code, error.help]
        assert text.count(flat(f"NOT WHAT WAS ASKED: {words.spoken(error)}")) == 1
    for finding in verdict.findings:
        if finding.status is Status.NOT_JUDGED:
            wanted += [finding.name, finding.claim, finding.says, "NOTJUDGED"]
            continue
        wanted += [finding.name, finding.claim, finding.says, _said(finding.status), finding.program.hex()]
        wanted += [*finding.warnings, *finding.not_proven, finding.proof_sha256.hex()]
        wanted += [text for v in words.shown(finding, "parameter", "revealed") for text in (v.name, words.figure(v))]
        if finding.error is not None:
            wanted += [finding.error.code, finding.error.message, finding.error.help]
        for log in finding.logs:
            wanted += [log.name, log.origin, log.root.hex(), log.key, *log.sources, *(log.cosigned or {})]
    missing = [want for want in wanted if flat(words.clean(want)) not in text]
    assert not missing


def _said(status: Status) -> str:
    return "NOT DECIDED" if status is Status.UNDECIDED else status.value.upper()


def said_plainly(verdict: Verdict) -> list[str]:
    wanted = [words.sentence(verdict), verdict.file_sha256.hex()]
    for finding in verdict.findings:
        wanted += [finding.name, finding.claim, finding.says, *finding.warnings, *finding.not_proven]
        wanted += [words.figure(value) for value in words.shown(finding, "parameter", "revealed")]
        wanted += [log.origin for log in finding.logs]
    return wanted


BEGINS = ("Accepted: ", "Not accepted: ", "Not decided: ", "MET: ", "NOT MET: ", "NOT SHOWN: ", "NOT DECIDED: ",
          "NOT JUDGED: ", "NOT WHAT WAS ASKED: ",
          "Warnings", "This does not prove", " ")  # fmt: skip


@WIDTHS
@every
def test_no_name_begins_a_line(verdict: Verdict, width: int | None) -> None:
    """What begins a line is a word of ours; on a terminal too narrow for that word, the beginning of one."""
    for text in (shown(verdict, **({} if width is None else {"width": width})), plain.text(verdict, width)):
        for line in text.splitlines():
            assert not line or line.startswith(BEGINS) or any(each.startswith(line) for each in BEGINS), line


@pytest.mark.parametrize("width", [20, 40, 60, 80])
def test_tables_and_lists_leave_nothing_out(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    long = "a-long-name-of-a-file-" * 4
    for draw in (
        lambda: console.print_fields(f"proved {long}", {long: long, "x": "one\ntwo " + long}, "bold"),
        lambda: console.print_table(f"log {long}", ("segment", "rows", "left"), [("0", "1,000", long), ("1", "", "9")]),
        lambda: console.print_text(f"  1. {long}: {long}"),
    ):
        screen = Screen()
        monkeypatch.setenv("TERM", "dumb")
        monkeypatch.setenv("COLUMNS", str(width))
        monkeypatch.setattr(sys, "stdout", screen)
        draw()
        monkeypatch.undo()
        text = screen.getvalue()
        assert flat(text).count(long) >= 1 and max(map(cell_len, text.splitlines())) <= width, text
        assert not [line for line in text.splitlines() if line.startswith(("a-long", "one", "two"))], text


def test_what_the_lab_chose_is_marked_and_derived_values_are_left_out() -> None:
    text = shown(KINDS["all met"])
    assert re.search(r"at_least +50% +\[chosen by the lab\]", text)
    assert "carry_7" not in text


def test_a_count_that_was_rounded_down_is_not_taken_for_exact() -> None:
    """1,200 rows may be 1,299; 13 are 13."""
    (finding, *rest) = KINDS["one met"].findings
    counts = Value("rows", "revealed", "1,200", 1200, rounding=99), Value("few", "revealed", "13", 13)
    verdict = replace(KINDS["one met"], findings=(replace(finding, values=counts), *rest))
    for said in (shown(verdict), plain.text(verdict)):
        assert "rows = 1,200, rounded down" in said and "few = 13\n" in said
    page = report.write(verdict, "html")
    assert "1,200, rounded down" in page and "13, rounded down" not in page
