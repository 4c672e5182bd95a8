"""What came of the question of a case, whichever kind it is of: one proof, several labs under a cap, or a streak."""

from __future__ import annotations

from dataclasses import dataclass

from zkcompliance.errors import RequirementNotShown, ZkComplianceError
from zkcompliance.joint import telling
from zkcompliance.joint.verdict import JointVerdict
from zkcompliance.policy.streak import Streak
from zkcompliance.policy.verdict import Verdict
from zkcompliance.report import streak_json, streak_page, streak_words, words, write

Given = Verdict | JointVerdict | Streak


@dataclass(frozen=True)
class Judged:
    """verdict: as it was come to; sentence, outcome: the same in words; at: UTC seconds of the judgement; error: the
    first thing that is wrong, None where it is accepted; document: for machines; page: for people, named so."""

    verdict: Given
    sentence: str
    outcome: str
    at: int
    error: ZkComplianceError | None
    document: str
    page: str
    page_name: str

    @property
    def accepted(self) -> bool:
        return self.error is None


def judged(verdict: Given) -> Judged:
    """A verdict of any kind, written down."""
    if isinstance(verdict, JointVerdict):
        text = telling.sentences(verdict)
        error = None if verdict.accepted else next(verdict.errors, RequirementNotShown("not every lab is shown"))
        outcome = "accepted" if verdict.accepted else "not accepted"
        first = text.partition("\n")[0]
        return Judged(verdict, first, outcome, verdict.judged_at, error, telling.document(verdict), text, "verdict.txt")
    if isinstance(verdict, Streak):
        said, outcome = streak_words.sentence(verdict), "accepted" if verdict.accepted else "not accepted"
        document, page = streak_json.write(verdict), streak_page.write(verdict)
        return Judged(verdict, said, outcome, verdict.judged_at, verdict.first_error, document, page, "verdict.html")
    return Judged(
        verdict, words.sentence(verdict), words.outcome(verdict), verdict.judged_at, _error(verdict),
        write(verdict, "json"), write(verdict, "html"), "verdict.html",
    )  # fmt: skip


def _error(verdict: Verdict) -> ZkComplianceError | None:
    if verdict.error is not None:
        return verdict.error
    errors = [each.error for each in verdict.findings if each.error is not None]
    if not errors and not verdict.accepted:
        return RequirementNotShown("nothing in the file was judged")
    return errors[0] if errors else None
