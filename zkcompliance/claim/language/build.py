"""`@claim`: from a function to a frozen definition. The body runs once, over symbols, and has no other effect."""

from __future__ import annotations

import inspect
import re
import sys
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from zkcompliance import schemas
from zkcompliance.card import types
from zkcompliance.card.parameter import Parameter
from zkcompliance.claim.language import missing, params, rules, written
from zkcompliance.claim.language import rolled as substituted
from zkcompliance.claim.language.closed import Closed, word
from zkcompliance.claim.language.expr import Expr
from zkcompliance.claim.language.making import within
from zkcompliance.claim.language.scope import OPEN, Scope, current
from zkcompliance.claim.language.tables import LogTable, Table
from zkcompliance.claim.meaning import always, core
from zkcompliance.claim.meaning.core import Log, Requirement, Reveal, Rows, Value
from zkcompliance.claim.meaning.source import Line, refuse, refuse_slip
from zkcompliance.errors import UsageError, ZkComplianceError
from zkcompliance.quantities import fault_of

_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MOST_ID = 63
OVER_ROLL_UPS = "-rolled-up"  # the end of the id of a claim over roll-ups
_ONLY_AS_IT_STANDS = (core.Chain, core.SameMultiset)


@dataclass(frozen=True)
class ClaimDefinition:
    """What a claim says, frozen: its logs, its parameters in order, what it requires and what it reveals.

    `requirements`: the author's in order, then those that its joins and its logs' schemas ask for (implied). `body` is
    the function, kept for its documentation.
    """

    id: str
    version: int
    title: str
    doc: str
    logs: tuple[Log, ...]
    params: tuple[Parameter, ...]
    requirements: tuple[Requirement, ...]
    reveals: tuple[Reveal, ...]
    body: Callable[..., None] = field(repr=False, compare=False)

    def publics(self, given: Mapping[str, object]) -> dict[str, int]:
        """All parameters in order as integers, defaults filled in; UsageError on a missing or unknown one.

        Values are as a claim's text has them (`Parameter.of_text`): integers are those that are encoded.
        """
        known = {spec.name for spec in self.params}
        for name in given:
            if name not in known:
                raise UsageError(f"{self.id} has no parameter {name!r}: it has {', '.join(sorted(known)) or 'none'}")
        found = {}
        for spec in self.params:
            if spec.name in given:
                found[spec.name] = spec.of_text(given[spec.name])
            elif spec.default is not None:
                found[spec.name] = spec.default
            else:
                raise UsageError(f"{self.id} needs the parameter {spec.name}: {spec.doc or spec.type}")
        return found


def claim(id: str, version: int = 1) -> Callable[[Callable[..., None]], ClaimDefinition]:
    """The decorator of a claim's body.

    Its arguments are logs (`compute: ComputeLog`) and public parameters (`limit: Param[Flop]`); its docstring says what
    it claims, first in one line. A docstring line `name: …` documents the parameter of that name.
    """

    if not isinstance(id, str):
        raise refuse("@claim without an id", 'remedy: @claim("my-claim", version=1)')

    def build(body: Callable[..., None]) -> ClaimDefinition:
        line = Line(body.__code__.co_filename, body.__code__.co_firstlineno, f"@claim({id!r}) {body.__name__}")
        if _ID.fullmatch(id) is None or len(id) > _MOST_ID:
            raise refuse(f"{id!r} is no claim id", "remedy: lower-case words joined by hyphens", line)
        if isinstance(version, bool) or not isinstance(version, int) or version < 1:
            raise refuse("a version is an integer from 1", 'remedy: @claim("my-claim", version=1)', line)
        doc = "\n".join(each.rstrip() for each in (inspect.getdoc(body) or "").split("\n"))
        if not doc and sys.flags.optimize > 1:
            raise UsageError(
                f"{id}: this Python drops docstrings, in which a claim says what it claims",
                help="start Python without -OO, and without PYTHONOPTIMIZE=2 in its environment",
            )
        if not doc:
            raise refuse("a claim says what it claims", "remedy: a docstring whose first line is a sentence", line)
        return _define(id, version, doc, body, line)

    return build


