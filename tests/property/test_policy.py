"""The policy loader under random bytes, broken policies and made-up ones; sound policies keep their meaning."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from zkcompliance import limits
from zkcompliance.card import catalogue as cards
from zkcompliance.card import places
from zkcompliance.card.model import Card
from zkcompliance.claim.model import Parameter
from zkcompliance.errors import LimitExceeded, MalformedPolicy
from zkcompliance.log.cosignature import CosignerKey
from zkcompliance.log.note import VerifierKey
from zkcompliance.policy.bounds import meets, of_choices, refuse_vacuous
from zkcompliance.policy.catalogue import asked
from zkcompliance.policy.clocks import refuse_backdated
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Bound, Cosigners, LogKey, LogRule, Operator, Policy, Requirement
from zkcompliance.quantities import fault_of
from zkcompliance.schemas import SOURCES

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "policies.json").read_text())
SOUND = re.sub("@CARD ([a-z-]+)@[0-9]+@", lambda found: cards.load(found[1]).digest.hex(), VECTORS["sound"]).encode()
DAY = 86400


def taken(data: bytes) -> Policy | None:
    """The policy, or None where it is refused as it should be."""
    try:
        policy = parse_policy(data)
    except (MalformedPolicy, LimitExceeded) as error:
        assert len(error.message) < 4000
        return None
    assert asked(policy)
    assert policy.text == data
    return policy


# Hostile input


@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
def test_random_bytes(data: bytes) -> None:
    assert taken(data) is None


PIECES = [piece for piece in re.split(rb"([\n=.,\[\]{}\" ])", SOUND) if piece]
EDITS = st.lists(
    st.tuples(st.integers(0, 2000), st.sampled_from(["cut", "double", "swap", "flip", "put"]), st.integers(0, 2000)),
    min_size=1,
    max_size=4,
)
ODD = [
    b"0",
    b"-1",
    b"1e400",
    b"nan",
    b"true",
    b"{}",
    b"[]",
    b'""',
    b"'",
    b'"',
    b"\\",
    b"\0",
    b"\xff",
    b"#",
    b"2000-01-01",
    b"00:00:00",
    b"[[a]]",
    b"free = true",
    b"1_0",
    b"0x1",
    b"\r\n",
    "é".encode(),
    b'"\\u0000"',
]


@given(EDITS)
@settings(max_examples=600, deadline=None, derandomize=True, database=None)
def test_broken_policies(edits: list[tuple[int, str, int]]) -> None:
    pieces = list(PIECES)
    for at, what, other in edits:
        i, j = at % len(pieces), other % len(pieces)
        match what:
            case "cut":
                pieces[i] = b""
            case "double":
                pieces[i] *= 2
            case "swap":
                pieces[i], pieces[j] = pieces[j], pieces[i]
            case "flip":
                pieces[i] = bytes([*pieces[i][:-1], (pieces[i][-1:] or b"x")[0] ^ 1 << other % 8])
            case "put":
                pieces[i] = ODD[other % len(ODD)]
    taken(b"".join(pieces))


KEYS = st.sampled_from(
    [
        "format",
        "id",
        "version",
        "title",
        "sources",
        "valid_from",
        "subject",
        "freshness",
        "proof",
        "cosigners",
        "quorum",
        "operators",
        "logs",
        "compute",
        "schema",
        "keys",
        "rows",
        "requirements",
        "name",
        "says",
        "claim",
        "card",
        "params",
        "reveals",
        "limit",
        "phases",
        "at_least",
        "at_most",
        "includes",
        "one_of",
        "within",
        "free",
        "x y",
        "",
        "é",
    ]
)
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-(2**70), 2**200),
    st.text(max_size=12),
    st.sampled_from(["1e25", "7 days", "50%", "compute"]),
    st.sampled_from([datetime(2026, 1, 1, tzinfo=UTC).date(), datetime(2026, 1, 1, tzinfo=UTC)]),
    st.floats(),
)
TREES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=12
)


def toml(value: Any) -> str:
    """A value in TOML, tables inline."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(inner)}" for key, inner in value.items()) + "}"
    return value.isoformat() if isinstance(value, datetime) or hasattr(value, "isoformat") else str(value)


def quoted(text: str) -> str:
    return '"' + "".join(c if c.isprintable() and c not in "\"'\\" else f"\\U{ord(c):08x}" for c in text) + '"'


