"""Rows that are asked for and opened, from the command line."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import zkcompliance as zk
from tests.kit.asking import MADE, Asking, asking, known_round, policy
from tests.kit.command_line import ok, run
from zkcompliance import schemas
from zkcompliance.errors import UsageError
from zkcompliance.log import asked as asked_rows
from zkcompliance.log.layout import Layout
from zkcompliance.log.public_keys import load_public
from zkcompliance.openings import check, show
from zkcompliance.request.file import Request

LATE = 2_000_000_000  # a day by which to answer that lies after this year


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    yield asking(tmp_path_factory.mktemp("asking"))


def write(path: Path, request: Request) -> Path:
    path.write_bytes(request.encode())
    return path


def beacon(folder: Path) -> Path:
    path = folder / "round.json"
    path.write_bytes(known_round().to_json())
    return path


def answered(lab: Asking, tmp_path: Path, **asked: Any) -> tuple[Path, Path]:
    """A request that came in time, and the file that answers it."""
    request = lab.request(answer_by=LATE, **asked)
    asked_rows.note(Layout(lab.folder / "log"), request.digest, MADE + 1)
    path = write(tmp_path / "request.toml", request)
    rows = tmp_path / "rows.zkp"
    ok("open", "--log", lab.folder / "log", "--request", path, "--beacon", beacon(tmp_path), "-o", rows)
    return path, rows


def test_rows_that_are_named(lab: Asking, tmp_path: Path) -> None:
    rows, key = tmp_path / "rows.zkp", lab.folder / "log.key.pub"
    said = ok("open", "--log", lab.folder / "log", "--rows", "3,17-19", "-o", rows)
    assert (said["rows"], said["texts"]) == (4, 3)
    shown = ok("verify", rows, "--log-key", key)
    assert shown["names"] == ["3", "17", "18", "19"] and shown["request"] is None and shown["total"] is None
    assert [row["run"] for row in shown["rows"]] == ["run-2", "run-0", "run-1", "run-2"]
    table = run("verify", rows, "--log-key", key).stdout
    assert "row 17" in table and "nobody drew these rows" in table


@pytest.mark.parametrize("form", ["jsonl", "csv"])
def test_what_is_written_is_sealed_again(lab: Asking, tmp_path: Path, form: str) -> None:
    """By another's log: the same rows, to the last limb."""
    from zkcompliance.log.store import SealedLog

    rows, again = tmp_path / "rows.zkp", tmp_path / f"again.{form}"
    ok("open", "--log", lab.folder / "log", "--rows", "2-9", "-o", rows)
    run("verify", rows, "--log-key", lab.folder / "log.key.pub", "--rows-as", form, "-o", again)
    ok("keygen", "other.example/again", "-o", tmp_path / "again.key")
    ok("seal", again, "--log", tmp_path / "again", "--key", tmp_path / "again.key", "--schema", "compute")
    sealed = SealedLog.open(tmp_path / "again").segments[0].load_columns()[:, :8]
    assert (sealed == lab.log.segments[0].load_columns()[:, 1:9]).all()


def test_a_text_that_a_spreadsheet_would_run(tmp_path: Path) -> None:
    """A lab chooses its texts, and whoever asked opens what they write: as CSV no cell is a formula."""
    texts = ["run-1", '=HYPERLINK("https://evil.example","run-2")', "+1", "-1", "@SUM(1)"]
    row = {"start": 1767571200, "end": 1767571260, "phase": "pretraining", "method": "hardware", "flop": 1}
    given = tmp_path / "rows.jsonl"
    given.write_text("".join(f"{json.dumps({**row, 'run': text})}\n" for text in texts))
    ok("keygen", "lab.example/texts", "-o", tmp_path / "key")
    ok(
        "seal", given, "--log", tmp_path / "log", "--key", tmp_path / "key", "--schema", "compute", "--keep-texts",
        "--profile", "small",
    )  # fmt: skip
    opened = {}
    for name, numbers in (("plain", "1"), ("all", "1-5")):
        opened[name] = tmp_path / f"{name}.zkp"
        ok("open", "--log", tmp_path / "log", "--rows", numbers, "-o", opened[name])
    asked = ("--log-key", tmp_path / "key.pub", "--rows-as")
    assert "run-1" in run("verify", opened["plain"], *asked, "csv").stdout
    refused = run("verify", opened["all"], *asked, "csv", "-o", tmp_path / "rows.csv")
    assert refused.exit_code == 2 and "takes for a formula" in refused.stderr and not (tmp_path / "rows.csv").exists()
    whole = run("verify", opened["all"], *asked, "jsonl").stdout
    assert [json.loads(line)["run"] for line in whole.splitlines()] == texts
    shown = check.check(opened["all"].read_bytes(), [load_public(tmp_path / "key.pub")])
    for text in texts[1:]:
        (number,) = [place for place, each in enumerate(show.rows_of(shown)) if each["run"] == text]
        with pytest.raises(UsageError, match="takes for a formula"):
            show.as_text(replace(shown, names=(number,), rows=(shown.rows[number],)), "csv")


