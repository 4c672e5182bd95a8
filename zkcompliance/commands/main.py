"""Where the `zkcompliance` script enters. Nothing is imported before Python is isolated: see start.py."""

from zkcompliance import start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from zkcompliance.commands.group import VERBS, cli

__all__ = ["VERBS", "cli", "main"]


def main() -> None:
    """The entry point of the `zkcompliance` script; leaves with the verb's exit status."""
    start.program("zkcompliance.commands.group")


def __getattr__(name: str) -> "Any":
    """What stands in group.py, for those that take it from here."""
    if name.startswith("__"):  # which importing asks for
        raise AttributeError(name)
    from zkcompliance.commands import group

    return getattr(group, name)
