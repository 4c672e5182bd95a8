"""Enums of the built-in schemas as words of the claim language: every column of choices has one.

Columns with one list of choices share a word. Which lists ascend, so that `<` has a meaning, the schemas say.
"""

from __future__ import annotations

from zkcompliance import schemas
from zkcompliance.claim.language.params import names
from zkcompliance.claim.language.types import EnumWord


class Phase(EnumWord, schema=schemas.compute, column="phase"):
    """What compute was for."""


class DeviceKind(EnumWord, schema=schemas.compute, column="device_kind"):
    """Kind of accelerator, of a job or of a chip."""


class Method(EnumWord, schema=schemas.compute, column="method"):
    """How FLOP were arrived at."""


class JobStatus(EnumWord, schema=schemas.compute, column="status"):
    """How a job ended."""


class Source(EnumWord, schema=schemas.compute, column="source"):
    """How far a row's input is to be trusted; every schema has this column."""


class Modality(EnumWord, schema=schemas.model, column="modality"):
    """What a model generates, or a dataset holds."""


class BookingKind(EnumWord, schema=schemas.booking, column="kind"):
    """What an accelerator was held for."""


class EvalLimit(EnumWord, schema=schemas.eval_, column="limit"):
    """Which limit cut an attempt short."""


class EvalStatus(EnumWord, schema=schemas.eval_, column="status"):
    """How an attempt ended."""


class Answered(EnumWord, schema=schemas.eval_, column="dirty"):
    """Yes, no or unknown: of `dirty`, `irreversible` and `accredited`."""


class EventKind(EnumWord, schema=schemas.event, column="kind"):
    """What happened."""


class IncidentCategory(EnumWord, schema=schemas.incident, column="category"):
    """Which reporting clock applies."""


class Detector(EnumWord, schema=schemas.incident, column="detected_by"):
    """Who found an incident."""


class ReportKind(EnumWord, schema=schemas.incident_report, column="kind"):
    """The first report, an update, or the last; they ascend."""


class Licence(EnumWord, schema=schemas.dataset, column="licence"):
    """Under what right a training source is used."""


class Region(EnumWord, schema=schemas.dataset, column="region"):
    """Where a training source was collected, or a customer is."""


class Provenance(EnumWord, schema=schemas.dataset, column="provenance"):
    """Whether it is known where all of a training source is from."""


class Layer(EnumWord, schema=schemas.audit, column="layer"):
    """What was audited."""


class Outcome(EnumWord, schema=schemas.audit, column="outcome"):
    """The result of an audit; they ascend."""


class Risk(EnumWord, schema=schemas.decision, column="risk"):
    """The risk class of a decision; they ascend."""


class Reviewer(EnumWord, schema=schemas.decision, column="reviewer_kind"):
    """What reviewed a decision."""


# EU GPAI guidelines, C(2025) 7719: what counts towards a model's training compute
COUNTED = names("pretraining", "fine_tuning", "reinforcement", "synthetic_data")
