"""Where claims come from: the catalogue in `circuits/`, or a user's own file."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.util
import inspect
import os
import pkgutil
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path
from types import ModuleType

from zkcompliance import limits, schemas
from zkcompliance.card import catalogue as cards
from zkcompliance.card.beside import Beside
from zkcompliance.card.vacuity import Vacuous
from zkcompliance.claim import own_text
from zkcompliance.claim.language.build import OVER_ROLL_UPS, ClaimDefinition, over_roll_ups
from zkcompliance.claim.meaning.source import refuse_slip
from zkcompliance.claim.model import Claim
from zkcompliance.claim.provable import provable
from zkcompliance.edge import regular
from zkcompliance.errors import UsageError, ZkComplianceError
from zkcompliance.schemas import Schema


@cache
def files() -> dict[str, ModuleType]:
    """The files of `circuits/SUBJECT/`, by name without `.py`, sorted: each defines one claim, or a family of claims.

    ROLLED = True: the claim is there over roll-ups too.
    A family is a function `family(schema)` that gives the claim for logs of a schema, of each of SCHEMAS where the file
    has that; or `change(old, new)`, that gives the claim that a log of the one goes on in the other, a later version of
    it.
    """
    return {stem: _module(stem) for stem in _stems()}


@cache
def _stems() -> dict[str, str]:
    """The names of these files, sorted, each with its module's, of which none is run."""
    folder = importlib.import_module("zkcompliance.circuits").__path__
    found: dict[str, str] = {}
    for each in pkgutil.walk_packages(folder, "zkcompliance.circuits."):
        if each.ispkg:
            continue
        stem = each.name.rpartition(".")[2]
        if stem in found:
            raise UsageError(f"{_place(found[stem])} and {_place(each.name)} have one name: rename one")
        found[stem] = each.name
    return dict(sorted(found.items()))


def _module(stem: str) -> ModuleType:
    return importlib.import_module(_stems()[stem])


def _place(module: str) -> str:
    """Where a claim's file lies in a checkout: circuits/SUBJECT/NAME.py."""
    return module.removeprefix("zkcompliance.").replace(".", "/") + ".py"


@cache
def _homes() -> dict[str, tuple[str, tuple[Schema, ...]]]:
    """claim id → the file that it is defined in, and of a family the schemas: one, or two of a change."""
    homes: dict[str, tuple[str, tuple[Schema, ...]]] = {}
    for stem in _stems():
        for id, of in _defined(stem).items():
            if id in homes:
                raise _both(stem, homes[id][0], id)
            homes[id] = stem, of
    return homes


@cache
def _home(name: str) -> tuple[str, tuple[Schema, ...]] | None:
    """That of one claim; None where there is none. Only files are run whose own name the claim's id begins with."""
    found = None
    for stem in _stems():
        if name == _id(stem) or name.startswith(f"{_id(stem)}-"):
            made = _defined(stem)
            if name in made and found is not None:
                raise _both(stem, found[0], name)
            found = (stem, made[name]) if name in made else found
    return found


def _defined(stem: str) -> dict[str, tuple[Schema, ...]]:
    """The claims of a file, by id; each id is the file's own, or begins with it and a `-`."""
    module, own = _module(stem), _id(stem)
    if hasattr(module, "family"):
        every = getattr(module, "SCHEMAS", None) or [s for each in schemas.names() for s in schemas.versions(each)]
        return {f"{own}-{schemas.in_id(schema)}": (schema,) for schema in every}
    if hasattr(module, "change"):
        return {module.name(*pair): pair for pair in schemas.changes()}
    return {own: (), **({f"{own}{OVER_ROLL_UPS}": ()} if getattr(module, "ROLLED", False) else {})}


def _id(stem: str) -> str:
    return stem.replace("_", "-")


def _both(one: str, other: str, id: str) -> UsageError:
    return UsageError(f"{_place(_stems()[one])} and {_place(_stems()[other])} both define {id}")


def names(*, families: bool = True) -> list[str]:
    """The claims of the catalogue, sorted; families: those too of which a file makes several: for every schema, or over
    roll-ups."""
    return sorted(name for name, (_, of) in _homes().items() if families or not (of or name.endswith(OVER_ROLL_UPS)))


def has(name: str) -> bool:
    """Whether the catalogue has a claim of this id; other claims' files are not run."""
    return _home(name) is not None


def about(name: str) -> str:
    """What the file of a claim of the catalogue says of it: its sources, and what it means over an empty log.

    `name`: one of `names()`.
    """
    return inspect.cleandoc(files()[_homes()[name][0]].__doc__ or "")


def load(name: str) -> Claim:
    """A claim by its id, or the one that a Python file (which is run) defines. UsageError where there is none, or one
    that takes an id of the catalogue under another program."""
    if _home(name) is not None:
        return replace(compiled_anew(name), pinned=registry().get(name))
    if not name.endswith(".py") or not os.path.exists(name):  # noqa: PTH110
        raise cards.unknown(name, names(), ", or a .py file")
    loader = _Source(name)
    spec = importlib.util.spec_from_file_location("zkcompliance_user_claim", name, loader=loader)
    if spec is None:
        raise UsageError(f"{name} is not a Python file")
    own_text.check(loader.get_data(name), name)
    module = importlib.util.module_from_spec(spec)
    try:
        loader.exec_module(module)
    except ZkComplianceError:
        raise
    except Exception as error:
        slip = refuse_slip(error, name).message
        raise UsageError(f"{name} cannot be run: {slip}") from error
    if hasattr(module, "ROLLED"):
        raise UsageError(
            f"{name}: ROLLED makes two claims of a file of the catalogue, and a file of your own has one",
            help="@over_roll_ups above @claim makes it the claim over roll-ups, in a copy of the file",
        )
    return _of_its_own(claim_in(module, name), name)


