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
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from zkcompliance.live.lm_eval_answers import Answers, Kept, at_random, text_of

_METHODS = ("loglikelihood", "loglikelihood_rolling", "generate_until")
_TASK = "lm_eval.api.task"
_FILTERS = tuple(f"lm_eval.filters.{each}" for each in ("extraction", "selection", "transformation", "decontamination"))

Sample = dict[str, Any]  # of what a line of a samples file has: doc_id, doc, filter, metrics, and each metric
_Document = tuple[str, int]  # task and doc_id


class Sooner:
    """Says the samples of each document, `tell(task, samples)`, as its last answer comes, while `model` answers.

    `mean`: the harness's own aggregation of that name. `tasks`: name → Task, as the harness has them. `hashed`: its
    `hash_args`, by which its cache knows a request. `kept`: answers that its cache does not keep, None where there is
    no cache.
    """

    def __init__(
        self, model: Any, tasks: Mapping[str, Any], mean: object, tell: Callable[[str, list[Sample]], None],
        hashed: Callable[[str, Any], str], kept: Kept | None,
    ) -> None:  # fmt: skip
        self._model, self._mean, self._tell, self._hashed, self._kept = model, mean, tell, hashed, kept
        self._tasks = {name: task for name, task in tasks.items() if _each_alone(task)}
        self._found: dict[tuple[str, str], list[dict[str, Any]]] = {}  # what was scored, until the harness asks
        self._process = {name: task.process_results for name, task in self._tasks.items()}
        self._of: dict[int, _Document] = {}  # a request, by its identity, is of this document
        self._open: dict[_Document, int] = {}  # how many answers it has yet to get
        self._whole: dict[_Document, dict[int, Any]] = {}  # its requests, with what was answered so far

    def __getattr__(self, name: str) -> Any:
        """As the model, but that its answers are looked at."""
        method = getattr(self._model, name)
        return self._answering(name, method) if name in _METHODS else method

    def _answering(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def answered(requests: Sequence[Any], *given: Any, **named: Any) -> Any:
            self._expect()
            often = Counter(id(each) for each in requests)

            def told(number: int, answer: Any) -> None:
                request = requests[number]
                if often[id(request)] == (request.repeats or 1):  # of several ranks some ask once more, to be even
                    self._said(request, answer)

            answers = Answers(name, requests, self._kept, told)
            cache = getattr(self._model, "dbdict", None)
            inner = self._model if cache is None else self._model.lm

            def cached(request: Any) -> Iterator[Any]:
                if cache is not None and not (name == "generate_until" and at_random(request)):
                    known = self._hashed(name, request.args)
                    if known in cache:
                        yield cache[known]

            answers.known(cached)
            hook = inner.cache_hook
            inner.cache_hook = _Hook(hook, answers.said)
            try:
                left = answers.asked()
                return answers.whole(method(left, *given, **named) if left else [])
            finally:
                inner.cache_hook = hook

        return answered

    def _expect(self) -> None:
        """Which document each request is of, and how many answers that is to get."""
        if self._whole:
            return
        for task, each in self._tasks.items():
            for instance in each.instances:
                key = task, instance.doc_id
                self._of[id(instance)] = key
                self._open[key] = self._open.get(key, 0) + (instance.repeats or 1)
                held = copy.copy(instance)
                held.resps, held.filtered_resps = [], {}
                self._whole.setdefault(key, {})[id(instance)] = held

    def _said(self, request: Any, answer: Any) -> None:
        """An answer is there: where it is its document's last, that is scored and told."""
        of = self._of.get(id(request))
        if of is None:
            return
        self._whole[of][id(request)].resps.append(answer)
        self._open[of] -= 1
        if not self._open[of]:
            samples = self._scored(*of, list(self._whole[of].values()))
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

        Left to the end: tasks whose filters are not the harness's own, or are written by the task; metrics of which the
        result is not the mean; documents of a model that says no answers, or in the end another than it said.
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


def _key(doc: object, results: object) -> str | None:
    text = text_of([doc, results])
    return None if text is None else hashlib.sha256(text.encode()).hexdigest()
