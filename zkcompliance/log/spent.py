"""Where else it is remembered how much of a segment's budget was ever spent, so that an older ledger is noticed.

One record lies in the log's folder, apart from the ledger, and one in the folder of the user's state on this machine,
so that a folder put back as a whole is noticed too, and a copy that forgets what was proved elsewhere. A record is one
small file for each segment, replaced as a whole:

    "zkcompliance-spent-1" ⏎ SHA-256(entry) in hex ⏎ units ⏎ SHA-256 of the lines before in hex ⏎

The user's folder is found by the account that the process runs as, never by a variable of its environment.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import pwd
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.edge.shown import command
from zkcompliance.errors import LogCorrupt, LogError
from zkcompliance.log import files

FORMAT = "zkcompliance-spent-1"
_MAX_BYTES = 1024
_log = logging.getLogger("zkcompliance")


def _encode(entry: bytes, units: int) -> bytes:
    lines = f"{FORMAT}\n{hashlib.sha256(entry).hexdigest()}\n{units}\n".encode()
    return lines + hashlib.sha256(lines).hexdigest().encode() + b"\n"


def _read(path: Path, entry: bytes, folders: int) -> int:
    """Units; 0 when there is no file. LogCorrupt when it is none of this entry, OSError when it cannot be read."""
    try:
        data = regular.read_file(path, _MAX_BYTES, folders=folders, private=True)
    except FileNotFoundError:
        return 0
    lines = data.split(b"\n")
    units = int(lines[2]) if len(lines) == 5 and lines[2].isdigit() and len(lines[2]) < 20 else -1
    if units < 0 or _encode(entry, units) != data:
        raise LogCorrupt(
            f"{path}, a record of what was spent of a segment, is damaged",
            help=command("rm", path) + "  # when you know that the segment's ledger is the newest",
        )
    return units


@dataclass(frozen=True)
class FolderRecord:
    """The record in the log's folder, at `path`. Written under the ledger's lock."""

    path: Path
    entry: bytes

    @property
    def where(self) -> str:
        """Its place, for messages."""
        return str(self.path)

    def read(self) -> int:
        """Units ever spent that it knows of. LogCorrupt where it is damaged, LogError where it cannot be read."""
        with files.reporting(self.path):
            return _read(self.path, self.entry, 1)

    def alone(self) -> contextlib.AbstractContextManager[None]:
        """Nobody else raises it within: who holds the ledger's lock is alone."""
        return contextlib.nullcontext()

    def raise_to(self, units: int) -> None:
        """Remember at least so many, durably. LogError where it cannot."""
        if self.read() < units:
            with files.reporting(self.path):
                files.replace(self.path, _encode(self.entry, units), files.PRIVATE)


@dataclass(frozen=True)
class UserRecord:
    """The record in the user's state folder, for every copy of the log. Where it cannot be kept, that is logged."""

    entry: bytes

    @property
    def path(self) -> Path | None:
        """Its file; None where the account has no home."""
        folder = state_folder()
        return None if folder is None else folder / hashlib.sha256(self.entry).hexdigest()

    @property
    def where(self) -> str:
        """Its place, for messages."""
        return str(self.path)

    def read(self) -> int:
        """Units ever spent that it knows of. LogCorrupt where it is damaged."""
        path = self.path
        if path is None:
            return 0
        try:
            return _read(path, self.entry, 0)
        except OSError as error:
            return _unkept(path, error)

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else raises it within, also over other copies of the log; where it can be kept at all."""
        with contextlib.ExitStack() as held:
            if (path := self.path) is not None:
                try:
                    _make_folder(path.parent)
                    held.enter_context(files.locked(path.with_name("spent")))
                except LogCorrupt:
                    raise
                except (OSError, LogError):
                    pass  # `raise_to` says so
            yield

    def raise_to(self, units: int) -> None:
        """Remember at least so many, durably, if that can be."""
        path = self.path
        if path is None:
            _unkept(Path("~"), OSError("the account has no home folder"))
            return
        try:
            _make_folder(path.parent)
            if _read(path, self.entry, 0) < units:
                files.replace(path, _encode(self.entry, units), files.PRIVATE)
        except (OSError, LogError) as error:
            if isinstance(error, LogCorrupt):
                raise
            _unkept(path, error)


def _make_folder(folder: Path) -> None:
    folder.mkdir(mode=files.PRIVATE_DIR, parents=True, exist_ok=True)


def _unkept(path: Path, error: Exception) -> int:
    """Say that a record is not kept, and so what an older ledger put back is not noticed by; 0."""
    why = regular.reason(error) if isinstance(error, OSError) else str(error)
    _log.warning("what was proved is not remembered in %s (%s): keep the log's budget ledgers safe", path, why)
    return 0


def state_folder() -> Path | None:
    """`.local/state/zkcompliance/spent` in the home of the account that this process runs as; None without one."""
    try:
        home = pwd.getpwuid(os.geteuid()).pw_dir
    except KeyError:
        return None
    return Path(home) / ".local" / "state" / "zkcompliance" / "spent" if home.startswith("/") else None


def records(path: Path, entry: bytes) -> tuple[FolderRecord, UserRecord]:
    """Both records of the segment with this entry (171 bytes), or of a share of one (`budget.subject`). path: of the
    one in the log's folder.
    """
    return FolderRecord(path, entry), UserRecord(entry)
