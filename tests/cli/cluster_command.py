"""The command line with segments of 64 rows, parts of files of 4,000 bytes, and two segments to one of a roll-up.

Its first argument is the folder that remembers what was spent; the others are a command's. Processes of `local:N` that
it starts leave marks, as `cluster_pauses` says.
"""

from __future__ import annotations

import sys
from pathlib import Path

from zkcompliance.importers import ranges
from zkcompliance.log import rows, spent


def main() -> None:
    state = Path(sys.argv.pop(1))
    spent.state_folder = lambda: state
    rows.MAX_ROWS, ranges.RANGE_BYTES = 64, 4000
    from zkcompliance.commands import group
    from zkcompliance.prove import rollup

    rollup.MOST_AT_ONCE = 2
    group.run()


if __name__ == "__main__":
    main()
elif __name__ == "__mp_main__":  # as a process that is started imports it
    from tests.cli.cluster_pauses import dask_setup

    dask_setup()
