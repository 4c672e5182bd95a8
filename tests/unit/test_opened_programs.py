"""The programs that open rows, by two hands; requests in their one form; files that are none."""

from __future__ import annotations

import contextlib
import tomllib
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.kit.asking import MADE, WEEK, known_round
from tests.kit.command_line import run
from zkcompliance import schemas
from zkcompliance.claim import opened_rows as proving
from zkcompliance.errors import MalformedError, MalformedRequest, SignatureRejected, UsageError
from zkcompliance.evidence import beacon as beacons
from zkcompliance.log.signer import SignerKey
from zkcompliance.openings.file import MAGIC, OpenedFile, Piece
from zkcompliance.openings.program import MOST_WIDTH, Naming, Opens
from zkcompliance.request import lines
from zkcompliance.request.file import Request
from zkcompliance.request.rows import AskedRows
from zkcompliance.schemas import CATALOGUE, Column, Schema, in_id
from zkcompliance.verify.program import decode_program

KEY = SignerKey("regulator.example/ask", bytes(range(32)))


@pytest.mark.parametrize("schema", CATALOGUE, ids=lambda each: each.label)
@pytest.mark.parametrize("naming", Naming)
def test_both_hands_write_one_program(schema: Schema, naming: Naming) -> None:
    """For every number of rows at which groups change, and the most; and one more is refused."""
    theirs = proving.Naming[naming.name]
    flop = naming is Naming.FLOP
    if flop and not proving.has_flop(schema):
        with pytest.raises(UsageError):
            proving.opened_rows(schema, theirs, 1)
        return
    most = proving.most_opened(schema, theirs)
    for count in sorted({1, 7, 8, 9, 16, 17, most} | (set() if naming is Naming.NUMBER else {0})):
        made = proving.opened_rows(schema, theirs, count)
        at = schema.limbs("flop")[0] if flop else 0
        ours = Opens(in_id(schema), schema.digest, schema.width, naming, count, at).program()
        assert ours.encode() == made.program_bytes and ours.digest == made.program_digest
        assert decode_program(made.program_bytes) == ours
    with pytest.raises(UsageError):
        proving.opened_rows(schema, theirs, most + 1)


def test_a_schema_that_is_too_wide() -> None:
    columns = tuple(Column(f"c{number}", "id") for number in range(31))
    assert Schema("wide", columns).width == 249 > MOST_WIDTH
    with pytest.raises(UsageError, match="247"):
        proving.opened_rows(Schema("wide", columns), proving.Naming.NUMBER, 1)
    fits = Schema("wide", (*columns[:30], Column("n", "time"), Column("m", "time")))
    assert fits.width == 247 and proving.opened_rows(fits, proving.Naming.NUMBER, 1).program_bytes


def test_the_digests_of_programs_are_frozen() -> None:
    """What was proved under them has to verify for ever."""
    compute = schemas.compute
    for naming, digest in FROZEN.items():
        claim = proving.opened_rows(compute, proving.Naming[naming], 40 if naming == "FLOP" else 50)
        assert claim.program_digest.hex() == digest


FROZEN = {
    "NUMBER": "cf132f257972bb03f5811383e2dc2488aadb04fb16b5b5f1422e3e5e09b0becf",
    "DRAWN": "c38c34c7b406d5df38ebb7eae1cb645a3e0b893df20c5d2aa5b76c09ddad40d4",
    "FLOP": "55ea24cbe7bb123922951cccc3686dc0e8820c36f51d4ee3fdb8c45be12bfcab",
}


def request(**other: object) -> Request:
    asked = AskedRows("lab.example/c", 3, bytes(range(32)), beacons.QUICKNET, known_round().number, 300, "rows")
    asked = replace(asked, **{k: v for k, v in other.items() if k in asked.values()})  # type: ignore[arg-type]
    head = {k: v for k, v in other.items() if k not in asked.values()}
    made = Request(KEY.verifier, "FILE-7", MADE, MADE + WEEK, asked)
    return replace(made, **head).signed_by(KEY)  # type: ignore[arg-type]


def test_a_request_is_read_as_it_is_written() -> None:
    made = request()
    assert Request.decode(made.encode()) == made
    read = tomllib.loads(made.encode().decode())
    assert read["openings"]["rows"] == 300 and read["made"].timestamp() == MADE
    assert made.digest.hex() == "91e823e028ca77c31ae7d49ecc95c44dd0c7d22ac95df66ffefb2f7c4b29a725"


