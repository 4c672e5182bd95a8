"""The command line in a source checkout: `python cli.py VERB`, with this checkout's package (see start.py there)."""

import os
import sys

if __name__ == "__main__":
    if sys.version_info < (3, 6):  # noqa: UP036 - they cannot read start.py, where later ones are refused
        this = ".".join(map(str, sys.version_info[:3]))
        sys.stderr.write("error[usage]: zkcompliance needs Python 3.11 or newer, this is Python " + this + "\n")
        sys.stderr.write("help: run it with a later Python, such as: python3.11 cli.py --help\n")
        sys.exit(2)
    start = os.path.join(os.path.dirname(os.path.abspath(__file__)), "zkcompliance", "start.py")
    again = [sys.executable, "-I", "-X", "utf8", start, "zkcompliance.commands.group"]
    again.extend(sys.argv[1:])
    os.execv(sys.executable, again)
