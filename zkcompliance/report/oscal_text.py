"""What OSCAL documents are made of: texts in the schema's forms, and identifiers that are the same in all of them.

A requirement of a policy is a control of the policy's catalog, and what it says an objective of that control: a verdict
finds objectives, by identifiers that `report.oscal_catalog` writes and `report.oscal` refers to.
"""

from __future__ import annotations

import uuid

from zkcompliance.report import words

OSCAL_VERSION = "1.1.3"
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "tag:zkcompliance,2026:oscal")
PROPERTIES = "https://zkcompliance.invalid/ns/verdict"  # a name that nobody can own (RFC 2606), in the form tools take
_MARKDOWN = str.maketrans({c: f"\\{c}" for c in "\\`*_[]<>&^~$#{}"})


def line(text: str, otherwise: str = "none") -> str:
    """One line of plain text, never empty: the schema's string."""
    return words.clean(text).strip() or otherwise


def markdown(text: str, otherwise: str = "none") -> str:
    """The same as Markdown that reads as that text."""
    return line(text, otherwise).translate(_MARKDOWN)


def token(text: str) -> str:
    """A name in the form of an XML NCName: other characters by their code points."""
    out = "".join(
        c if c.isascii() and (c.isalnum() or c in "-.") else f"_{ord(c):x}_" if c != "_" else "__" for c in text
    )
    return out if out[:1].isalpha() else f"_{out}"


def prop(name: str, value: str) -> dict[str, str]:
    return {"name": name, "ns": PROPERTIES, "value": line(value)}


def objective(requirement: str) -> str:
    """The identifier of what a requirement says, as the control's objective."""
    return f"{token(requirement)}_obj"


def catalog_of(policy: bytes) -> str:
    """The UUID of the file that is a policy's catalog, as other documents refer to it. policy: its SHA-256."""
    return str(uuid.uuid5(NAMESPACE, f"{policy.hex()}/catalog-file"))


def catalog_file(identity: str, version: int) -> str:
    """What that file is called where nobody says otherwise."""
    return f"{token(identity)}-{version}.catalog.json"
