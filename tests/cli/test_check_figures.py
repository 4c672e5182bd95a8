"""`check` prints what conditions compare with every digit, and each group by the names of its keys."""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.kit.command_line import run
from tests.kit.importing import DATA, raw

pytest.importorskip("compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd")


def sealed(folder: Path, source: Path, *options: object, name: str = "log") -> Path:
    assert run("keygen", f"lab.example/{name}", "-o", folder / f"{name}.key").exit_code == 0
    done = run("seal", source, "--log", folder / name, "--key", folder / f"{name}.key", *options)
    assert done.exit_code == 0, done.stderr
    return folder / name


def checked(claim: str, log: Path, *params: str) -> tuple[dict[str, Any], str]:
    """(the document, the text on one line)."""
    stated = [word for param in params for word in ("--param", param)]
    document = run("check", claim, "--log", log, *stated, "--json")
    text = run("check", claim, "--log", log, *stated)
    return json.loads(document.stdout), " ".join(text.stdout.split())


def floats(value: object) -> bool:
    """Whether a document has a float in it."""
    if isinstance(value, dict):
        return any(map(floats, value.values()))
    return isinstance(value, float) or (isinstance(value, list) and any(map(floats, value)))


def test_totals_have_all_their_digits(tmp_path: Path) -> None:
    store = DATA / "mlflow" / "mlflow.db"
    settings = {"flop_metric": "train/flops_cumulative"}
    total = sum(int(str(row["flop"])) for row in raw("mlflow", store, **settings))
    log = sealed(tmp_path, store, "--from", "mlflow", "--set", "flop_metric=train/flops_cumulative")
    found, text = checked("training-compute-below", log, "limit=1e20")
    assert [each["value"] for each in found["totals"]] == [str(total), "0"] and not floats(found)
    assert found["totals"][0]["unit"] == "Flop" and found["totals"][0]["of"].startswith(
        "the total FLOP spent in compute"
    )
    assert f"({total})" in text and f"({10**20 - total}) below the bound" in text
    assert found["margin"].endswith(f"({10**20 - total}) below the bound")


def test_each_group_has_its_name_size_and_mean(tmp_path: Path) -> None:
    source = DATA / "inspect-2" / "epochs_pass.eval"
    best: dict[str, int] = {}
    for row in raw("inspect", source, "eval"):
        best[str(row["item"])] = max(best.get(str(row["item"]), 0), int(str(row["score"])))
    mean = Fraction(sum(best.values()), len(best))
    log = sealed(tmp_path, source, "--keep-texts")
    found, text = checked("eval-score-under", log, "limit=90%", "worst=no", "items=2")
    (groups,) = found["groups"]
    (group,) = groups["groups"]
    assert groups["by"] == ["model", "suite", "domain", "grader"] and not floats(found)
    assert group["keys"] == ["mockllm/model", "epochs_pass@2-B", "(none)", "letters"] and group["size"] == "8"
    assert group["means"] == {"the mean of an item's highest score": str(mean)}
    assert group["figures"]["the total of an item's highest score"] == str(sum(best.values()))
    assert "mockllm/model, epochs_pass@2-B, (none), letters: size 8, the mean of an item's highest score 81.25%" in text
    assert "worst no" in text and found["params"]["worst"] == "0"  # taken as it is printed


def test_a_mean_that_is_no_whole_number_is_the_fraction_that_it_is(tmp_path: Path) -> None:
    lines = [
        {"suite": "s@1", "item": item, "model": model, "score": score, "at": "2026-01-01T00:00:00Z"}
        for model, scores in (("m1", ["10%", "20%", "0.000001"]), ("m2", ["5%"])) for item, score in enumerate(scores)
    ]  # fmt: skip
    for line in lines:
        line["item"] = f"item {line['item']}"
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(json.dumps(line) + "\n" for line in lines))
    log = sealed(tmp_path, rows, "--schema", "eval", "--keep-texts")
    found, text = checked("eval-score-under", log, "limit=90%")
    means = [list(each["means"].values()) for each in found["groups"][0]["groups"]]
    assert means == [["300001/3"], ["50000"]]
    assert "m1, s@1, (none), (none): size 3, the mean of an item's highest score ≈10% (300001/3)" in text
    without, _ = checked("eval-score-under", sealed(tmp_path, rows, "--schema", "eval", name="plain"), "limit=90%")
    assert without["groups"][0]["groups"][0]["keys"][0].startswith("0x")


def test_many_groups_are_cut_in_print_alone(tmp_path: Path) -> None:
    lines = [
        {"suite": f"s{n}@1", "item": "i", "model": "m", "score": "10%", "at": "2026-01-01T00:00:00Z"} for n in range(25)
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    found, text = checked("eval-score-under", sealed(tmp_path, tmp_path / "rows.jsonl", "--schema", "eval"), "limit=9%")
    assert found["holds"] is False and len(found["groups"][0]["groups"]) == 25
    assert "and 5 more: --json has all" in text


def test_how_rows_ended_is_counted_exactly(tmp_path: Path) -> None:
    log = sealed(tmp_path, DATA / "inspect-2" / "retry_ok.eval")
    found, _ = checked("eval-score-under", log, "limit=100%")
    (counts,) = found["outcome_counts"].values()
    assert counts == {"rows": "31", "limit": {"none": "31"}, "status": {"success": "20", "error": "11"}}


def test_of_a_policy_too(tmp_path: Path) -> None:
    """Of what can be checked over the logs that are given."""
    log = sealed(tmp_path, DATA / "inspect-2" / "x_msglimit.eval", "--keep-texts")
    (tmp_path / "weights").write_bytes(b"weights")
    subject = ("--subject", f"mockllm/model={tmp_path / 'weights'}", "--param", "scores-under-threshold.limit=80%")
    items = ("--param", "scores-under-threshold.items=10")
    arguments = ("check", "--policy", "seoul", *subject, *items, "--log", f"evals={log}")
    done = run(*arguments, "--json")
    assert done.exit_code == 1, done.output
    found = json.loads(done.stdout)
    assert found["outcome_counts"]["evals"] == {"rows": "6", "limit": {"messages": "6"}, "status": {"limit": "6"}}
    requirement = found["requirements"]["seoul@2 scores-under-threshold"]
    assert requirement["groups"][0]["groups"][0]["size"] == "6" and not floats(found)
    text = " ".join(run(*arguments).stdout.split())
    assert "hit a limit: 6 (messages 6); not a success: 6 (limit 6); of 6 rows" in text
    assert "size 6, the mean of an item's highest score" in text
