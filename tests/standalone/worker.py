"""Runs many verifications in one process, each as a command line of its own.

Arguments: `installed`, or the path of the one-file verifier, which PYTHONPATH names as well; then a limit of memory in
bytes (0: none). stdin: a JSON list of arguments a line; stdout: a JSON list a line: exit status, stdout, stderr,
pieces of work. A JSON object instead names a parser and its input (`take`): then the status is the error's code, or
`taken`.
"""

from __future__ import annotations

import contextlib
import io
import json
import resource
import runpy
import sys
from pathlib import Path
from typing import Any

Work = runpy.run_path(str(Path(__file__).parents[1] / "kit" / "work.py"))["Work"]  # there is no package of tests


def program(which: str) -> Any:
    """What runs a list of arguments and leaves with SystemExit."""
    if which == "installed":
        from zkcompliance.commands.main import cli

        return lambda arguments: cli.main(["verify", *arguments], prog_name="zkcompliance")
    from zkcompliance.standalone import isolation

    isolation.install()
    from zkcompliance.standalone.main import main

    return main


def take(kind: str, text: str, key: str, trust: str) -> None:
    """Hand the input to the parser of its kind."""
    from zkcompliance.card import catalogue
    from zkcompliance.log import note
    from zkcompliance.log.checkpoint import Checkpoint
    from zkcompliance.log.cosignature import CosignerKey
    from zkcompliance.log.evidence import Evidence
    from zkcompliance.log.trust import TrustPolicy
    from zkcompliance.policy.load import parse_policy

    takers: dict[str, Any] = {
        "note": lambda: note.verify(text, note.VerifierKey.parse(key)),
        "checkpoint": lambda: Checkpoint.parse(text),
        "key": lambda: note.VerifierKey.parse(text),
        "trust": lambda: TrustPolicy.parse(text),
        "cosigned": lambda: TrustPolicy.parse(trust).check(text),
        "cosigner": lambda: CosignerKey.parse(text),
        "evidence": lambda: Evidence.parse(text),
        "policy": lambda: parse_policy(text.encode("utf-8", "surrogateescape")),
        "card": lambda: print(catalogue.load(text).digest.hex()),
    }
    takers[kind]()
    sys.exit("taken")


def main() -> None:
    verify, limit = program(sys.argv[1]), int(sys.argv[2])
    if limit:
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for line in sys.stdin:
        out, err, status = io.StringIO(), io.StringIO(), "ESCAPED"
        with Work() as work:
            try:
                with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                    asked = json.loads(line)
                    take(**asked) if isinstance(asked, dict) else verify(asked)
            except SystemExit as left:
                status = str(left.code or 0)
            except BaseException as error:
                status = getattr(error, "code", f"ESCAPED {type(error).__name__}")
                err.write(str(error))
        print(json.dumps([status, out.getvalue(), err.getvalue(), work.pieces]), flush=True)


if __name__ == "__main__":
    main()
