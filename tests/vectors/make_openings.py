"""Writes tests/vectors/openings anew, before a release: afterwards these files verify for ever.

python -m tests.vectors.make_openings
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.kit.asking import MADE, Asking, known_round, rows_file
from tests.kit.command_line import ok
from zkcompliance.prove.opening import answer, open_rows

PLACE = Path(__file__).parent / "openings"


def write(folder: Path) -> None:
    """A log of eight rows; three that are drawn, by rows and by FLOP, and two that are named."""
    ok("keygen", "lab.example/compute", "-o", folder / "log.key")
    ok("keygen", "regulator.example/ask", "-o", folder / "asker.key")
    given = rows_file(folder / "rows.jsonl", 0, 8)
    ok("seal", given, "--log", folder / "log", "--key", folder / "log.key", "--keep-texts", "--profile", "small")
    asked = Asking(folder)
    PLACE.mkdir(exist_ok=True)
    (PLACE / "log.key.pub").write_bytes((folder / "log.key.pub").read_bytes())
    (PLACE / "named.zkp").write_bytes(open_rows(asked.log, [1, 6], now=MADE).data)
    for weight in ("rows", "flop"):
        request = asked.request(3, weight)
        (PLACE / f"by-{weight}.toml").write_bytes(request.encode())
        (PLACE / f"by-{weight}.zkp").write_bytes(answer(asked.log, request, known_round(), now=MADE + 100).data)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
