"""No variable names a folder of code, of programs or of words: compiled kernels, PATH, a home, translations."""

from __future__ import annotations

import os
import pwd
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.starting import Started, seldom
from zkcompliance import start

CACHES = ("NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME")
LOOK = """
from zkcompliance import start
start.settle()
import os
from numba.core import config
from numba.misc.appdirs import AppDirs
print(config.CACHE_DIR, AppDirs(appname="numba", appauthor=False).user_cache_dir, os.environ.get("PATH"), sep="\\n")
"""


def catalogue(words: dict[str, str]) -> bytes:
    """A file of translations, as gettext reads it."""
    pairs = sorted({"": "Content-Type: text/plain; charset=UTF-8\n", **words}.items())
    tables: list[int] = []
    texts = b""
    for side in (0, 1):
        for pair in pairs:
            text = pair[side].encode()
            tables += [len(text), 28 + 16 * len(pairs) + len(texts)]
            texts += text + b"\0"
    header = struct.pack("<7I", 0x950412DE, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 0)
    return header + struct.pack(f"<{len(tables)}I", *tables) + texts


WORDS = ("Options", "options", "Usage: ", "usage: ", "No such option: {name}", "unrecognized arguments: %s",
         "No such command {name!r}.", "Missing argument")  # fmt: skip


@pytest.mark.parametrize("variable", ["LANG", *seldom("LC_ALL", "LC_MESSAGES", "LANGUAGE")])
def test_a_language_that_names_a_folder_translates_nothing(verify: Started, variable: str, tmp_path: Path) -> None:
    folder = tmp_path / "LC_MESSAGES"
    folder.mkdir()
    (folder / "messages.mo").write_bytes(catalogue({word: f"PLANTED {word}" for word in WORDS}))
    code = "import gettext; print(gettext.gettext('Options'))"
    planted = {variable: str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=planted, capture_output=True)
    assert done.stdout == b"PLANTED Options\n", "it would be read"
    done, clean = verify.run("--help", env=planted), verify.run("--help")
    assert (done.returncode, done.stdout, done.stderr) == (clean.returncode, clean.stdout, clean.stderr)


def test_no_variable_names_the_folder_of_compiled_kernels(tmp_path: Path) -> None:
    """What lies in it is read with pickle, and so is code."""
    home = pwd.getpwuid(os.geteuid()).pw_dir
    planted = {name: str(tmp_path / name) for name in CACHES} | {"PATH": str(tmp_path)}
    for name in CACHES:
        (tmp_path / name).mkdir()
    done = subprocess.run([sys.executable, "-I", "-c", LOOK], env=planted, capture_output=True, text=True)
    assert done.stdout.splitlines() == ["", f"{home}/.cache/numba", "None"], done.stderr


def test_an_account_without_a_home_has_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than a folder named ~ in the one that the command is run in."""

    def nobody(_: int) -> pwd.struct_passwd:
        raise KeyError

    assert start.home() == pwd.getpwuid(os.geteuid()).pw_dir
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert start.home() == os.devnull
    monkeypatch.setattr(pwd, "getpwuid", lambda _: pwd.struct_passwd(("x", "x", 1, 1, "", "here", "")))
    assert start.home() == os.devnull


def test_a_folder_named_like_a_home_holds_no_code(tmp_path: Path) -> None:
    """With neither variable nor account, what numba calls the user's folder is not one beside the proof."""
    code = "import pwd\ndef nobody(_): raise KeyError\npwd.getpwuid = nobody\n" + LOOK
    done = subprocess.run([sys.executable, "-I", "-c", code], env={}, cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.splitlines()[1] == f"{os.devnull}/.cache/numba", done.stderr
