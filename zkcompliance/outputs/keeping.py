"""An output that has cost what cannot be had again: where it does not get its name, it is kept under another."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from zkcompliance.edge.shown import command
from zkcompliance.errors import ZkComplianceError
from zkcompliance.log import files
from zkcompliance.outputs.kinds import Kind
from zkcompliance.outputs.writing import Outputs


@contextlib.contextmanager
def keeping(path: Path, kind: Kind, data: bytes, *, closed: list[Path]) -> Iterator[None]:
    """Where an error comes out of the block, `data` is written to a new file beside `path`, or in the current folder.

    The error then says where, and what gives the file its name. closed: folders that no output may lie in.
    """
    try:
        yield
    except ZkComplianceError as error:
        kept = _kept(path, kind, data, closed)
        what = kind.name.partition(" ")[2]
        if kept is None:
            error.message += f"; the {what} could be kept nowhere, and is lost"
            error.help = "df -h  # make room, then prove again: what this one took of each log's budget stays spent"
        else:
            error.message += f"; the {what} was made, and is {kept}"
            error.help = command("mv", "-n", kept, "OTHER")
        error.args = (error.message,)
        raise


def _kept(path: Path, kind: Kind, data: bytes, closed: list[Path]) -> Path | None:
    """The new file; None where there is no place for it."""
    name = f"kept-{sha256(data).hexdigest()[:16]}.zkp"
    for folder in (path.parent, Path()):
        place = folder / name
        with contextlib.suppress(ZkComplianceError):
            Outputs({place: kind}, closed=closed).write({place: data}, files.PUBLIC)
            return place
    return None
