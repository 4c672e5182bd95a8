"""Documents of a call that goes on, with a look-alike of lm_eval 0.4.13: its order of asking, filtering and scoring."""

from __future__ import annotations

import itertools
import sys
import types
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import zkcompliance as zk
from zkcompliance.errors import SchemaError, UsageError
from zkcompliance.live.lm_eval import evaluate_sealed
from zkcompliance.live.lm_eval_answers import Kept
from zkcompliance.live.lm_eval_begun import Begun


class KilledError(Exception):
    """The process ends here."""


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def worst(values: Sequence[float]) -> float:
    return min(values)


@dataclass
class Instance:
    doc: dict[str, int]
    args: tuple[Any, ...]
    doc_id: int
    idx: int = 0
    repeats: int = 1
    resps: list[Any] = field(default_factory=list)
    filtered_resps: dict[str, Any] = field(default_factory=dict)


class First:
    def apply(self, resps: list[list[str]], docs: object) -> list[str]:
        return [each[0] for each in resps]


First.__module__ = "lm_eval.filters.selection"


@dataclass
class Ensemble:
    name: str
    filters: list[Any]

    def apply(self, instances: list[Instance]) -> None:
        found: Any = [each.resps for each in instances]
        for each in self.filters:
            found = each().apply(found, [one.doc for one in instances])
        for instance, response in zip(instances, found, strict=True):
            instance.filtered_resps[self.name] = response


class Task:
    """Asks what n is, twice for each document where `parts` is 2; the answer is right where it is n."""

    VERSION = 1

    def __init__(
        self, documents: int, parts: int = 1, repeats: int = 1, same: bool = False, drawn: bool = False
    ) -> None:
        self._filters, self.scored = [Ensemble("first", [First]), Ensemble("second", [First])], 0
        self.instances = [
            Instance({"n": n}, ("same" if same else f"what is {n}, {part}", {"do_sample": drawn}), n, part, repeats)
            for n in range(documents) for part in range(parts)
        ]  # fmt: skip

    def process_results(self, doc: dict[str, int], results: list[str]) -> dict[str, Any]:
        self.scored += 1
        return {"right": float(results == [str(doc["n"])] * len(results)), "least": 1.0, "pair": (1, 2)}

    def aggregation(self) -> dict[str, Any]:
        return {"right": mean, "least": worst, "pair": mean}

    def apply_filters(self) -> None:
        for each in self._filters:
            each.apply(self.instances)


Task.apply_filters.__module__ = "lm_eval.api.task"


class Hook:
    def add_partial(self, attr: str, req: object, res: object) -> None:
        pass


class Model:
    """Answers the last request first, and says each; dies after `last`."""

    rank, world_size = 0, 1

    def __init__(self, last: int = 1000) -> None:
        self.cache_hook, self.last = Hook(), last

    def generate_until(self, requests: list[Instance]) -> list[str]:
        for count, each in enumerate(reversed(requests)):
            if count == self.last:
                raise KilledError
            self.cache_hook.add_partial("generate_until", each.args, self.answer(each))
        return [self.answer(each) for each in requests]

    def answer(self, instance: Instance) -> str:
        return str(instance.doc["n"] if instance.doc["n"] % 3 else -1)


def evaluate(lm: Any, task_dict: dict[str, dict[str, Task]], limit: int | None = None) -> dict[str, Any]:
    """As the harness does it."""
    tasks = task_dict["tasks"]
    samples: dict[str, list[dict[str, Any]]] = {}
    asked = [each for task in tasks.values() for each in task.instances for _ in range(each.repeats)]
    for answer, each in zip(lm.generate_until(asked), asked, strict=True):
        each.resps.append(answer)
    for name, task in tasks.items():
        task.apply_filters()
        samples[name] = []
        for of in ("first", "second"):
            for document, whole in itertools.groupby(task.instances, key=lambda each: each.doc_id):
                parts = list(whole)
                metrics = task.process_results(parts[0].doc, [each.filtered_resps[of] for each in parts])
                samples[name].append(
                    {"doc_id": document, "doc": parts[0].doc, "filter": of, "metrics": list(metrics), **metrics}
                )
    counts = {name: len({each["doc_id"] for each in found}) for name, found in samples.items()}
    return {
        "samples": samples, "n-samples": {name: {"original": n, "effective": n} for name, n in counts.items()},
        "versions": dict.fromkeys(tasks, 1), "results": {
            name: {
                f"{metric},{of}": aggregate([each[metric] for each in found if each["filter"] == of])
                for metric, aggregate in (("right", mean), ("least", worst)) for of in ("first", "second")
            } for name, found in samples.items()
        },
    }  # fmt: skip


@dataclass
class General:
    model_name: str = "acme/7b"


