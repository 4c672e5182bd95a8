"""A policy as OSCAL (JSON, 1.1.3): the catalog of its requirements, and the profile that asks for all of them.

A control for each requirement, floors of its logs included, with the identifier that verdicts refer to: its statement
is the whole of `says`, its objective the part that is shown, with one for each condition of the claim below it. Its
parameters say what the policy asks of each value. The policy's file and its sources are resources of the back matter,
which the metadata refer to.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from zkcompliance.card.words import said
from zkcompliance.policy.bounds import words as bound_words
from zkcompliance.policy.catalogue import asked
from zkcompliance.policy.model import Policy, Requirement
from zkcompliance.report import words
from zkcompliance.report.oscal_text import (
    NAMESPACE,
    OSCAL_VERSION,
    catalog_file,
    catalog_of,
    line,
    markdown,
    objective,
    prop,
    token,
)

KINDS = ("catalog", "profile")


def write(policy: Policy, kind: str) -> str:
    """One of KINDS, as text that ends with a newline."""
    made = _catalog(policy) if kind == "catalog" else _profile(policy)
    return json.dumps({kind: made}, indent=2, ensure_ascii=True) + "\n"


def _identifier(policy: Policy, *path: str) -> str:
    return str(uuid.uuid5(NAMESPACE, "/".join((policy.digest.hex(), *path))))


def _metadata(policy: Policy, what: str, links: list[dict[str, str]]) -> dict[str, Any]:
    """The moment of change is that from which the policy is valid: a document has no clock."""
    return {
        "title": markdown(f"{policy.title}: {what}"),
        "last-modified": words.iso(policy.valid_from if policy.checked is None else policy.checked),
        "version": str(policy.version),
        "oscal-version": OSCAL_VERSION,
        "props": [prop("policy", policy.label), prop("policy-sha256", policy.digest.hex())],
        "links": links,
    }


def _resources(policy: Policy) -> list[dict[str, Any]]:
    """The policy's file, and each of its sources."""
    text = "The policy's file; proofs are bound to its SHA-256."
    own: dict[str, Any] = {"uuid": _identifier(policy, "policy"), "title": markdown(policy.label), "description": text}
    own["props"] = [prop("sha256", policy.digest.hex()), prop("jurisdiction", policy.jurisdiction)]
    cited = [
        {
            "uuid": _identifier(policy, "source", str(number)),
            "title": markdown(source),
            "citation": {"text": line(source)},
        }
        for number, source in enumerate(policy.sources)
    ]
    return [own, *cited]


def _catalog(policy: Policy) -> dict[str, Any]:
    resources = _resources(policy)
    links = [{"href": f"#{each['uuid']}", "rel": "reference"} for each in resources]
    return {
        "uuid": _identifier(policy, "catalog"),
        "metadata": _metadata(policy, "requirements", links),
        "controls": [_control(each, policy) for each in asked(policy)],
        "back-matter": {"resources": resources},
    }


def _control(each: Requirement, policy: Policy) -> dict[str, Any]:
    card, identifier = policy.card(each), token(each.name)
    conditions = [
        {
            "id": f"{objective(each.name)}-{number}",
            "name": "assessment-objective",
            "title": markdown(clause.name),
            "prose": markdown(said(clause)),
        }
        for number, clause in enumerate(card.clauses, 1)
    ]
    shown = words.asserted(each.says) or each.says
    whole: dict[str, Any] = {"id": objective(each.name), "name": "assessment-objective", "prose": markdown(shown)}
    if conditions:
        whole["parts"] = conditions
    made: dict[str, Any] = {
        "id": identifier,
        "title": markdown(words.title(each.name)),
        "props": [
            prop("claim", f"{each.claim}@{each.version}"),
            prop("card-sha256", each.card.hex()),
            prop("program-sha256", each.program.hex()),
        ],
        "parts": [{"id": f"{identifier}_smt", "name": "statement", "prose": markdown(each.says)}, whole],
    }
    known = {param.name: param for param in (*card.params, *card.revealed())}
    params = [
        {
            "id": f"{identifier}_prm_{token(name)}",
            "label": markdown(name),
            "constraints": [{"description": markdown(bound_words(bound, known[name]))}],
        }
        for name, bound in (*each.params.items(), *each.reveals.items())
    ]
    return made | ({"params": params} if params else {})


def _profile(policy: Policy) -> dict[str, Any]:
    """All controls of the catalog, as they are."""
    resources = _resources(policy)
    links = [{"href": f"#{each['uuid']}", "rel": "reference"} for each in resources]
    reference = catalog_of(policy.digest)
    file = {
        "uuid": reference,
        "title": "The policy's requirements as a catalog",
        "rlinks": [{"href": catalog_file(policy.id, policy.version), "media-type": "application/json"}],
    }
    return {
        "uuid": _identifier(policy, "profile"),
        "metadata": _metadata(policy, "everything that it asks", links),
        "imports": [
            {
                "href": f"#{reference}",
                "include-controls": [{"with-ids": [token(each.name) for each in asked(policy)]}],
            }
        ],
        "merge": {"as-is": True},
        "back-matter": {"resources": [*resources, file]},
    }
