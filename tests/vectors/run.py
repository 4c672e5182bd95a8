"""Runs the cases of this folder against a verifier. Python 3.11 or later, nothing else.

    python3 run.py [--only TEXT] [--list] -- COMMAND …

COMMAND … is the verifier, with the options of `zkcompliance verify`: for instance
`python3 -I -S zkcompliance-verify.pyz`. Paths in it are made absolute where they name a file that is there. Every case
is one command line in a folder of its files; compared are the exit status, the code in the first line of stderr
(`error[CODE]`), and for what is accepted the facts that its JSON verdict must state. A line for every difference; the
exit status is 1 where there is any, and 0 where there is none. As many cases run at a time as there are cores.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
FORMAT = "zkcompliance-conformance/v1"
SECONDS = 120  # for one command line; a verifier that takes longer hangs


def made(name: str, files: dict[str, Any]) -> bytes:
    """A file of a case. An edit is [at, remove, insert]: bytes of what the edits before made; insert in hexadecimal."""
    said = files[name]
    data = (HERE / "files" / said["of"]).read_bytes()
    for at, remove, insert in said["edits"]:
        if not 0 <= at <= at + remove <= len(data):
            raise SystemExit(f"{name}: an edit outside the file")
        data = data[:at] + bytes.fromhex(insert) + data[at + remove :]
    return data


def lacking(asked: Any, given: Any, where: str = "") -> str:
    """Where `given` does not state what is asked, empty where it does: of an object, the members that are asked."""
    if isinstance(asked, dict) and isinstance(given, dict):
        found = (lacking(value, given.get(name), f"{where}.{name}") for name, value in asked.items())
        return next(filter(None, found), "")
    if isinstance(asked, list) and isinstance(given, list) and len(asked) == len(given):
        both = enumerate(zip(asked, given, strict=True))
        return next(filter(None, (lacking(one, other, f"{where}[{i}]") for i, (one, other) in both)), "")
    return "" if asked == given and type(asked) is type(given) else f"{where}: {given!r}, not {asked!r}"


def difference(case: dict[str, Any], files: dict[str, Any], command: list[str]) -> str:
    """What the verifier does otherwise than the case says; empty where nothing."""
    with tempfile.TemporaryDirectory() as folder:
        for name in case["files"]:
            (Path(folder) / name).write_bytes(made(name, files))
        try:
            done = subprocess.run([*command, *case["arguments"]], cwd=folder, capture_output=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return f"no answer in {SECONDS} seconds"
    first = done.stderr.decode(errors="replace").partition("\n")[0]
    named = re.match(r"error\[([a-z0-9-]+)\]", first)
    code = named[1] if named else ""
    if (done.returncode, code) != (case["status"], case["code"]):
        wanted, given = (f"{status} {name or 'accepted'}" for status, name in (
            (case["status"], case["code"]), (done.returncode, code or ("" if done.returncode == 0 else first)),
        ))  # fmt: skip
        return f"{given}, not {wanted}"
    if case["facts"] is None:
        return ""
    try:
        return lacking(case["facts"], json.loads(done.stdout))
    except ValueError:
        return "the verdict is not JSON"


def main(arguments: list[str]) -> int:
    options, command = arguments, []
    if "--" in arguments:
        options, command = arguments[: arguments.index("--")], arguments[arguments.index("--") + 1 :]
    only = options[options.index("--only") + 1] if "--only" in options[:-1] else ""
    index = json.loads((HERE / "index.json").read_text(encoding="utf-8"))
    if index["format"] != FORMAT:
        raise SystemExit(f"index.json is of the format {index['format']}, this reads {FORMAT}")
    cases = [case for case in index["cases"] if only in case["name"]]
    if "--list" in options:
        print(*(case["name"] for case in cases), sep="\n")
        return 0
    if not command:
        raise SystemExit("python3 run.py [--only TEXT] [--list] -- COMMAND …")
    command = [str(Path(each).absolute()) if "/" in each or Path(each).is_file() else each for each in command]
    wrong = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for case, found in zip(
            cases, pool.map(lambda each: difference(each, index["files"], command), cases), strict=True
        ):
            if found:
                wrong += 1
                print(f"{case['name']}: {found}", flush=True)
    print(f"{len(cases)} cases, {wrong} with a difference")
    return 1 if wrong or not cases else 0


def script() -> None:
    """The command `zkcompliance-conformance`, where the kit is installed."""
    sys.exit(main(sys.argv[1:]))


if __name__ == "__main__":
    script()
