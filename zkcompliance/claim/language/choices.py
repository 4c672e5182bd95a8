"""Enums of the built-in schemas as words of the claim language."""

from __future__ import annotations

from zkcompliance import schemas
from zkcompliance.claim.language.params import names
from zkcompliance.claim.language.types import EnumWord


class Phase(EnumWord, schema=schemas.compute, column="phase"):
    """What compute was for."""


class IncidentCategory(EnumWord, schema=schemas.incident, column="category"):
    """Which reporting clock applies."""


class Source(EnumWord, schema=schemas.compute, column="source"):
    """How far a row's input is to be trusted; every schema has this column."""


# EU GPAI guidelines, C(2025) 7719: what counts towards a model's training compute
COUNTED = names("pretraining", "fine_tuning", "reinforcement", "synthetic_data")
