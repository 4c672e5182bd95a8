"""Logs that are sealed from what others write: each source is read on its schedule, and what is new of it is sealed.

Nothing is kept of what was sealed but in the logs: rows are known by the identities of their records, so that whoever
was killed reads again and seals the rest. Rows of formats that have none (csv, jsonl, json, arrow) are known by the
name of their file and their number in it. The health file says how things are, and until when servers were asked.

What is new of all sources that are due is one seal, which another process makes (`zkcompliance.live.taking`): where
that is killed, it is tried again. Where that is refused each source is sealed by itself, then each of
its files, so that one that is wrong stops no other.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zkcompliance.client.logs import open_log
from zkcompliance.edge import regular
from zkcompliance.errors import LogBusy, LogCorrupt, UsageError, ZkComplianceError
from zkcompliance.live.plan import Log, Plan, Prometheus, Source
from zkcompliance.live.pulling import Pulled, pulled
from zkcompliance.live.taking import File, Killed, Taking, named, sealed_beside
from zkcompliance.log import files
from zkcompliance.log.writer import refuse_roll_up
from zkcompliance.quantities import number_of, show_time

RETRY = 30.0  # seconds until a log that others hold, or of which a seal was killed, is tried again
MAX_HEALTH_BYTES = 16 << 20
Tell = Callable[[str], None]


@dataclass
class State:
    """How a source is. due: monotonic seconds; success: UTC seconds of the last reading without an error, 0 for none;
    until: up to when a server was asked; errors: what is wrong now; seen: files that were sealed as they are."""

    due: float = 0
    success: int = 0
    until: int = 0
    errors: list[ZkComplianceError] = field(default_factory=list)
    seen: dict[str, tuple[int, ...]] = field(default_factory=dict)


@dataclass
class Counts:
    """What came of a log: rows sealed since the start, the last seal in UTC seconds (0: none since the start)."""

    rows: int = 0
    sealed: int = 0


class Watch:
    """Everything of a plan. tell: takes sentences for whoever runs it; each error is said once, and when it changes.

    `errors` are those that stand. Not for several threads; `step` and `once` take as long as a seal.
    """

    def __init__(self, plan: Plan, tell: Tell, clock: Callable[[], float] = time.time) -> None:
        self._plan, self._tell, self._clock = plan, tell, clock
        self._states = {(log.path, source.name): State() for log in plan.logs for source in log.sources}
        self._counts = {log.path: Counts() for log in plan.logs}
        for log in plan.logs:
            refuse_roll_up(log.path, log.schema)
            open_log(log.path, key=log.key, schema=log.schema, profile=log.profile, spool=True).close()
        self._remember()

    @property
    def errors(self) -> list[ZkComplianceError]:
        return [error for state in self._states.values() for error in state.errors]

    @property
    def wait(self) -> float:
        """Seconds until the next source is due."""
        return max(0.0, min(state.due for state in self._states.values()) - time.monotonic())

    def step(self, *, all_of_them: bool = False, stop: Callable[[], bool] = lambda: False) -> None:
        """Read what is due, seal what is new of it. stop: asked between logs, whether to leave the rest."""
        for log in self._plan.logs:
            now = time.monotonic()
            due = [each for each in log.sources if all_of_them or self._state(log, each).due <= now]
            if due and not stop():
                self._round(log, due)
                self.write_health()

    def status(self) -> str:
        """One line: rows sealed, the last seal, what is wrong."""
        rows, last = sum(each.rows for each in self._counts.values()), max(e.sealed for e in self._counts.values())
        wrong = len(self.errors)
        return f"{number_of(rows, 'row')} sealed, last seal {show_time(last) if last else 'not yet'}, " + (
            f"{number_of(wrong, 'thing')} wrong: {self.errors[0].message}" if wrong else "all is well"
        )

    def _state(self, log: Log, source: Source) -> State:
        return self._states[log.path, source.name]

    def _round(self, log: Log, due: Sequence[Source]) -> None:
        found: dict[str, list[ZkComplianceError]] = {source.name: [] for source in due}
        with tempfile.TemporaryDirectory(prefix="zkcompliance-watch-") as folder:
            given: list[list[Pulled]] = []
            for source in due:
                own: list[Pulled] = []
                state = self._state(log, source)
                try:
                    for each in pulled(source, Path(folder), int(self._clock()), state.until):
                        if not each.seen or state.seen.get(each.name) != each.seen:
                            own.append(each)
                except Exception as raised:
                    found[source.name].append(named(raised))
                given.append(own)
            self._sealed(log, given, found)
        for source in due:
            state = self._state(log, source)
            before, state.errors = [str(each) for each in state.errors], found[source.name]
            busy = any(isinstance(each, (LogBusy, Killed)) for each in state.errors)
            state.due = time.monotonic() + (min(RETRY, source.every) if busy else source.every)
            if not state.errors:
                state.success = int(self._clock())
            for error in state.errors:
                if str(error) not in before:
                    self._tell(f"{log.path}: {error.message}\n{error.help}")
            if before and not state.errors:
                self._tell(f"{log.path}: {source.name}: all is well again")

    def _sealed(self, log: Log, given: list[list[Pulled]], found: dict[str, list[ZkComplianceError]]) -> None:
        """Seal all of these at once; where that is refused, the groups by themselves, then what is in each."""
        groups = [each for each in given if each]
        if not groups:
            return
        inputs = [each for group in groups for each in group]
        try:
            self._seal(log, inputs)
        except Exception as raised:
            if isinstance(raised, (LogBusy, LogCorrupt)) or len(inputs) == 1:
                for name in dict.fromkeys(each.source.name for each in inputs):
                    found[name].append(named(raised))
            else:
                for part in groups if len(groups) > 1 else [[each] for each in inputs]:
                    self._sealed(log, [part], found)
        else:
            for each in inputs:
                state = self._state(log, each.source)
                state.seen[each.name] = each.seen
                state.until = max(state.until, each.until) if not found[each.source.name] else state.until

    def _seal(self, log: Log, inputs: Sequence[Pulled]) -> None:
        """Seal what is new of these, all or none, in another process."""
        counts = self._counts[log.path]

        def sealed(rows: int) -> None:
            counts.rows += rows
            counts.sealed = int(self._clock())

        given = [
            File(each.source.importer.name, dict(each.source.options), each.name, str(each.path)) for each in inputs
        ]
        asked = Taking(
            str(log.path), str(log.key), log.schema.label, self._clock(), tuple(given),
            None if log.beacon is None else str(log.beacon), log.beacon_required,
        )  # fmt: skip
        for sentence in sealed_beside(asked, sealed):
            self._tell(sentence)

    def write_health(self) -> None:
        """The health file, replaced whole; that it cannot be written is said, and stops nothing."""
        if self._plan.health is None:
            return
        now = time.monotonic()
        wall = int(self._clock())
        logs = []
        for log in self._plan.logs:
            counts = self._counts[log.path]
            sources = []
            for source in log.sources:
                state = self._state(log, source)
                sources.append({
                    "name": source.name,
                    "ok": not state.errors,
                    "last_success": _shown(state.success),
                    "next": _shown(wall + max(0, round(state.due - now))),
                    **({"until": state.until} if isinstance(source, Prometheus) else {}),
                    "errors": [{"code": each.code, "message": each.message} for each in state.errors],
                })  # fmt: skip
            logs.append({
                "path": str(log.path), "rows": counts.rows, "last_seal": _shown(counts.sealed), "sources": sources,
            })  # fmt: skip
        text = json.dumps({"at": _shown(wall), "ok": not self.errors, "logs": logs}, indent=2)
        try:
            files.replace(self._plan.health, text.encode() + b"\n")
        except OSError as error:
            self._tell(f"{self._plan.health}: {error.strerror}")

    def _remember(self) -> None:
        """Until when servers were asked, as the health file says. UsageError where it is none of ours."""
        path = self._plan.health
        if path is None:
            return
        try:
            with regular.open_given(path) as file:
                data = file.read(MAX_HEALTH_BYTES + 1)
        except FileNotFoundError:
            return
        except OSError as error:
            raise UsageError(f"{path}: {regular.reason(error)}", help="# health is a file that watch makes") from None
        try:
            found = json.loads(data)
            for log in found["logs"]:
                for source in log["sources"]:
                    until = source.get("until", 0)
                    if type(until) is not int or not 0 <= until <= int(self._clock()):
                        raise ValueError
                    state = self._states.get((Path(log["path"]), source["name"]))
                    if state is not None:
                        state.until = until
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            raise UsageError(f"{path}: is no health file of watch", help="# name another with health = …") from None


def _shown(at: int) -> str | None:
    return show_time(at) if at else None
