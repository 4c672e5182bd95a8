"""`zkcompliance policies new -o FILE`: a first policy file from questions, at a terminal or from a file of answers.

An answer has the key of the policy that it is for, so that a fault of the policy names the question to ask again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click

from zkcompliance import limits
from zkcompliance.card import catalogue as cards
from zkcompliance.card import types
from zkcompliance.card.model import Card
from zkcompliance.card.own import owned
from zkcompliance.card.parameter import NOW, Parameter
from zkcompliance.commands import console
from zkcompliance.commands.policy_text import UNCHECKED, write
from zkcompliance.edge.pairs import pairs
from zkcompliance.errors import MalformedPolicy, UsageError
from zkcompliance.outputs import Outputs, kinds
from zkcompliance.policy import catalogue
from zkcompliance.policy.bounds import of_choices, read_bound
from zkcompliance.policy.clocks import shortest
from zkcompliance.policy.finding import typed
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.proofs import read as read_file
from zkcompliance.policy.toml import name, text
from zkcompliance.policy.toml import read as read_toml
from zkcompliance.quantities import show_seconds

LONGEST = 30 * 86400  # seconds that a proof is offered to be good for, where no clock is shorter
NOTHING = "nothing"  # the answer that leaves a key out
_FAMILIES = (cards.FLOOR, cards.UNCHANGED, cards.EXTENDED)
_BOUNDS = "a value; at most VALUE; at least VALUE; includes A, B; within 1 hour; the subject; free; or exactly TEXT"


@dataclass(frozen=True)
class Question:
    """key: of the policy. default: as it would be typed; None: there is none. read: from what was typed to what TOML
    has; UsageError or MalformedPolicy where that cannot be."""

    key: str
    asks: str
    read: Callable[[str], object]
    default: str | None = None


Ask = Callable[[Question], object]


def run(output: Path, answers: Path | None, given: Sequence[str], claim_files: Sequence[str]) -> None:
    """Write the policy. answers, given: a file and KEY=VALUE texts, after which nothing is asked.

    UsageError for an answer that is missing or not asked for, MalformedPolicy where the policy would be refused; a file
    that is there is not overwritten.
    """
    outputs = Outputs({output: kinds.POLICY}, read=[answers, *claim_files])
    if not output.name.endswith(".toml"):
        raise UsageError(f"{output}: a policy's file ends in .toml")
    own = {id: each.card for id, each in owned(claim_files).items()}
    known = _known(answers, given)
    asked: dict[str, object] = {}
    scripted = bool(known) or answers is not None
    made = _made(_from_answers(known, asked) if scripted else _from_terminal(asked), asked, own, again=not scripted)
    if unused := sorted(set(known) - set(asked)):
        raise UsageError(f"nothing asks for {', '.join(unused)}: what is asked for is {', '.join(asked)}")
    outputs.write({output: made.encode()})
    console.note(f"{output}: {UNCHECKED}")


def _known(path: Path | None, given: Sequence[str]) -> dict[str, object]:
    """Answers by key; a file has them as a policy has them, its tables by their dotted keys."""
    found: dict[str, object] = {}
    if path is not None:
        table = read_toml(read_file(path, limits.MAX_POLICY_BYTES))
        found = dict(_flat({key: table.value(key) for key in table.names()}, ""))
    for key, value in pairs(given, "--answer").items():
        if key in found:
            raise UsageError(f"{key} is answered twice: in the file and by --answer")
        found[key] = value
    return found


def _flat(values: Mapping[str, Any], path: str) -> Iterator[tuple[str, object]]:
    """Dotted key → value; a bound of a parameter is one value."""
    for key, value in values.items():
        at = f"{path}.{key}" if path else key
        if isinstance(value, dict) and ".params." not in at:
            yield from _flat(value, at)
        else:
            yield at, value


def _from_answers(known: Mapping[str, object], asked: dict[str, object]) -> Ask:
    def ask(question: Question) -> object:
        value = known.get(question.key, question.default)
        if value is None:
            raise UsageError(
                f"{question.key} has no answer: {question.asks}", help=f"add --answer '{question.key}=VALUE'"
            )
        asked[question.key] = question.read(value) if isinstance(value, str) else value
        return asked[question.key]

    return ask


def _from_terminal(asked: dict[str, object]) -> Ask:
    def ask(question: Question) -> object:
        while True:
            typed_in = click.prompt(question.asks, default=question.default, err=True)
            try:
                asked[question.key] = question.read(typed_in.strip())
            except (UsageError, MalformedPolicy) as error:
                console.note(f"{error.message}")
            else:
                return asked[question.key]

    return ask


def _made(ask: Ask, asked: dict[str, object], own: Mapping[str, Card], *, again: bool) -> str:
    """The text of a policy that loads. again: whether an answer for which it would be refused is asked for again."""
    questions: dict[str, Question] = {}

    def remembered(question: Question) -> object:
        questions[question.key] = question
        return ask(question)

    chosen, logs, fills = _all(remembered, own)
    while True:
        made = write(asked, chosen, logs, fills)
        try:
            parse_policy(made.encode(), own)
        except MalformedPolicy as error:
            said = error.message
            remedies = [key for key in questions if f"Write {key} = " in said]
            faulty = next(iter([*remedies, *(key for key in reversed(questions) if said.startswith(key))]), None)
            if not again or faulty is None:
                raise
            console.note(said)
            ask(questions[faulty])
        else:
            return made


def _all(ask: Ask, own: Mapping[str, Card]) -> tuple[list[Card], dict[str, str], dict[str, dict[str, str]]]:
    """Ask everything. Returns the cards, the logs with their schemas, and which log fills each slot of each claim."""
    for question in _head():
        ask(question)
    there = [id for id in cards.names() if not id.startswith(_FAMILIES)]
    listed = f"Which claims, with commas between them? There is {', '.join([*own, *there])}"
    found = ask(Question("claims", listed, lambda typed_in: _claims(typed_in, own)))
    chosen = [_card(str(id), own) for id in _listed(found)]
    subject = ask(Question("subject", "Does every proof name the model that it is about?", _required, "yes"))
    bounds: dict[str, object] = {}
    for card in chosen:
        at = f"requirements.{card.id}"
        says = f"{card.title} Not shown: that the log is complete, and that its rows are true."
        ask(Question(f"{at}.says", f"{card.id}: what it says, and what it does not show", _text(f"{at}.says"), says))
        for param in card.params:
            bounds[f"{at}.params.{param.name}"] = ask(_of_param(card, param, f"{at}.params.{param.name}", subject))
    ask(_freshness(chosen, bounds))
    logs, fills = _logs(chosen)
    for log, schema in logs.items():
        keys = f"The log {log} ({schema}): whose key is trusted for it? {NOTHING}: whoever judges gives it"
        ask(Question(f"logs.{log}.keys", keys, lambda typed_in: None if typed_in == NOTHING else [typed_in], NOTHING))
        ask(Question(f"logs.{log}.rows", f"The log {log}: how many rows at least? {NOTHING}: not asked", _rows, "1"))
    return chosen, logs, fills


def _head() -> list[Question]:
    today = datetime.fromtimestamp(int(time.time()), UTC).date()
    later = today.replace(year=today.year + 1, day=min(today.day, 28))
    return [
        Question("id", "A short name for the policy, such as national-register", _id),
        Question("version", "Its version", _whole, "1"),
        Question("title", "Its title, in one line", _text("title")),
        Question("jurisdiction", "For which jurisdiction?", _text("jurisdiction")),
        Question("sources", "From which text of law, with its section? Several with ; between them", _sources),
        Question("valid_from", "Valid from", _date, today.isoformat()),
        Question("valid_until", "Valid until, not included", _date, later.isoformat()),
    ]


def _id(typed_in: str) -> str:
    if typed_in in catalogue.names():
        raise UsageError(f"id: {typed_in} is a ready-made policy's: a policy of your own has an id of its own")
    return name(typed_in, "id")


def _text(key: str) -> Callable[[str], str]:
    """Reads a text as a policy takes it."""
    return lambda typed_in: text(typed_in, key, limits.MAX_POLICY_TEXT_BYTES)


def _whole(typed_in: str) -> int:
    if not (typed_in.isascii() and typed_in.isdigit() and len(typed_in) < 12):
        raise UsageError(f"{typed_in[:32]!r} is no whole number")
    return int(typed_in)


def _rows(typed_in: str) -> int | None:
    return None if typed_in == NOTHING else _whole(typed_in)


def _date(typed_in: str) -> date:
    try:
        return date.fromisoformat(typed_in)
    except ValueError:
        raise UsageError(f"{typed_in[:32]!r} is no date such as 2026-01-31") from None


def _sources(typed_in: str) -> list[str]:
    return [text(part.strip(), "sources", limits.MAX_POLICY_TEXT_BYTES) for part in typed_in.split(";")]


def _required(typed_in: str) -> str:
    words = {"yes": "required", "no": "none", "required": "required", "none": "none"}
    if typed_in not in words:
        raise UsageError("subject: yes or no")
    return words[typed_in]


def _listed(found: object) -> list[object]:
    return list(found) if isinstance(found, list) else [found]


def _claims(typed_in: str, own: Mapping[str, Card]) -> list[str]:
    names = [part.strip() for part in typed_in.split(",")]
    for id in names:
        _card(id, own)
    if len(set(names)) != len(names):
        raise UsageError("claims: one is there twice; ask it twice by adding to the file")
    return names


def _card(id: str, own: Mapping[str, Card]) -> Card:
    return own[id] if id in own else cards.load(id)


def _of_param(card: Card, param: Parameter, key: str, subject: object) -> Question:
    default = _default(param, subject)
    asks = f"{card.id}: {param.name}, {param.doc or param.kind}. {_BOUNDS}"
    return Question(key, asks, lambda typed_in: _bound(param, typed_in, key), default)


def _default(param: Parameter, subject: object) -> str | None:
    """What is offered: now, the model, the set or the value that the claim itself has in place of an answer."""
    if param.role == NOW:
        return "within 1 hour"
    if param.type.kind == types.ID and param.name == "model":
        return "the subject" if subject == "required" else "free"
    if param.default is None:
        return None
    shown = typed(param, param.default)
    if of_choices(param):
        return f"includes {shown}"
    return f"exactly {shown}" if shown else "free"


def _bound(param: Parameter, typed_in: str, key: str) -> object:
    """As a policy writes it; MalformedPolicy, naming the key, where it is no bound of this parameter."""
    found: object = typed_in.removeprefix("exactly ")
    for word, form in (
        ("at most ", "at_most"),
        ("at least ", "at_least"),
        ("includes ", "includes"),
        ("within ", "within"),
    ):
        if typed_in.startswith(word):
            found = {form: typed_in.removeprefix(word)}
    if typed_in in ("free", "the subject"):
        found = {"free" if typed_in == "free" else "subject": True}
    elif param.kind == "Bool" and found in ("true", "false"):
        found = found == "true"
    read_bound(param, found, key, free=True)
    return found


def _freshness(chosen: Sequence[Card], bounds: Mapping[str, object]) -> Question:
    """How old a proof may be; offered is no longer than the shortest clock, so that none runs out unseen."""
    lengths = [LONGEST]
    for card in chosen:
        at = f"requirements.{card.id}.params."
        read = {each.name: read_bound(each, bounds[at + each.name], at + each.name, free=True) for each in card.params}
        clock = shortest(card, read) if any(each.role == NOW for each in card.params) else None
        lengths += [] if clock is None else [clock[1]]
    offered = show_seconds(max(1, min(lengths)))
    return Question("freshness.proof", "How old may a proof be when it is judged?", str, offered)


def _logs(chosen: Sequence[Card]) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """A log for each slot, by its name; claims share the logs that have one name and one schema."""
    logs: dict[str, str] = {}
    fills: dict[str, dict[str, str]] = {}
    for card in chosen:
        fills[card.id] = {}
        for slot in card.slots:
            log = slot.name.replace("_", "-")
            if logs.setdefault(log, slot.schema) != slot.schema or log in fills[card.id].values():
                log = f"{card.id}-{log}"
                logs[log] = slot.schema
            fills[card.id][slot.name] = log
    return logs, fills
