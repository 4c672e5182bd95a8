"""Seals by time and by rows, in a process of its own: the program that writes the log never waits for one.

What was put is left in the log (`zkcompliance.log.feed`), and another Python takes it in and seals it
(`zkcompliance.live.round`), at a lower priority, in a session of its own: it finishes where this process is killed. Who
starts that is a process too, which is there from the beginning (`zkcompliance.live.rounds`). While somebody else holds
the log it is tried again later; whoever holds it takes the rows in too.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import threading
import time
from pathlib import Path
from typing import Any

from zkcompliance import start
from zkcompliance.client.rounds import Rounds
from zkcompliance.errors import LogBusy, LogError
from zkcompliance.log.feed import Feed

_LOGGER = logging.getLogger("zkcompliance")
_PAUSE = 0.5  # seconds between two tries at the end
_RETRY = 30.0  # seconds until a log that was busy is tried again


class _Failed(Exception):
    """The process that seals did not say what came of it; what is known of why."""


class _Beside:
    """The process that starts seals. It belongs to the one that made it, and ends with it."""

    def __init__(self) -> None:
        self._process = os.getpid()
        self._started = subprocess.Popen(
            start.command("zkcompliance.live.rounds"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, bufsize=0, env={}, cwd="/", start_new_session=True,
        )  # fmt: skip
        if self._started.stdin is not None:
            os.register_at_fork(after_in_child=self._started.stdin.close)  # so that it ends when this process does

    def alive(self) -> bool:
        return self._process == os.getpid() and self._started.poll() is None

    def sealed(self, asked: str) -> dict[str, Any]:
        """What the process that seals answers. _Failed."""
        into, out = self._started.stdin, self._started.stdout
        line = b""
        if into is not None and out is not None:
            with contextlib.suppress(BrokenPipeError):
                into.write(asked.encode() + b"\n")
                while not line.endswith(b"\n") and (more := out.read(1 << 16)):
                    line += more
        if not line.endswith(b"\n"):
            raise _Failed(f"it ended with status {self._started.wait()}")
        done = json.loads(line)
        try:
            answer: dict[str, Any] = json.loads(done["answer"])
        except ValueError:
            raise _Failed(done["said"] or f"it ended with status {done['status']}") from None
        return answer

    def close(self) -> None:
        """Let it end; the process whose it is waits for that."""
        for pipe in (self._started.stdin, self._started.stdout):
            if pipe is not None:
                pipe.close()
        if self._process == os.getpid():
            self._started.wait()


class Sealer:
    """One thread that seals the log at `path` with the key in the file `key`, of what `feed` writes."""

    def __init__(
        self, path: Path, key: Path, feed: Feed, every: float, rows: int, rounds: Rounds | None, *, compact: bool,
        patience: float,
    ) -> None:  # fmt: skip
        self._asked = {
            "log": str(path.absolute()), "key": str(key.absolute()), "compact": compact,
            "beacon": None if rounds is None else str(rounds.path.absolute()),
            "required": rounds is not None and rounds.required,
        }  # fmt: skip
        self._feed, self._every, self._rows, self._patience = feed, every, rows, patience
        self._wake, self._round = threading.Condition(), threading.Lock()
        self._last = time.monotonic()
        self._beside = _Beside()
        self._left = self._ending = False  # left: rows wait in the log that nobody has sealed
        self._thread = threading.Thread(target=self._run, name="zkcompliance-sealer", daemon=True)
        self._thread.start()

    def look(self) -> None:
        """Rows were put: seal where there are so many."""
        if self._feed.rows >= self._rows:
            with self._wake:
                self._wake.notify_all()

    def _due(self) -> bool:
        if self._left:
            return time.monotonic() >= self._last + min(_RETRY, self._every)
        rows = self._feed.rows
        return rows >= self._rows or (rows > 0 and time.monotonic() >= self._last + self._every)

    def _run(self) -> None:
        while True:
            with self._wake:
                while not self._ending and not self._due():
                    passed = time.monotonic() - self._last
                    every = min(_RETRY, self._every) if self._left else self._every
                    self._wake.wait(every - passed if every > passed else self._every)
                if self._ending:
                    return
            try:
                self._feed.let_go()
                self.now()
            except Exception as error:
                _LOGGER.warning("%s was not sealed, and is tried again: %s", self._asked["log"], error)

    def now(self) -> None:
        """Seal what waits in the log. LogBusy where somebody else holds it, LogError where it cannot be sealed."""
        with self._round:
            self._left, self._last = True, time.monotonic()
            if not self._beside.alive():
                self._beside.close()
                self._beside = _Beside()
            try:
                answer = self._beside.sealed(json.dumps(self._asked))
            except _Failed as failed:
                raise LogError(f"the process that seals {self._asked['log']} failed: {failed}") from None
            finally:
                self._last = time.monotonic()
            if "busy" in answer:
                raise LogBusy(answer["busy"])
            if "error" in answer:
                raise LogError(answer["error"])
            self._left = False
            for sentence in answer["said"]:
                _LOGGER.warning("%s", sentence)

    def close(self) -> None:
        """Stop, and seal what is left. A log that others hold for `patience` seconds keeps the rows, which is said."""
        with self._wake:
            self._ending = True
            self._wake.notify_all()
        self._thread.join()
        try:
            self._finish()
        finally:
            self._beside.close()

    def _finish(self) -> None:
        last = time.monotonic() + self._patience
        while True:
            try:
                return self.now()
            except LogBusy as error:
                if time.monotonic() >= last:
                    _LOGGER.warning("%s: what was put waits there for the next seal: %s", self._asked["log"], error)
                    return None
            time.sleep(min(_PAUSE, self._patience))