@pytest.fixture(autouse=True)
def harness(monkeypatch: pytest.MonkeyPatch) -> None:
    evaluator = types.SimpleNamespace(evaluate=evaluate)

    def simple_evaluate(
        *, model: Model, tasks: dict[str, Task], limit: int | None = None, use_cache: str | None = None, **_: object
    ) -> Any:
        found = evaluator.evaluate(lm=model, task_dict={"tasks": tasks}, limit=limit)
        return {**found, "date": 1.5, "lm_eval_version": "0.4.13"}

    tracker = type("Tracker", (), {"general_config_tracker": General()})
    for name, module in {
        "lm_eval": types.SimpleNamespace(simple_evaluate=simple_evaluate, __version__="0.4.13"),
        "lm_eval.evaluator": evaluator,
        "lm_eval.api.model": types.SimpleNamespace(hash_args=lambda name, args: repr((name, args))),
        "lm_eval.api.metrics": types.SimpleNamespace(mean=mean),
        "lm_eval.loggers": types.SimpleNamespace(EvaluationTracker=tracker),
        "lm_eval.utils": types.SimpleNamespace(handle_non_serializable=str),
    }.items():
        monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[zk.Live]:
    zk.keygen(tmp_path / "key", "lab.example/e")
    with zk.Live(tmp_path / "log", key=tmp_path / "key", schema=zk.schemas.eval) as opened:
        yield opened


def rows(live: zk.Live) -> list[dict[str, Any]]:
    live.seal()
    return list(zk.read_rows(live.path)) if (live.path / "checkpoint").exists() else []


OPTIONS = {"metric": "right"}


def test_killed_within_a_call_and_gone_on_with(live: zk.Live, tmp_path: Path) -> None:
    """Of 5 documents 3 are answered, and there by both filters; in the end all are, none twice, each scored once."""
    cache, task = str(tmp_path / "answers"), Task(5)
    with pytest.raises(KilledError):
        evaluate_sealed(live, model=Model(3), tasks={"t": task}, use_cache=cache, options=OPTIONS)
    before = rows(live)
    assert len(before) == 2 * 3 and "process_results" not in vars(task)
    task = Task(5)
    found = evaluate_sealed(live, model=Model(), tasks={"t": task}, use_cache=cache, options=OPTIONS)
    assert task.scored == 2 * 5 and found["results"]["t"]["right,first"] == 3 / 5
    after = rows(live)
    assert after[:6] == before and len(after) == 2 * 5 and sum(int(str(row["score"])) for row in after) == 6_000_000
    evaluate_sealed(live, model=Model(), tasks={"t": Task(5)}, use_cache=cache, options=OPTIONS)
    assert len(rows(live)) == 2 * 10, "that call had ended, and this is another one"


def test_a_document_of_two_requests(live: zk.Live) -> None:
    """Its row is put when both are answered."""
    with pytest.raises(KilledError):
        evaluate_sealed(live, model=Model(3), tasks={"t": Task(5, parts=2)}, options=OPTIONS)
    assert len(rows(live)) == 2 * 1


