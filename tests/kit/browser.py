"""A headless Chromium, driven over its debugging pipe with the standard library alone."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), None
)
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
)  # fmt: skip


class Browser:
    """One tab. `events` holds what the tab said since the last `open`."""

    def __init__(self, to: int, back: int) -> None:
        self.to, self.back, self.number, self.buffer = to, back, 0, b""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Log", "Accessibility"):
            self.call(f"{domain}.enable")

    session = ""

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        self.number += 1
        message: dict[str, Any] = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self.number:
                assert "error" not in answer, answer
                return dict(answer["result"])
            self.events.append(answer)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self.buffer:
            part = os.read(self.back, 1 << 20)
            assert part, "the browser ended"
            self.buffer += part
        line, _, self.buffer = self.buffer.partition(b"\0")
        return dict(json.loads(line))

    def open(self, path: Path, width: int, height: int = 900) -> None:
        """Load a page at a width in CSS pixels."""
        self.events.clear()
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        self.call("Page.navigate", url=path.as_uri())
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self._read())

    def width(self) -> int:
        """How wide the page's content is."""
        return int(self.call("Page.getLayoutMetrics")["cssContentSize"]["width"])

    def evaluate(self, expression: str) -> Any:
        """What an expression of the browser's own language is worth on the page, whatever the page's policy forbids."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"]["value"]

    def pdf(self) -> bytes:
        """The page as it prints."""
        return base64.b64decode(self.call("Page.printToPDF", preferCSSPageSize=True)["data"])

    def requests(self) -> list[str]:
        """The addresses that were asked for."""
        sent = [event for event in self.events if event["method"] == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]

    def complaints(self) -> list[str]:
        """What the browser's console says."""
        return [event["params"]["entry"]["text"] for event in self.events if event["method"] == "Log.entryAdded"]


AS_3_AND_4 = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.dup2(int(sys.argv[2]), 4)
os.execv(sys.argv[3], sys.argv[3:])
"""  # where Chromium expects its debugging pipe


def _high(number: int) -> int:
    """The same file under a number that is not wanted for anything else."""
    made = fcntl.fcntl(number, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(number)
    return made


@contextlib.contextmanager
def launch(folder: Path) -> Iterator[Browser]:
    """A browser with an empty profile in `folder`, ended with the block."""
    assert CHROMIUM is not None
    hear, to = os.pipe()
    back, say = os.pipe()
    hear, say = (_high(hear), _high(say))
    command = [sys.executable, "-c", AS_3_AND_4, str(hear), str(say), CHROMIUM, *FLAGS, f"--user-data-dir={folder}"]
    with subprocess.Popen(
        command, pass_fds=(hear, say), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        os.close(hear)
        os.close(say)
        try:
            yield Browser(to, back)
        finally:
            process.kill()
            os.close(to)
            os.close(back)
