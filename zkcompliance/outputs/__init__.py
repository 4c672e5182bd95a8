"""Files that a command makes, and what they never take the place of (docs/reports.md, "Where outputs go").

`Outputs` is asked before any long work and again at the moment of writing; `kinds` says which earlier output of the
same kind may be replaced, and `places` which folders and files no output goes into or over.
"""

from zkcompliance.outputs.keeping import keeping
from zkcompliance.outputs.writing import Outputs

__all__ = ["Outputs", "keeping"]