def over_roll_ups(definition: ClaimDefinition) -> ClaimDefinition:
    """The claim over roll-ups of its logs, each that can be rolled up: by substitution (`language.rolled`).

    A decorator above `@claim`, in a file of one's own. Its id ends in `-rolled-up`. ClaimDefinitionError, with the
    line, names the word that has no substitution, and why.
    """
    if not isinstance(definition, ClaimDefinition):
        raise refuse("over_roll_ups of what is no claim", 'remedy: @over_roll_ups above @claim("my-claim", version=1)')
    if definition.id.endswith(OVER_ROLL_UPS):
        raise refuse(f"over_roll_ups of {definition.id}, which is over roll-ups", "remedy: say @over_roll_ups once")
    if len(definition.id) + len(OVER_ROLL_UPS) > _MOST_ID:
        raise refuse(
            f"{definition.id}{OVER_ROLL_UPS} is longer than an id may be",
            f"remedy: an id of at most {_MOST_ID - len(OVER_ROLL_UPS)} characters",
        )
    title, newline, rest = definition.doc.partition("\n")
    doc = f"{title.rstrip('.')}: shown over a roll-up, of the log that it stands for.{newline}{rest}"
    body = definition.body
    line = Line(body.__code__.co_filename, body.__code__.co_firstlineno, f"rolled_up of {definition.id}")
    made = _define(f"{definition.id}{OVER_ROLL_UPS}", definition.version, doc, body, line, rolled=True)
    if not any(log.schema.rolled_up for log in made.logs):
        raise refuse(f"{definition.id} is about no log that is rolled up", "remedy: prove it over the logs", line)
    found = [each.value for each in made.requirements] + [each.value for each in made.reveals]
    substituted.check(found, made.logs)
    return made


def _define(
    id: str, version: int, doc: str, body: Callable[..., None], line: Line, *, rolled: bool = False
) -> ClaimDefinition:
    """Runs the body. rolled: roll-ups stand for the logs that can be rolled up."""
    logs, specs, arguments = _signature(body, doc, line, rolled=rolled)
    scope = _run(body, arguments, line)
    values = [each.value for each in (*scope.requirements, *scope.implied)]
    values += [each.value for each in scope.reveals]
    for rule in rules.relied_on(logs, values):
        if rule.value not in values:  # which the author may have written already
            scope.imply(rule)
    found = (*scope.requirements, *scope.implied)
    reveals = tuple(scope.reveals)
    _check(logs, specs, found, reveals, bool(scope.requirements), line)
    _check_counted(reveals, [each.value for each in scope.requirements])
    written.check(
        written.outline(id, version, doc, {log.name: log.schema for log in logs}, specs, found, reveals), line
    )
    return ClaimDefinition(id, version, doc.split("\n")[0], doc, logs, specs, found, reveals, body)


@word
def require(name: str, condition: Expr) -> None:
    """The claim holds only if the condition does. `name` says which requirement failed."""
    scope = current("require")
    if isinstance(name, Closed):
        raise refuse("require without a name", 'remedy: the name comes first: require("what it asks", condition)')
    if isinstance(condition, bool):
        raise refuse(f"{name!r} is {condition} before any row is read", "remedy: require a condition on rows")
    if not isinstance(condition, Expr) or condition.node.type != types.TRUTH:
        raise refuse(f"{name!r} requires what is no condition", "remedy: a comparison, or .every(…), .any(…)")
    if condition.node.frame is not None:
        raise refuse(f"{name!r} is a condition on each row", "remedy: table.every(…), table.any(…)")
    _named(name, [known.name for known in scope.requirements])
    _stands(condition.node)
    scope.requirements.append(Requirement(name, condition.node))


