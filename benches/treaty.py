"""A treaty on paper: n labs that prove m months each, and whoever holds their streaks, or the cap that they share.

`python -m benches.treaty LABS MONTHS [ROWS]` makes the logs (ROWS a segment, a segment a month), proves every month,
and judges each lab's streak; it prints sizes of files, and CPU seconds of proving and of verifying. Minima are of labs,
who all do the same.

`python -m benches.treaty joint LABS PERIODS [ROWS]`: the labs share a cap, anew each period, each two a note log; all
prove over everything that they sealed so far, once by allowances and once under a masked total, and all proofs of a
period are judged together. It ends with what labs learn that put together what they know.
"""

from __future__ import annotations

import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path

from tests.kit import policies as kit
from tests.kit.joint_games import BEGIN, MASKED, WITHIN, Hand, Log, Segment, Shown, joint_of
from tests.kit.streaks import Months, at, proved
from zkcompliance import schemas, streaks
from zkcompliance.decide import Request
from zkcompliance.joint.file import Joint
from zkcompliance.joint.judge import judge_joint
from zkcompliance.joint.masked import draw
from zkcompliance.policy.proofs import File


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


def joint(labs: int, periods: int, rows: int) -> None:
    """2 to 16 labs. What they spend counts in every period, which makes no difference to what it takes."""
    print(f"{labs} lab(s), {periods} period(s), {rows} rows a segment, {labs * (labs - 1) // 2} note log(s) a period")
    for claim in (WITHIN, MASKED):
        hand, proving, judging, sizes = Hand(sealed=True), [], [], []
        for period in range(1, periods + 1):
            shown, asked = _period(labs, period, rows, claim)
            for log in {log.key: log for each in shown for log in (*each.compute, *each.notes)}.values():
                for segment in log.segments:
                    hand.entry(log, segment)  # sealed before it is timed
            seconds, files = [], {}
            for each in shown:
                began = time.process_time()
                data = hand.file(each)
                seconds.append(time.process_time() - began)
                if data is None:
                    raise ValueError(f"{each.lab} has no proof")
                files[f"{each.lab}.zkp"] = File(data)
                sizes.append(len(data))
            began = time.process_time()
            verdict = judge_joint(files, asked, clock=shown[0].time)
            judging.append(time.process_time() - began)
            verdict.require()
            proving.append(min(seconds))
        print(
            f"{claim}: a proof is of {sizes[0] / 1000:.0f} kB in the first period, {sizes[-1] / 1000:.0f} kB in the "
            f"last; of the treaty {sum(sizes) / 1e6:.1f} MB; proving, CPU s a lab: {proving[0]:.1f} the first period, "
            f"{proving[-1]:.1f} the last; judging, CPU s: {judging[0]:.2f} the first period, {judging[-1]:.2f} the last"
        )
    for together in range(1, labs):
        print(f"{together} lab(s) that collude learn: {_learnt(labs - together)}")


def _period(labs: int, period: int, rows: int, claim: str) -> tuple[list[Shown], Joint]:
    """What each lab shows at the end of a period, and the joint file: a segment of compute for each period so far, and
    a note of each pair."""
    names = "abcdefghijklmnop"[:labs]
    pairs = ["".join(pair) for pair in combinations(names, 2)]
    allowances = dict.fromkeys(names, 10**24)
    asked = joint_of(claim, labs * 10**24, allowances, pairs, {lab: [lab] for lab in names})
    job = (("start", BEGIN), ("end", BEGIN + 3600), ("run", "r"), ("phase", "pretraining"), ("method", "hardware"))
    compute = {
        lab: Log(lab, tuple(Segment(f"{lab} {n}", ((*job, ("flop", 10**18)),) * rows) for n in range(period)))
        for lab in names
    }
    notes = {}
    for pair in pairs:
        amount = draw() if claim == MASKED else 10**20
        said = (("cap", asked.note_id), ("giver", pair[0]), ("taker", pair[1]), ("amount", amount))
        segment = Segment(f"{pair} {period}", ((("serial", 1), *said),))
        notes[pair] = Log(pair, (segment,), frozenset(pair[1]), schemas.note)
    return [
        Shown(lab, claim, asked.params(lab), (compute[lab],), tuple(notes[p] for p in pairs if lab in p), asked.digest)
        for lab in names
    ], asked


def _learnt(others: int) -> str:
    """By allowances and by a masked total."""
    notes = "the notes that they share with others, and so a bound on what each of those spent"
    total = "what the last lab spent" if others == 1 else f"what the other {others} spent together"
    return f"by allowances {notes}; under a masked total {total}, exactly"


if __name__ == "__main__":
    which = sys.argv[1:]
    run = joint if which[0] == "joint" else main
    given = [int(each) for each in which if each != "joint"]
    run(given[0], given[1], given[2] if len(given) > 2 else 1000)
