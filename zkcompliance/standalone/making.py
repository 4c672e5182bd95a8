"""What `python -m zkcompliance.standalone` does: the one-file verifier is written, and its SHA-256 said."""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import NoReturn

from zkcompliance.edge.ending import say, status_of
from zkcompliance.edge.shown import error_lines
from zkcompliance.errors import UsageError, ZkComplianceError
from zkcompliance.outputs import Outputs, kinds
from zkcompliance.standalone.build import archive, members
from zkcompliance.standalone.once import Helped, Parser

EXECUTABLE = 0o755
ABOUT = "Make the one-file verifier, and say its SHA-256."
HELP = "python -m zkcompliance.standalone --help"


def run() -> NoReturn:
    """Leave with 0 once the file is written, or with the status of the error."""
    sys.exit(status_of(lambda: make(sys.argv[1:]), _refused))


def make(arguments: list[str]) -> int:
    """Write the file, whole or not at all; print its digest as `sha256sum` does, or as JSON with what is in it."""
    parser = Parser(HELP, prog="python -m zkcompliance.standalone", description=ABOUT)
    parser.add_argument("-o", "--output", action="append", type=Path)
    parser.add_argument("--json", action="count", default=0, help="print one JSON document")
    try:
        options = parser.parse_args(arguments)
    except Helped:
        return 0
    outputs = options.output or [Path("zkcompliance-verify.pyz")]
    for name, times in (("--output", len(outputs)), ("--json", options.json)):
        if times > 1:
            raise UsageError(f"{name} is given {times} times, and can be given once", help=HELP)
    (output,) = outputs
    place = Outputs({output: kinds.VERIFIER})
    data = archive()
    place.write({output: data}, EXECUTABLE)
    digest = hashlib.sha256(data).hexdigest()
    if options.json:
        inside = {name: hashlib.sha256(each).hexdigest() for name, each in members().items()}
        print(json.dumps({"file": str(output), "sha256": digest, "bytes": len(data), "members": inside}, indent=2))
    else:
        print(f"{digest}  {output}")
    return 0


def _refused(error: ZkComplianceError) -> int:
    say(error_lines(error))
    return error.exit_status
