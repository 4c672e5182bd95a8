"""`zkcompliance check CLAIM --log DIR --param k=v` or `check --policy P --log NAME=DIR …`."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import (
    claim_file_option,
    complete_claims,
    json_option,
    log_option,
    param_option,
    policies_option,
    show_params,
    subject_option,
)
from zkcompliance.edge.pairs import by_slot, pairs
from zkcompliance.errors import UsageError, ZkComplianceError
from zkcompliance.quantities import parse_time

if TYPE_CHECKING:
    from zkcompliance.log.store import SealedLog
    from zkcompliance.prove.missing import Lack

NO_LOG = "not checked: a log that it is about is not given"


@click.command("check")
@click.argument("claim_name", metavar="[CLAIM]", required=False, shell_complete=complete_claims)
@policies_option
@claim_file_option
@log_option
@param_option
@subject_option
@click.option("--rehearse", metavar="TIME", help="With --policy: as if at this time, such as 2027-02-01.")
@json_option
def command(
    claim_name: str | None,
    policies: tuple[str, ...],
    claim_files: tuple[str, ...],
    logs: tuple[str, ...],
    params: tuple[str, ...],
    subject: str | None,
    rehearse: str | None,
    as_json: bool,
) -> int:
    """Does CLAIM, or all that each --policy asks, hold over these logs? In plain text; prints private figures.

    Of a policy it also names what is missing (logs, columns that no row states, rows), how far each limit is away, and
    what it asks beside rows, such as cosignatures, devices and openings, which is not checked here.

    Exit status 0 when it holds, 1 when it does not.
    """
    if (claim_name is None) == (not policies):
        raise UsageError("what is to be checked: one CLAIM, or --policy", help="zkcompliance check --help")
    if claim_name is None:
        return _policies(policies, claim_files, logs, params, subject, rehearse, as_json)
    if subject is not None or claim_files or rehearse is not None:
        raise UsageError("--subject, --claim-file and --rehearse go with --policy", help="zkcompliance check --help")
    return _claim(claim_name, logs, params, as_json)


def _policies(
    names: tuple[str, ...],
    claim_files: tuple[str, ...],
    logs: tuple[str, ...],
    params: tuple[str, ...],
    subject: str | None,
    rehearse: str | None,
    as_json: bool,
) -> int:
    from zkcompliance.claim import catalogue
    from zkcompliance.commands import figures, outcomes
    from zkcompliance.commands.logs import by_label, open_of
    from zkcompliance.policy.binding import Binding
    from zkcompliance.policy.catalogue import asked
    from zkcompliance.policy.subject import parse_subject
    from zkcompliance.prove import beside, missing, own_claims
    from zkcompliance.prove.policy import survey
    from zkcompliance.prove.tasks import plan

    own = catalogue.own(claim_files)
    chosen = [own_claims.load(name, own) for name in names]
    now = int(time.time()) if rehearse is None else parse_time(rehearse)
    opened = open_of(chosen, logs)
    with console.progress() as report:
        model = None if subject is None else parse_subject(subject, report)
    reduced = [missing.without_logs(policy, opened, own) for policy in chosen]
    lacks = [lack for _, several in reduced for lack in several]
    some = [policy for policy, _ in reduced if asked(policy)]
    gone = {f"{lack.policy} {each}" for lack in lacks for each in lack.of}
    given = pairs(params, "--param")
    if lacks:  # what is given for a requirement that cannot be checked is left aside
        aside = {name for lack in lacks for name in lack.of}
        given = {key: value for key, value in given.items() if key.partition(".")[0] not in aside}
    binding = Binding(None, model, now, rehearsal=rehearse is not None)
    tasks = plan(some, opened, given, binding=binding, own=own) if some else []
    found = survey(tasks, time=now)
    for policy in some:
        lacks += missing.lacking(policy, opened, own)
    results = [(task, found.results[task.label]) for task in tasks if task.label in found.results]
    lacks += [lack for task, result in results for lack in missing.uncounted(task, result)]
    margins = {task.label: missing.margins(task, result) for task, result in results}
    found_figures = {task.label: result for task, result in results}
    ended, texts = outcomes.of_logs(by_label(opened)), figures.known_texts(by_label(opened).values())
    holds = not gone and all(fault is None for _, fault in found.outcomes)
    by_segment = _by_segment(by_label(opened))
    if as_json:
        console.print_json(
            {
                "holds": holds,
                "requirements": {
                    **{
                        label: {
                            "holds": fault is None,
                            "why": "" if fault is None else _why(fault),
                            "margins": margins.get(label, {}),
                            **(figures.document(found_figures[label], texts) if label in found_figures else {}),
                        }
                        for label, fault in found.outcomes
                    },
                    **{label: {"holds": False, "why": NO_LOG, "margins": {}} for label in sorted(gone)},
                },
                "outcomes": {label: each.text for label, each in ended.items()},
                "outcome_counts": {label: each.document() for label, each in ended.items()},
                "missing": [_lack(lack) for lack in lacks],
                "proofs": [
                    {
                        "policy": union.tasks[0].policy.label,
                        "requirements": [task.requirement.name for task in union.tasks],
                    }
                    for union in found.unions
                ],
                "notes": list(found.notes),
                "beside": {policy.label: beside.document(policy) for policy in chosen},
                "proofs_left": {label: min(counts) for label, counts in by_segment.items()},
            }
        )
    else:
        title = f"{', '.join(policy.label for policy in chosen)} {'HOLDS' if holds else 'DOES NOT HOLD'}"
        fields = {
            label: "\n".join(
                [
                    "holds" if fault is None else _why(fault),
                    *_lines(margins.get(label, {})),
                    *(_lines(figures.lines(found_figures[label], texts)) if label in found_figures else ()),
                ]
            )
            for label, fault in found.outcomes
        }
        fields |= dict.fromkeys(sorted(gone), NO_LOG)
        fields |= {f"outcomes ({label})": each.text for label, each in ended.items()}
        fields |= {f"proofs left ({label})": _left(counts) for label, counts in by_segment.items()}
        console.print_fields(title, fields, "bold green" if holds else "bold red")
        if lacks:
            console.print_text("\n".join(["", "Missing:", *(line for lack in lacks for line in _said(lack))]))
        if also := [f"  - {each}" for policy in chosen for each in beside.lines(policy)]:
            console.print_text("\n".join(["", "Asked beside the rows, and not checked here:", *also]))
        for sentence in found.notes:
            console.note(sentence)
    return 0 if holds else 1


def _lines(margins: Mapping[str, str]) -> list[str]:
    return [f"{name}: {margin}" for name, margin in margins.items()]


def _said(lack: Lack) -> list[str]:
    return [f"  - {lack.says}", f"    help: {_remedy(lack)}"]


def _lack(lack: Lack) -> dict[str, object]:
    return {
        "kind": lack.kind, "policy": lack.policy, "log": lack.log, "column": lack.column or None,
        "requirements": list(lack.of), "says": lack.says, "help": _remedy(lack),
    }  # fmt: skip


def _remedy(lack: Lack) -> str:
    """What to do about it."""
    from zkcompliance.commands.policy_needs import fills
    from zkcompliance.prove import missing

    if lack.kind == missing.LOG:
        sealed = f"zkcompliance seal INPUT --schema {lack.schema.name} --log DIR --key KEY"
        return f"{sealed}  # then add --log {lack.log}=DIR; --empty states that there is nothing to log"
    if lack.kind == missing.COLUMN:
        tools = ", ".join([*fills(lack.schema, lack.column), "csv, jsonl and arrow"])
        return f"rows that are sealed from now on can state {lack.column}: formats that have it are {tools}"
    if lack.kind == missing.COUNTED:
        return f"zkcompliance explain {lack.claim}  # which rows count"
    return "seal the rows that are missing, or ask whether the policy is about this log"


def _claim(claim_name: str, logs: tuple[str, ...], params: tuple[str, ...], as_json: bool) -> int:
    from zkcompliance.card.typed import params_of
    from zkcompliance.claim import catalogue
    from zkcompliance.commands import figures, outcomes
    from zkcompliance.commands.logs import by_label, open_for
    from zkcompliance.prove import api
    from zkcompliance.prove.growth import covered

    claim = catalogue.load(claim_name)
    publics = params_of(claim.id, claim.params, params)
    opened = open_for(claim, by_slot(list(claim.slots), logs, "--log"))
    asked = api.Asked(claim.id, claim, opened, publics)
    columns = api.columns_of(api.logs_of([asked]))
    result = api.check(asked, columns)
    ended = {
        label: said
        for label, log in by_label(opened).items()
        if (said := outcomes.ended(log.schema, columns[log.origin])) is not None
    }
    texts = figures.known_texts(by_label(opened).values())
    by_segment = _by_segment(by_label(opened))
    limits = covered(claim, opened)
    status = 0 if result.holds else 1
    if as_json:
        console.print_json(
            {
                "claim": claim.id, "version": claim.version, "holds": result.holds, "requirement": result.requirement,
                "margin": result.margin, "params": {name: str(value) for name, value in publics.items()},
                "details": {name: str(value) for name, value in result.details.items()},
                "reveals": {name: str(value) for name, value in result.reveals.items()},
                **figures.document(result, texts),
                "outcomes": {label: each.text for label, each in ended.items()},
                "outcome_counts": {label: each.document() for label, each in ended.items()},
                "proofs_left": {label: min(counts) for label, counts in by_segment.items()},
                "one_proof_covers": {slot: most for slot, (most, _) in limits.items()},
                "segments": {
                    slot: [{"index": index, "proofs_left": count} for index, count in enumerate(counts)]
                    for slot, counts in by_segment.items()
                },
            }
        )  # fmt: skip
        return status
    console.print_fields(
        f"{claim.id} {'HOLDS' if result.holds else 'DOES NOT HOLD'}",
        {
            **show_params(claim, publics),
            "requirement": result.requirement,
            "margin": result.margin,
            **{name: str(value) for name, value in result.details.items() if name not in publics},
            **figures.lines(result, texts),
            **{f"outcomes ({label})": each.text for label, each in ended.items()},
            **{
                f"segments ({slot})": f"{sum(len(log.segments) for log in opened[slot])}, and one proof covers at most "
                f"{most} of up to 2^{k} rows each"
                for slot, (most, k) in limits.items()
            },
            **{f"proofs left ({slot})": _left(counts) for slot, counts in by_segment.items()},
        },
        "bold green" if result.holds else "bold red",
    )
    return status


def _why(fault: ZkComplianceError) -> str:
    return f"{fault.message} ({fault.private})" if fault.private else fault.message


def _by_segment(logs: Mapping[str, SealedLog]) -> dict[str, list[int]]:
    """Label → how many proofs each segment of the log still allows; a log without segments is left out."""
    return {
        label: [segment.budget().proofs_left() for segment in log.segments]
        for label, log in logs.items()
        if log.segments
    }


def _left(counts: list[int]) -> str:
    """`85`, and segment by segment where there are several: `12 (segment 0: 85, segment 1: 12)`."""
    if len(counts) == 1:
        return str(counts[0])
    return f"{min(counts)} ({', '.join(f'segment {index}: {count}' for index, count in enumerate(counts))})"
