"""A document where no verdict could be come to: malformed input, a policy that is not in force, evidence, a defect.

A tool that reads a document goes by what is in it, and takes an empty one for whatever it likes. So there is one in
every format, well formed, which is not accepted and says why; the exit status is that of the error.
"""

from __future__ import annotations

from collections.abc import Sequence

from zkcompliance.errors import UsageError, ZkComplianceError
from zkcompliance.policy.proofs import File
from zkcompliance.policy.verdict import PolicyRef, Verdict
from zkcompliance.quantities import parse_time
from zkcompliance.report import FORMATS


def verdict(
    error: ZkComplianceError, *, file: File | None, at: str | None, clock: int, policy: PolicyRef | None = None
) -> Verdict:
    """Of nothing, with the reason. file: where it could be read to its end; at, clock: as a request has them; policy:
    by which it would have been judged, where that is known.

    A time that is none is given as not stated.
    """
    try:
        now = clock if at is None else parse_time(at)
    except ZkComplianceError:
        now = 0
    digest, size = (b"", 0) if file is None else (file.digest, file.size)
    return Verdict(digest, size, now, policy, None, 0, b"", (), error=error)


def form_of(arguments: Sequence[str]) -> str:
    """The format that a command line asks for, where it could not be read as a whole; `text` for none."""
    found = "text"
    left = iter(arguments)
    for each in left:
        if each == "--":
            break
        name, equals, value = each.partition("=")
        if name == "--format":
            value = value if equals else next(left, "")
            found = value if value in FORMATS else found
        elif each == "--json":
            found = "json"
    return found


def at_of(arguments: Sequence[str]) -> str | None:
    """The `--at` of such a command line; None for none."""
    found = None
    left = iter(arguments)
    for each in left:
        name, equals, value = each.partition("=")
        if name == "--at":
            found = value if equals else next(left, "")
    return found


def two_formats(form: str, as_json: bool, help: str) -> str:
    """The one format that `--format` and `--json` ask for; UsageError where they disagree."""
    if as_json and form not in ("text", "json"):
        raise UsageError(f"--json and --format {form} are two formats", help=help)
    return "json" if as_json else form
