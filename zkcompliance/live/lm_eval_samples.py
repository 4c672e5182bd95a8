"""lm-evaluation-harness: documents of a call that goes on, scored and put as soon as their answers are there.

The harness asks for all answers, then scores all documents. A model says each answer to its cache hook when it has it
(`add_partial`); so a document of which all answers were said is scored here by the task's own filters and
`process_results`, once: when the harness comes to it, it is given what was found. What could be otherwise at the end is
left to the end: `Sooner.taken` says what.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

_METHODS = ("loglikelihood", "loglikelihood_rolling", "generate_until")
_TASK = "lm_eval.api.task"
_FILTERS = tuple(f"lm_eval.filters.{each}" for each in ("extraction", "selection", "transformation", "decontamination"))

Sample = dict[str, Any]  # of what a line of a samples file has: doc_id, doc, filter, metrics, and each metric


class Sooner:
    """Says the samples of each document, `tell(task, samples)`, as its last answer comes, while `model` answers.

    `mean`: the harness's own aggregation of that name. `tasks`: name → Task, as the harness has them.
    """

    def __init__(
        self, model: Any, tasks: Mapping[str, Any], mean: object, tell: Callable[[str, list[Sample]], None]
    ) -> None:
        self._model, self._mean, self._tell = model, mean, tell
        self._tasks = {name: task for name, task in tasks.items() if _each_alone(task)}
        self._found: dict[tuple[str, str], list[dict[str, Any]]] = {}  # what was scored, until the harness asks
        self._process = {name: task.process_results for name, task in self._tasks.items()}
        self._asked: dict[str, tuple[tuple[str, int], Any]] = {}  # request → its document (task and doc_id), itself
        self._open: dict[tuple[str, int], dict[int, Any]] = {}  # document → its instances that have no answer yet
        self._whole: dict[tuple[str, int], list[Any]] = {}

    def __getattr__(self, name: str) -> Any:
        """As the model, but that its answers are looked at."""
        method = getattr(self._model, name)
        return self._answering(name, method) if name in _METHODS else method

    def _answering(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def answered(requests: Sequence[Any], *given: Any, **named: Any) -> Any:
            self._expect(name, requests)
            inner = self._model.lm if hasattr(self._model, "dbdict") else self._model  # what a cache is around
            hook = inner.cache_hook
            inner.cache_hook = _Hook(hook, self._said)
            try:
                return method(requests, *given, **named)
            finally:
                inner.cache_hook = hook
                self._asked = {}

        return answered

    def _expect(self, name: str, requests: Sequence[Any]) -> None:
        """Which document each request is of. One that is made twice, or answered at random, is left to the end."""
        if not self._whole:
            for task, each in self._tasks.items():
                for instance in each.instances:
                    self._whole.setdefault((task, instance.doc_id), []).append(instance)
            self._open = {key: {id(one): one for one in whole} for key, whole in self._whole.items()}
        of = {id(one): key for key, whole in self._whole.items() for one in whole}
        twice: set[str] = set()
        for request in requests:
            text = _text([name, *request.args])
            if text is None or id(request) not in of or _at_random(name, request):
                continue
            if text in self._asked:
                twice.add(text)
            self._asked[text] = of[id(request)], request
        for text in twice:
            del self._asked[text]

    def _said(self, name: str, request: Any, answer: Any) -> None:
        """An answer is there: where it is its document's last, that is scored and told."""
        text = _text([name, *request]) if isinstance(request, (tuple, list)) else None
        known = self._asked.pop(text, None) if text is not None else None
        if known is None:
            return
        of, instance = known
        left = self._open[of]
        del left[id(instance)]
        held = copy.copy(instance)
        held.resps, held.filtered_resps = [answer], {}
        whole = self._whole[of]
        whole[next(at for at, one in enumerate(whole) if one is instance)] = held
        if not left:
            samples = self._scored(*of, whole)
            if samples:
                self._tell(of[0], samples)

    def _scored(self, name: str, document: int, instances: list[Any]) -> list[Sample]:
        """The samples of a document that has its answers, none where scoring fails: the harness will say so itself."""
        task, found = self._tasks[name], []
        try:
            instances = sorted(instances, key=lambda each: each.idx)
            for each in task._filters:
                each.apply(instances)
            for each in instances[0].filtered_resps:
                results = [one.filtered_resps[each] for one in instances]
                key = _key(instances[0].doc, results)
                if key is None:
                    return []
                metrics = self._process[name](instances[0].doc, results)
                self._found.setdefault((name, key), []).append(metrics)
                found.append(self._sample(task, document, instances[0].doc, each, metrics))
        except Exception:
            return []
        return found

    def _sample(self, task: Any, document: int, doc: object, name: str, metrics: Mapping[str, Any]) -> Sample:
        aggregations = task.aggregation()
        means = [metric for metric in metrics if aggregations.get(metric) is self._mean]
        return {"doc_id": document, "doc": doc, "filter": name, "metrics": means, **{m: metrics[m] for m in means}}

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """While the harness evaluates: no document is scored twice.

        Left to the end: documents of requests that are repeated or made twice, or answered at random; tasks whose
        filters are not the harness's own, or are written by the task; metrics of which the result is not the mean.
        """
        for name, task in self._tasks.items():
            task.process_results = self._once(name, self._process[name])
        try:
            yield
        finally:
            for task in self._tasks.values():
                del task.process_results

    def _once(self, name: str, process: Callable[..., Any]) -> Callable[..., Any]:
        def processed(doc: Any, results: Any) -> Any:
            key = _key(doc, results)
            known = self._found.get((name, key)) if key is not None else None
            return known.pop(0) if known else process(doc, results)

        return processed


class _Hook:
    """A model's cache hook that says each answer, too, once the cache has it."""

    def __init__(self, hook: Any, said: Callable[[str, Any, Any], None]) -> None:
        self._hook, self._said = hook, said

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hook, name)

    def add_partial(self, attr: str, req: Any, res: Any) -> None:
        self._hook.add_partial(attr, req, res)
        kept = getattr(self._hook, "dbdict", None)
        if kept is not None:
            kept.commit()  # so that whoever goes on after a kill is given the answer that was scored
        self._said(attr, req, res)


def _each_alone(task: Any) -> bool:
    """Whether the task's filters look at one document at a time, as those of the harness do."""
    ensembles = getattr(task, "_filters", None)
    if not ensembles or type(task).apply_filters.__module__ != _TASK:
        return False
    made = [getattr(each, "func", each) for ensemble in ensembles for each in ensemble.filters]
    return all(getattr(each, "__module__", "") in _FILTERS for each in made)


def _at_random(name: str, request: Any) -> bool:
    """Whether another start would get another answer, which no cache keeps."""
    if request.repeats not in (None, 1):
        return True
    return name == "generate_until" and bool(request.args[1].get("do_sample", False))


def _text(value: object) -> str | None:
    """JSON, None where there is none of it."""
    try:
        return json.dumps(value)
    except (TypeError, ValueError):
        return None


def _key(doc: object, results: object) -> str | None:
    text = _text([doc, results])
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()