def whole_file(tree: dict[str, Any]) -> bytes:
    return "\n".join(f"{toml(key)} = {toml(value)}" for key, value in tree.items()).encode(errors="replace")


HEAD = {
    "format": "zkcompliance-policy/v1",
    "id": "x",
    "version": 1,
    "title": "t",
    "jurisdiction": "j",
    "sources": ["s"],
    "valid_from": datetime(2026, 1, 1, tzinfo=UTC).date(),
    "valid_until": datetime(2027, 1, 1, tzinfo=UTC).date(),
    "subject": "none",
    "logs": {"compute": {"schema": "compute"}},
    "requirements": [
        {
            "name": "n",
            "says": "s",
            "claim": "training-compute-below@2",
            "card": cards.load("training-compute-below").digest.hex(),
            "logs": {"compute": "compute"},
            "params": {
                "limit": "1e25",
                "phases": "pretraining",
                "model": {"free": True},
                "before": 0,
                "outside": "10%",
            },
        }
    ],
}


def test_the_head_is_sound() -> None:
    assert taken(whole_file(HEAD)) is not None


@given(st.dictionaries(KEYS, TREES, max_size=4), st.booleans())
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
def test_made_up_tables(tree: dict[str, Any], whole: bool) -> None:
    taken(whole_file({**HEAD, **tree} if whole else tree))


@given(TREES, TREES)
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
def test_made_up_parameters(limit: Any, phases: Any) -> None:
    (requirement,) = HEAD["requirements"]
    policy = taken(
        whole_file({**HEAD, "requirements": [{**requirement, "params": {"limit": limit, "phases": phases}}]})
    )
    if policy is not None:
        bounds = policy.requirements[0].params
        assert not meets(bounds["limit"], 10**28, time=0, subject_name=None)
        assert not meets(bounds["phases"], 0, time=0, subject_name=None)
        assert not meets(bounds["phases"], 1 << 4, time=0, subject_name=None)


# Sound policies


NAMES = st.from_regex(r"[a-z0-9]{1,8}(-[a-z0-9]{1,8}){0,2}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30).filter(
    lambda text: not fault_of(text)
)
CLAIMS = [
    cards.load(name) for name in cards.names() if not name.startswith(("rows-unchanged-", "rows-sealed-promptly-"))
]


@st.composite
def bound(draw: st.DrawFn, param: Parameter, dated: bool, subject: bool) -> Bound:
    """A bound in one of the forms for this parameter; it may be vacuous."""
    kind = param.kind
    ordered = kind in ("Count", "Flop", "Ppm", "Seconds", "Time")
    number = st.integers(param.low, min(param.high, 10**11)) if kind != "Id" else st.integers(1, 1000)
    if param.places:
        members = st.lists(st.integers(1, 1000), min_size=1, max_size=param.places)
        number = members.map(lambda found: places.encode(found, param.type.width, param.places))
    forms = ["exact", "exact", "free", "one_of", *(["low", "high", "both"] * 2 if ordered else [])]
    forms += ["within"] * (kind == "Time" and dated) * 3 + ["subject"] * (kind == "Id" and subject) * 3
    forms += ["includes"] * of_choices(param) * 3
    form = draw(st.sampled_from(forms))
    values = sorted(draw(st.lists(number, min_size=2, max_size=4, unique=True)))
    match form:
        case "exact":
            return Bound(low=values[0], high=values[0])
        case "one_of":
            return Bound(one_of=tuple(values))
        case "both" if (values[0], values[-1]) != (param.low, param.high):
            return Bound(low=values[0], high=values[-1])
        case "low" if values[-1] > param.low:
            return Bound(low=values[-1])
        case "high" if values[0] < param.high:
            return Bound(high=values[0])
        case "within":
            return Bound(within=draw(st.integers(1, 100 * DAY)))
        case "subject":
            return Bound(subject=True)
        case "includes":
            return Bound(includes=values[-1])
    return Bound(free=True)


def asks(claim: Card, params: dict[str, Bound], earliest: int) -> bool:
    try:
        refuse_vacuous(claim, params, earliest, "")
    except MalformedPolicy:
        return False
    return True


def timely(claim: Card, params: dict[str, Bound], proof_age: int | None) -> bool:
    try:
        refuse_backdated(claim, params, proof_age=proof_age, reference=False, path="")
    except MalformedPolicy:
        return False
    return True


