"""Which version of this package this is: said in every verdict, so that it is known what came to it."""

VERSION = "0.1.0"  # as pyproject.toml has it
VERIFIER = f"zkcompliance {VERSION}"
