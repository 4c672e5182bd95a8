"""`python -m zkcompliance.standalone -o zkcompliance-verify.pyz`: make the one-file verifier and say its SHA-256."""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

from zkcompliance.errors import UsageError
from zkcompliance.outputs import Outputs, kinds
from zkcompliance.shown import error_lines
from zkcompliance.standalone.build import archive, members

EXECUTABLE = 0o755


def main() -> None:
    """Write the file, whole or not at all; print its digest as `sha256sum` does, or as JSON with what is in it."""
    parser = argparse.ArgumentParser(prog="python -m zkcompliance.standalone", description=__doc__)
    parser.add_argument("-o", "--output", type=Path, default=Path("zkcompliance-verify.pyz"))
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    options = parser.parse_args()
    try:
        outputs = Outputs({options.output: kinds.VERIFIER})
        data = archive()
        outputs.write({options.output: data}, EXECUTABLE)
    except UsageError as error:
        parser.exit(error.exit_status, f"{error_lines(error)}\n")
    digest = hashlib.sha256(data).hexdigest()
    if options.json:
        inside = {name: hashlib.sha256(each).hexdigest() for name, each in members().items()}
        print(
            json.dumps({"file": str(options.output), "sha256": digest, "bytes": len(data), "members": inside}, indent=2)
        )
    else:
        print(f"{digest}  {options.output}")


if __name__ == "__main__":
    main()
