"""`python browser/build.py pyodide-314.0.7.tgz -o zkcompliance-verify`: the verifier as a folder for a browser.

The archive is that of the npm package (`npm pack pyodide@314.0.7`), known by its SHA-512 and never fetched here. The
folder holds the one-file verifier, byte for byte, and a page that runs it; the same sources and the same archive give
the same bytes. A page that is opened from a disk may load scripts alone, so every resource is one.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import shutil
import sys
import tarfile
from io import BytesIO
from pathlib import Path

from zkcompliance.standalone.build import archive

VERSION = "314.0.7"
INTEGRITY = "sha512-0YvXxEhfEdpLfb/XkM2BFAeMROq0iMUX2bzzH9pOttyMcWkwq+HbE5uyuGD82LN7y2q+SNvi/6V5JEsOlD2R1A=="
TAKEN = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip", "pyodide-lock.json")
HERE = Path(__file__).parent
PAGE = ("index.html", "page.css", "page.js")
INSIDE = ("worker.js", "verify.py")
NOTICE = f"""The folder data/ holds Pyodide {VERSION} (https://pyodide.org), unchanged, under the Mozilla Public License
2.0, and in it CPython under the Python Software Foundation License. Everything else is zkcompliance, under the Apache
License 2.0.

Open index.html in a browser. Nothing is installed and nothing is fetched. Where a browser opens no page from a disk,
serve this folder on this machine alone: python3 -m http.server --bind 127.0.0.1 8000, then http://127.0.0.1:8000.

Check the folder before you use it: sha256sum --check SHA256SUMS. The digest of zkcompliance-verify.pyz is the one that
is published for that file, and the page shows it again.
"""


def members(package: bytes) -> dict[str, bytes]:
    """What is taken of the npm package; ValueError where it is another one than the pinned."""
    found = "sha512-" + base64.b64encode(hashlib.sha512(package).digest()).decode()
    if found != INTEGRITY:
        raise ValueError(f"this is not the npm package pyodide@{VERSION}: its digest is {found}")
    with tarfile.open(fileobj=BytesIO(package), mode="r:gz") as files:
        taken = {}
        for name in TAKEN:
            file = files.extractfile(f"package/{name}")
            if file is None:
                raise ValueError(f"{name} is not in the package")
            taken[name] = file.read()
    lock = json.loads(taken["pyodide-lock.json"])
    # Of the packages that Pyodide could fetch none is wanted; without their list none can be asked for.
    taken["pyodide-lock.json"] = json.dumps({"info": lock["info"], "packages": {}}, sort_keys=True).encode()
    return taken


def folder(package: bytes) -> dict[str, bytes]:
    """Every file of the folder by its path."""
    verifier = archive()
    resources = {**members(package), **{name: (HERE / name).read_bytes() for name in INSIDE}}
    resources["zkcompliance-verify.pyz"] = verifier
    files = {name: (HERE / name).read_bytes() for name in PAGE}
    files["zkcompliance-verify.pyz"], files["README.txt"] = verifier, NOTICE.encode()
    for name, data in resources.items():
        files[f"data/{name}.js"] = f'zkcResources["{name}"] = "{base64.b64encode(data).decode()}";\n'.encode()
    sums = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in sorted(files.items()))
    return {**files, "SHA256SUMS": sums.encode()}


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    made.add_argument("package", type=Path, help=f"the npm package pyodide@{VERSION}, as `npm pack` writes it")
    made.add_argument("-o", "--output", type=Path, required=True, help="the folder to make: it must not be there")
    asked = made.parse_args()
    try:
        files = folder(asked.package.read_bytes())
        asked.output.mkdir()
    except (OSError, ValueError, tarfile.TarError) as error:
        sys.exit(f"error: {error}")
    try:
        for name, data in files.items():
            path = asked.output / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
    except OSError as error:
        shutil.rmtree(asked.output)
        sys.exit(f"error: {error}")
    print(f"{hashlib.sha256(files['SHA256SUMS']).hexdigest()}  {asked.output / 'SHA256SUMS'}")


if __name__ == "__main__":
    main()
