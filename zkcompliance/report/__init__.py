"""The verdict written down: for people (terminal, one HTML page) and for machines (JSON, OSCAL, SARIF, JUnit).

`write(verdict, format)` is a pure function of the verdict: no clock, no network, no random identifier.
"""

from __future__ import annotations

import importlib

from zkcompliance.errors import UsageError
from zkcompliance.policy.verdict import Verdict

FORMATS = {
    "json": "the whole verdict, zkcompliance-verdict/v1",
    "oscal": "NIST OSCAL assessment-results, JSON",
    "sarif": "SARIF 2.1.0: a result for whatever is not met or not shown",
    "junit": "JUnit XML: a test case for each requirement",
    "html": "one self-contained page for people",
}
MODULES = {"json": "json_document", "oscal": "oscal", "sarif": "sarif", "junit": "junit", "html": "html"}


def write(verdict: Verdict, format: str) -> str:
    """The verdict in one of FORMATS, as text that ends with a newline; UsageError for another format."""
    if format not in MODULES:
        raise UsageError(
            f"no format {format[:40]!r}: there are {', '.join(FORMATS)}", help="zkcompliance verify --help"
        )
    text: str = importlib.import_module(f"zkcompliance.report.{MODULES[format]}").write(verdict)
    return text
