"""kube-state-metrics: accelerators × steps, by a plain count; windows that meet; gaps; what is no such answer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit.command_line import run
from tests.kit.importing import CANARY, DATA, leaves, load, raw, refused, replaced, survives, write, wrong_option
from zkcompliance.log import open_log

SAMPLE = DATA / "kubernetes" / "query_range_running_gpus.json"
DOCUMENT = json.loads(SAMPLE.read_text())
MINUTE = {"step": "1min"}
KIND = {**MINUTE, "peaks": "gpu=a100_sxm,node-h=h100_sxm"}
A100, H100 = 312 * 10**12, 989_400_000_000_000
T = 1_767_571_200  # 2026-01-05T00:00:00Z


def answer(folder: Path, *found: object) -> Path:
    data = {"resultType": "matrix", "result": found}
    return write(folder, json.dumps({"status": "success", "data": data}), "range.json")


def series(values: list[tuple[int, int]], uid: str = "u", node: str = "n", **labels: str) -> dict[str, object]:
    metric = {"namespace": "s", "pod": "p", "uid": uid, "node": node, "resource": "nvidia_com_gpu", **labels}
    return {"metric": metric, "values": [[T + at, str(count)] for at, count in values]}


def test_the_sample_by_a_plain_count() -> None:
    """GPUs × 60 s over all readings, by the peak of each pod's node."""
    truth = {
        f"{each['metric']['namespace']}/{each['metric']['pod']}": sum(60 * int(value) for _, value in each["values"])
        * (H100 if each["metric"]["node"] == "node-h" else A100)
        for each in DOCUMENT["data"]["result"]
    }
    rows = raw("kube-state", SAMPLE, **KIND)
    found: dict[str, int] = {}
    for row in rows:
        found[str(row["run"])] = found.get(str(row["run"]), 0) + int(str(row["flop"]))
        assert (int(str(row["end"])) - 1) // 3600 == int(str(row["start"])) // 3600  # within one hour
    assert found == truth and len(truth) == 3 and len(rows) == 5
    assert len(load("kube-state", SAMPLE, **KIND)) == 5


def test_intervals(tmp_path: Path) -> None:
    """A reading stands for the step before it, and one at the end of an hour belongs to that hour."""
    path = answer(tmp_path, series([(3540, 2), (3600, 2), (3660, 4)]))
    rows = raw("kube-state", path, **KIND)
    assert [(row["start"] - T, row["end"] - T, row["devices"], row["flop"]) for row in rows] == [
        (3480, 3600, 2, 240 * A100), (3600, 3660, 4, 240 * A100),
    ]  # fmt: skip
    assert [row["flop"] for row in raw("kube-state", path, **KIND, since="2026-01-05T01:00:00Z")] == [240 * A100]
    half = raw("kube-state", path, **KIND, utilisation="50%", phases="s=evaluation", run="r")
    assert {(row["phase"], row["run"]) for row in half} == {("evaluation", "r")}
    assert [row["flop"] for row in half] == [120 * A100, 120 * A100]


def test_windows_that_meet_are_sealed_once(tmp_path: Path) -> None:
    """An answer has both its ends: the reading that two of them share is of an interval that is sealed, and is seen."""
    assert run("keygen", "lab.example/x", "-o", tmp_path / "key").exit_code == 0
    values = [(60 * n, 2) for n in range(1, 121)]
    (tmp_path / "a").mkdir(), (tmp_path / "b").mkdir()
    first, second = answer(tmp_path / "a", series(values[:60])), answer(tmp_path / "b", series(values[59:]))
    into = ("--from", "kube-state", "--set", "step=1min", "--set", "peaks=gpu=a100_sxm", "--log", tmp_path / "log")
    assert run("seal", first, *into, "--key", tmp_path / "key").exit_code == 0
    shared = run("seal", second, *into, "--key", tmp_path / "key")
    assert "error[changed-since-sealed]" in shared.stderr
    done = run("seal", second, *into, "--set", "since=2026-01-05T01:00:00Z", "--key", tmp_path / "key")
    assert done.exit_code == 0, done.stderr
    assert [segment.rows for segment in open_log(tmp_path / "log").segments] == [1, 1]


def test_gaps_and_a_wrong_step(tmp_path: Path) -> None:
    path = answer(tmp_path, series([(60, 2), (120, 2), (300, 2)]))
    refused("kube-state", path, "reading 3, time: is not a step after", **KIND)
    assert [row["flop"] for row in raw("kube-state", path, **KIND, gaps="full")] == [600 * A100]
    assert [row["flop"] for row in raw("kube-state", path, **KIND, gaps="skip")] == [360 * A100]
    for step in ("30s", "2min"):
        refused("kube-state", path, "reading 2, time: is not a step after", **{**KIND, "step": step, "every": "1h"})
    refused("kube-state", path, "is not a step after", **{**KIND, "step": "2min"}, gaps="full")


def test_types(tmp_path: Path) -> None:
    path = answer(tmp_path, series([(60, 2)], label_nvidia_com_gpu_product="NVIDIA-H100-80GB-HBM3"))
    assert raw("kube-state", path, **MINUTE)[0]["device_kind"] == "h100_sxm"
    assert raw("kube-state", path, **MINUTE, peaks="n=a100_sxm")[0]["device_kind"] == "a100_sxm"
    assert raw("kube-state", path, **MINUTE, label="node", peaks="n=5e12")[0]["peak"] == 5 * 10**12
    refused("kube-state", answer(tmp_path, series([(60, 2)])), "no label of its node tells its type", **MINUTE)


def test_what_is_refused(tmp_path: Path) -> None:
    one = series([(60, 2)])
    for wrong, message in (
        (replaced(one, ("metric",), {**one["metric"], "__name__": "kube_pod_container_resource_limits"}), "__name__"),
        (replaced(one, ("metric", "resource"), "cpu"), "resource: is none that is counted"),
        (replaced(one, ("metric", "uid"), ""), "uid: is missing"),
        (replaced(one, ("metric", "namespace"), None), "namespace: is missing"),
        (replaced(one, ("values", 0, 1), "1.5"), "no whole number"),
        (replaced(one, ("values", 0, 1), "-1"), "is negative"),
        (replaced(one, ("values", 0, 1), "NaN"), "is NaN"),
        (replaced(one, ("values", 0, 1), CANARY), "is not a number"),
        (replaced(one, ("values", 0, 0), T + 0.5), "is not at a whole second"),
    ):
        refused("kube-state", answer(tmp_path, wrong), message, **KIND)
    refused("kube-state", answer(tmp_path, one, one), "the pod is there twice", **KIND)
    refused("kube-state", answer(tmp_path), "holds no rows", **KIND)
    for options in ({}, {"step": "0s"}, {"step": "7min"}, {**MINUTE, "phases": "a=b"}, {**MINUTE, "gaps": "x"}):
        wrong_option("kube-state", SAMPLE, **options)


@pytest.mark.parametrize("value", [None, CANARY, -1, [], {"a": [CANARY]}, 1e308])
def test_hostile_values_anywhere(tmp_path: Path, value: object) -> None:
    small = {"status": "success", "data": {"resultType": "matrix", "result": [series([(60, 2), (120, 3)])]}}
    for path in leaves(small):
        bad = write(tmp_path, json.dumps(replaced(small, path, value)), "range.json")
        survives(lambda path: load("kube-state", path, **KIND), bad)
