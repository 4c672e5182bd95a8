"""An option that takes one value is given once: of two, one would be passed over in silence."""

from __future__ import annotations

from collections import Counter

import click


def refuse_repeated(command: click.Command, parent: click.Context, arguments: list[str]) -> None:
    """UsageError where the command's arguments repeat an option, flags included, that cannot be repeated."""
    if parent.resilient_parsing:  # words are completed, and nothing is run
        return
    context = click.Context(command, info_name=command.name, parent=parent)
    _, _, order = command.make_parser(context).parse_args(list(arguments))
    for parameter, times in Counter(order).items():
        if isinstance(parameter, click.Option) and not parameter.multiple and times > 1:
            name = max(parameter.opts, key=len)
            raise click.UsageError(f"{name} is given {times} times, and can be given once", context)
