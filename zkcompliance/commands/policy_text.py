"""A policy file's text from answers, by the keys of a policy (docs/spec/policy.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date

from zkcompliance.card.model import Card
from zkcompliance.policy.load import FORMAT

Answers = Mapping[str, object]  # dotted key of the policy → as TOML has it; None: left out
UNCHECKED = (
    "No day is stated on which these sentences were held against the texts of their sources: add `checked = DATE`, "
    "without quotes, when you have done so."
)


def write(
    answers: Answers, cards: Sequence[Card], logs: Mapping[str, str], fills: Mapping[str, Mapping[str, str]]
) -> str:
    """The file. cards: of the requirements, each named after its claim; logs: name → schema; fills: claim → slot → log.

    Digests are those of the cards. A parameter's own words stand above it, as a comment.
    """
    lines = [f"# {UNCHECKED}", f"format = {said(FORMAT)}"]
    lines += [_line(answers, key) for key in ("id", "version", "title", "jurisdiction", "sources")]
    lines += [_line(answers, key) for key in ("valid_from", "valid_until", "subject")]
    lines += _table("freshness", {"proof": answers["freshness.proof"]})
    for log, schema in logs.items():
        rest = {key: answers[f"logs.{log}.{key}"] for key in ("keys", "rows")}
        lines += _table(f"logs.{log}", {"schema": schema, **rest})
    for card in cards:
        at = f"requirements.{card.id}"
        lines += ["", "[[requirements]]", f"name = {said(card.id)}", f"says = {said(answers[f'{at}.says'])}"]
        lines += [f"claim = {said(card.label)}", f"card = {said(card.digest.hex())}"]
        lines.append(f"logs = {{ {', '.join(f'{slot} = {said(log)}' for slot, log in fills[card.id].items())} }}")
        for param in card.params:
            lines += [
                f"# {param.doc or param.name}",
                f"params.{param.name} = {said(answers[f'{at}.params.{param.name}'])}",
            ]
    return "\n".join(lines) + "\n"


def _line(answers: Answers, key: str) -> str:
    return f"{key} = {said(answers[key])}"


def _table(name: str, values: Mapping[str, object]) -> list[str]:
    """A table without what is left out; nothing where all of it is."""
    kept = [f"{key} = {said(value)}" for key, value in values.items() if value is not None]
    return ["", f"[{name}]", *kept] if kept else []


def said(value: object) -> str:
    """A value as TOML writes it: a text, a whole number, a truth value, a date, a list or an inline table of them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return f"{{ {', '.join(f'{key} = {said(each)}' for key, each in value.items())} }}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(said, value))}]"
    return json.dumps(str(value), ensure_ascii=False)
