"""Rows that were asked for by lot, as findings: what came of each request, and what a policy's [openings] asks of it.

Requests and their answers are checked before (openings/answers.py), with libraries that the one-file verifier has not:
here they are data. There a policy with [openings] is never met, and the finding says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from zkcompliance.errors import RequirementNotShown, ZkComplianceError
from zkcompliance.log.checkpoint import generation_of
from zkcompliance.policy.model import Openings
from zkcompliance.policy.verdict import Finding, LogShown, Status, Value
from zkcompliance.quantities import show_time

CLAIM = "rows-drawn"  # where no proof says of which schema, and by what
NAMED = "openings: "  # and the policy's name of the log, or its origin where no policy asks
_HELP = "zkcompliance request new --help"


@dataclass(frozen=True)
class Opened:
    """A request for rows of a checkpoint (origin, size, root), and what came of it; error: None where it is answered.

    asker: the vkey text that signed it; made, answer_by: UTC seconds. Of an answer: total, of real rows, or of FLOP
    where `weight` is flop; shown: rows that are shown; claim: id and version; program: of the first claim, SHA-256;
    file: SHA-256 of the file of opened rows, of `length` bytes; rows_log2: each of its segments has at most 2^k rows;
    key: the vkey text that signed the checkpoint; security: as `finding.of_proof` has it.
    """

    origin: str
    size: int
    root: bytes
    rows: int
    weight: str
    asker: str
    reference: str
    made: int
    answer_by: int
    error: ZkComplianceError | None = None
    total: int = 0
    shown: int = 0
    claim: str = ""
    program: bytes = b""
    file: bytes = b""
    length: int = 0
    rows_log2: tuple[int, ...] = ()
    key: str = ""
    security: Mapping[str, Any] = field(default_factory=dict)

    @property
    def at(self) -> tuple[str, int, bytes]:
        """Of which checkpoint."""
        return self.origin, self.size, self.root


Checkpoints = Mapping[str, frozenset[tuple[str, int, bytes]]]  # a policy's name of a log → what proofs are about of it


def findings(
    asked: Openings | None, logs: Sequence[str], shown: Checkpoints, opened: Sequence[Opened]
) -> list[Finding]:
    """One for each log of which the policy asks rows, and one for each request besides that has no answer, or a false
    one. logs: the policy's names; shown: by these."""
    made, used = [], set()
    for name in (asked.logs or logs) if asked is not None else ():
        finding, of = _asked(asked, name, shown.get(name, frozenset()), opened)
        made.append(finding)
        used |= of
    return [*made, *(_alone(each) for number, each in enumerate(opened) if number not in used)]


def _asked(
    asked: Openings | None, name: str, of: frozenset[tuple[str, int, bytes]], opened: Sequence[Opened]
) -> tuple[Finding, set[int]]:
    """The finding of one log, and the numbers of the requests that it is about. Each of its checkpoints is answered."""
    if asked is None or not of:
        why = f"{NAMED}{name}: no proof of the file is about this log, of which rows are to be opened"
        return _finding(name, "", Status.NOT_SHOWN, RequirementNotShown(why, help=_HELP)), set()
    says = f"at least {asked.rows} rows of {name}, drawn by {asked.weight}, are opened"
    used: set[int] = set()
    best: list[Opened] = []
    for at in sorted(of):
        mine = sorted(_fitting(asked, at, opened), key=lambda pair: pair[1].error is not None)
        used |= {number for number, _ in mine[:1]}  # an answer to one request is none to another: that is a finding too
        if not mine or mine[0][1].error is not None:
            error = mine[0][1].error if mine else None
            error = error or RequirementNotShown(
                f"{NAMED}{name}: no request of {asked.rows} rows or more, drawn by {asked.weight}, of the checkpoint "
                "that the proof is about is given with its answer",
                help=_HELP,
            )
            return _finding(name, says, Status.NOT_SHOWN, error), used
        best.append(mine[0][1])
    return _answered(name, says, best), used


def _fitting(asked: Openings, at: tuple[str, int, bytes], opened: Sequence[Opened]) -> Iterator[tuple[int, Opened]]:
    for number, each in enumerate(opened):
        if each.at == at and each.weight == asked.weight and each.rows >= asked.rows:
            yield number, each


def _answered(name: str, says: str, best: Sequence[Opened]) -> Finding:
    first = best[0]
    values = []
    for each in best:
        unit = "FLOP" if each.weight == "flop" else "rows"
        values += [
            Value("rows shown", "revealed", f"{each.shown:,}", each.shown, "of those that the request draws"),
            Value("drawn from", "revealed", f"{each.total:,} {unit}", each.total, "all that the log has"),
        ]
    who = ", ".join(dict.fromkeys(each.asker.partition("+")[0] for each in best))
    warnings = (
        f"that {who} made the request, and before its round was published, is the word of whoever judges: it was given "
        f"to this judgement, and states {show_time(first.made)}",
    )
    return _finding(name, says, Status.MET, None, first, tuple(values), warnings)


def _alone(each: Opened) -> Finding:
    """A request that no policy asks for: its finding is what came of it."""
    says = f"{each.rows} rows of {each.origin}, drawn by {each.weight}, asked under {each.reference or 'no reference'}"
    if each.error is None:
        return _answered(each.origin, says, [each])
    return _finding(each.origin, says, Status.NOT_SHOWN, each.error, each)


def _finding(
    name: str,
    says: str,
    status: Status,
    error: ZkComplianceError | None,
    of: Opened | None = None,
    values: tuple[Value, ...] = (),
    warnings: tuple[str, ...] = (),
) -> Finding:
    made = Finding(NAMED + name, says, CLAIM, b"", status, error, values=values, warnings=warnings)
    if of is None or of.error is not None:
        return made
    log = LogShown("log", name, of.origin, of.size, of.root, of.rows_log2, of.key, rows=of.shown)
    return replace(
        made, claim=of.claim, program=of.program, logs=(log,), proof_sha256=of.file, proof_bytes=of.length,
        **of.security,
    )  # fmt: skip


def log_names(origins: Sequence[str]) -> frozenset[str]:
    """The names of logs, whose generations are one log."""
    return frozenset(generation_of(origin)[0] for origin in origins)
