"""What starts each seal of a running program, as a process of its own that is there before the program's first row.

To start a process costs the one that does it more than a `put` may: until the new one is up, no thread of Python goes
on. So this one, which is small, is started once (`zkcompliance.live.sealer`), and starts the others.

Standard input: a line for each seal, as `zkcompliance.live.round` takes it. Standard output: for each a line
    {"status": of that process, "answer": what it printed, "said": what it said on standard error, the end of it}
It ends with its standard input, after the seal in hand.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys

from zkcompliance import start

_NICE = 10  # the program that writes the log goes first
_SAID = 4000  # characters of an error stream


def run() -> None:
    """Start what is asked for, one after the other."""
    os.nice(_NICE)
    with contextlib.suppress(BrokenPipeError):  # whoever asked has ended, and the seal is done
        for line in sys.stdin:
            done = subprocess.run(
                start.command("zkcompliance.live.round"), input=line, capture_output=True, text=True, env={}, cwd="/",
                check=False,
            )  # fmt: skip
            answer = {"status": done.returncode, "answer": done.stdout, "said": done.stderr.strip()[-_SAID:]}
            print(json.dumps(answer), flush=True)
    sys.exit(0)