def test_a_request_is_made_and_received(lab: Asking, tmp_path: Path) -> None:
    path, state = tmp_path / "request.toml", tmp_path / "state"
    asked = (
        "request", "new", "--open", "300", "--checkpoint", lab.folder / "log" / "checkpoint",
        "--log-key", lab.folder / "log.key.pub", "--key", lab.folder / "asker.key", "--answer-by", "2 weeks",
        "--context", "FILE-7", "--state", state,
    )  # fmt: skip
    said = ok(*asked, "-o", path)
    request = Request.decode(path.read_bytes())
    assert said["round"] == request.openings.round and said["sha256"] == request.digest.hex()
    assert said["round_at"] >= request.made + 60 and said["answer_by"] == request.made + 14 * 86400
    assert (request.openings.origin, request.openings.rows, request.reference) == ("lab.example/compute", 300, "FILE-7")
    again = run(*asked, "-o", tmp_path / "again.toml")
    assert again.exit_code == 2 and "no reason for another draw" in again.stderr
    noted = ok("open", "--log", lab.folder / "log", "--request", path)
    assert noted["in_time"] is True and noted["request"] == request.digest.hex()


def test_rows_that_are_drawn(lab: Asking, tmp_path: Path) -> None:
    path, rows = answered(lab, tmp_path)
    shown = ok("verify", rows, "--log-key", lab.folder / "log.key.pub", "--request", path)
    assert shown["total"] == "25" and len(shown["rows"]) == 6 and shown["request"]["given"] is True
    without = run("verify", rows, "--log-key", lab.folder / "log.key.pub")
    assert without.exit_code == 0 and "which nobody here gave" in " ".join(without.stdout.split())


def test_a_request_that_comes_late_is_not_answered(lab: Asking, tmp_path: Path) -> None:
    """Its asker knew the round, and could have tried requests until one draws what they want to see."""
    request = lab.request(answer_by=LATE, reference="tried many times")
    path, log = write(tmp_path / "request.toml", request), lab.folder / "log"
    options = ("open", "--log", log, "--request", path, "--beacon", beacon(tmp_path), "-o", tmp_path / "rows.zkp")
    refused = run(*options)
    assert refused.exit_code == 2 and "could have chosen the rows" in " ".join(refused.stderr.split())
    assert ok("open", "--log", log, "--request", path)["in_time"] is False
    assert run(*options).exit_code == 2 and not (tmp_path / "rows.zkp").exists()
    assert ok(*options, "--although-late")["rows"] == 6


def proved(lab: Asking, tmp_path: Path, **asked: Any) -> tuple[Path, Path]:
    """A policy that asks for rows, and a proof file of it."""
    given, proof = policy(tmp_path / "policy.toml", **asked), tmp_path / "proof.zkp"
    ok("prove", "--policy", given, "--log", f"jobs={lab.folder / 'log'}", "-o", proof)
    return given, proof


def findings(result: Any) -> dict[str, tuple[str, str]]:
    said = json.loads(result.stdout)
    return {each["name"]: (each["status"], (each["error"] or {}).get("code", "")) for each in said["requirements"]}