def window(dated: bool) -> st.SearchStrategy[tuple[int | None, int | None]]:
    """From and until when a key is trusted; without an end where nothing dates a checkpoint."""
    days = st.integers(0, 30000).map(lambda day: day * DAY)
    ends = st.tuples(days, days).filter(lambda pair: pair[0] < pair[1])
    one = st.one_of(st.tuples(days, st.none()), st.tuples(st.none(), days), ends)
    return st.one_of(st.just((None, None)), one) if dated else st.just((None, None))


def rows_that_count(claim: Card, slots: dict[str, tuple[str, ...]], logs: dict[str, LogRule]) -> dict[str, Bound]:
    """What the rows that are asked of the logs ask of the values by which the claim tells how many count."""
    least = {slot: sum(logs[name].rows for name in names) for slot, names in slots.items()}
    return {each.name: Bound(low=least[each.counts]) for each in claim.reveals if least.get(each.counts)}


@st.composite
def policies(draw: st.DrawFn) -> tuple[Policy, bool]:
    """A policy without its text, and whether it asks something of every parameter."""
    subject, dated = draw(st.booleans()), draw(st.booleans())
    start = draw(st.integers(15000, 30000)) * DAY
    proof = draw(st.integers(1, 3000 * DAY)) if dated else None
    keys = iter(range(1, 200))
    cosigners = None
    if draw(st.booleans()):
        names = draw(st.lists(NAMES, min_size=1, max_size=3, unique=True))
        made = tuple(
            Operator(n, tuple(CosignerKey(n, 4, bytes([next(keys)]) * 32) for _ in range(draw(st.integers(1, 2)))))
            for n in names
        )
        cosigners = Cosigners(draw(st.integers(1, len(names))), made)
    checkpoint = draw(st.integers(1, 3000 * DAY)) if cosigners and draw(st.booleans()) else None
    logs: dict[str, LogRule] = {}
    requirements: list[Requirement] = []
    sound = True
    for called in draw(st.lists(NAMES, min_size=1, max_size=3, unique=True)):
        claim = draw(st.sampled_from(CLAIMS))
        slots, further = {}, {}
        for slot in claim.slots:
            there = []
            most = 1 if slot.order else draw(st.sampled_from([1, 1, 2, 3]))
            for _ in range(most if len(logs) + most <= limits.MAX_POLICY_LOGS else 1):
                there.append(f"{called[:20]}-{slot.name.replace('_', '-')}-{len(logs)}")
                held = tuple(
                    LogKey(VerifierKey("lab", bytes([next(keys)]) * 32), *draw(window(bool(cosigners) or dated)))
                    for _ in range(draw(st.integers(0, 2)))
                )
                sources = tuple(draw(st.lists(st.sampled_from(SOURCES), max_size=3, unique=True)))
                rows = draw(st.sampled_from([0, 1, 9]))
                metered = draw(TEXTS) if held and sources and "self_declared" not in sources else ""
                if sources and "self_declared" not in sources and not held:
                    sources = ("self_declared", *sources[:2])
                logs[there[-1]] = LogRule(there[-1], slot.schema, held, rows, sources, slot.digest, metered)
            least = draw(st.integers(1, len(there))) if slot.more else len(there)
            slots[slot.name] = tuple(there[:least])
            further |= {slot.name: tuple(there[least:])} if there[least:] else {}
        params = {param.name: draw(bound(param, dated, subject)) for param in claim.params}
        sound = sound and asks(claim, params, 0 if proof is None else max(0, start - proof))
        sound = sound and timely(claim, params, proof)
        digests = claim.digest, claim.program
        says = draw(TEXTS)
        floors = {} if further else rows_that_count(claim, slots, logs)
        requirements.append(
            Requirement(called, says, claim.id, claim.version, *digests, slots, params, floors, further)
        )
    policy = Policy(
        b"",
        draw(NAMES),
        draw(st.integers(1, 2**32 - 1)),
        draw(TEXTS),
        draw(TEXTS),
        tuple(draw(st.lists(TEXTS, min_size=1, max_size=3, unique=True))),
        start,
        start + draw(st.integers(1, 900)) * DAY,
        subject,
        False,
        proof,
        checkpoint,
        cosigners,
        logs,
        tuple(requirements),
    )
    return policy, sound


