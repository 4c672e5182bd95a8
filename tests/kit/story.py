"""A lab and a regulator at the command line: files are sealed, a ready-made policy is proved, the file is verified."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from click.testing import Result

from tests.kit.command_line import run

DATA = Path(__file__).parents[1] / "data"
MODEL = "lab/base-1"
HOUR, DAY = 3600, 86400


def ago(seconds: int) -> int:
    """UTC seconds of a moment before now."""
    return int(datetime.now(UTC).timestamp()) - seconds


class Story:
    """In one folder: a log and a key for each name that is sealed under, a model, proofs."""

    def __init__(self, folder: Path, policy: str) -> None:
        self.folder, self.policy = folder, policy
        self.logs: dict[str, Path] = {}
        (folder / "model").mkdir()
        (folder / "model" / "weights").write_text("made-up weights")

    def seal(self, log: str, schema: str, path: Path, *options: str) -> None:
        """The rows of a file, as an importer reads them, into the log of that name."""
        key, where = self.folder / f"{log}.key", self.folder / f"{log}-log"
        if log not in self.logs:
            _zk("keygen", f"lab.example/{log}", "-o", key)
            self.logs[log] = where
        _zk("seal", path, "--schema", schema, "--log", where, "--key", key, "--profile", "small", *options)

    def rows(self, log: str, schema: str, rows: Iterable[Mapping[str, object]]) -> None:
        """Rows that no tool writes, as a register is kept: JSON Lines, or none, which says that nothing happened."""
        path = self.folder / f"{log}-{len(list(self.folder.glob(f'{log}-*.jsonl')))}.jsonl"
        lines = [json.dumps(row) for row in rows]
        path.write_text("".join(f"{line}\n" for line in lines))
        self.seal(log, schema, path, *(() if lines else ("--empty",)))

    def prove(self, *params: str, subject: str | None = MODEL, more: tuple[str, ...] = ()) -> Result:
        """What `prove` of the policy says; it writes `release.zkp`."""
        given = [part for param in params for part in ("--param", param)]
        logs = [part for name, where in self.logs.items() for part in ("--log", f"{name}={where}")]
        return run("prove", "--policy", self.policy, *logs, *self._subject(subject), *given, *more, "-o", self.proof)

    def verify(self, *more: str, subject: str | None = MODEL) -> tuple[int, dict[str, Any]]:
        """The exit status of `verify` and its document."""
        keys = [part for name in self.logs for part in ("--log-key", f"{name}={self.folder / f'{name}.key.pub'}")]
        done = run("verify", self.proof, "--policy", self.policy, *keys, *self._subject(subject), *more, "--json")
        return done.exit_code, json.loads(done.stdout or "{}")

    def accepted(self, *params: str, subject: str | None = MODEL, more: tuple[str, ...] = ()) -> dict[str, Any]:
        """The verdict's document where everything is met; the proof is made first."""
        made = self.prove(*params, subject=subject, more=more)
        assert made.exit_code == 0, made.output
        status, said = self.verify(*more, subject=subject)
        assert status == 0, said
        assert {each["status"] for each in said["requirements"]} == {"met"}
        return said

    def not_proved(self, *params: str, subject: str | None = MODEL, more: tuple[str, ...] = ()) -> str:
        """Why nothing was proved; and nothing was written."""
        made = self.prove(*params, subject=subject, more=more)
        assert made.exit_code == 1 and not self.proof.exists(), made.output
        return made.stderr

    @property
    def proof(self) -> Path:
        return self.folder / "release.zkp"

    def _subject(self, subject: str | None) -> tuple[str, ...]:
        return () if subject is None else ("--subject", f"{subject}={self.folder / 'model'}")


def values(said: Mapping[str, Any], requirement: str) -> dict[str, str]:
    """What one requirement of a verdict's document was proved with and discloses: name → as people read it."""
    (found,) = [each for each in said["requirements"] if each["name"] == requirement]
    return {each["name"]: each["text"] for each in found["values"]}


def _zk(*arguments: str | Path) -> None:
    done = run(*arguments)
    assert done.exit_code == 0, done.output
