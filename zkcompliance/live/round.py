"""One seal of what waits in a log, as a process of its own (`zkcompliance.live.sealer`).

Standard input: {"log": folder, "key": file, "compact": bool, "beacon": file or null, "required": bool}, of which the
last says whether nothing is sealed without a round of that file. Standard output, one line:
    {"sealed": rows, "said": [sentence, …]} | {"busy": sentence} | {"error": sentence}
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

from zkcompliance.client.logs import next_folder, open_log
from zkcompliance.client.rounds import Rounds
from zkcompliance.errors import LogBusy, ZkComplianceError


def run() -> None:
    """Seal, and leave with status 0 whatever came of it."""
    asked = json.loads(sys.stdin.readline())
    try:
        rounds = Rounds(Path(asked["beacon"]), bool(asked["required"])) if asked["beacon"] is not None else None
        answer = sealed(Path(asked["log"]), Path(asked["key"]), rounds, compact=bool(asked["compact"]))
    except LogBusy as error:
        answer = {"busy": error.message}
    except (ZkComplianceError, OSError) as error:
        answer = {"error": str(error)}
    print(json.dumps(answer), flush=True)
    sys.exit(0)


def sealed(path: Path, key: Path, rounds: Rounds | None, *, compact: bool) -> dict[str, object]:
    """Seal what waits in the log; where it soon has more segments than one proof covers, put them together."""
    with warnings.catch_warnings(record=True):
        warnings.simplefilter("always")  # that it goes on in another folder is no news
        log = open_log(path, key=key)
    with log:
        rows = log.pending_rows
        if not rows:
            return {"sealed": 0, "said": []}
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            log.seal(beacon=rounds)
        said = [str(each.message) for each in warned]
        if compact and (full := log.grown()) is not None and log.compact(next_folder(log)):
            said.remove(full)
    return {"sealed": rows, "said": said}
