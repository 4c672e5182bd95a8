"""The pages that tell a story, run as they stand: three people's in one folder, and that of a log in its own."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path

import zkcompliance as zk
from tests.kit import beacons
from tests.kit.doc_blocks import ROOT, run_in_order
from zkcompliance.live.hf import SealingCallback
from zkcompliance.log.store import SealedLog
from zkcompliance.request.file import Request


def test_the_guides_run(tmp_path: Path) -> None:
    assert run_in_order("docs/labs.md", tmp_path) == {"sh", "python", "text"}
    assert not (tmp_path / "untrue.zkp").exists()
    assert run_in_order("docs/regulators.md", tmp_path) == {"sh", "text"}
    assert (tmp_path / "verdict.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert "assessment-results" in json.loads((tmp_path / "assessment-results.json").read_bytes())
    assert run_in_order("docs/integrators.md", tmp_path) == {"python", "sh", "text"}


def test_the_page_of_provenance_runs(tmp_path: Path) -> None:
    """The round that it fetches is one of the tests' own beacon, whose key is pinned for it."""
    (folder := tmp_path / "lab").mkdir()
    assert run_in_order("docs/provenance.md", folder, beacons.commands(tmp_path / "bin")) == {"sh", "python", "text"}
    assert (folder / "promptly.zkp").exists() and not (folder / "late.zkp").exists()
    assert len((folder / "rows.jsonl").read_text().splitlines()) == 2
    assert Request.decode((folder / "samples-request.toml").read_bytes()).openings.rows == 300
    assert SealedLog.open(folder / "chips").proofs_left() == 60  # of a registry that gave all and proves nothing


def test_the_page_of_roll_ups_runs(tmp_path: Path) -> None:
    assert run_in_order("docs/rollup.md", tmp_path) == {"sh", "python"}


def test_the_page_of_caps_over_several_labs_runs(tmp_path: Path) -> None:
    """Two labs, from their keys to the joint verdict, and one left out."""
    assert run_in_order("docs/across.md", tmp_path) == {"sh", "python", "text"}
    assert [row["amount"] for row in zk.read_rows(tmp_path / "for-b")] == [10**25]


def test_the_page_of_registers_runs(tmp_path: Path) -> None:
    """Exports of ticket systems, registries and spreadsheets, sealed as they are: what came of some of their rows."""
    assert run_in_order("docs/registers.md", tmp_path) == {"sh"}

    def sealed(log: str, *columns: str) -> list[tuple[object, ...]]:
        return [tuple(row[name] for name in columns) for row in zk.read_rows(tmp_path / f"{log}-log")]

    # by hand: 12 January 2026, 09:41 in Berlin is 08:41 UTC; on 29 March, 04:10 is 02:10 UTC
    assert sealed("incidents", "serial", "category", "aware", "resolved", "detected_by", "irreversible") == [
        (1, "cybersecurity", 1768207260, 1768392120, "internal", "no"),
        (2, "serious_harm", 1770030300, 0, "user", "unknown"),
        (3, "near_miss", 1774750200, 0, "internal", "yes"),
    ]
    assert sealed("tickets", "serial", "category", "occurred") == [
        (1, "cybersecurity", 1768207267), (2, "near_miss", 1770030359),
    ]  # fmt: skip
    assert [each[0] for each in sealed("issues", "category")] == ["cybersecurity", "serious_harm", "near_miss"]
    for log in ("models", "hub"):
        base, chat, draw = sealed(log, "model", "base_model", "modality")
        assert (base[1], chat[1], draw[1]) == ("", base[0], "") and (base[2], draw[2]) == ("text", "image")
    assert sealed("data", "licence", "tokens", "region", "synthetic", "opted_out") == [
        ("crawled", 1_300_000_000_000, "unknown", False, 2500), ("licensed", 48_200_000_000, "de", False, 0),
        ("proprietary", 70_000_000_000, "us", True, ""), ("cc_by_sa", 24_100_000_000, "unknown", False, 0),
    ]  # fmt: skip
    assert sealed("croissant", "licence", "tokens") == [("other", 117_743)]
    assert sealed("audits", "serial", "layer", "at", "outcome", "accredited") == [
        (1, "security", 1763074800, "passed", "yes"), (2, "model", 1769900400, "conditional", "no"),
        (3, "governance", 1772492400, "failed", "unknown"),
    ]  # fmt: skip
    assert sealed("customers", "verified", "flop", "region", "period_from", "period_until") == [
        (True, 103_680_000_000_000_000_000, "fr", 1767225600, 1769904000), (False, 0, "kr", 1767225600, 1769904000),
    ]  # fmt: skip
    assert sealed("decisions", "serial", "at", "risk", "reviewed", "reviewer_kind") == [
        (1, 1767571200, "high", 1767573000, "human"), (2, 1767657600, "minimal", 0, "none"),
    ]  # fmt: skip


def test_the_page_of_clusters_runs(tmp_path: Path) -> None:
    """On processes of this machine; what needs a scheduler stands there to be read."""
    assert run_in_order("docs/cluster.md", tmp_path) == {"sh"}


def test_the_page_of_logs_runs(tmp_path: Path) -> None:
    """A log is written, moved twice, cosigned, proved over and verified."""
    assert run_in_order("docs/logs.md", tmp_path) == {"sh", "python"}
    assert not (tmp_path / "acme-compute" / "secret" / "segments").exists()


def test_the_page_of_live_logs_runs(tmp_path: Path) -> None:
    """Its blocks in order; then the fragment for whoever trains with a Trainer."""
    assert run_in_order("docs/live.md", tmp_path) == {"python", "toml", "sh"}
    assert [row["flop"] for row in zk.read_rows(tmp_path / "acme-cluster")] == [1000, 1000]
    (fragment,) = re.findall(r"^```python fragment hf\n(.*?)^```$", (ROOT / "docs/live.md").read_text(), re.M | re.S)
    added: list[object] = []

    class Trainer:
        add_callback = staticmethod(added.append)

    with zk.Live(tmp_path / "acme-compute", key=tmp_path / "compute.key") as live:
        (tmp_path / "train.py").write_text(fragment)
        runpy.run_path(str(tmp_path / "train.py"), {"trainer": Trainer, "live": live})
    assert isinstance(added[0], SealingCallback)
