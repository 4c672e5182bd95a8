"""docs/models.md: 988 models in one sealed log, six proofs, six counts that equal the table's."""

from __future__ import annotations

import csv
import shutil
from decimal import Decimal
from pathlib import Path

from tests.kit.doc_blocks import ROOT, blocks, run_in_order

TABLE = ROOT / "tests" / "data" / "models" / "epoch_models.csv"


def test_the_page_runs(tmp_path: Path) -> None:
    shutil.copy(TABLE, tmp_path)
    assert run_in_order("docs/models.md", tmp_path) == {"python", "sh", "text"}
    assert len((tmp_path / "models.jsonl").read_text(encoding="utf-8").splitlines()) == 988


def test_the_page_says_what_the_table_says() -> None:
    with TABLE.open(newline="", encoding="utf-8") as file:
        figures = [Decimal(text) for row in csv.DictReader(file) if (text := row["Training compute (FLOP)"])]
    stated = [text for language, _, _, text in blocks("docs/models.md") if language == "text"]
    counts = [sum(figure > 10**e for figure in figures) for e in range(21, 27)]
    assert stated == ["".join(f"reveals above = {count}\n" for count in counts)]
    assert counts == [566, 442, 255, 101, 24, 2]
