"""The file that leaves: proofs, and the lineages of the logs that are in a later generation."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from zkcompliance.edge.shown import command
from zkcompliance.errors import LogError
from zkcompliance.limits import MAX_POLICY_BUNDLE_BYTES
from zkcompliance.log import files
from zkcompliance.log.layout import Layout
from zkcompliance.log.store import SealedLog
from zkcompliance.stark.statement import encode_policy_bundle


def enclose(proofs: Mapping[tuple[bytes, str], bytes], logs: Iterable[SealedLog], tell: Callable[[str], None]) -> bytes:
    """A policy bundle of these proofs with the lineages of their logs, as far as they fit.

    proofs: by the head of each, and the requirement of its first claim.

    `tell` gets a sentence for each lineage that is left out, and is to be sent beside the file.
    """
    room = MAX_POLICY_BUNDLE_BYTES - len(encode_policy_bundle(proofs))
    lineages: dict[str, bytes] = {}
    for name, path in sorted(lineages_of(logs).items()):
        with files.reporting(path):
            size = path.lstat().st_size
        if 4 + size > room:
            tell(f"{path} ({size:,} bytes) has no room in the proof file: send it along")
            continue
        room -= 4 + size
        lineages[name] = files.read(path, size, private=False)
    return encode_policy_bundle(proofs, lineages)


def lineages_of(logs: Iterable[SealedLog]) -> dict[str, Path]:
    """Name of a log in a later generation → its lineage file, of the newest where one is given in several.

    LogError where it is missing.
    """
    newest: dict[str, SealedLog] = {}
    for log in logs:
        known = newest.get(log.checkpoint.name)
        if Layout(log.path).unlinked.is_file():
            continue  # its key before was lost: there is nothing that a verifier could accept
        if log.checkpoint.generation > 1 and (known is None or known.checkpoint.generation < log.checkpoint.generation):
            newest[log.checkpoint.name] = log
    lineages = {name: Layout(log.path).lineage for name, log in newest.items()}
    for path in lineages.values():
        if not os.path.lexists(path):
            raise LogError(
                f"{path} is missing: nothing shows that the rows are those of the generation before",
                help=command("zkcompliance", "fsck", path.parent),
            )
    return lineages
