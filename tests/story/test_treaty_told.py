"""docs/treaty-year.md, run as it stands: four joint caps, a note, four lies, a streak, and who recognises it."""

from __future__ import annotations

import json
from pathlib import Path

from tests.kit.doc_blocks import run_in_order
from zkcompliance.archive import box

PAGE = "docs/treaty-year.md"


def test_the_page_runs(tmp_path: Path) -> None:
    assert run_in_order(PAGE, tmp_path) == {"sh", "python", "text"}
    caps = [json.loads(box.unpack((tmp_path / f"case-q{n}.zip").read_bytes())["verdict.json"]) for n in range(1, 5)]
    assert [each["accepted"] for each in caps] == [True] * 4
    notes = [{tuple(log["between"]): log["size"] for log in each["notes"]} for each in caps]
    assert notes[2] == {("a", "b"): "2", ("b", "c"): "1"} and notes[3] == {("a", "b"): "1", ("b", "c"): "2"}
    page = (tmp_path / "streak.html").read_text()
    assert "2 periods: 2 accepted." in page and "when each period begins or ends" in page
    kept = box.unpack((tmp_path / "case-beta.zip").read_bytes())
    (taken,) = json.loads(kept["verdict.json"])["requirements"]
    assert taken["recognised"]["periods"] == "2" and taken["proof"] is None
    assert kept["recognised/1.json"] == (tmp_path / "streak.json").read_bytes()
