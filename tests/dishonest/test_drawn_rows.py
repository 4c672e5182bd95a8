"""Rows by lot: the lab that shows others, or asks fate again; the asker who aims; what is said beside the rows."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from tests.kit.asking import MADE, WEEK, Asking, asking, changed, known_round, rows_file, with_evidence
from tests.kit.command_line import ok
from zkcompliance.claim.opened_rows import Naming
from zkcompliance.errors import (
    EvidenceRefused,
    MalformedError,
    MalformedRequest,
    NotAnswered,
    OpeningsRefused,
    SignatureRejected,
    ZkComplianceError,
)
from zkcompliance.evidence.beacon import Round
from zkcompliance.log.note import VerifierKey
from zkcompliance.openings import answers
from zkcompliance.openings.check import Shown, check
from zkcompliance.openings.draw import draw, seed_of
from zkcompliance.openings.file import OpenedFile, Piece
from zkcompliance.policy.binding import Binding
from zkcompliance.progress import silent
from zkcompliance.prove.opening import _made, answer, open_rows
from zkcompliance.prove.parts import Part, part_of
from zkcompliance.request.file import Request


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asking]:
    yield asking(tmp_path_factory.mktemp("asking"))


@pytest.fixture(scope="module")
def request_(lab: Asking) -> Request:
    return lab.request(6)


@pytest.fixture(scope="module")
def honest(lab: Asking, request_: Request) -> bytes:
    return answer(lab.log, request_, known_round(), now=MADE + 100).data


def held(lab: Asking, data: bytes, request: Request | None = None) -> Shown:
    return check(data, [VerifierKey.parse(lab.log.vkey)], request)


def test_the_honest_answer(lab: Asking, honest: bytes, request_: Request) -> None:
    assert len(held(lab, honest, request_).rows) == 6


def made(lab: Asking, request: Request, names: list[int], naming: Naming = Naming.DRAWN, **other: Any) -> bytes:
    """A file by a lab that chooses: a proof that is true, of the rows with these names. Raises what `check` does."""
    binding = Binding(time=other.pop("time", MADE + 100), reference=request.reference.encode())
    part = other.pop("part", part_of(lab.log))
    asked = None if naming is Naming.NUMBER else request
    return _made(part, naming, names, binding, asked, None if asked is None else known_round(), silent).data


def drawn(lab: Asking, request: Request) -> list[int]:
    return draw(seed_of(request.digest, known_round()), 25, request.openings.rows)


CHOICES: dict[str, Callable[[list[int]], list[int]]] = {
    "one left out": lambda names: names[1:],
    "one more": lambda names: sorted([*names, next(n for n in range(25) if n not in names)]),
    "its neighbour": lambda names: sorted([*names[1:], next(n for n in range(25) if n not in names)]),
    "the first ones": lambda names: list(range(len(names))),
}


@pytest.mark.parametrize("choose", CHOICES.values(), ids=CHOICES)
def test_other_rows_than_those_that_are_drawn(
    lab: Asking, request_: Request, choose: Callable[[list[int]], list[int]]
) -> None:
    """Without the comparison with the draw: the lab shows rows that it has looked after."""
    with pytest.raises(OpeningsRefused, match="not those that are drawn"):
        made(lab, request_, choose(drawn(lab, request_)))


def test_rows_that_hold_no_drawn_flop(lab: Asking) -> None:
    """By FLOP: a row more, one less, or none at all."""
    request = lab.request(3, "flop")
    flop = [10**18 * (1 + number) for number in range(25)]
    before = [sum(flop[:number]) for number in range(25)]
    names = list(answer(lab.log, request, known_round(), now=MADE + 100).shown.names)
    for other in (names[1:], sorted({*names, next(n for n in before if n not in names)}), []):
        with pytest.raises(OpeningsRefused, match="hold what is drawn"):
            made(lab, request, other, Naming.FLOP)


def test_rows_of_some_segments_are_no_draw(lab: Asking, request_: Request) -> None:
    """Without it the lab leaves a segment out, and the total is that of the others."""
    names = draw(seed_of(request_.digest, known_round()), 17, 6)
    with pytest.raises(OpeningsRefused, match="some of its segments"):
        made(lab, request_, names, part=Part(lab.log, 0, 1))


def test_rows_that_were_chosen_answer_no_request(lab: Asking, request_: Request) -> None:
    with pytest.raises(NotAnswered):
        held(lab, made(lab, request_, [3, 4], Naming.NUMBER), request_)


def test_a_draw_without_a_request(lab: Asking, honest: bytes) -> None:
    with pytest.raises(OpeningsRefused, match="no request"):
        held(lab, changed(honest, request=b"", round=b""))


def test_no_second_draw_by_a_log_that_went_on(lab: Asking, request_: Request, tmp_path: Any) -> None:
    """The lab seals a segment more, and would draw anew: the request is of the checkpoint that the asker saw."""
    other = asking(tmp_path)
    request = other.request(6)
    given = rows_file(other.folder / "more.jsonl", 25, 4)
    before = other.log
    ok("seal", given, "--log", other.folder / "log", "--key", other.folder / "log.key")
    with pytest.raises(OpeningsRefused, match="as it was"):
        answer(other.log, request, known_round(), now=MADE + 100)
    names = draw(seed_of(request.digest, known_round()), 29, 6)
    with pytest.raises(OpeningsRefused, match="gives no other draw"):
        made(other, request, names, part=part_of(other.log))
    assert len(before.segments) == 3 and len(other.log.segments) == 4


def test_no_second_draw_by_another_request(lab: Asking, honest: bytes) -> None:
    """One byte of the request that the asker keeps is another: of the reference, the rows, the time."""
    for other in (lab.request(6, reference="FILE-8"), lab.request(7), lab.request(6, answer_by=MADE + 2 * WEEK)):
        with pytest.raises(OpeningsRefused, match="another request"):
            held(lab, honest, other)


def test_no_second_draw_by_another_signature(lab: Asking, request_: Request) -> None:
    """What is drawn follows from what is signed: nobody signs again and again until the draw is as they like."""
    assert replace(request_, signature=bytes(64)).digest == request_.digest


def test_a_request_that_nobody_signed(lab: Asking, honest: bytes, request_: Request) -> None:
    forged = replace(request_, signature=bytes(64)).encode()
    with pytest.raises(SignatureRejected):
        held(lab, changed(honest, request=forged))


def test_no_better_round(lab: Asking, honest: bytes, request_: Request) -> None:
    """The lab waits for a round that draws what it likes, or makes one up."""
    known = known_round()
    with pytest.raises(OpeningsRefused, match="draws by round"):
        held(lab, changed(honest, round=replace(known, number=known.number + 1).encode()), request_)
    flipped = bytes([*known.signature[:-1], known.signature[-1] ^ 1])
    with pytest.raises(EvidenceRefused):
        held(lab, changed(honest, round=Round(known.beacon, known.number, flipped).encode()), request_)


@pytest.mark.parametrize("off", [-100, -1, 1, 100])
def test_the_asker_cannot_aim_by_the_round(lab: Asking, off: int) -> None:
    """Of a request the round is the first a minute after: with an earlier one the asker would know what is drawn."""
    with pytest.raises(MalformedRequest, match="could have known what is drawn"):
        Request.decode(lab.request(6, round=known_round().number + off).encode())


def test_an_answer_that_is_late(lab: Asking, request_: Request) -> None:
    with pytest.raises(NotAnswered, match="after the one by which"):
        made(lab, request_, drawn(lab, request_), time=request_.answer_by + 1)


def test_an_answer_that_is_dated_back(lab: Asking, honest: bytes, request_: Request, tmp_path: Path) -> None:
    """It comes a week too late and states a time that would do: by the clock of whoever judges it is no answer, unless
    their state has that very file from before. With the check gone it is taken."""
    (asked := tmp_path / "request.toml").write_bytes(request_.encode())
    (rows := tmp_path / "rows.zkp").write_bytes(honest)
    (other := tmp_path / "other.zkp").write_bytes(
        made(lab, request_, drawn(lab, request_), time=request_.answer_by - 1)
    )
    key, late = VerifierKey.parse(lab.log.vkey), request_.answer_by + WEEK

    def came(file: Path, now: int, state: Path | None = None) -> ZkComplianceError | None:
        (found,) = answers.answers([asked], [file], [key], state=state, logs=frozenset(), now=now)
        return found.error

    assert came(rows, request_.answer_by) is None
    assert isinstance(came(rows, late), NotAnswered) and isinstance(came(other, late), NotAnswered)
    state = tmp_path / "state"
    assert isinstance(came(rows, late, state), NotAnswered)
    assert came(rows, request_.answer_by, state) is None and came(rows, late, state) is None
    assert isinstance(came(other, late, state), NotAnswered)
    with mock.patch.object(answers, "check_dated"):
        assert came(other, late) is None


def test_the_key_of_another_log(lab: Asking, honest: bytes, request_: Request) -> None:
    with pytest.raises(SignatureRejected):
        check(honest, [request_.asker], request_)


def test_texts_that_are_of_no_id_shown(lab: Asking, honest: bytes, request_: Request) -> None:
    """Without it a file shows what is in no row: `run-0`, of which no row was drawn, or anything."""
    file = OpenedFile.decode(honest)
    for text in ("run-9", "0x" + "00" * 16, "run-1\u200b", "run-1 "):
        texts = tuple(sorted({*file.texts, text}, key=str.encode))
        with pytest.raises(OpeningsRefused, match="a text in the file"):
            held(lab, changed(honest, texts=texts), request_)
    with pytest.raises(MalformedError):
        held(lab, changed(honest, texts=tuple(reversed(file.texts))), request_)


def test_evidence_that_is_of_no_row_shown(tmp_path: Path) -> None:
    """A piece under the entry's root that no row names; one that is none; under another entry, place or number."""
    other = asking(tmp_path)
    pieces = [b"report 1", b"report 2", b"report 3"]
    with_evidence(other, 1, kept=pieces[:1])
    with_evidence(other, 2, 3, kept=pieces[1:])
    opened = open_rows(other.log, [25, 26], now=MADE)  # the rows that name pieces 1 and 2
    assert opened.shown.pieces == {1: pieces[0], 2: pieces[1]}
    first, second = OpenedFile.decode(opened.data).pieces
    third = open_rows(other.log, [27], now=MADE)
    (unnamed,) = OpenedFile.decode(third.data).pieces
    false: list[tuple[Piece, ...]] = [
        (first, second, unnamed), (replace(first, data=b"report 9"),), (replace(first, data=pieces[1]),),
        (replace(first, segment=3),), (replace(first, segment=0),), (replace(first, leaf=1),),
        (replace(first, leaves=2),), (replace(first, path=first.path[:-1]),), (replace(second, leaf=0),),
    ]  # fmt: skip
    for each in false:
        with pytest.raises(OpeningsRefused, match="evidence"):
            held(other, changed(opened.data, pieces=each))
    with pytest.raises(MalformedError):
        held(other, changed(opened.data, pieces=(second, first)))
    assert held(other, changed(opened.data, pieces=(second,))).pieces == {2: pieces[1]}