def written(param: Parameter, value: int) -> Any:
    """As a policy's author writes it, exactly."""
    match param.kind:
        case "Bool":
            return bool(value)
        case "Ppm" | "Rate":
            return f"{value // 10_000}.{value % 10_000:04d}%"
        case "Seconds":
            return f"{value} s"
        case "Time":
            return datetime.fromtimestamp(value, UTC).isoformat()
        case "Id":
            return f"0x{value.to_bytes(16, 'little').hex()}"
        case "set":
            return param.show(value) if value else ","
    return value if value % 2 else str(value)


def of_bound(param: Parameter, bound: Bound) -> Any:
    if bound.exact is not None:
        return written(param, bound.exact)
    parts = {
        "at_least": None if bound.low is None else written(param, bound.low),
        "at_most": None if bound.high is None else written(param, bound.high),
        "includes": written(param, bound.includes) if bound.includes else None,
        "one_of": [written(param, value) for value in bound.one_of] or None,
        "within": None if bound.within is None else f"{bound.within} seconds",
        "subject": bound.subject or None,
        "free": bound.free or None,
    }
    return {key: value for key, value in parts.items() if value is not None}


def of_slot(each: Requirement, slot: str) -> Any:
    """One log by itself, several as a list, and a table where there may be further ones."""
    names = list(each.logs[slot])
    if slot in each.further:
        return {"all": names, "further": list(each.further[slot])}
    return names[0] if len(names) == 1 else names


def of_key(key: LogKey) -> Any:
    ends = {name: date(at) for name, at in (("from", key.since), ("until", key.until)) if at is not None}
    return {"key": key.key.text, **ends} if ends else key.key.text


def date(moment: int) -> Any:
    return datetime.fromtimestamp(moment, UTC).date()


def of_policy(policy: Policy) -> dict[str, Any]:
    fresh = {"proof": policy.proof_age, "checkpoint": policy.checkpoint_age}
    tree: dict[str, Any] = {
        "format": "zkcompliance-policy/v1",
        "id": policy.id,
        "version": policy.version,
        "title": policy.title,
        "jurisdiction": policy.jurisdiction,
        "sources": list(policy.sources),
        "valid_from": date(policy.valid_from),
        "valid_until": date(policy.valid_until),
        "subject": "required" if policy.subject else "none",
        "freshness": {key: f"{age} s" for key, age in fresh.items() if age is not None},
        "logs": {
            rule.name: {
                "schema": rule.schema,
                **({"keys": [of_key(each) for each in rule.keys]} if rule.keys else {}),
                **({"rows": rule.rows} if rule.rows else {}),
                **({"sources": list(rule.sources)} if rule.sources else {}),
                **({"meterer": rule.meterer} if rule.meterer else {}),
                **({"lab": rule.lab} if rule.lab else {}),
                **({"most": rule.most} if rule.most else {}),
            }
            for rule in policy.logs.values()
        },
        "requirements": [],
    }
    if not tree["freshness"]:
        del tree["freshness"]
    if policy.cosigners:
        operators = {each.name: [key.text for key in each.keys] for each in policy.cosigners.operators}
        tree["cosigners"] = {"quorum": policy.cosigners.quorum, "operators": operators}
    for each in policy.requirements:
        specs = {param.name: param for param in cards.load(each.claim).params}
        params = {name: of_bound(specs[name], bound) for name, bound in each.params.items()}
        tree["requirements"].append(
            {
                "name": each.name,
                "says": each.says,
                "claim": f"{each.claim}@{each.version}",
                "card": each.card.hex(),
                "logs": {slot: of_slot(each, slot) for slot in each.logs},
                **({"params": params} if params else {}),
            }
        )
    return tree


@given(policies())
@settings(max_examples=250, deadline=None, derandomize=True, database=None)
def test_policies_keep_their_meaning_and_vacuous_ones_are_refused(made: tuple[Policy, bool]) -> None:
    policy, sound = made
    data = whole_file(of_policy(policy))
    read = taken(data)
    assert (read is not None) is sound, refusal(data)
    if read is not None:
        assert replace(read, text=b"") == policy


def refusal(data: bytes) -> str:
    try:
        parse_policy(data)
    except MalformedPolicy as error:
        return error.message
    return "taken"
