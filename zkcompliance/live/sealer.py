"""Seals by time and by rows, in a process of its own: the program that writes the log never waits for one.

What was put is left in the log (`zkcompliance.log.feed`), and another Python takes it in and seals it
(`zkcompliance.live.round`), at a lower priority, in a session of its own: it finishes where this process is killed.
While somebody else holds the log it is tried again later; whoever holds it takes the rows in too.
"""

from __future__ import annotations

import json
import logging
import subprocess
import threading
import time
from pathlib import Path

from zkcompliance import start
from zkcompliance.errors import LogBusy, LogError
from zkcompliance.log.feed import Feed

_LOGGER = logging.getLogger("zkcompliance")
_PAUSE = 0.5  # seconds between two tries at the end
_RETRY = 30.0  # seconds until a log that was busy is tried again


class Sealer:
    """One thread that seals the log at `path` with the key in the file `key`, of what `feed` writes."""

    def __init__(
        self, path: Path, key: Path, feed: Feed, every: float, rows: int, *, compact: bool, patience: float
    ) -> None:
        self._asked = {"log": str(path.absolute()), "key": str(key.absolute()), "compact": compact}
        self._feed, self._every, self._rows, self._patience = feed, every, rows, patience
        self._wake, self._round = threading.Condition(), threading.Lock()
        self._last = time.monotonic()
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
            done = subprocess.run(
                start.command("zkcompliance.live.round"), input=json.dumps(self._asked) + "\n", capture_output=True,
                text=True, env={}, cwd="/", check=False, start_new_session=True,
            )  # fmt: skip
            self._last = time.monotonic()
            try:
                answer = json.loads(done.stdout)
            except ValueError:
                said = done.stderr.strip() or f"it ended with status {done.returncode}"
                raise LogError(f"the process that seals {self._asked['log']} failed: {said}") from None
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
        last = time.monotonic() + self._patience
        while True:
            try:
                return self.now()
            except LogBusy as error:
                if time.monotonic() >= last:
                    _LOGGER.warning("%s: what was put waits there for the next seal: %s", self._asked["log"], error)
                    return None
            time.sleep(min(_PAUSE, self._patience))