@word
def reveal(name: str, value: Expr, *, figures: int | None = None) -> None:
    """The prover discloses the value: exactly, or rounded down to `figures` significant figures."""
    scope = current("reveal")
    if not isinstance(value, Expr) or value.node.frame is not None:
        raise refuse(f"{name!r} reveals what is no single value", "remedy: reveal a total, a count, a maximum")
    if value.node.type.kind not in (types.NUMBER, types.TIME, types.BOOL) or value.node.range[0] < 0:
        raise refuse(f"{name!r} may be negative or no number", "remedy: reveal a number that is never below 0")
    if figures is not None and (isinstance(figures, bool) or not isinstance(figures, int) or not 1 <= figures <= 9):
        raise refuse("figures are an integer from 1 to 9", "remedy: figures=2, or none for the exact number")
    _named(name, [known.name for known in scope.reveals])
    if any(isinstance(part, _ONLY_AS_IT_STANDS) for part in core.walk(value.node)):
        raise refuse("uniqueness, order or equality of rows can be required, not revealed", "remedy: require it")
    scope.reveals.append(Reveal(name, value.node, figures))


@word
def counted(name: str, rows: Table, *, figures: int | None = 2) -> None:
    """The prover discloses how many rows count: of a log, or of a selection of its rows, as `reveal` does.

    It is what a policy's `rows` is asked of (docs/spec/policy.md): a floor under the rows that the claim is about, and
    not under those of its log that it passes over.
    """
    if not isinstance(rows, Table) or not isinstance(rows.rows.frame, Log):
        raise refuse(f"{name!r} counts what are no rows of a log", "remedy: counted(name, log.where(…))")
    reveal(name, rows.count(), figures=figures)
    scope = current("counted")
    scope.reveals[-1] = replace(scope.reveals[-1], counts=rows.rows.frame)


def _named(name: Any, known: list[str]) -> None:
    if not isinstance(name, str) or not name or len(name) > 100 or fault_of(name) or len(name.encode()) > 100:
        raise refuse(
            "a name is a short text on one line, without letters that nobody sees", 'remedy: "total below the limit"'
        )
    if ":" in name:
        raise refuse(f"{name!r} has a colon, behind which the sentence is said", "remedy: a name without one")
    if name in known:
        raise refuse(f"{name!r} is said twice", "remedy: another name")


def _stands(value: Value) -> None:
    """Refuses Chain and SameMultiset anywhere but in a conjunction."""
    if isinstance(value, core.And):
        _stands(value.a)
        _stands(value.b)
        return
    inside = core.children(value) if isinstance(value, _ONLY_AS_IT_STANDS) else [value]
    if any(isinstance(part, _ONLY_AS_IT_STANDS) for part in core.walk(*inside)):
        raise refuse(
            "uniqueness, absence of overlap and equality of rows cannot stand in ~, |, select or a comparison",
            "remedy: require it by itself",
            value.line,
        )


def _signature(
    body: Callable[..., None], doc: str, line: Line, *, rolled: bool
) -> tuple[tuple[Log, ...], tuple[Parameter, ...], dict[str, Any]]:
    """The logs, the parameters, and the symbols to call the body with."""
    try:
        hints = typing.get_type_hints(body)
    except Exception as error:
        raise refuse(
            f"an argument's type cannot be read: {error}",
            "remedy: x: ComputeLog or x: Param[Flop], both imported",
            line,
        ) from error
    logs: list[Log] = []
    specs: list[Parameter] = []
    arguments: dict[str, Any] = {}
    for name, argument in inspect.signature(body).parameters.items():
        hint = hints.get(name)
        where = Line(line.file, line.number, f"{body.__name__}(… {name} …)")
        default = ... if argument.default is inspect.Parameter.empty else argument.default
        if argument.kind is not inspect.Parameter.POSITIONAL_OR_KEYWORD:
            raise refuse("a claim has plain arguments only", "remedy: no *, ** or / among them", where)
        if isinstance(hint, type) and issubclass(hint, LogTable) and hint is not LogTable:
            if default is not ...:
                raise refuse(f"the log {name} has a default", "remedy: leave it out: a log is given", where)
            how = schemas.roll_up_of(hint.schema) if rolled else None
            logs.append(Log(name, hint.schema if how is None else how.rolled))
            arguments[name] = hint(Rows(logs[-1])) if how is None else substituted.table_of(logs[-1], how)
        elif params.is_param(hint):
            specs.append(params.spec(name, hint, default, _documented(doc, name), where))
            arguments[name] = params.symbol(specs[-1], where)
        else:
            raise refuse(f"{name} is neither a log nor a Param", "remedy: x: ComputeLog or x: Param[Flop]", where)
    if not logs:
        raise refuse("a claim is about at least one log", "remedy: compute: ComputeLog among its arguments", line)
    return tuple(logs), tuple(specs), arguments


