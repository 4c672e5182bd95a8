"""The compiled claims of the catalogue with their examples, each loaded and compiled once."""

from __future__ import annotations

import functools

import numpy as np

from tests.kit.compiled_trial import padded
from zkcompliance.circuits.logs import log_floor
from zkcompliance.claim import catalogue
from zkcompliance.claim.compile import Compiled, compile_claim
from zkcompliance.claim.language.build import ClaimDefinition
from zkcompliance.claim.language.example import Example
from zkcompliance.schemas import Schema

MODULES = tuple(name.replace("-", "_") for name in catalogue.names(families=False))


@functools.cache
def definition(module: str) -> ClaimDefinition:
    """The one claim that `circuits/SUBJECT/MODULE.py` defines."""
    (claim,) = {each for each in vars(catalogue.files()[module]).values() if isinstance(each, ClaimDefinition)}
    return claim


@functools.cache
def floor_of(schema: Schema) -> ClaimDefinition:
    """The floor of logs of a schema."""
    claim: ClaimDefinition = log_floor.family(schema)
    return claim


def examples(module: str) -> tuple[Example, ...]:
    made: tuple[Example, ...] = catalogue.files()[module].EXAMPLES
    return made


@functools.cache
def compiled(module: str) -> Compiled:
    return compile_claim(definition(module))


def inputs(module: str, example: Example) -> tuple[dict[str, list[np.ndarray]], dict[str, int]]:
    """The example's tables with padding, and all parameters."""
    tables, params = example.inputs(definition(module))
    made = {name: [padded(table) for table in parts] for name, parts in tables.items()}
    return made, definition(module).publics(params)
