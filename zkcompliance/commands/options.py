"""What several verbs take: claims, parameters, logs, keys, and where to write."""

from __future__ import annotations

import contextlib
import inspect
import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from zkcompliance import errors, regular
from zkcompliance.claim.model import Claim
from zkcompliance.errors import UsageError, ZkComplianceError
from zkcompliance.log import files
from zkcompliance.quantities import exact_beside

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
param_option = click.option(
    "--param",
    "-p",
    "params",
    multiple=True,
    metavar="NAME=VALUE",
    help="A parameter of the claim; to prove a policy, REQUIREMENT.NAME=VALUE of what it leaves open.",
)
claim_file_option = click.option(
    "--claim-file", "claim_files", multiple=True, metavar="FILE", type=click.Path(),
    help="The .py file of a claim of your own that the policy names.",
)  # fmt: skip
subject_option = click.option(
    "--subject",
    metavar="NAME=PATH",
    help="The model: NAME=PATH of its file or folder, NAME=signature:FILE, or NAME=sha256:HEX.",
)
log_option = click.option(
    "--log",
    "-l",
    "logs",
    multiple=True,
    required=True,
    metavar="[NAME=]DIR",
    help="A sealed log, under the claim's name for it, or the policy's.",
)


def complete_claims(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Shell completion: the claims of the catalogue, and files."""
    from zkcompliance.claim import catalogue

    return [*_beginning(catalogue.names(), incomplete), _file(incomplete)]


def complete_policies(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Shell completion: the ready-made policies, and files."""
    from zkcompliance.policy import catalogue

    return [*_beginning(catalogue.names(), incomplete), _file(incomplete)]


policies_option = click.option(
    "--policy", "policies", multiple=True, metavar="POLICY", shell_complete=complete_policies,
    help="All that this policy asks, in place of one CLAIM.",
)  # fmt: skip


def complete_schemas(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Shell completion: the log schemas."""
    from zkcompliance import schemas

    return _beginning(schemas.names(), incomplete)


def error_classes() -> Iterator[type[ZkComplianceError]]:
    """Every error class of `zkcompliance.errors`."""
    for _, value in inspect.getmembers(errors, inspect.isclass):
        if issubclass(value, ZkComplianceError):
            yield value


def complete_subjects(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Shell completion of what can be explained: claims, policies, error codes, and files."""
    from zkcompliance.claim import catalogue as claims
    from zkcompliance.policy import catalogue as policies

    codes = sorted({each.code for each in error_classes()})
    return [*_beginning([*claims.names(), *policies.names(), *codes], incomplete), _file(incomplete)]


def _beginning(names: Sequence[str], incomplete: str) -> list[CompletionItem]:
    return [CompletionItem(name) for name in names if name.startswith(incomplete)]


def _file(incomplete: str) -> CompletionItem:
    return CompletionItem(incomplete, type="file")


def show_params(claim: Claim, publics: Mapping[str, int]) -> dict[str, str]:
    """Every parameter as people read it, with all its digits where the short form is not exact."""
    return {p.name: exact_beside(p.show(publics[p.name]), publics[p.name]) for p in claim.params}


def writable(path: Path, *read: str | Path | None) -> None:
    """UsageError unless a file can be made at `path`, in place of none of those that are read: before long work."""
    for each in read:
        if each is not None and path.resolve() == Path(each).resolve():
            raise UsageError(f"{path} is read, and would be overwritten: write to another file")
    if path.is_dir():
        raise UsageError(f"{path} is a folder")
    if path.is_file() and not path.stat().st_mode & 0o077:
        why = "only its owner can read it, as a key or the rows of a log, and outputs are public"
        raise UsageError(f"{path} is there, and {why}: write to another file")
    if not path.parent.is_dir() or not os.access(path.parent, os.W_OK):
        raise UsageError(f"{path.parent} is not a folder that can be written to")


def write_output(path: Path, data: bytes) -> None:
    """A whole output file or none: temporary file beside it, then an atomic rename."""
    write_outputs({path: data})


def write_outputs(outputs: Mapping[Path, bytes]) -> None:
    """All whole output files or none: everything lies on the disk before the first gets its name."""
    waiting: dict[Path, Path] = {}
    done: list[Path] = []
    try:
        for path, data in outputs.items():
            waiting[path] = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
            files.create(waiting[path], data, files.PUBLIC)
        for path, temporary in waiting.items():
            temporary.replace(path)
            done.append(path)
            files.sync_dir(path.parent)
    except BaseException as error:
        for leftover in [*waiting.values(), *done]:
            with contextlib.suppress(OSError):
                leftover.unlink()
        if isinstance(error, OSError):
            where = error.filename or path
            raise UsageError(f"{where}: {regular.reason(error)}", help=regular.remedy(error)) from error
        raise