def _documented(doc: str, name: str) -> str:
    for text in doc.split("\n"):
        if text.strip().startswith(f"{name}: "):
            return text.strip().removeprefix(f"{name}: ")
    return ""


def _run(body: Callable[..., None], arguments: dict[str, Any], line: Line) -> Scope:
    if OPEN.get() is not None:
        raise refuse("a claim inside the body of a claim", "remedy: one after the other", line)
    scope = Scope()
    call: Callable[..., Any] = body
    token = OPEN.set(scope)
    try:
        result = call(**arguments)
    except ZkComplianceError:
        raise
    except Exception as error:  # whatever Python has against a line, its author reads as a refusal
        raise refuse_slip(error) from error
    finally:
        OPEN.reset(token)
    if result is not None:
        raise refuse("a claim's body returns something", "remedy: require(…) and reveal(…) are all it does", line)
    return scope


def _check_counted(reveals: Sequence[Reveal], required: Sequence[Value]) -> None:
    """Refuses a number of rows that count where no requirement of the author's is about all of these rows: a policy
    asks for so many rows by it, and rows that the claim passes over would do."""
    about: set[Rows] = set()
    for part in core.walk(*required):
        said = part.said if isinstance(part, Value) else ()
        about |= {replace(each, order=()) for each in (part, *said) if isinstance(each, Rows)}
    for each in reveals:
        if each.counts is None or not isinstance(each.value, core.Aggregate):
            continue
        rows = replace(each.value.rows, order=())
        if not any(rows.frame == among.frame and within(rows, among) for among in about):
            raise refuse(
                f"{each.name!r} counts rows that no requirement is about",
                "remedy: counted(name, rows) of the rows, with their where, of which something is required",
                each.value.line,
            )


def _check(
    logs: tuple[Log, ...],
    specs: tuple[Parameter, ...],
    found: tuple[Requirement, ...],
    reveals: tuple[Reveal, ...],
    requires: bool,
    line: Line,
) -> None:
    """Refuses a claim that requires nothing, uses a parameter or a log nowhere or those of another, or says a name
    twice."""
    if not requires:
        raise refuse("a claim without a requirement", "remedy: require(name, condition)", line)
    values = [each.value for each in found] + [each.value for each in reveals]
    missing.check(*values)
    always.check(*values)
    used = set(core.walk(*values))
    names = {part.name for part in used if isinstance(part, core.Param)}
    own = [(spec.name, spec.type, (spec.low, spec.high)) for spec in specs]
    for part in used:
        if isinstance(part, core.Param) and (part.name, part.type, part.range) not in own:
            raise refuse(f"{part.name} is a parameter of another claim", "remedy: make it an argument here", part.line)
        if isinstance(part, Log) and part not in logs:
            raise refuse(f"{part.name} is a log of another claim", "remedy: make it an argument here", line)
    for spec in specs:
        if spec.name not in names:
            raise refuse(f"the parameter {spec.name} is not used", "remedy: use it or leave it out", line)
    for log in logs:
        if log not in used:
            raise refuse(f"the log {log.name} is not used", "remedy: use it or leave it out", line)
    said = [each.name for each in reveals] + [name for spec in specs for name, _ in spec.publics]
    said = said if len({each.name for each in found}) == len(found) else [*said, *said]
    if len(set(said)) != len(said):
        raise refuse(
            "a name is said twice: reveals, parameters and requirements have distinct names",
            "remedy: another name",
            line,
        )