def _of_its_own(claim: Claim, file: str) -> Claim:
    """UsageError where it has the id of a claim of the catalogue, and could be mistaken for it, and another program."""
    if _home(claim.id) is None or claim.program.digest == registry().get(claim.id):
        return claim
    raise UsageError(
        f"{file} is {claim.id}@{claim.version}, the id of a claim of the catalogue, under another program: give it an "
        f'id of its own, @claim("my-{claim.id}")',
        help=f"zkcompliance explain {claim.id}",
    )


def compiled_anew(name: str) -> Claim:
    """A claim of the catalogue, compiled whatever REGISTRY.lock pins. UsageError where there is none."""
    home = _home(name)
    if home is None:
        raise cards.unknown(name, names())
    file, of = home
    over = name.endswith(OVER_ROLL_UPS)
    claim = _of_family(file, *of) if of else claim_in(_module(file), name, rolled=over)
    if claim.id != name:
        place = _place(_stems()[file])
        raise UsageError(f"{place} defines {claim.id}, and is named as if it defined {name}: rename it")
    return claim


class _Source(importlib.abc.SourceLoader):
    """Runs the text of a file, read once and up to its limit: no compiled file beside it, which nobody reads."""

    def __init__(self, name: str) -> None:
        self._name = name
        try:
            with regular.open_given(Path(name)) as file:
                self._data = file.read(limits.MAX_CLAIM_FILE_BYTES + 1)
        except OSError as error:
            raise UsageError(f"{name}: {error.strerror}") from error
        if len(self._data) > limits.MAX_CLAIM_FILE_BYTES:
            raise UsageError(f"{name} is longer than {limits.MAX_CLAIM_FILE_BYTES} bytes, and no file of a claim is")

    def get_filename(self, fullname: str) -> str:
        return self._name

    def get_data(self, path: str | bytes) -> bytes:
        return self._data


def own(given: Iterable[str | Path | Claim]) -> dict[str, Claim]:
    """Claims that are not of the catalogue, by id; a path is of a Python file (which is run) that defines one.

    UsageError where two have one id, or one has the id of a claim of the catalogue, for which it could be mistaken.
    """
    found: dict[str, Claim] = {}
    for each in given:
        claim = each if isinstance(each, Claim) else load(str(each))
        here = _home(claim.id) is not None
        if here or claim.id in found:
            held = "is in the catalogue" if here else "is given twice"
            raise UsageError(f"{claim.id}: a claim of this id {held}", help="zkcompliance claims")
        found[claim.id] = claim
    return found


@cache
def registry() -> dict[str, bytes]:
    """The pinned digests of `REGISTRY.lock`, by claim id: lines `id@version digest`."""
    text = resources.files("zkcompliance.circuits").joinpath("REGISTRY.lock").read_text(encoding="utf-8")
    pairs = (line.split() for line in text.splitlines())
    return {name.partition("@")[0]: bytes.fromhex(digest) for name, digest in pairs}


def claim_in(module: ModuleType, name: str, *, rolled: bool = False) -> Claim:
    """The one claim that a module defines, or (rolled) that over roll-ups; UsageError where there is none or more."""
    found = [each for each in vars(module).values() if isinstance(each, (Claim, ClaimDefinition))]
    if len(found) != 1:
        raise UsageError(f"{name} defines {len(found)} claims, and should define one")
    (claim,) = found
    if rolled and isinstance(claim, ClaimDefinition):
        claim = over_roll_ups(claim)
    return _complete(module, claim if isinstance(claim, Claim) else provable(claim))


def _complete(module: ModuleType, made: Claim) -> Claim:
    """With what the file says besides: VACUOUS and BESIDE."""
    vacuous: tuple[Vacuous, ...] = tuple(getattr(module, "VACUOUS", ()))
    for each in vacuous:
        each.resolved(made.params)
    beside: Beside | None = getattr(module, "BESIDE", None)
    if beside is not None:
        revealed = {each.name: each.value.type for each in made.reveals}
        beside.check(revealed, {each.name: each.type for each in made.params})
    return replace(made, vacuous=vacuous, beside=beside)


def unchanged(schema: Schema) -> Claim:
    """The claim that two logs of this schema, which may be the user's own, have the same rows."""
    return _of_family("rows_unchanged", schema)


def goes_on(old: Schema, new: Schema) -> Claim:
    """The claim that a log of the one has the rows of a log of the other: unchanged where they are one schema.

    NotASuccessor where the second is another, and no later version of the first.
    """
    return unchanged(old) if old.digest == new.digest else _of_family("rows_extended", old, new)


def rolled_up(schema: Schema) -> Claim:
    """The claim that a roll-up has the groups of a log of this schema. UsageError where such are not rolled up."""
    return _of_family("rolled_up", schema)


def floor(schema: Schema) -> Claim:
    """The claim that a log of this schema, which may be the user's own, has so many rows, all from certain sources."""
    return _of_family("log_floor", schema)


def _of_family(file: str, *of: Schema) -> Claim:
    module = _module(file)
    made = module.family(*of) if len(of) == 1 else module.change(*of)
    return _complete(module, made if isinstance(made, Claim) else provable(made))
