"""`zkcompliance watch CONFIG`."""

from __future__ import annotations

import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zkcompliance.commands import console
from zkcompliance.edge.shown import columns, one_line

if TYPE_CHECKING:
    from types import FrameType

    from zkcompliance.live.plan import Plan

_PAUSE = 0.5  # seconds between two looks for a signal


@click.command("watch")
@click.argument("config", type=click.Path(path_type=Path))
@click.option("--once", is_flag=True, help="Read every source once, seal what is new, and leave.")
def command(config: Path, once: bool) -> int:
    """Seal what is new of the sources that CONFIG names, each on its schedule, until SIGTERM or SIGINT.

    CONFIG is a TOML file: docs/live.md. What is sealed already is passed over, and segments are put together before
    there are more than one proof covers. Killed at any moment, the next start goes on. A source that is wrong is said
    once, and again when that changes, and stops no other. SIGTERM and SIGINT let the step in hand finish.

    With --once the status is 0 where all went well, and that of the first error where not.
    """
    from zkcompliance.live import plan

    return run(plan.load(config), once=once, last=False)


def run(plan: Plan, *, once: bool, last: bool) -> int:
    """Watch; the exit status. last: read everything once more when a signal has come."""
    from zkcompliance.live.watch import Watch

    line = Line()
    with stopping() as stopped:
        watch = Watch(plan, line.tell)
        console.warm_up(lambda stage, done, total: None)
        while True:
            watch.step(all_of_them=once, stop=lambda: bool(stopped))
            line.show(watch.status())
            if once:
                break
            until = time.monotonic() + watch.wait
            while not stopped and time.monotonic() < until:
                time.sleep(min(_PAUSE, max(0.0, until - time.monotonic())))
            if stopped:
                break
        if last:
            watch.step(all_of_them=True)
        watch.write_health()
    line.end(watch.status())
    return watch.errors[0].exit_status if (once or last) and watch.errors else 0


@contextlib.contextmanager
def stopping() -> Iterator[list[int]]:
    """A list that has the signals which came: SIGTERM, SIGINT. They end nothing by themselves meanwhile."""
    came: list[int] = []

    def take(number: int, frame: FrameType | None) -> None:
        came.append(number)

    before = {each: signal.signal(each, take) for each in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield came
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


class Line:
    """One line on stderr that is drawn anew on a terminal; elsewhere a line each time that it changes."""

    def __init__(self) -> None:
        self._width = columns(sys.stderr) if sys.stderr.isatty() else None
        self._shown = ""

    def show(self, text: str) -> None:
        if self._width is None:
            if text != self._shown:
                console.note(text)
        else:
            self._draw(one_line(text)[: max(1, self._width - 1)])
        self._shown = text

    def tell(self, text: str) -> None:
        """A remark above the line."""
        if self._width is not None:
            self._draw("")
        console.note(text)
        if self._width is not None and self._shown:
            self.show(self._shown)

    def end(self, text: str) -> None:
        """The last state of it, which stays."""
        self.show(text)
        if self._width is not None:
            with contextlib.suppress(OSError, ValueError):
                sys.stderr.write("\n")

    def _draw(self, text: str) -> None:
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(f"\r\x1b[K{text}")
            sys.stderr.flush()