FORMS = {
    "a comment": ("\n[openings]", " # now\n[openings]"), "a space": ("rows = 300", "rows =  300"),
    "a leading zero": ("rows = 300", "rows = 0300"), "a sign": ("rows = 300", "rows = +300"),
    "an escape": ("FILE-7", "FILE\\u002d7"), "a key twice": ("rows = 300\n", "rows = 300\nrows = 300\n"),
    "a key more": ("rows = 300\n", "rows = 300\nwhy = 1\n"), "a key less": ("rows = 300\n", ""),
    "another order": ('rows = 300\nweight = "rows"', 'weight = "rows"\nrows = 300'),
    "another table": ("[signed]", "[policy]"), "a line end": ("\n[openings]", "\r\n[openings]"),
    "an offset": ("Z\nanswer", "+00:00\nanswer"), "no rows": ("rows = 300", "rows = 0"),
    "too many rows": ("rows = 300", "rows = 1001"), "a weight": ('"rows"', '"size"'),
    "no size": ("size = 3", "size = 0"),
    "a text": ("size = 3", 'size = "3"'), "a root": ("root = \"00", "root = \"0"), "a beacon": ("quicknet", "fastnet"),
    "an origin": ("lab.example/c", "lab example"), "a letter nobody sees": ("FILE-7", "FILE\u200b-7"),
    "another format": ("request/v1", "request/v2"), "a time of day": ("made = 2023-09-15T10", "made = 2023-09-15T24"),
}  # fmt: skip


@pytest.mark.parametrize("old, new", FORMS.values(), ids=FORMS)
def test_another_form_is_refused(old: str, new: str) -> None:
    text = request().encode().decode()
    assert old in text
    with pytest.raises(MalformedRequest):
        Request.decode(text.replace(old, new, 1).encode())


def test_what_cannot_be_answered_is_refused() -> None:
    for wrong in (request(answer_by=MADE), request(round=5), request(made=MADE + 3)):
        with pytest.raises(MalformedRequest):
            Request.decode(wrong.encode())


def test_another_key_did_not_sign_it() -> None:
    other = SignerKey("regulator.example/ask", bytes(32))
    with pytest.raises(SignatureRejected):
        request().signed_by(other)
    with pytest.raises(SignatureRejected):
        Request.decode(replace(request(), reference="FILE-8").encode())


@given(st.binary(max_size=400))
def test_any_bytes_are_no_request(data: bytes) -> None:
    with pytest.raises(MalformedError):
        Request.decode(data)


@given(st.text(max_size=80))
def test_any_line_is_read_or_refused(text: str) -> None:
    data = f'a = "{text}"\n'.encode(errors="replace")
    with contextlib.suppress(MalformedRequest):
        assert lines.encode(lines.decode(data)) == data


@given(st.binary(max_size=400))
def test_any_bytes_are_no_file(data: bytes) -> None:
    with pytest.raises(MalformedError):
        OpenedFile.decode(data)
    with pytest.raises(MalformedError):
        OpenedFile.decode(MAGIC + data + b"\xff")


def test_a_file_is_read_as_it_is_written() -> None:
    pieces = (Piece(0, 1, 4, (bytes(32), bytes(range(32))), b"a"), Piece(0, 2, 4, (), b""))
    made = OpenedFile(b"request", b"round", b"schema", ("a", "b", "é"), pieces, b"bundle")
    assert OpenedFile.decode(made.encode()) == made
    for wrong in (
        replace(made, round=b""), replace(made, texts=("b", "a")), replace(made, texts=("a", "a")),
        replace(made, pieces=pieces[::-1]), replace(made, pieces=pieces[:1] * 2),
    ):  # fmt: skip
        with pytest.raises(MalformedError):
            OpenedFile.decode(wrong.encode())


def test_it_is_told_from_a_proof_file(tmp_path: Path) -> None:
    path = tmp_path / "rows.zkp"
    path.write_bytes(OpenedFile(b"", b"", b"schema", (), (), b"bundle").encode())
    for verb in ("explain", "report"):
        result = run(verb, path, *(() if verb == "explain" else ("--policy", "seoul", "-o", tmp_path / "page.html")))
        assert result.exit_code == 2 and "file of opened rows" in result.stderr, result.output
