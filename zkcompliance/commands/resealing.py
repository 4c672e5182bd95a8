"""What `refresh` and `compact` share: the next generation of a log, and the lineage that leads to it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from zkcompliance.commands import console
from zkcompliance.commands.options import complete_schemas, json_option
from zkcompliance.edge import shown
from zkcompliance.errors import UsageError
from zkcompliance.outputs import Outputs, kinds, places
from zkcompliance.quantities import number_of

if TYPE_CHECKING:
    from zkcompliance.prove.reseal import Resealed

_MORE = """

NEW is the next generation of the log: it has the log's name, and its checkpoints name the last one of OLD. The lineage
FILE shows, in zero knowledge, that the rows are the same, generation by generation; it is in NEW too, and proofs over
NEW carry it while it fits. OLD is closed: what is done with it from then on is done with NEW.

KEY is the log's key, or a new one of the same name: then OLD-KEY, the one before, signs the change too. Proofs use the
last of OLD's budget, which `prove` leaves for them.
"""


_LATER = """

With --schema the rows go on under a later version of the log's schema: new columns are missing in every row, the others
stay as they are, and the lineage shows that too. Claims about the version before do not take the log any more.
"""


def resealing(name: str, does: str, *, merge: bool) -> click.Command:
    """The verb of that name. merge: whether it puts segments together; it then leaves the schema as it is."""

    @click.command(name, help=does + _MORE + ("" if merge else _LATER))
    @click.argument("old", type=click.Path(path_type=Path), metavar="OLD")
    @click.option("--to", "new", type=click.Path(path_type=Path), required=True, help="The new log's folder.")
    @click.option("--key", type=click.Path(path_type=Path), required=True, help="The private key file that signs NEW.")
    @click.option("--old-key", type=click.Path(path_type=Path), help="The key before, where KEY is a new one.")
    @click.option(
        "--old-key-lost", "lost", is_flag=True, help="KEY is a new one, and the key before is lost: nothing links them."
    )
    @click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="The lineage file.")
    @click.option("--context", default="", help="A text bound into the proofs.")
    @json_option
    def command(
        old: Path,
        new: Path,
        key: Path,
        old_key: Path | None,
        lost: bool,
        output: Path,
        context: str,
        as_json: bool,
        schema_name: str | None = None,
    ) -> None:
        from zkcompliance import schemas
        from zkcompliance.log import keys
        from zkcompliance.policy.binding import Binding, reference_of
        from zkcompliance.prove.reseal import OLD_KEY_LOST, reseal

        if old_key is not None and lost:
            raise UsageError("--old-key and --old-key-lost: the key before is there, or it is lost")
        signer = keys.load_private(key)
        before = OLD_KEY_LOST if lost else None if old_key is None else keys.load_private(old_key)
        schema = None if schema_name is None else schemas.by_name(schema_name)
        places.outside_logs(new)
        outputs = Outputs({output: kinds.LINEAGE}, read=[key, old_key, new], closed=[old, new])
        bound = Binding(None, None, int(time.time()), reference_of(context)).encode()
        with console.progress() as report:
            console.warm_up(report)
            made = reseal(old, new, signer, merge=merge, schema=schema, old_key=before, context=bound, progress=report)
        _write(outputs, output, made)
        _tell(made, output, as_json)

    if not merge:
        names, about = ["--schema", "schema_name"], "A later version of the log's schema."
        command.params.append(click.Option(names, metavar="NAME@V", shell_complete=complete_schemas, help=about))
    return command


def _write(outputs: Outputs, output: Path, made: Resealed) -> None:
    """The lineage at the place that was asked for; the log goes on whether or not that is still free."""
    try:
        outputs.write({output: made.lineage})
    except UsageError as error:
        raise UsageError(
            f"{error.message}; the log goes on in {made.log.path}, and its lineage is {made.lineage}",
            help=shown.command("cp", "-n", made.lineage, "OTHER"),
        ) from error


def _tell(made: Resealed, output: Path, as_json: bool) -> None:
    from zkcompliance.prove.growth import remark

    log, size = made.log, output.stat().st_size
    if (sentence := remark(log)) is not None:
        console.note(sentence)
    if not made.linked:
        console.note(
            f"the key before did not sign {log.origin}: nothing shows that it goes on from what that key signed.\n"
            "Whoever trusts that key has to be told of the new one by other means."
        )
    if as_json:
        console.print_json(
            {
                "log": str(log.path), "origin": log.origin, "schema": log.schema.label, "segments": len(log.segments),
                "carried": made.carried, "proofs": made.proofs, "waiting": made.waiting, "linked": made.linked,
                "lineage": str(output), "bytes": size, "proofs_left": log.proofs_left(),
            }
        )  # fmt: skip
        return
    console.print_fields(
        "the same rows, sealed again",
        {
            "log": f"{log.path} ({log.origin})",
            **({"schema": f"{log.schema.label}, after {made.before.label}"} if made.before != log.schema else {}),
            "segments": f"{len(log.segments)}, {made.carried} of them carried over as they were",
            **({"not sealed yet": f"{number_of(made.waiting, 'row')}, as before"} if made.waiting else {}),
            "proofs left": f"{log.proofs_left()} per segment",
            "lineage": f"{output} ({size:,} bytes, {number_of(made.proofs, 'new proof')})",
        },
    )
