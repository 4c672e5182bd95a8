"""A treaty on paper: n labs that prove m months each, and whoever holds their streaks.

`python -m benches.treaty LABS MONTHS [ROWS]` makes the logs (ROWS a segment, a segment a month), proves every month,
and judges each lab's streak; it prints sizes of files, and CPU seconds of proving and of verifying. Minima are of labs,
who all do the same.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.kit import policies as kit
from tests.kit.streaks import Months, at, proved
from zkcompliance import streaks
from zkcompliance.decide import Request


class _Timed(Months):
    """A lab that notes the CPU seconds of each month's proof."""

    def __init__(self, folder: Path, count: int, rows: int) -> None:
        super().__init__(folder, 0)
        self.seconds: list[float] = []
        for month in range(1, count + 1):
            self.log = kit.seal(folder, "log", kit.rows(rows, 10**14))
            began = time.process_time()
            data = proved(self.log, self.policy, at(month))
            self.seconds.append(time.process_time() - began)
            self.files.append(self.keep(f"2026-{month:02}.zkp", data))


def main(labs: int, months: int, rows: int) -> None:
    """At most 12 months, which are of one year."""
    proving, judging, sizes = [], [], [0]
    for lab in range(labs):
        with tempfile.TemporaryDirectory(prefix=f"treaty-{lab}-") as folder:
            one = _Timed(Path(folder), months, rows)
            request = Request(policy=one.policy, log_keys={"compute": one.key})
            began = time.process_time()
            found = streaks.judge(one.files, request, clock=at(12, 31))
            judging.append(time.process_time() - began)
            found.require()
            proving.append(one.seconds)
            sizes = [each.stat().st_size for each in one.files]
    first, last = (min(each[at] for each in proving) for at in (0, -1))
    print(f"{labs} lab(s), {months} month(s), {rows} rows a segment")
    print(
        f"files of a lab: {sizes[0] / 1000:.0f} kB in the first month, {sizes[-1] / 1000:.0f} kB in the last, ", end=""
    )
    print(f"{sum(sizes) / 1e6:.1f} MB in all; of the treaty {labs * sum(sizes) / 1e6:.1f} MB")
    print(f"proving, CPU s: {first:.1f} the first month, {last:.1f} the last")
    print(f"judging a streak, CPU s: {min(judging):.1f}, which is {min(judging) / months:.2f} a month")


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    main(given[0], given[1], given[2] if len(given) > 2 else 1000)