def test_a_policy_asks_for_rows(lab: Asking, tmp_path: Path) -> None:
    given, proof = proved(lab, tmp_path)
    path, rows = answered(lab, tmp_path)
    judge = ("verify", proof, "--policy", given, "--log-key", f"jobs={lab.folder / 'log.key.pub'}", "--json")
    met = run(*judge, "--request", path, "--openings", rows)
    assert met.exit_code == 0 and findings(met)["openings: jobs"] == ("met", ""), met.output
    assert json.loads(met.stdout)["requirements"][0]["audit_level"]["at_most"] == "AAL-2"
    bare = run(*judge)
    assert json.loads(bare.stdout)["requirements"][0]["audit_level"]["at_most"] == "AAL-1"
    assert bare.exit_code == 1 and findings(bare)["openings: jobs"] == ("not shown", "not-shown")
    unanswered = run(*judge, "--request", path)
    assert unanswered.exit_code == 1 and findings(unanswered)["openings: jobs"] == ("not shown", "not-answered")
    more = policy(tmp_path / "more.toml", rows=7)
    assert run("explain", more).exit_code == 0 and "7 rows" in run("explain", more).stdout


def test_a_request_of_fewer_rows_or_another_weight_is_not_enough(lab: Asking, tmp_path: Path) -> None:
    path, rows = answered(lab, tmp_path)
    for asked in ({"rows": 7}, {"weight": "flop"}):
        folder = tmp_path / next(iter(asked))
        folder.mkdir()
        given, proof = proved(lab, folder, **asked)
        judge = ("verify", proof, "--policy", given, "--log-key", f"jobs={lab.folder / 'log.key.pub'}", "--json")
        result = run(*judge, "--request", path, "--openings", rows)
        assert result.exit_code == 1 and findings(result)["openings: jobs"] == ("not shown", "not-shown")


def test_a_request_that_no_policy_asks_for_is_a_finding_too(lab: Asking, tmp_path: Path) -> None:
    given, proof = proved(lab, tmp_path)
    given.write_text(given.read_text().replace('[openings]\nrows = 6\nweight = "rows"\n', ""))
    ok("prove", "--policy", given, "--log", f"jobs={lab.folder / 'log'}", "-o", proof)
    path, rows = answered(lab, tmp_path)
    judge = ("verify", proof, "--policy", given, "--log-key", f"jobs={lab.folder / 'log.key.pub'}", "--json")
    assert findings(run(*judge)).keys() == {"some-rows"}
    assert findings(run(*judge, "--request", path))["openings: lab.example/compute"][1] == "not-answered"
    met = run(*judge, "--request", path, "--openings", rows)
    assert met.exit_code == 0 and findings(met)["openings: lab.example/compute"] == ("met", "")
    alone = run("verify", proof, "--request", path)
    assert alone.exit_code == 2 and "go with --policy" in alone.stderr
    unasked = run(*judge, "--openings", rows)
    assert unasked.exit_code == 2 and "answers no request that is given" in unasked.stdout + unasked.stderr


def test_every_report_has_it(lab: Asking, tmp_path: Path) -> None:
    """Met, and with no answer: as text, a page, and for machines; and the command that comes to the same verdict."""
    given, proof = proved(lab, tmp_path)
    path, rows = answered(lab, tmp_path)
    judge = (proof, "--policy", given, "--log-key", f"jobs={lab.folder / 'log.key.pub'}", "--request", path)
    for more, status in ((("--openings", rows), 0), ((), 1)):
        for form in ("text", "oscal", "sarif", "junit", "json"):
            assert run("verify", *judge, *more, "--format", form).exit_code == status
        page = tmp_path / f"page-{status}.html"
        assert run("report", *judge, *more, "-o", page).exit_code == status
        text = page.read_text("utf-8")
        assert "openings: jobs" in text and "--request REQUEST" in text and ("--openings ROWS" in text) == (status == 0)


def test_the_python_function(lab: Asking, tmp_path: Path) -> None:
    import zkcompliance as zk
    from zkcompliance.errors import NotAnswered

    given, proof = proved(lab, tmp_path)
    path, rows = answered(lab, tmp_path)
    keys = {"jobs": lab.folder / "log.key.pub"}
    verdict = zk.verify(proof, policy=given, log_keys=keys, requests=[path], openings=[rows])
    assert [each.name for each in verdict.findings] == ["some-rows", "openings: jobs"]
    with pytest.raises(NotAnswered):
        zk.verify(proof, policy=given, log_keys=keys, requests=[path])


