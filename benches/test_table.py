"""The bench that prints the page on performance: least figures by turns, and ratios only of one statement."""

from __future__ import annotations

from pathlib import Path

import pytest

from benches.measured import Checkout, Figures, NotMeasured, by_turns, least, run
from benches.table import line

NOW = Figures(1.0, 2.0, 300.0, 1000, "one")
NEW, OLD = Checkout(Path("new")), Checkout(Path("old"))


def test_the_least_seconds_and_the_most_memory_of_runs_count() -> None:
    runs = [Figures(2.0, 1.0, 10.0), Figures(1.0, 3.0, 30.0), Figures(3.0, 2.0, 20.0)]
    assert least(runs) == Figures(1.0, 1.0, 30.0)


def test_a_ratio_of_two_statements_is_in_doubt() -> None:
    same, other, unknown = (Figures(2.0, 4.0, 300.0, 1000, statement) for statement in ("one", "two", ""))
    assert "?" not in line("row", NOW, same) and "0.50" in line("row", NOW, same)
    assert line("row", NOW, other).count("?") == line("row", NOW, unknown).count("?") == 3


def test_checkouts_take_turns_and_one_that_fails_leaves_the_other() -> None:
    order = []

    def measure(checkout: Checkout) -> dict[str, Figures]:
        order.append(checkout)
        if checkout == OLD and len(order) > 2:
            raise NotMeasured("gone")
        return {"row": NOW}

    found, reasons = by_turns(measure, {"now": NEW, "before": OLD}, 3)
    assert order == [NEW, OLD, NEW, OLD, NEW]
    assert found == {"now": {"row": NOW}} and reasons == {"before": "gone"}


def test_a_process_that_fails_is_not_measured(tmp_path: Path) -> None:
    with pytest.raises(NotMeasured, match="the reason"):
        NEW.shell("echo the reason; exit 3", tmp_path)
    took, printed = NEW.shell("echo done", tmp_path)
    assert printed == "done\n" and took.memory > 0


def test_processes_keep_what_python_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    for printed in (NEW.shell("env", tmp_path)[1], run(["env"])[1]):
        assert "PYTHONDONTWRITEBYTECODE" not in printed and "PATH=" in printed


def test_a_checkout_without_the_bench_says_so(tmp_path: Path) -> None:
    with pytest.raises(NotMeasured, match=r"no benches/one_size\.py"):
        Checkout(tmp_path).script("one_size.py")
