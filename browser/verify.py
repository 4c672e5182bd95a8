"""What the page asks of the one file: its command line, over files that lie in a folder of the browser's memory."""

import contextlib
import hashlib
import io
import os
import shutil
import sys
from pathlib import Path

PYZ, FOLDER = Path("/zkcompliance-verify.pyz"), Path("/given")
sys.path.insert(0, str(PYZ))

from zkcompliance.standalone import isolation  # noqa: E402

isolation.install()


def about() -> tuple[str, str, list[str]]:
    """The one file's SHA-256, which Python runs it, and the ids of the ready-made policies."""
    from zkcompliance.policy import catalogue

    return (
        hashlib.sha256(PYZ.read_bytes()).hexdigest(),
        f"Python {sys.version.split()[0]} in this browser",
        catalogue.names(),
    )


def verify(options: list[str], files: list[tuple[str, object]]) -> tuple[int, str, str]:
    """The exit status, what was said of errors, and the page; options: as on the command line."""
    from zkcompliance.standalone.main import main

    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    os.chdir(FOLDER)
    for name, data in files:
        (FOLDER / Path(name).name).write_bytes(bytes(data))
    page, said, status = io.StringIO(), io.StringIO(), 70
    with contextlib.redirect_stdout(page), contextlib.redirect_stderr(said):
        try:
            main([*options, "--format", "html"])
        except SystemExit as left:
            status = left.code if isinstance(left.code, int) else 70
    return status, said.getvalue(), page.getvalue()