def test_no_piece_of_evidence_under_another_number(tmp_path: Path) -> None:
    """Without the number of pieces under the entry's evidence root: leaf 2 of 3 is reached as leaf 1 of 2 is, by one
    hash from its left, and the row that names the second piece is shown with the third."""
    other = asking(tmp_path)
    pieces = [b"report 1", b"report 2", b"report 3"]
    with_evidence(other, 2, 3, kept=pieces)
    second = open_rows(other.log, [25], now=MADE)
    (third,) = OpenedFile.decode(open_rows(other.log, [26], now=MADE).data).pieces
    with pytest.raises(OpeningsRefused, match="evidence"):
        held(other, changed(second.data, pieces=(replace(third, leaf=1, leaves=2),)))


def test_bytes_that_are_changed(lab: Asking, honest: bytes, request_: Request) -> None:
    """Of every part of the file, at places that are drawn anew each time; and cut, and with one more."""
    generator = random.Random()
    places = [*range(0, 60, 7), *(generator.randrange(len(honest)) for _ in range(24))]
    for place in places:
        data = bytearray(honest)
        data[place] ^= 1 << generator.randrange(8)
        with pytest.raises(ZkComplianceError):
            held(lab, bytes(data), request_)
    for data in (honest[:-1], honest + b"\0", honest[:100], b""):
        with pytest.raises(MalformedError):
            held(lab, bytes(data), request_)


