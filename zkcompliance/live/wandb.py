"""W&B: a cumulative count that a run logs is sealed while it runs, out of the file that W&B writes of it.

    run = wandb.init(project="acme")
    options = {"tokens_metric": "tokens", "parameters": "7e9"}
    following = seal_run(run, "acme-compute", key="compute.key", options=options)

W&B puts several `log` calls of a step together, drops those of steps that are past, and stamps the time: what it logged
is what it wrote. So another process reads the run's file (`run-ID.wandb`) as it grows, by the importer's own code, and
nothing of wandb is wrapped, slowed or stopped. W&B writes what it holds every 15 seconds (its setting
`x_transaction_log_flush_interval`; a version without it every 32 KiB, and at the end). Killed −9, the rest is read as
W&B's own process writes it; and sealing the file later brings what is missing, and nothing twice.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zkcompliance import schemas, start
from zkcompliance.client.logs import make_log
from zkcompliance.errors import LogError, UsageError
from zkcompliance.importers import cumulative
from zkcompliance.importers.wandb import IMPORTER


class Following:
    """A run that is followed, by a process of its own that ends by itself after the run."""

    def __init__(self, process: subprocess.Popen[bytes], asked: str) -> None:
        self._process = process
        if process.stdin is not None:
            process.stdin.write(asked.encode() + b"\n")
            process.stdin.flush()
            os.register_at_fork(after_in_child=process.stdin.close)  # so that it ends when this process does

    def finish(self, timeout: float = 600) -> bool:
        """After `run.finish()`: wait, so many seconds at most, until all of it is sealed; whether it is.

        Not needed: without it, it is sealed half a minute after this process has ended.
        """
        if self._process.stdin is not None and not self._process.stdin.closed:
            with contextlib.suppress(OSError):
                self._process.stdin.write(b"finished\n")
                self._process.stdin.close()
        try:
            return self._process.wait(timeout) == 0
        except subprocess.TimeoutExpired:
            return False


def seal_run(
    run: Any, path: str | Path, *, options: Mapping[str, str], key: str | Path | None = None, **sealing: Any
) -> Following:
    """From now on, seal what this run logs of a cumulative count in the log of compute at `path`; made where new.

    `options`: as of `seal --set` (docs/importers.md): `flop_metric`, or `tokens_metric` with `parameters`, and what
    else holds of the rows; a run that goes on from an earlier one needs `base`, and so does one that may, offline,
    where W&B does not know (`resume=` in its settings). `key`: the private key's file; without it the log has to be
    there, and whoever holds the key seals. `sealing`: `seal_every`, `seal_rows`, `compact`, `profile` as of a `Live`.
    UsageError for options that do not go together, or a run of which W&B writes no file.
    """
    compute, given = schemas.by_name("compute"), {**options, "running": "accept"}
    IMPORTER.check(compute, given)
    cumulative.Count.of(given, "metric", "")
    wrong = sorted(set(sealing) - {"seal_every", "seal_rows", "compact", "profile"})
    if wrong:
        raise UsageError(f"seal_run has no {wrong[0]}; it has seal_every, seal_rows, compact and profile")
    settings = run.settings
    if getattr(run, "disabled", False) or getattr(settings, "x_skip_transaction_log", False):
        raise UsageError("W&B writes no file of this run", help="init it with mode online or offline")
    if getattr(settings, "resume", None) and getattr(run, "offline", False) and "base" not in given:
        raise UsageError(
            "W&B does not know offline whether a run goes on from an earlier one, whose values its count may have",
            help='add to the options "base": the count at which it goes on, "0" where it begins anew',
        )
    log = Path(path).absolute()
    if not log.exists():
        if key is None:
            raise LogError(f"there is no log at {path}", help="give the key, and it is made")
        make_log(log, key=Path(key), schema=compute, profile=str(sealing.get("profile", "standard")))
    asked = {
        "file": str(Path(settings.sync_file).absolute()), "format": IMPORTER.name, "options": given, "log": str(log),
        "key": str(Path(key).absolute()) if key is not None else None, "sealing": sealing,
    }  # fmt: skip
    process = subprocess.Popen(
        start.command("zkcompliance.live.follow"), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, env={}, cwd="/",
        start_new_session=True,
    )  # fmt: skip
    return Following(process, json.dumps(asked))
