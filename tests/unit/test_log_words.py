"""Every schema has its log word, and every column of it a name that claims can use."""

from __future__ import annotations

import keyword

import pytest

from tests.kit.exact_rows import encode_rows
from zkcompliance import schemas
from zkcompliance.claim import language
from zkcompliance.claim.language import LogTable, claim, require
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.meaning.interpret import interpret
from zkcompliance.schemas import Column, Schema

WORDS = {
    word.schema.name: word
    for word in map(language.__dict__.get, language.__all__)
    if isinstance(word, type) and issubclass(word, LogTable) and word is not LogTable
}


def test_there_is_one_for_each() -> None:
    assert WORDS.keys() == set(schemas.names())
    for name, word in WORDS.items():
        stem = "".join(part.capitalize() for part in name.removesuffix(".rollup").split("_"))
        assert word.__name__ == stem + ("RollUp" if name.endswith(".rollup") else "Log")
        assert word.schema is schemas.by_name(name)


def attribute(column: Column) -> str:
    return f"{column.name}_" if keyword.iskeyword(column.name) else column.name


def claim_of(schema: Schema) -> ClaimDefinition:
    """One requirement for each column: on every row it is what a missing value is, or, where it has to be there, 1."""

    def each(log: LogTable) -> None:
        for column in schema.columns:
            value = getattr(log, attribute(column))
            value = value if column.missing is None else value.or_else(wanted(column))
            if column.type == "enum":
                require(column.name, log.every(value == wanted(column)))
            elif column.type == "bool":
                require(column.name, log.every(value))
            elif column.type == "id":
                require(column.name, log.every(value == wanted(column)))
            else:
                require(column.name, log.every(value == wanted(column)))

    each.__annotations__["log"] = WORDS[schema.name]
    each.__doc__ = "Each column is what it is."
    return claim("each-column")(each)


def wanted(column: Column) -> object:
    if column.default is not None:
        return column.default
    return {"enum": column.choices[-1:] and column.choices[-1], "id": "x", "bool": True}.get(column.type, 1)


@pytest.mark.parametrize("schema", schemas.CATALOGUE, ids=lambda schema: schema.name)
def test_every_column_is_an_attribute(schema: Schema) -> None:
    row = {column.name: wanted(column) for column in schema.columns if column.default is None}
    tables = {"log": [encode_rows(schema, [row])]}
    found = interpret(claim_of(schema), tables, {})
    assert found.failing == ()
    assert not {attribute(column) for column in schema.columns} & set(dir(LogTable))
