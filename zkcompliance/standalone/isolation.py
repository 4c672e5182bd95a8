"""Inside the one file nothing is imported but the standard library and the file itself."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import NoReturn

PACKAGE = "zkcompliance"


class OnlyInside(MetaPathFinder):
    """Refuses every other package, and modules of this package that an installed one could add to it."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module in this file; None, so that Python looks further, for one of the standard library."""
        top = name.partition(".")[0]
        if top in sys.stdlib_module_names:
            return None
        found = PathFinder.find_spec(name, path) if top == PACKAGE else None
        if found is None:
            raise ModuleNotFoundError(f"{name} is not in this file", name=name)
        return found


def install() -> None:
    """From here on."""
    sys.meta_path.insert(0, OnlyInside())


def run() -> NoReturn:
    """The one file's command line."""
    install()
    from zkcompliance.standalone.main import main

    main()
