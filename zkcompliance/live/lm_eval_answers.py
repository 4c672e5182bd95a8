"""lm-evaluation-harness: the requests of one call of a model, and the answers to them in the order in which they came.

A request may be made several times: of a document with `repeats`, or where two documents ask the same. Its answers are
told apart by nothing, so the first that comes is the first one's, and the harness is given them in that order, too. Its
cache has no answer that was drawn at random, and one of several: these are kept here, in a file beside it, for the call
that goes on where it was killed.
"""

from __future__ import annotations

import hashlib
import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from zkcompliance.edge.shown import command
from zkcompliance.errors import UsageError

Asked = Callable[[int, Any], None]  # told the number of a request, and its answer
_DRAWN = "generate_until"  # alone may answer otherwise when it is asked again


class Kept:
    """Answers in a file, a line each: the SHA-256 of the request in hexadecimal digits, and a text. UsageError where it
    is none of that. What a process that was killed was writing is taken away."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._answers: dict[str, list[str]] = {}
        data = path.read_bytes() if path.exists() else b""
        whole = data.rfind(b"\n") + 1
        for line in data[:whole].splitlines():
            try:
                request, answer = json.loads(line)
            except (ValueError, TypeError, RecursionError):
                request = answer = None
            if not isinstance(request, str) or not isinstance(answer, str):
                raise UsageError(
                    f"{path}: is no file of answers", help=f"{command('rm', path)}  # then they are asked anew"
                )
            self._answers.setdefault(request, []).append(answer)
        self._file = path.open("ab")
        self._file.truncate(whole)

    def of(self, request: str) -> list[str]:
        """The answers that there are, in order."""
        return self._answers.get(_digest(request), [])

    def add(self, request: str, answer: str) -> None:
        self._file.write(json.dumps([_digest(request), answer]).encode() + b"\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()


class Answers:
    """Answers to `requests`, made by `method`, as they come: `told(number, answer)`, each number once at the most."""

    def __init__(self, method: str, requests: Sequence[Any], kept: Kept | None, told: Asked) -> None:
        self._method, self._requests, self._kept, self._told = method, requests, kept, told
        self._numbers: dict[str, list[int]] = {}
        for number, each in enumerate(requests):
            text = text_of([method, *each.args])
            if text is not None:
                self._numbers.setdefault(text, []).append(number)
        self._waiting = {text: deque(numbers) for text, numbers in self._numbers.items()}
        self._answers: dict[int, Any] = {}
        self._asked: list[int] = []

    def known(self, cached: Callable[[Any], Iterator[Any]]) -> None:
        """Say what was kept, and of others what the harness's cache has: none or one. To be called first."""
        had: set[int] = set()
        for text, numbers in self._numbers.items():
            if not self._is_kept(text):
                for answer in cached(self._requests[numbers[0]]):
                    self._answered(text, answer)
            elif self._kept is not None:
                had.update(self._answered(text, answer) for answer in self._kept.of(text)[: len(numbers)])
        self._asked = [number for number in range(len(self._requests)) if number not in had]

    def _is_kept(self, text: str) -> bool:
        """Whether the harness's cache may have another answer, or none."""
        numbers = self._numbers[text]
        return self._method == _DRAWN and (len(numbers) > 1 or at_random(self._requests[numbers[0]]))

    def said(self, method: str, request: object, answer: Any) -> None:
        """The model has one."""
        text = text_of([method, *request]) if isinstance(request, (tuple, list)) else None
        if text is None or not self._waiting.get(text):
            return
        if self._kept is not None and self._is_kept(text):
            if not isinstance(answer, str):
                return
            self._kept.add(text, answer)
        self._answered(text, answer)

    def _answered(self, text: str, answer: Any) -> int:
        number = self._waiting[text].popleft()
        self._answers[number] = answer
        self._told(number, answer)
        return number

    def asked(self) -> list[Any]:
        """The requests that are left to the model."""
        return [self._requests[number] for number in self._asked]

    def whole(self, found: Sequence[Any]) -> list[Any]:
        """Answers to all requests in their order. found: what the model gives in the end for those that were left."""
        answers = dict(self._answers)
        left = dict(zip(self._asked, found, strict=True))
        for numbers in self._numbers.values():
            these = [number for number in numbers if number in left]
            said = [self._answers[number] for number in these if number in self._answers]
            for number, answer in zip(these, _after(said, [left[number] for number in these]), strict=True):
                answers[number] = answer
        return [answers[number] if number in answers else left[number] for number in range(len(self._requests))]


def _after(said: list[Any], found: list[Any]) -> list[Any]:
    """`found`, but that `said` comes first; as it is where it has not all of that."""
    rest = list(found)
    for each in said:
        if each not in rest:
            return found
        rest.remove(each)
    return said + rest


def at_random(request: Any) -> bool:
    """Whether the harness's cache keeps no answer to it."""
    return len(request.args) > 1 and isinstance(request.args[1], dict) and bool(request.args[1].get("do_sample", False))


def text_of(value: object) -> str | None:
    """JSON, None where there is none of it."""
    try:
        return json.dumps(value)
    except (TypeError, ValueError):
        return None


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
