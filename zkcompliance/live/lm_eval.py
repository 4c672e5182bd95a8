"""lm-evaluation-harness: documents are sealed as their answers come (lm_eval 0.4).

    from zkcompliance.live.lm_eval import evaluate_sealed

    found = evaluate_sealed(live, model="hf", model_args="pretrained=…", tasks=["gsm8k"])

Rows are put as soon as a document can be scored (`zkcompliance.live.lm_eval_samples`), all others when the harness has
scored. They are those that `zkcompliance seal samples_TASK_….jsonl` makes, by the same code, and of the same records:
files that the harness writes as well bring nothing twice.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from zkcompliance import schemas
from zkcompliance.errors import ImporterError, UsageError
from zkcompliance.importers.grades import Grades
from zkcompliance.importers.json_stream import as_object, decode
from zkcompliance.importers.lm_eval import IMPORTER, graded, judged
from zkcompliance.live.identified import put
from zkcompliance.live.lm_eval_begun import Begun
from zkcompliance.live.lm_eval_samples import Sample, Sooner
from zkcompliance.live.writer import Live

_OF_FILES = ("results", "task", "task_version")
_READ = ("filter", "doc_id", "metrics", "doc")  # besides the metrics; answers and prompts are left where they are


def evaluate_sealed(
    live: Live | Callable[[], Live], *, options: Mapping[str, str] | None = None, **evaluated: Any
) -> Any:
    """What `lm_eval.simple_evaluate(**evaluated)` returns; rows for each document, filter and metric are in the log.

    Its `date` is when the model was asked first. Killed, and called again with the same `use_cache`, it is the same
    call that goes on, of the same date.

    `live`: a log of evaluations, or a function that opens one: then only the process that has the results does, and
    closes it. Where several ranks share the documents, each puts those that it answers into the log that it is given;
    with a function the first puts its own, and all others in the end. `options`: as of `seal --set`, such as
    {"metric": "acc"} for one metric alone, {"filter": "none"} for one filter, {"limited": "yes"} where `limit` cuts a
    suite. A metric that is no grade of one document, such as a perplexity, is said to be in no row. Errors of the log
    are raised or said as it has it (`on_error`): with "warn" the results are returned whatever becomes of it.
    UsageError for an option that there is not, or without lm_eval.
    """
    given, library = checked(options), _harness("lm_eval")
    if evaluated.pop("log_samples", True) is not True:
        raise UsageError("log_samples is what rows are made of: leave it on")
    tracker = evaluated.pop("evaluation_tracker", None) or _harness("lm_eval.loggers").EvaluationTracker()
    with contextlib.ExitStack() as stack:
        opened = functools.cache(lambda: live if isinstance(live, Live) else stack.enter_context(live()))
        with _sooner(opened, evaluated, tracker, given, each_rank=isinstance(live, Live)) as calls:
            found = library.simple_evaluate(**evaluated, log_samples=True, evaluation_tracker=tracker)
        begun = calls[-1] if calls else Begun(time.time(), None)
        if found is None or not begun.first:  # all processes of several but one
            return found
        found["date"] = begun.date
        stated = {**found, **asdict(tracker.general_config_tracker)}
        seal_results(opened(), stated, found["samples"], options=given)
        opened().flush()
        begun.ended()
        return found


@contextlib.contextmanager
def _sooner(
    opened: Callable[[], Live], given: Mapping[str, Any], tracker: Any, options: Mapping[str, str], *, each_rank: bool
) -> Iterator[list[Begun]]:
    """While the harness evaluates, documents are put as they are answered: of whole suites, unless the options take
    others. Gives the calls that began. each_rank: whether processes but the first have a log."""
    module, mean = _harness("lm_eval.evaluator"), _harness("lm_eval.api.metrics").mean
    version, hashed = _harness("lm_eval").__version__, _harness("lm_eval.api.model").hash_args
    evaluate, calls = module.evaluate, list[Begun]()

    def evaluated(lm: Any, task_dict: Mapping[str, Any], **named: Any) -> Any:
        begun = Begun.of(given, lm)
        calls.append(begun)
        cut = named.get("limit") is not None and options.get("limited") != "yes"
        puts = begun.known and (begun.first or (each_rank and begun.ranks > 1))
        if not puts or "tasks" not in task_dict or named.get("samples") is not None or cut:
            return evaluate(lm=lm, task_dict=task_dict, **named)
        stated = {"lm_eval_version": version, "date": begun.date, **asdict(tracker.general_config_tracker)}

        def tell(name: str, samples: Sequence[Sample]) -> None:
            for each in samples:
                of = {"n-samples": {name: {"original": 1, "effective": 1}}, "versions": {name: tasks[name].VERSION}}
                means = {f"{metric},{each['filter']}": each[metric] for metric in each["metrics"]}
                with opened().telling():
                    said = _said({**stated, **of, "results": {name: means}})
                    for chosen in _chosen([each], {**options, "task": name}):
                        with contextlib.suppress(ImporterError):  # what is no grade is said at the end, once
                            _put(opened(), said, [each], chosen)

        tasks = task_dict["tasks"]
        with begun.kept() as kept:
            sooner = Sooner(lm, tasks, mean, tell, hashed, kept)
            with sooner.taken():
                return evaluate(lm=sooner, task_dict=task_dict, **named)

    module.evaluate = evaluated
    try:
        yield calls
    finally:
        module.evaluate = evaluate


def checked(options: Mapping[str, str] | None) -> dict[str, str]:
    """UsageError for options that there are not."""
    given = dict(options or {})
    IMPORTER.check(schemas.by_name("eval"), given)
    for name in _OF_FILES:
        if name in given:
            raise UsageError(f"{name} is of files: here the harness says it itself")
    Grades.of(given, {})
    return given


def seal_results(
    live: Live,
    results: Mapping[str, Any],
    samples: Mapping[str, Sequence[Mapping[str, Any]]],
    *,
    options: Mapping[str, str] | None = None,
) -> None:
    """Put the rows of what `EvaluationTracker.save_results_aggregated` and `save_results_samples` write.

    `results`: what the first writes, `model_name` and `date` included; `samples`: task → samples, as
    `simple_evaluate` gives them; neither is changed.
    """
    given = checked(options)
    with live.telling(losing=True):
        said = _said({name: value for name, value in results.items() if name not in ("samples", "configs", "config")})
        for task, found in samples.items():
            for chosen in _chosen(found, {**given, "task": task}):
                with live.telling(losing=True):
                    _put(live, said, found, chosen)


def _said(results: Mapping[str, Any]) -> dict[str, object]:
    """A results file as the importer reads it."""
    return as_object(decode(_text(results)), "the results")


def _put(
    live: Live, said: Mapping[str, object], samples: Sequence[Mapping[str, Any]], options: Mapping[str, str]
) -> None:
    """The rows of one task, filter and metric, which the options name."""
    put(live, IMPORTER.name, graded(_lines(samples), judged(said, "", options), options))


def _chosen(samples: Sequence[Mapping[str, Any]], options: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Options of each filter and metric that the samples have, of those that were asked for."""
    pairs = {(str(each["filter"]), str(metric)): None for each in samples for metric in each["metrics"]}
    for name, metric in pairs:
        if options.get("filter", name) == name and options.get("metric", metric) == metric:
            yield {**options, "filter": name, "metric": metric}


def _lines(samples: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, bytes]]:
    """The lines of a samples file, with their numbers, of what is read of them."""
    for number, each in enumerate(samples, 1):
        yield number, _text({name: each[name] for name in (*_READ, *each["metrics"]) if name in each})


def _text(document: Mapping[str, Any]) -> bytes:
    """JSON as the harness writes it."""
    other = _harness("lm_eval.utils").handle_non_serializable
    return json.dumps(document, ensure_ascii=False, default=other).encode()


def _harness(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError:
        raise UsageError("lm_eval is not installed", help='pip install "lm_eval>=0.4"') from None
