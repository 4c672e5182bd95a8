"""The claims of the catalogue in a checkout, where they lie in `circuits/` at its top, one a file.

Installed, that folder is this one, and its own `__init__.py` stands in the place of this file.
"""

from pathlib import Path

__path__ = [str(Path(__file__).parents[2] / "circuits")]
