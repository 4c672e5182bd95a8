"""Every refusal of the importers of runs, pods and documents that names an option is taken when that is followed.

The last test holds the list against their files: no option of a remedy is without a case.
"""

from __future__ import annotations

import ast
import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

import zkcompliance.importers
from tests.kit.importing import DATA, load, write
from tests.kit.logged import END, event, events, history, run_file, run_record, scalar
from tests.kit.logged import field as part
from zkcompliance.errors import ImporterError, UsageError

Made = Callable[[Path], Path]
MODULES = (
    "cumulative", "tensorboard", "tensorboard_records", "wandb", "wandb_records", "kubernetes", "kubernetes_nodes",
    "kubernetes_pods", "kube_state", "json_table",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """A file that is refused with these options, and the options that are added to take it (None: left out)."""

    form: str
    made: Made
    message: str
    help: str
    remedy: dict[str, str | None]
    options: dict[str, str] = field(default_factory=dict)
    schema: str = "compute"


def given(path: Path) -> Made:
    return lambda folder: path


def board(*points: tuple[float, int, float], cut: int = 0) -> Made:
    data = events(*(event(1_767_571_200.5 + at, step, scalar("t", value)) for at, step, value in points))
    return lambda folder: write(folder, data[: len(data) - cut], "events.out.tfevents.1")


def a_run(*points: tuple[int, str], ended: bool = True, extra: bytes = b"", cut: int = 0) -> Made:
    found = [history(n, {"t": value, "_timestamp": str(1_767_571_200 + n)}) for n, value in points]
    data = run_file([run_record(extra=extra), *found, *([END] if ended else [])])
    return lambda folder: write(folder, data[: len(data) - cut], "run.wandb")


PODS = DATA / "kubernetes" / "nodes_pods.json"
NODES = [each for each in json.loads(PODS.read_text())["items"] if each["kind"] == "Node"]


def pod(*changes: Callable[[dict[str, dict[str, object]]], object], nodes: bool = True) -> Made:
    """The first pod of the sample, changed, behind its nodes."""
    found = copy.deepcopy(next(each for each in json.loads(PODS.read_text())["items"] if each["kind"] == "Pod"))
    for change in changes:
        change(found)
    items = [*(NODES if nodes else []), found]
    return lambda folder: write(folder, json.dumps({"kind": "List", "items": items}), "pods.json")


def container(found: dict[str, dict[str, object]]) -> dict[str, object]:
    return found["spec"]["containers"][0]["resources"]["limits"]


def lost(found: dict[str, dict[str, object]]) -> None:
    found["status"]["containerStatuses"][0]["state"] = {"terminated": {"exitCode": 137, "finishedAt": None}}


def held(*at: int, resource: str = "nvidia_com_gpu") -> Made:
    labels = {"namespace": "s", "pod": "p", "uid": "u", "node": "n", "resource": resource}
    found = [{"metric": labels, "values": [[1_767_571_200 + each, "2"] for each in at]}]
    answer = {"status": "success", "data": {"resultType": "matrix", "result": found}}
    return lambda folder: write(folder, json.dumps(answer), "range.json")


def document(value: object) -> Made:
    return lambda folder: write(folder, json.dumps(value), "in.json")


TAG, METRIC = {"flop_tag": "t"}, {"flop_metric": "t"}
MINUTE = {"step": "1min", "peaks": "gpu=a100_sxm"}
TWO = (60, 120)
CASES = [
    Case("tensorboard", board((1, 1, 2.0**30)), "is from 2^24 on", "--set rounded=up", {"rounded": "up"}, TAG),
    Case("tensorboard", board((1, 1, 2.0**30)), "is from 2^24 on", "rounded=nearest", {"rounded": "nearest"}, TAG),
    Case("tensorboard", board((1, 1, 5), (2, 2, 6), cut=3) , "the file ends inside it", "--set cut=accept",
         {"cut": "accept"}, TAG),
    Case("tensorboard", board((1, 0, 5), (2, 0, 6)), "its step is there already", "--set order=time",
         {"order": "time"}, TAG),
    Case("tensorboard", board((1, 1, 5), (2, 2, 9), (3, 2, 8)), "its step is there already", "--set resumed=rewind",
         {"resumed": "rewind"}, TAG),
    Case("tensorboard", board((1, 1, 5), (2, 2, 4)), "decreases", "resumed=restart", {"resumed": "restart"}, TAG),
    Case("tensorboard", board((2, 1, 6), (1, 2, 6)), "time runs backwards", "--set order=time", {"order": "time"}, TAG),
    Case("tensorboard", board((1, 1, 5)), "name one tag", "zkcompliance formats", {"flop_tag": "t"}),
    Case("tensorboard", board((1, 1, 5)), "go together", "zkcompliance formats", {"parameters": "7e9"},
         {"tokens_tag": "t"}),
    Case("tensorboard", board((1, 1, 5)), "holds no value of x", "with --set", {"flop_tag": "t"}, {"flop_tag": "x"}),
    Case("wandb", a_run((1, "5"), ended=False), "no record of the run's end", "--set running=accept",
         {"running": "accept"}, METRIC),
    Case("wandb", a_run((1, "5"), (2, "6"), cut=2), "the file ends inside it", "--set running=accept",
         {"running": "accept"}, METRIC),
    Case("wandb", a_run((7, "9"), extra=part(18, 1)), "goes on from an earlier one", "--set base=N", {"base": "4"},
         METRIC),
    Case("wandb", a_run((1, "1e+20")), "is from 2^53 on", "--set rounded=up", {"rounded": "up"}, METRIC),
    Case("kubernetes", given(PODS), "the pod goes on", "--set until=TIME", {"until": "2026-01-05T15:00:00Z"}),
    Case("kubernetes", given(PODS), "the pod goes on", "--set since=TIME",
         {"until": "2026-01-05T15:00:00Z", "since": "2026-01-05T10:30:00Z"}),
    Case("kubernetes", given(PODS), "the pod goes on", "--set running=skip", {"running": "skip"}),
    Case("kubernetes", pod(lost), "its node was lost", "--set lost=until --set until=TIME",
         {"lost": "until", "until": "2026-01-05T15:00:00Z"}),
    Case("kubernetes", given(PODS), "lost=until goes with until", "--set until=TIME",
         {"until": "2026-01-05T15:00:00Z"}, {"lost": "until"}),
    Case("kubernetes", pod(nodes=False), "no label of its node", "--set peaks=gpu=h100_sxm",
         {"peaks": "gpu=h100_sxm"}),
    Case("kubernetes", pod(nodes=False), "no label of its node", "--set peaks=gpu=989.4e12",
         {"peaks": "gpu=989.4e12"}),
    Case("kubernetes", pod(lambda found: container(found).update({"nvidia.com/mig-1g.10gb": "1"})),
         "of a resource not counted here", "--set skipped=NAME", {"skipped": "nvidia.com/mig-1g.10gb"}),
    Case("kubernetes", pod(lambda found: container(found).update({"habana.ai/gaudi": container(found).pop(
         "nvidia.com/gpu")})), "of a resource not counted here", "--set resources=NAME with peaks",
         {"resources": "habana.ai/gaudi", "peaks": "NVIDIA-H100-80GB-HBM3=1e15"}),
    Case("kubernetes", pod(lambda found: container(found).update({"amd.com/gpu": "1"})), "of two resources",
         "--set skipped=NAME", {"resources": "nvidia.com/gpu", "skipped": "amd.com/gpu"}),
    Case("kubernetes", pod(lambda found: found["spec"].update(resourceClaims=[{"name": "gpu"}])),
         "claimed one by one", "--set skipped=claims", {"skipped": "claims"}),
    Case("kube-state", held(*TWO), "step is needed", "--set step=1min", MINUTE),
    Case("kube-state", held(60, 240), "is not a step after", "--set gaps=full", {"gaps": "full"}, MINUTE),
    Case("kube-state", held(60, 240), "is not a step after", "--set step=…", {"step": "3min"}, MINUTE),
    Case("kube-state", held(*TWO, resource="habana_ai_gaudi"), "none that is counted", "--set resources=NAME",
         {"resources": "habana_ai_gaudi"}, MINUTE),
    Case("json", document({"items": [{"model": "m"}]}), "has no array at 'rows'", "--set rows=NAME", {"rows": "items"},
         {"rows": "rows"}, "model"),
    Case("json", document({"items": [{"model": "m"}], "total": 7}), "is one page of several", "--set pages=yes",
         {"pages": "yes"}, {"rows": "items"}, "model"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.form}: {case.message[:40]}: {case.help[:24]}")
def test_a_refusal_names_a_remedy_that_works(tmp_path: Path, case: Case) -> None:
    path = case.made(tmp_path)
    with pytest.raises((ImporterError, UsageError), match=re.escape(case.message)) as caught:
        load(case.form, path, case.schema, **case.options)
    assert case.help in caught.value.help, caught.value.help
    followed = {name: value for name, value in {**case.options, **case.remedy}.items() if value is not None}
    assert load(case.form, path, case.schema, **followed)


def test_no_option_of_a_remedy_is_without_a_case() -> None:
    """Every `--set NAME=` that stands in a text of these importers' files is in the help of a case."""
    folder = Path(zkcompliance.importers.__file__).parent
    said: set[str] = set()
    for module in MODULES:
        for node in ast.walk(ast.parse((folder / f"{module}.py").read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                said |= set(re.findall(r"--set ([a-z_]+)=", node.value))
    assert said <= {name for case in CASES for name in (*case.remedy, *re.findall(r"--set ([a-z_]+)=?", case.help))}
