"""The one-file verifier's bytes: a zip of sources that Python runs, the same bytes wherever and whenever it is made.

    "#!/usr/bin/env -S python3 -I -S" ‖ newline ‖ zip

Members are stored, not compressed (a compressor's output changes with its version), in the order of their names, all
dated 1980-01-01, with mode 0644. Nothing of the machine goes in: no time, no path, no compiled code.
"""

from __future__ import annotations

import zipfile
from io import BytesIO

from zkcompliance.report import MODULES
from zkcompliance.standalone.closure import CLAIMS, PACKAGE, ROOT, closure, source

SHEBANG = b"#!/usr/bin/env -S python3 -I -S\n"
MAIN = b'''"""zkcompliance-verify: the verifier in one file. docs/verifier.md says what is in it and how to read it."""

import sys

if sys.version_info < (3, 11):  # before any other line, as old Pythons cannot read them
    this = ".".join(map(str, sys.version_info[:3]))
    sys.stderr.write("error[usage]: zkcompliance needs Python 3.11 or newer, this is Python " + this + "\\n")
    sys.stderr.write("help: run it with a later Python: python3.11 -I -S zkcompliance-verify.pyz --help\\n")
    sys.exit(2)

from zkcompliance import start

start.one_file("zkcompliance.standalone.isolation")
'''
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16
_UNIX = 3


def roots() -> list[str]:
    """The main program, and what is imported by a name that is made at run time: what writes verdicts."""
    written = [f"{PACKAGE}.report.{name}" for name in MODULES.values()]
    return [f"{PACKAGE}.standalone.main", f"{PACKAGE}.standalone.isolation", f"{PACKAGE}.circuits", *written]


def members() -> dict[str, bytes]:
    """Name in the zip → bytes: `__main__.py`, the modules, the cards of the claims and the policies."""
    found = {"__main__.py": MAIN}
    for module, path in closure(roots()).items():
        place = module.replace(".", "/")
        own = source(module)
        package = own is not None and own.name == "__init__.py"
        found[f"{place}/__init__.py" if package else f"{place}.py"] = path.read_bytes()
    cards = {f"{PACKAGE}/circuits/cards/{path.name}": path for path in (CLAIMS / "cards").glob("*.json")}
    policies = {f"{PACKAGE}/policies/{path.name}": path for path in (ROOT / "policies").glob("*.toml")}
    found |= {name: path.read_bytes() for name, path in (cards | policies).items()}
    return dict(sorted(found.items()))


def archive() -> bytes:
    """The file."""
    buffer = BytesIO()
    buffer.write(SHEBANG)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as made:
        for name, data in members().items():
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = _UNIX, _MODE
            made.writestr(entry, data)
    return buffer.getvalue()