def test_rows_in_another_order(lab: Asking) -> None:
    """Several claims of one file: their rows ascend through all of them, each once."""
    from zkcompliance.claim.opened_rows import opened_rows
    from zkcompliance.prove.api import Asked, get_ready, make

    def file(*dealt: list[int]) -> bytes:
        asked = []
        for number, names in enumerate(dealt, 1):
            publics = {"segments": 3, **{f"row {place}": name for place, name in enumerate(names, 1)}}
            claim = opened_rows(lab.log.schema, Naming.NUMBER, len(names))
            asked.append(Asked(f"rows {number:02}", claim, {"log": [part_of(lab.log)]}, publics))
        bundle = make(get_ready(asked, Binding(time=MADE).encode()))
        return OpenedFile(b"", b"", lab.log.schema.text.encode(), (), (), bundle).encode()

    assert held(lab, file([3, 4], [7, 9])).names == (3, 4, 7, 9)
    for dealt in (([7, 9], [3, 4]), ([3, 4], [4, 9])):
        with pytest.raises(OpeningsRefused, match="in their order"):
            held(lab, file(*dealt))


def test_what_no_row_may_hold_is_said(lab: Asking, tmp_path: Any) -> None:
    """A log that was sealed with other software, and a cell outside its type: no crash, and no row."""
    from zkcompliance.openings.show import rows_of

    shown = open_rows(lab.log, [3], now=MADE).shown
    limbs = list(shown.rows[0])
    limbs[shown.schema.limbs("phase")[0] - 1] = 999
    with pytest.raises(OpeningsRefused, match="what no row may"):
        rows_of(replace(shown, rows=(tuple(limbs),)))
