"""`zkcompliance policies needs POLICY`: what a lab has to log for a policy, and which importers can fill it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from zkcompliance import importers
from zkcompliance.claim import catalogue
from zkcompliance.commands.console import print_json, print_text
from zkcompliance.prove import beside, own_claims
from zkcompliance.prove.needs import Cadence, ColumnNeed, LogNeed, Named, cadence, named, needs
from zkcompliance.quantities import number_of

if TYPE_CHECKING:
    from zkcompliance.policy.model import Policy
    from zkcompliance.schemas import Schema

NO_FORMAT = "formats: csv, jsonl, arrow, or the Python writer; no tool writes such rows"


def show(name: str, claim_files: Sequence[str], as_json: bool) -> None:
    """Print the needs of a policy: a ready-made one's name, or a .toml file. claim_files: texts of its own claims."""
    own = catalogue.own(tuple(claim_files))
    policy = own_claims.load(name, own)
    found, times, names = needs(policy, own), cadence(policy), named(policy)
    if as_json:
        print_json(document(policy, found, times, names))
        return
    print_text("\n".join(lines(policy, found, times, names)))


def fills(schema: Schema, column: str) -> list[str]:
    """The formats of tools that can have a column; those that take whatever the input has are not named."""
    return [each.name for each in importers.FORMATS.values() if each.columns and each.fills(schema, column)]


def document(
    policy: Policy, found: Sequence[LogNeed], times: Sequence[Cadence], names: Sequence[Named]
) -> dict[str, Any]:
    """As JSON: formats of a column are those of tools; csv, jsonl and arrow have any."""
    return {
        "policy": policy.label,
        "sha256": policy.digest.hex(),
        "subject": policy.subject,
        "reference": policy.reference,
        "cadence": [{"of": each.of, "says": each.says} for each in times],
        "names": [{"of": each.of, "says": each.says} for each in names],
        "beside": beside.document(policy),
        "logs": [
            {
                "name": each.rule.name,
                "schema": each.schema.label,
                "rows": str(each.rule.rows),
                "counted": {name: str(least) for name, least in each.counted.items()},
                "sources": list(each.rule.sources),
                "meterer": each.rule.meterer or None,
                "further": each.further,
                "columns": [_column(need, each.schema) for need in each.columns],
                "any_column": [one.name for one in importers.FORMATS.values() if not one.columns],
            }
            for each in found
        ],
    }


def _column(need: ColumnNeed, schema: Schema) -> dict[str, Any]:
    column = need.column
    return {
        "name": column.name, "type": column.type_text, "doc": column.doc, "must_be_stated": need.stated,
        "read_by": list(need.read_by), "formats": fills(schema, column.name),
    }  # fmt: skip


def lines(policy: Policy, found: Sequence[LogNeed], times: Sequence[Cadence], names: Sequence[Named]) -> list[str]:
    """The same for a person."""
    out = [f"What {policy.label} needs to be logged: {number_of(len(found), 'log')}"]
    for log in found:
        out += ["", f"{log.rule.name}: schema {log.schema.label}, {log.schema.doc}", *_of_log(log)]
        for need in log.columns:
            out += [
                f"    {need.column.name}: {need.column.doc}",
                f"      {'; '.join([_read_by(need), *_filled(log, need)])}",
            ]
    if names:
        out += ["", "Names that rows are held against, letter by letter:", *(f"  - {_with_of(each)}" for each in names)]
    out += ["", "How often:", *(f"  - {each.says if '.' not in each.of else _with_of(each)}" for each in times)]
    if not times:
        out.append("  - the policy says nothing of it")
    out += ["", "Beside the logs:"]
    out.append(f"  - {'every proof names the model: --subject NAME=PATH' if policy.subject else 'no model is named'}")
    if policy.reference:
        out.append("  - every proof names a reference that the regulator drew: --context REFERENCE")
    out += [f"  - {each}" for each in beside.lines(policy)]
    return out


def _with_of(each: Cadence | Named) -> str:
    return f"{each.of.partition('.')[0]}: {each.says}"


def _of_log(log: LogNeed) -> list[str]:
    """What is asked of the log as a whole."""
    rule, said = log.rule, []
    if log.further:
        said.append("may be left out: requirements that name it are met without it")
    if rule.rows:
        said.append(f"at least {number_of(rule.rows, 'row')}")
    said += [
        f"at least {least:,} that count{'s' if least == 1 else ''} for {name}" for name, least in log.counted.items()
    ]
    if rule.sources:
        said.append(f"the source of every row is {' or '.join(rule.sources)}")
    if rule.meterer:
        said.append(f"sealed by {rule.meterer}, who is not the lab")
    tools = _tools(log.schema)
    said.append(f"formats: {', '.join(tools)}; and csv, jsonl, arrow" if tools else NO_FORMAT)
    return [f"  {each}" for each in said]


def _tools(schema: Schema) -> list[str]:
    """The formats of tools that give rows of a schema."""
    return [each.name for each in importers.FORMATS.values() if schema.name in each.schemas]


def _read_by(need: ColumnNeed) -> str:
    read = f"read by {', '.join(need.read_by)}" if need.read_by else "read by no claim here"
    return f"{read}; every row states it" if need.stated else f"{read}; may be missing in a row"


def _filled(log: LogNeed, need: ColumnNeed) -> list[str]:
    """Which of the log's formats have the column; nothing where there are none, which the log says."""
    tools, found = _tools(log.schema), fills(log.schema, need.column.name)
    if not tools:
        return []
    if len(found) == len(tools):
        return ["any of these formats fills it"]
    if not found:
        return [f"NOT FILLED by {' or '.join(tools)}: it comes by csv, jsonl or arrow"]
    return [f"filled by {', '.join(found)}, and NOT by {', '.join(name for name in tools if name not in found)}"]
