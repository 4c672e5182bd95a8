"""Folders of data in a package: files beside modules, or members of the archive that the package is read from."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def folder(package: str, name: str) -> Path | Traversable:
    """A folder of that name in a package.

    As importlib.resources has it, which takes longer to import than to find a folder, and is used for archives alone.
    """
    for place in import_module(package).__path__:
        path = Path(place, name)
        if path.is_dir():
            return path
    from importlib import resources

    return resources.files(package).joinpath(name)
