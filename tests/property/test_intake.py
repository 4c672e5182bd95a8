"""Whole columns against rows: the same bytes give the same limbs, or the same error, whichever way they are read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.kit.intake import Draw, agree, noting_whole, small_batches, table

BARE = ["null", "true", "false", "1.5", "-1", "1e24", "0.5", "NaN", "-0", "[1]", "{}", "1 ", '"a"x', "tru", "Infinity",
        "00", "1.", "1e5", "0.0", str(2**63), str(2**64), "9" * 160, "5", "0", str(1_767_571_200)]  # fmt: skip


def csv_text(draw: Draw, names: list[str], rows: list[dict[str, str]]) -> str:
    ending, style = draw.choice(["\n", "\n", "\r\n"]), draw.choice(["plain", "plain", "all", "some"])
    lines = [",".join(names)]
    for row in rows:
        cells = []
        for name in names:
            quoted = style == "all" or (style == "some" and draw.once_in(2)) or any(c in row[name] for c in ',"\n')
            cells.append('"' + row[name].replace('"', '""') + '"' if quoted else row[name])
        lines.append(",".join(cells))
    return draw.choice(["", "", "\ufeff"]) + ending.join(lines) + draw.choice([ending, ending, ""])


def json_text(draw: Draw, names: list[str], rows: list[dict[str, str]]) -> str:
    lines = []
    comma, colon, escaped = draw.choice([(", ", ": ", True), (",", ":", False), (" ,  ", " : ", False)])
    odd, mixed = draw.once_in(3), draw.once_in(2)
    for row in rows:
        given = [name for name in names if row[name] or not mixed]
        if mixed and draw.once_in(9):
            draw.shuffle(given)
        members = []
        for name in given:
            value = json.dumps(row[name], ensure_ascii=escaped)
            if row[name].isdecimal() and row[name].isascii() and (not mixed or draw.once_in(2)):
                value = row[name]
            if odd and draw.once_in(30):
                value = draw.choice(BARE)
            members.append(f'"{name}"{colon}{value}')
        if given and odd and draw.once_in(30):
            members.append(members[0])
        lines.append("{" + comma.join(members) + "}")
    return "\n".join(lines) + draw.choice(["\n", "\n", ""])


BYTES = [b'"', b",", b"\n", b"\r", b"\\", b"\0", b" ", b"\xff", b"{", b"9", b"e", b"."]
INSERTED = [b"\xef\xbb\xbf", b"\\u00e9", b'\\"', b"\\\\", b"\\q", b"\t", b"\r\n", b'""', b"\\ud800", b"  ", b"//"]


def damaged(draw: Draw, data: bytes) -> bytes:
    """The bytes with nothing, or some of them, changed, left out, doubled or put in."""
    out = bytearray(data)
    for _ in range(draw.choice([0, 0, 0, 0, 0, 1, 2])):
        at = draw.randrange(len(out) + 1)
        match draw.randrange(4):
            case 0:
                out[at : at + 1] = draw.choice(BYTES)
            case 1:
                del out[at : at + draw.randint(1, 40)]
            case 2:
                out[at:at] = out[at : at + draw.randint(1, 40)]
            case 3:
                out[at:at] = draw.choice(INSERTED)
    return bytes(out)


def try_texts(folder: Path, monkeypatch: pytest.MonkeyPatch, cases: range) -> None:
    """Both outcomes come up often, and whole columns are read in most files that are taken."""
    taken, whole = 0, noting_whole(monkeypatch)
    for seed in cases:
        draw = Draw(seed)
        schema, names, rows = table(draw)
        form = draw.choice(["csv", "jsonl"])
        path = folder / f"in.{form}"
        written = (csv_text if form == "csv" else json_text)(draw, names, rows)
        path.write_bytes(damaged(draw, written.encode("utf-8", "surrogatepass")))
        shares = [column.name for column in schema.columns if column.type == "ppm"]
        units = {name: draw.choice(["ppm", "percent", "fraction"]) for name in shares if draw.once_in(2)}
        with monkeypatch.context() as patch:
            small_batches(patch, draw.choice([1, 3, 8192]))
            taken += isinstance(agree(path, schema, units), list)
    assert 0.2 < taken / len(cases) < 0.8 and sum(whole) > taken / 2


def test_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    try_texts(tmp_path, monkeypatch, range(1500))


@pytest.mark.long
@pytest.mark.parametrize("part", range(20))
def test_many_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: int) -> None:
    try_texts(tmp_path, monkeypatch, range(10_000 * (part + 1), 10_000 * (part + 2)))
