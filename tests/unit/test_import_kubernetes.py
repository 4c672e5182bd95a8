"""Pods of Kubernetes: GPUs × the time that they were held, windows between exports, and what cannot be counted."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from tests.kit.command_line import run
from tests.kit.importing import CANARY, DATA, get, leaves, load, raw, refused, replaced, survives, write, wrong_option
from zkcompliance import limits
from zkcompliance.log import open_log

SAMPLE = DATA / "kubernetes" / "nodes_pods.json"
DOCUMENT = json.loads(SAMPLE.read_text())
NOON = "2026-01-05T15:00:00Z"
UNTIL = {"until": NOON}
A100, H100 = 312 * 10**12, 989_400_000_000_000
DAY = 1_767_571_200  # 2026-01-05


def document(folder: Path, *items: object, **more: object) -> Path:
    return write(folder, json.dumps({"apiVersion": "v1", "items": items, "kind": "List", **more}), "pods.json")


def pod(name: str) -> dict[str, object]:
    """A copy of a pod of the sample."""
    (found,) = (each for each in DOCUMENT["items"] if each["metadata"]["name"] == name)
    return copy.deepcopy(found)


NODES = [each for each in DOCUMENT["items"] if each["kind"] == "Node"]


def test_the_sample_by_a_plain_count() -> None:
    """As PROVENANCE.md has it; `bench` and `loop` go on, up to 15:00."""
    rows = raw("kubernetes", SAMPLE, **UNTIL)
    found = [(row["run"], row["device_kind"], row["devices"], row["status"], row["flop"]) for row in rows]
    assert found == [
        ("pretrain/train-a", "h100_sxm", 8, "completed", 57_600 * H100),
        ("pretrain/train-a", "a100_sxm", 8, "failed", 57_600 * A100),
        ("evals/bench", "h100_sxm", 2, "running", 2 * 17_400 * H100),
        ("pretrain/evicted", "a100_sxm", 1, "preempted", 10 * A100),
        ("pretrain/with-init", "h100_sxm", 8, "completed", 240 * H100),
        ("pretrain/with-init", "h100_sxm", 4, "completed", 240 * H100),
        ("pretrain/loop", "a100_sxm", 1, "running", 3_600 * A100),
    ]
    assert (rows[0]["start"], rows[0]["end"]) == (DAY + 36_120, DAY + 43_320)
    assert {(row["method"], row["utilisation"], row["phase"]) for row in rows} == {("hardware", 10**6, "pretraining")}
    assert len(load("kubernetes", SAMPLE, **UNTIL)) == 7


def test_pods_that_go_on() -> None:
    assert "the pod goes on" in refused("kubernetes", SAMPLE, "item 7")
    assert len(raw("kubernetes", SAMPLE, running="skip")) == 5


def test_windows_add_up() -> None:
    """What is counted up to a time and from there on is what is counted at once, and no second is in both."""
    whole = raw("kubernetes", SAMPLE, **UNTIL)
    for cut in ("2026-01-05T09:00:15Z", "2026-01-05T10:30:00Z", "2026-01-05T13:00:10Z"):
        parts = [raw("kubernetes", SAMPLE, until=cut), raw("kubernetes", SAMPLE, since=cut, **UNTIL)]
        assert sum(int(row["flop"]) for part in parts for row in part) == sum(int(row["flop"]) for row in whole)


def test_windows_are_sealed_once_each(tmp_path: Path) -> None:
    assert run("keygen", "lab.example/x", "-o", tmp_path / "key").exit_code == 0
    into = ("--from", "kubernetes", "--log", tmp_path / "log", "--key", tmp_path / "key")
    first, second = "2026-01-05T10:30:00Z", ("--set", f"until={NOON}")
    for options, rows in ((("--set", f"until={first}"), 4), (("--set", f"since={first}", *second), 10)):
        done = run("seal", SAMPLE, *into, *options)
        assert done.exit_code == 0, done.stderr
        assert sum(segment.rows for segment in open_log(tmp_path / "log").segments) == rows
    again = run("seal", SAMPLE, *into, "--set", "until=2026-01-05T11:00:00Z")  # another end of a sealed window
    assert "error[changed-since-sealed]" in again.stderr
    restarted = copy.deepcopy(DOCUMENT)
    (bench,) = (each for each in restarted["items"] if each["metadata"]["name"] == "bench")
    bench["status"]["containerStatuses"][0]["restartCount"] = 1  # it is counted from the pod's start now
    later = write(tmp_path, json.dumps(restarted), "later.json")
    assert "error[changed-since-sealed]" in run("seal", later, *into, "--set", f"until={first}").stderr


def test_options() -> None:
    rows = raw(
        "kubernetes", SAMPLE, **UNTIL, utilisation="40%", phases="evals=evaluation", site="s", owner="o",
        run_label="training.kubeflow.org/job-name", peaks="nvidia-a100-sxm4-80gb=1e12",
        kinds="NVIDIA-H100-80GB-HBM3=other",
    )  # fmt: skip
    assert [row["run"] for row in rows[:3]] == ["pretrain/train", "pretrain/train-a-1", "evals/bench"]
    assert [row["phase"] for row in rows[:3]] == ["pretraining", "pretraining", "evaluation"]
    assert (rows[0]["flop"], rows[1]["flop"]) == (57_600 * H100 * 2 // 5, 57_600 * 10**12 * 2 // 5)
    assert [row["device_kind"] for row in rows[:3]] == ["other", "a100_sxm", "h100_sxm"]
    assert {row["run"] for row in raw("kubernetes", SAMPLE, **UNTIL, run="all")} == {"all"}
    for options in (
        {"since": "2026-01-06", "until": "2026-01-05"}, {"phases": "a=b"}, {"kinds": "a=b"}, {"lost": "until"},
        {"running": "until"}, {"peaks": "x"}, {"until": "today"},
    ):  # fmt: skip
        wrong_option("kubernetes", SAMPLE, **options)


def test_types_by_label(tmp_path: Path) -> None:
    """By the node; where the node is gone, by what the pod asks of one; else nothing is known."""
    gone = pod("train-a-0")
    gone["spec"]["nodeName"] = "gone"
    path = document(tmp_path, *NODES, gone)
    refused("kubernetes", path, "no label of its node tells its type")
    assert raw("kubernetes", path, peaks="gpu=h100_pcie")[0]["peak"] == 756 * 10**12
    gone["spec"]["nodeSelector"] = {"cloud.google.com/gke-accelerator": "nvidia-tesla-a100"}
    assert raw("kubernetes", document(tmp_path, *NODES, gone))[0]["peak"] == A100
    for labels in (
        {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB-SHARED"},
        {"nvidia.com/gpu.product": "NVIDIA-A100-SXM4-80GB-MIG-1g.10gb"},
        {"cloud.google.com/gke-accelerator": "nvidia-tesla-a100", "cloud.google.com/gke-gpu-partition-size": "1g.5gb"},
    ):
        node = {"kind": "Node", "metadata": {"name": "gone", "labels": labels}}
        path = document(tmp_path, node, gone)
        refused("kubernetes", path, "the peak of this type is not known")
        assert raw("kubernetes", path, peaks=f"{'-'.join(labels.values())}=5e12")[0]["peak"] == 5 * 10**12
    own = {"kind": "Node", "metadata": {"name": "gone", "labels": {"lab/gpu": "H100"}}}
    assert raw("kubernetes", document(tmp_path, own, gone), label="lab/gpu")[0]["peak"] == H100
    assert raw("kubernetes", document(tmp_path, {"kind": "Node", "metadata": {"name": "gone", "labels": {
        "amd.com/gpu.product-name": "AMD_Instinct_MI300X"}}}, gone))[0]["device_kind"] == "mi300x"  # fmt: skip


def test_other_resources(tmp_path: Path) -> None:
    tpu = pod("train-a-0")
    limits = tpu["spec"]["containers"][0]["resources"]["limits"]
    limits["google.com/tpu"] = limits.pop("nvidia.com/gpu")
    path = document(tmp_path, *NODES, tpu)
    refused("kubernetes", path, "of a resource not counted here")
    assert raw("kubernetes", path, resources="google.com/tpu", peaks="NVIDIA-H100-80GB-HBM3=459e12")[0]["devices"] == 8
    refused("kubernetes", path, "holds no rows", skipped="google.com/tpu")
    limits["nvidia.com/gpu"] = "2"
    both = document(tmp_path, *NODES, tpu)
    refused("kubernetes", both, "accelerators of two resources", resources="google.com/tpu,nvidia.com/gpu")
    assert raw("kubernetes", both, skipped="google.com/tpu")[0]["devices"] == 2
    limits["rdma/hca"] = limits["vpc.amazonaws.com/efa"] = "1"  # no accelerators, and passed over
    assert raw("kubernetes", document(tmp_path, *NODES, tpu), skipped="google.com/tpu")[0]["devices"] == 2
    claims = pod("train-a-0")
    claims["spec"]["resourceClaims"] = [{"name": "gpu"}]
    path = document(tmp_path, *NODES, claims)
    refused("kubernetes", path, "devices that are claimed one by one")
    assert len(raw("kubernetes", path, skipped="claims")) == 1


@pytest.mark.parametrize("name", ["cambricon.com/mlu", "hygon.com/dcu", "tenstorrent.com/n300", "intel.com/gpu", "x/y"])
def test_accelerators_of_any_maker(name: str, tmp_path: Path) -> None:
    """Makers name their resources as they like: a pod on one that is not known here is never one of no accelerators."""
    theirs = pod("train-a-0")
    limits = theirs["spec"]["containers"][0]["resources"]["limits"]
    limits[name] = limits.pop("nvidia.com/gpu")
    path = document(tmp_path, *NODES, pod("train-a-1"), theirs)
    refused("kubernetes", path, "what may be an accelerator")
    counted = raw("kubernetes", path, resources=f"nvidia.com/gpu,{name}", peaks="NVIDIA-H100-80GB-HBM3=1e12")
    assert [row["devices"] for row in counted] == [8, 8]
    assert len(raw("kubernetes", path, skipped=name)) == 1
    limits[name] = "0"
    assert len(raw("kubernetes", document(tmp_path, *NODES, pod("train-a-1"), theirs))) == 1


def test_a_pod_of_a_lost_node(tmp_path: Path) -> None:
    lost = pod("train-a-0")
    lost["status"]["containerStatuses"][0]["state"] = {
        "terminated": {"exitCode": 137, "finishedAt": None, "reason": "ContainerStatusUnknown", "startedAt": None}
    }
    path = document(tmp_path, *NODES, lost)
    refused("kubernetes", path, "its node was lost")
    (row,) = raw("kubernetes", path, lost="until", until="2026-01-05T11:00:00Z")
    assert (row["status"], row["flop"]) == ("failed", 8 * 3_600 * H100)
    refused("kubernetes", path, "holds no rows", lost="skip")


def test_ends_of_pods(tmp_path: Path) -> None:
    for reason, status in (("DeadlineExceeded", "timeout"), ("Evicted", "preempted"), (None, "failed")):
        failed = pod("train-a-1")
        failed["status"]["reason"] = reason
        assert raw("kubernetes", document(tmp_path, *NODES, failed))[0]["status"] == status


def test_a_list_of_the_server_itself(tmp_path: Path) -> None:
    """`kubectl get --raw /api/v1/pods`: the list names the kind, its items do not."""
    bare = pod("train-a-0")
    del bare["kind"], bare["apiVersion"]
    text = json.dumps({"kind": "PodList", "apiVersion": "v1", "metadata": {}, "items": [bare]})
    assert len(raw("kubernetes", write(tmp_path, text), peaks="gpu=h100_sxm")) == 1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "an object"),
        ("{}", "holds no member items"),
        ('{"items": [1]}', "item 1: is missing or not an object"),
        ('{"items": [{"kind": "Job", "metadata": {"name": "x"}}]}', "item 1, kind: is neither Pod nor Node"),
        ('{"metadata": {"continue": "x"}, "items": []}', "is one page of several"),
        ('{"items": []} x', "something follows"),
    ],
)
def test_documents_that_are_refused(tmp_path: Path, text: str, message: str) -> None:
    refused("kubernetes", write(tmp_path, text), message)


def test_pods_and_nodes_that_are_refused(tmp_path: Path) -> None:
    one = pod("train-a-0")
    refused("kubernetes", document(tmp_path, *NODES, one, one), "uid: the pod is there twice")
    refused("kubernetes", document(tmp_path, one, *NODES), "no label of its node", **UNTIL)
    refused("kubernetes", document(tmp_path, one, *NODES), "a node comes after pods", peaks="gpu=h100_sxm")
    state = ("status", "containerStatuses", 0, "state", "terminated")
    limits = ("spec", "containers", 0, "resources", "limits", "nvidia.com/gpu")
    for path, value, message in (
        ((*state, "finishedAt"), "2026-01-05T10:01:00Z", "finishedAt: is before startedAt"),
        ((*state, "finishedAt"), CANARY, "finishedAt: "), ((*state, "startedAt"), 5, "startedAt: is not a time"),
        (limits, "1.5", "no whole number"), (limits, CANARY, "no whole number"), (limits, -1, "no whole number"),
        (limits, 2.5, "no whole number"),
        (("status", "containerStatuses", 0, "restartCount"), "x", "restartCount: is not a number"),
        (("metadata", "uid"), "", "uid: is missing"), (("spec",), None, "spec: is missing"),
    ):  # fmt: skip
        refused("kubernetes", document(tmp_path, *NODES, replaced(one, path, value)), message)
    whole = replaced(one, limits, 8)  # a number in place of a text
    assert len(raw("kubernetes", document(tmp_path, *NODES, whole))) == 1


def test_what_is_held_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_IMPORT_IDENTITIES", 3)
    refused("kubernetes", SAMPLE, "over 3 nodes in one file", **UNTIL)


def test_hostile_values_anywhere(tmp_path: Path) -> None:
    for path in leaves(pod("train-a-1")):
        for value in (None, CANARY, -1, [], {"a": [CANARY]}, 1e308):
            bad = replaced(pod("train-a-1"), path, value)
            survives(lambda path: load("kubernetes", path, **UNTIL), document(tmp_path, *NODES, bad))
    assert get(pod("bench"), ("status", "phase")) == "Running"
