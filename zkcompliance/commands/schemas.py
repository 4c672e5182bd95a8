"""`zkcompliance schemas [NAME]`."""

from __future__ import annotations

import click

from zkcompliance import schemas
from zkcompliance.commands.console import print_json, print_table
from zkcompliance.commands.options import complete_schemas, json_option


@click.command("schemas")
@click.argument("name", required=False, shell_complete=complete_schemas)
@json_option
def command(name: str | None, as_json: bool) -> None:
    """List the log schemas, or show the columns of one."""
    every = [schema for each in schemas.names() for schema in schemas.versions(each)]
    chosen = [schemas.by_name(name)] if name else every
    if as_json:
        print_json({"schemas": [_as_json(schema) for schema in chosen]})
        return
    if name is None:
        rows = [(schema.label, schema.doc, ", ".join(c.name for c in schema.columns)) for schema in chosen]
        print_table("", ("schema", "one row is", "columns"), rows)
        return
    schema = chosen[0]
    columns = [(c.name, c.type_text, _default(c), c.doc) for c in schema.columns]
    print_table(
        f"{schema.label}: {schema.doc}; digest {schema.digest.hex()}", ("column", "type", "missing", "meaning"), columns
    )


def _default(column: schemas.Column) -> str:
    """What a missing value stands for."""
    if column.optional:
        return "missing, not 0"
    return "refused" if column.default is None else repr(column.default)


def _as_json(schema: schemas.Schema) -> dict[str, object]:
    columns = [
        {
            "name": c.name,
            "type": c.type,
            "choices": list(c.choices),
            "required": c.default is None,
            "missing": None if c.default is None else _default(c),
            "doc": c.doc,
        }
        for c in schema.columns
    ]
    return {
        "name": schema.name, "version": schema.version, "doc": schema.doc, "digest": schema.digest.hex(),
        "columns": columns,
    }  # fmt: skip
