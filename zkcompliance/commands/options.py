"""What several verbs take: claims, parameters, logs, keys, and where to write."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from zkcompliance import errors
from zkcompliance.errors import ZkComplianceError
from zkcompliance.quantities import exact_beside

if TYPE_CHECKING:
    from zkcompliance.claim.model import Claim

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
cluster_option = click.option(
    "--cluster", metavar="ADDRESS",
    help="Who does the work: the workers of the Dask scheduler there, such as tcp://10.0.0.5:8786, or local:N, "
    "N processes of this machine.",
)  # fmt: skip
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
    help="A claim of your own that the policy names: its card (.json), or its text (.py).",
)  # fmt: skip
subject_option = click.option(
    "--subject",
    metavar="NAME=PATH",
    help="The model: NAME=PATH of its file or folder, NAME=signature:FILE, NAME=sha256:HEX, or NAME=tree:HEX.",
)
log_option = click.option(
    "--log",
    "-l",
    "logs",
    multiple=True,
    required=True,
    metavar="[NAME=]DIR",
    help="A sealed log, under the claim's name for it, or the policy's; again for each log that goes by one name.",
)


def complete_claims(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Shell completion: the claims of the catalogue, and files."""
    from zkcompliance.card import catalogue

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
    from zkcompliance.card import catalogue as claims
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


def paths_of(*texts: str | Path | None) -> list[Path]:
    """What options may name as files: each text, and what stands behind the `=` of one such as NAME=PATH."""
    found = [Path(text) for text in texts if text]
    return found + [Path(value) for text in texts if text and (value := str(text).partition("=")[2])]


def subject_paths(subject: str | None) -> list[Path]:
    """The file or folder that `--subject` names; none where it gives digests."""
    if subject is None:
        return []
    from zkcompliance.policy.subject import path_of

    path = path_of(subject)
    return [] if path is None else [path]