def test_a_state_keeps_requests_until_they_are_answered(lab: Asking, tmp_path: Path) -> None:
    """A request of before is a finding once its day is over, whether it is given or not; until it is answered."""
    from zkcompliance.openings import kept

    given, proof = proved(lab, tmp_path)
    path, rows = answered(lab, tmp_path)
    state = tmp_path / "state"
    judge = (
        "verify", proof, "--policy", given, "--log-key", f"jobs={lab.folder / 'log.key.pub'}", "--json",
        "--state", state,
    )  # fmt: skip
    kept.remember(state, [Request.decode(path.read_bytes()), lab.request(9, reference="of before")])
    result = run(*judge, "--request", path, "--openings", rows)
    assert result.exit_code == 1
    found = findings(result)
    assert found["openings: jobs"] == ("met", "") and found["openings: lab.example/compute"][1] == "not-answered"
    answers = [each.answered for each in kept.load(state)]
    assert answers[0] and not answers[1]
    assert time.time() < LATE


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ("rows = 6", "rows = 0", "openings.rows"), ("rows = 6", "rows = 1001", "openings.rows"),
        ("rows = 6", "", "openings.rows"), ('"rows"', '"size"', "openings.weight"),
        ("rows = 6", 'rows = 6\nlogs = ["chips"]', "openings.logs[1]"), ("rows = 6", "rows = 6\nlogs = []", "logs"),
        ("rows = 6", "rows = 6\nwhen = 1", "openings.when"),
    ],
)  # fmt: skip
def test_a_policy_that_asks_otherwise_is_refused(tmp_path: Path, old: str, new: str, key: str) -> None:
    given = policy(tmp_path / "policy.toml")
    given.write_text(given.read_text().replace(old, new, 1))
    result = run("policies", given)
    assert result.exit_code == 2 and "malformed-policy" in result.stderr and key in result.stderr, result.output


def test_a_log_is_whole_with_what_came(lab: Asking, tmp_path: Path) -> None:
    path = write(tmp_path / "request.toml", lab.request(answer_by=LATE, reference="whole"))
    ok("open", "--log", lab.folder / "log", "--request", path)
    assert ok("fsck", lab.folder / "log", "--deep")
    other = write(tmp_path / "other.toml", lab.request(answer_by=LATE, size=2))
    refused = run("open", "--log", lab.folder / "log", "--request", other)
    assert refused.exit_code == 2 and "as it was then" in " ".join(refused.stderr.split())
    damaged = Layout(lab.folder / "log").asked
    data = damaged.read_bytes()
    damaged.write_bytes(data[:-9])
    assert run("open", "--log", lab.folder / "log", "--request", path).exit_code == 2
    damaged.write_bytes(data)


@pytest.mark.parametrize(
    "options",
    [
        (), ("--rows", "1", "--request", "r"), ("--rows", "0", "-o", "x"), ("--rows", "1-9999", "-o", "x"),
        ("--rows", "26", "-o", "x"), ("--rows", "3-1", "-o", "x"), ("--rows", "one", "-o", "x"), ("--rows", "1"),
        ("--rows", "1", "--beacon", "b", "-o", "x"), ("--rows", "1", "--segments", "2-3", "-o", "x"),
        ("--request", "r", "--segments", "0-1"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(lab: Asking, tmp_path: Path, options: tuple[str, ...]) -> None:
    placed = [tmp_path / each if each == "x" else each for each in options]
    result = run("open", "--log", lab.folder / "log", *placed)
    assert result.exit_code == 2 and not (tmp_path / "x").exists(), result.output


def test_from_python(tmp_path: Path) -> None:
    """Rows by their numbers from 1, over a log that is open and over its folder; 0 and the one after the last are none.

    A number that is not taken for what it is would show another row than was asked.
    """
    key = zk.keygen(tmp_path / "key", "lab.example/open")
    with zk.open_log(tmp_path / "log", key=tmp_path / "key", schema=schemas.by_name("compute"), profile="small") as log:
        row = {"end": 1767571260, "run": "r", "phase": "pretraining", "method": "hardware", "flop": 1}
        log.append([{"start": 1767571200 + number, **row} for number in range(3)])
        log.seal()
        made = log.open_rows([2])
        for wrong in (0, 4):
            with pytest.raises(UsageError, match="its rows are 1 to 3"):
                log.open_rows([wrong])
    for data in (made.data, zk.open_rows(tmp_path / "log", [2]).data):
        shown = check.check(data, [key])
        assert [each["start"] for each in show.rows_of(shown)] == ["2026-01-05T00:00:01Z"] and shown.names == (1,)
