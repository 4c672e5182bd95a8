"""The command line in a source checkout: `python cli.py VERB`, with this checkout's package (see start.py there)."""

import os
import sys

if __name__ == "__main__":
    start = os.path.join(os.path.dirname(os.path.abspath(__file__)), "zkcompliance", "start.py")
    module = "zkcompliance.commands.group"
    os.execv(sys.executable, [sys.executable, "-I", "-X", "utf8", start, module, *sys.argv[1:]])
