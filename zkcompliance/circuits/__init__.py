"""The claims of the catalogue in a checkout, where they lie in `circuits/` at its top, one a file.

This is that package under its name: modules are found there, and data (importlib.resources). Installed, the folder is
this one, and its own `__init__.py` stands in the place of this file.
"""

from importlib.util import spec_from_file_location
from pathlib import Path

_INIT = Path(__file__).parents[2] / "circuits" / "__init__.py"
__path__ = [str(_INIT.parent)]
__spec__ = spec_from_file_location(__name__, _INIT, submodule_search_locations=__path__)  # type: ignore[assignment]