def test_what_is_left_to_the_end(live: zk.Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """What could come out otherwise there: nothing of it is put before."""
    alien, ranked = Task(5), Model(3)
    alien._filters = [Ensemble("first", [type("Other", (First,), {"__module__": "acme"})])]
    monkeypatch.setattr(ranked, "world_size", 2, raising=False)
    cases: list[tuple[Model, Task, dict[str, Any]]] = [
        (Model(3), alien, {}),
        (ranked, Task(5), {}),
        (Model(3), Task(5), {"limit": 5}),
        (Model(3), Task(5), {"options": {"metric": "least"}}),
        (Model(3), Task(5), {"options": {"metric": "pair"}}),
    ]
    for model, task, more in cases:
        with pytest.raises(KilledError):
            evaluate_sealed(live, model=model, tasks={"t": task}, **{"options": OPTIONS, **more})
    assert rows(live) == []


@dataclass
class Drawing(Model):
    """Answers each request otherwise each time: by the number of answers so far, right where that is above `few`."""

    last: int = 1000
    few: int = 0
    asked: int = 0

    def __post_init__(self) -> None:
        self.cache_hook = Hook()

    def generate_until(self, requests: list[Instance]) -> list[str]:
        """In the order in which they were asked, and back to front in the end, which is no less right."""
        found = []
        for each in requests:
            if self.asked == self.last:
                raise KilledError
            self.asked += 1
            found.append(str(each.doc["n"]) if self.asked > self.few else f"draw {self.asked}")
            self.cache_hook.add_partial("generate_until", each.args, found[-1])
        return [*reversed(found)] if len({each.args[0] for each in requests}) == 1 else found


def test_answers_that_are_drawn(live: zk.Live, tmp_path: Path) -> None:
    """Killed after 7 of 5 · 2 answers, all of which were wrong, and gone on: they are not asked for again."""
    cache = str(tmp_path / "answers")
    with pytest.raises(KilledError):
        evaluate_sealed(
            live, model=Drawing(7, 7), tasks={"t": Task(5, repeats=2, drawn=True)}, use_cache=cache, options=OPTIONS
        )
    before = rows(live)
    assert len(before) == 2 * 3 and {row["score"] for row in before} == {0}
    (kept,) = tmp_path.glob("answers_sealed_*_rank0.answers")
    with kept.open("ab") as file:
        file.write(b'["half a li')
    model = Drawing()
    found = evaluate_sealed(
        live, model=model, tasks={"t": Task(5, repeats=2, drawn=True)}, use_cache=cache, options=OPTIONS
    )
    assert model.asked == 3 and found["results"]["t"]["right,first"] == 1 / 5, "the fourth document's first is a draw"
    after = rows(live)
    assert after[:6] == before and len(after) == 2 * 5 and sum(int(str(row["score"])) for row in after) == 2_000_000
    assert not list(tmp_path.glob("answers_sealed_*"))


def test_one_request_of_several_documents(live: zk.Live) -> None:
    """The first answer is the first one's, in the row and for the harness, which has them otherwise."""
    found = evaluate_sealed(live, model=Drawing(few=2), tasks={"t": Task(4, same=True)}, options=OPTIONS)
    right = [each["right"] for each in found["samples"]["t"] if each["filter"] == "first"]
    assert [each["doc_id"] for each in found["samples"]["t"][:4]] == [0, 1, 2, 3]
    assert right == [0, 0, 1, 1] and len(rows(live)) == 2 * 4


def test_an_answer_that_is_another_in_the_end(live: zk.Live) -> None:
    """Then both stand in the log: the row that was put, and that of what the harness has."""

    class Wavering(Model):
        def generate_until(self, requests: list[Instance]) -> list[str]:
            return ["-2" for _ in super().generate_until(requests)]

    evaluate_sealed(live, model=Wavering(), tasks={"t": Task(3)}, options=OPTIONS)
    assert sorted(int(str(row["score"])) for row in rows(live)) == 6 * [0] + 4 * [1_000_000]


@pytest.mark.parametrize("line", [b"{}\n", b"[1, 2]\n", b"\xff\n", b'["a"]\n', b"[" * 200_000 + b"\n"])
def test_a_file_of_answers_that_is_none(tmp_path: Path, line: bytes) -> None:
    (tmp_path / "kept").write_bytes(line)
    with pytest.raises(UsageError, match="is no file of answers"):
        Kept(tmp_path / "kept")


def test_of_several_processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """All have the first one's date, which keeps it; without a way to tell each other they put nothing themselves."""

    class Distributed(types.SimpleNamespace):
        def is_available(self) -> bool:
            return True

        def is_initialized(self) -> bool:
            return bool(self.there)

        def get_rank(self) -> int:
            return 1

        def broadcast_object_list(self, said: list[float], src: int) -> None:
            assert src == 0
            said[0] = 1234.5

    asked, second = {"use_cache": str(tmp_path / "cache")}, Model()
    second.rank, second.world_size = 1, 2
    monkeypatch.setitem(sys.modules, "torch.distributed", Distributed(there=True))
    begun = Begun.of(asked, second)
    assert (begun.date, begun.known, begun.first) == (1234.5, True, False)
    assert begun.path is not None and not begun.path.exists() and begun.path != Begun.of(asked, Model()).path
    assert not Begun.of(asked, Model()).first, "one model over several processes, each of which is asked everything"
    monkeypatch.setitem(sys.modules, "torch.distributed", Distributed(there=False))
    assert not Begun.of(asked, second).known


def test_an_error_of_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Raised where it happens, or said, and the results are returned."""
    zk.keygen(tmp_path / "key", "lab.example/e")
    with zk.Live(tmp_path / "log", key=tmp_path / "key", schema=zk.schemas.event, on_error="warn") as live:
        assert evaluate_sealed(live, model=Model(), tasks={"t": Task(2)}, options=OPTIONS)["results"]
    assert live.lost
    with zk.Live(tmp_path / "log", key=tmp_path / "key") as live, pytest.raises(SchemaError):
        evaluate_sealed(live, model=Model(), tasks={"t": Task(2)}, options=OPTIONS)


@pytest.mark.parametrize("text", ["", "{", "[1]", "{}", '{"date": null}', '{"date": "soon"}', "[" * 200_000])
def test_a_kept_date_that_is_none_is_said(tmp_path: Path, text: str) -> None:
    asked = {"model": "m", "use_cache": str(tmp_path / "cache")}
    begun = Begun.of(asked, Model())
    assert begun.path is not None and Begun.of(asked, Model()) == begun
    begun.path.write_text(text)
    with pytest.raises(UsageError, match="does not say when the call began"):
        Begun.of(asked, Model())
