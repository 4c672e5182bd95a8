"""Inspect: samples and their attempts are sealed as they end (inspect_ai.hooks, version 0.3.140 and later).

    from zkcompliance.live.inspect_ai import seal_evals

    seal_evals("acme-evals", key="evals.key")

One line, before `eval` is called or in the file of a task; importing this module registers nothing. The rows are those
that `zkcompliance seal LOG.eval` would make, by the same code, and of the same records: a log that is sealed after it
was sealed live brings nothing twice.
"""

from __future__ import annotations

import atexit
import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from zkcompliance import schemas
from zkcompliance.errors import UsageError
from zkcompliance.importers.inspect_ai import IMPORTER
from zkcompliance.importers.inspect_header import VERSION, Header
from zkcompliance.importers.inspect_samples import WANTED, Samples
from zkcompliance.importers.json_stream import JsonStream, as_list, as_object, as_text
from zkcompliance.importers.model import Identified
from zkcompliance.live.identified import put
from zkcompliance.live.writer import Live

_NAME = "zkcompliance"


def seal_evals(
    path: str | Path,
    *,
    key: str | Path | None = None,
    options: Mapping[str, str] | None = None,
    on_error: str = "warn",
    **more: Any,
) -> Live:
    """From now on, seal every sample that ends in this process in the log of evaluations at `path`; made where new.

    A row for each attempt and scorer. `options`: as of `seal --set`, such as {"scorer": "match"} for one scorer alone,
    {"scorer": "judge.style"} for one key of a scorer's dict. `key`, `more`: as for `Live`; `on_error`: "warn", so
    that no evaluation stops, or "raise", which Inspect shows as a warning of its own. What was put is sealed at the end
    of each run, too. Raises UsageError for an option that there is not, or where inspect_ai is not installed.
    """
    try:
        from anyio import to_thread
        from inspect_ai.hooks import Hooks, hooks
        from inspect_ai.log import read_eval_log
    except ImportError as error:
        hint = 'pip install "inspect_ai>=0.3.140"'
        raise UsageError("inspect_ai is not installed, or is too old to have hooks", help=hint) from error
    given = dict(options or {})
    IMPORTER.check(schemas.by_name("eval"), given)
    live = Live(path, key=key, schema=schemas.by_name("eval"), on_error=on_error, **more)
    atexit.register(live.close)
    going: dict[str, Evaluation] = {}

    class Sealing(Hooks):  # type: ignore[misc]
        async def on_task_start(self, data: Any) -> None:
            with live.telling():
                going[data.eval_id] = Evaluation(document(data.spec), given)

        async def on_sample_end(self, data: Any) -> None:
            with live.telling(losing=True):
                put(live, IMPORTER.name, going[data.eval_id].rows(document(data.sample, WANTED)))

        async def _left_of(self, evaluation: Evaluation, log: Any) -> None:
            """Samples that were stopped with their run are in its log, and nothing was said as they ended."""
            samples = log.samples
            if samples is None and log.status != "success":
                samples = (await to_thread.run_sync(read_eval_log, log.location)).samples
            for sample in samples or ():
                if not evaluation.knows(sample.id, sample.epoch):
                    put(live, IMPORTER.name, evaluation.rows(document(sample, WANTED)))

        async def on_run_end(self, data: Any) -> None:
            for log in data.logs:
                with live.telling(losing=True):
                    await self._left_of(going.pop(log.eval.eval_id), log)
            await to_thread.run_sync(live.seal)

    hooks(name=f"{_NAME}-{len(_REGISTERED)}", description=f"samples are sealed in {path}")(Sealing)
    _REGISTERED.append(live)
    return live


_REGISTERED: list[Live] = []


def document(model: Any, wanted: frozenset[str] | None = None) -> dict[str, object]:
    """A part of Inspect's log as the importer reads it from a file: numbers by their digits. wanted: members of it."""
    text = model.model_dump_json(include=set(wanted) if wanted is not None else None)
    return as_object(JsonStream(io.BytesIO(text.encode())).whole(), "the log")


class Evaluation:
    """One evaluation that runs: the rows of its samples, by each scorer.

    `spec`: `eval` of its log. With an option `scorer` it is that one's rows alone.
    """

    def __init__(self, spec: Mapping[str, object], options: Mapping[str, str]) -> None:
        self._spec, self._options = spec, {**options, "running": "accept"}
        self._readers: dict[str, Samples] = {}
        listed = as_list(spec.get("scorers") or [], "eval.scorers")
        self._named = [as_text(as_object(each, "eval.scorers").get("name"), "eval.scorers.name") for each in listed]
        self._ended: set[tuple[str, str]] = set()
        self._waiting: list[Mapping[str, object]] = []  # samples that ended before any scorer was known

    def _reader(self, option: str) -> Samples:
        if option not in self._readers:
            options = {**self._options, "scorer": option}
            scorers = [{"name": name} for name in self._named]
            head = {
                "version": VERSION, "status": "started", "eval": {**self._spec, "scorers": scorers},
                "stats": {"started_at": self._spec.get("created")},
            }  # fmt: skip
            self._readers[option] = Samples(Header.judged(head, options), options)
        return self._readers[option]

    def knows(self, item: object, epoch: object) -> bool:
        """Whether this sample ended before."""
        return (str(item), str(epoch)) in self._ended

    def rows(self, sample: Mapping[str, object]) -> Iterator[Identified]:
        """An attempt each, for each scorer that the task names, or its first scored sample."""
        if not self._named:
            self._named = list(as_object(sample.get("scores") or {}, "scores"))
        self._ended.add((str(sample.get("id")), str(sample.get("epoch"))))
        self._waiting.append(sample)
        while self._named and self._waiting:
            each = self._waiting.pop(0)
            where = f"sample {each.get('id')}, epoch {each.get('epoch')}"
            for option in [self._options["scorer"]] if "scorer" in self._options else self._named:
                for row in self._reader(option).rows(each, where):
                    if not isinstance(row, Identified):
                        raise UsageError("the evaluation has no eval_id, so that its samples could be sealed twice")
                    yield row
