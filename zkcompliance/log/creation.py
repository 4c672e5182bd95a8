"""Making a log folder: whole or not at all, one log where two make it at the same time, and one log under a key."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from zkcompliance import schemas
from zkcompliance.edge.shown import command
from zkcompliance.errors import KeyFileError, LogError, LogExists
from zkcompliance.log import files, keybook, leftovers, sealing, seen
from zkcompliance.log.layout import Layout, Settings
from zkcompliance.log.signer import SignerKey
from zkcompliance.stark.profiles import by_name


def create_log(path: str | Path, schema: schemas.Schema, key: SignerKey, profile: str = "standard") -> None:
    """A new log folder with a signed checkpoint of size 0; its origin is the key's name.

    Appears whole or not at all. LogExists when something is at `path` already, or comes there meanwhile; UsageError for
    an unknown profile or a name that only logs in the making have, KeyFileError where the key signs another log.
    """
    with building(path, schema, key, profile):
        pass


@contextlib.contextmanager
def building(path: str | Path, schema: schemas.Schema, key: SignerKey, profile: str = "standard") -> Iterator[Path]:
    """A new log under a hidden name beside `path`, which becomes `path` at the end; on error nothing is left.

    Nobody takes the hidden folder for one left behind: it is locked from its first moment on. The key remembers the log
    from when it has its place, and is as free as before where it never gets there. Raises as `create_log`.
    """
    layout = Layout(Path(path))
    leftovers.refuse_name(layout.root)
    settings = Settings(by_name(profile), key.verifier, schema)
    own = keybook.Held(os.urandom(16).hex(), 1)
    hidden = layout.root.with_name(f".{layout.root.name}.{os.urandom(6).hex()}.tmp")
    with contextlib.ExitStack() as held:
        with files.reporting(layout.root):
            _refuse_taken(layout.root)
            if not layout.root.parent.is_dir():
                raise LogError(f"{layout.root.parent} is not a folder", help=command("mkdir", "-p", layout.root.parent))
            leftovers.remove(layout.root)
        try:
            with _one_of_two(layout.root):
                keybook.claim(key, own, layout.root)
            with files.reporting(layout.root):
                files.make_dir(hidden, files.PUBLIC_DIR)
                held.callback(leftovers.give_up, leftovers.claim(hidden))
                _fill(Layout(hidden), settings, key, own)
            yield hidden
            with files.reporting(layout.root), contextlib.ExitStack() as last:
                files.sync_dir(hidden)
                _refuse_taken(layout.root)
                last.enter_context(_one_of_two(layout.root))
                last.enter_context(keybook.appearing(key, own, layout.root))
                try:
                    hidden.rename(layout.root)  # fails where another log has come there: a folder that is not empty
                except OSError:
                    _refuse_taken(layout.root)
                    raise
                files.sync_dir(layout.root.parent)
        except BaseException:
            shutil.rmtree(hidden, ignore_errors=True)
            keybook.forget(key, own)
            raise


@contextlib.contextmanager
def _one_of_two(path: Path) -> Iterator[None]:
    """LogExists in place of KeyFileError where the other log of the key is the one that has just come to `path`."""
    try:
        yield
    except KeyFileError:
        _refuse_taken(path)
        raise


def _refuse_taken(path: Path) -> None:
    if os.path.lexists(path):
        raise LogExists(f"{path} exists already", help=command("zkcompliance", "fsck", path))


def _fill(new: Layout, settings: Settings, key: SignerKey, own: keybook.Held) -> None:
    files.make_dir(new.secret)
    files.make_dir(new.segments)
    files.create(new.lock, b"")
    files.create(new.id, keybook.id_bytes(own.id))
    for file, data in zip((new.settings, new.schema), settings.files(), strict=True):
        files.create(file, data, files.PUBLIC)
    files.create(new.entries, b"", files.PUBLIC)
    signed, _ = sealing.sign(settings, key, [])
    files.create(new.seen, seen.encode({key.verifier.text: signed}))
    files.create(new.checkpoint, signed.encode(), files.PUBLIC)
    files.sync_dir(new.secret)
