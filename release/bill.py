"""The bill of materials of an installation: a CycloneDX 1.6 document of this package and of all that it needs.

Versions and licenses are those of the Python that this runs in; optional extras are left out. The same installation
gives the same bytes: there is no time in it and no random number.
"""

from __future__ import annotations

import json
import re
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement

NAME = "zkcompliance"


def normal(name: str) -> str:
    """A distribution's name as package indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(found: Distribution) -> list[str]:
    """Normal names of what it requires here, without extras; sorted."""
    requirements = map(Requirement, found.requires or [])
    return sorted(
        {normal(each.name) for each in requirements if not each.marker or each.marker.evaluate({"extra": ""})}
    )


def closure(name: str) -> dict[str, Distribution]:
    """Normal name → installed distribution, of `name` and all that it needs; PackageNotFoundError where one is not."""
    found: dict[str, Distribution] = {}
    waiting = [name]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found[each] = distribution(each)
            waiting += needed(found[each])
    return dict(sorted(found.items()))


def _component(name: str, found: Distribution, kind: str) -> dict[str, object]:
    """Of one distribution; the license only where it is stated as an SPDX expression."""
    reference = f"pkg:pypi/{name}@{found.version}"
    made: dict[str, object] = {"type": kind, "bom-ref": reference, "name": name, "version": found.version}
    expression = found.metadata.get("License-Expression")
    if expression:
        made["licenses"] = [{"expression": expression}]
    return made | {"purl": reference}


def bill() -> bytes:
    """The document, as JSON in UTF-8."""
    found = closure(NAME)
    reference = {name: f"pkg:pypi/{name}@{each.version}" for name, each in found.items()}
    document = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {"component": _component(NAME, found[NAME], "application")},
        "components": [_component(name, each, "library") for name, each in found.items() if name != NAME],
        "dependencies": [
            {"ref": reference[name], "dependsOn": [reference[other] for other in needed(each)]}
            for name, each in found.items()
        ],
    }
    return json.dumps(document, indent=1).encode() + b"\n"
