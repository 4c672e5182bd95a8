"""Where the project is at home: what an index shows of a version for ever, and a release for publishing must have."""

from __future__ import annotations

import tomllib

ADDRESSES = ("Homepage", "Source", "Issues", "Changelog")
EXAMPLES = (".example", ".invalid", ".test", ".localhost", "example.com", "example.org", "example.net")  # RFC 2606


def homeless(project: str) -> str:
    """What is wrong with the addresses of this pyproject.toml's text; empty where nothing is."""
    urls = tomllib.loads(project)["project"].get("urls", {})
    if any(name not in urls for name in ADDRESSES):
        return f"pyproject.toml has no [project.urls] with {', '.join(ADDRESSES)}: docs/releasing.md, Make a release"
    wrong = [url for url in urls.values() if not url.startswith("https://") or url.split("/")[2].endswith(EXAMPLES)]
    return f"pyproject.toml names {', '.join(wrong)}, where nobody is at home" if wrong else ""
