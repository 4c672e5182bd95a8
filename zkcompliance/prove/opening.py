"""A file of opened rows, from a log's folder: rows that are named, or that a request draws (docs/spec/openings.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from zkcompliance.claim.opened_rows import Naming, flop_before, has_flop, most_opened, opened_rows, real_rows
from zkcompliance.errors import LimitExceeded, OpeningsRefused, UsageError
from zkcompliance.evidence.beacon import Round, check_rounds
from zkcompliance.limits import MAX_OPENED_ROWS, MAX_SEGMENTS
from zkcompliance.log import backing, texts
from zkcompliance.log.layout import Layout
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.reservation import reserving
from zkcompliance.log.store import SealedLog
from zkcompliance.openings.check import Shown, check, evidence_of
from zkcompliance.openings.draw import draw, holding, seed_of
from zkcompliance.openings.file import OpenedFile, Piece
from zkcompliance.policy.binding import Binding
from zkcompliance.progress import Progress, silent
from zkcompliance.prove.api import Asked, get_ready, make
from zkcompliance.prove.parts import Part
from zkcompliance.quantities import number_of
from zkcompliance.quantities.ids import text_id
from zkcompliance.request.file import Request
from zkcompliance.request.rows import BY_FLOP

SLOT = "log"


@dataclass(frozen=True)
class Opened:
    """The file's bytes, and what whoever verifies sees in it."""

    data: bytes
    shown: Shown


def open_rows(
    log: SealedLog,
    numbers: Iterable[int],
    *,
    now: int,
    segments: tuple[int, int] | None = None,
    progress: Progress = silent,
) -> Opened:
    """The rows with these numbers, from 0, among the real rows of the segments first … last (all, if not given).

    now: the time that the proof states, UTC seconds. UsageError for rows that are not there, or too many; what
    `prove_claim` raises: it spends what a proof does of each of these segments, and of no other.
    """
    part = _part(log, segments)
    there = sum(segment.rows for segment in part.segments)
    asked = sorted(set(numbers))
    if not asked:
        raise UsageError("no row is named", help="zkcompliance open --help")
    if asked[0] < 0 or asked[-1] >= there:
        raise UsageError(
            f"{log.path}: its rows are 1 to {there}" + ("" if segments is None else " in these segments"),
            help="zkcompliance open --help",
        )
    return _made(part, Naming.NUMBER, asked, Binding(time=now), None, None, progress)


def answer(log: SealedLog, request: Request, of: Round, *, now: int, progress: Progress = silent) -> Opened:
    """The rows that a request draws by a round, which is checked. OpeningsRefused where the request is of another log,
    checkpoint or round."""
    rows, checkpoint = request.openings, log.checkpoint
    if (rows.origin, rows.size, rows.root) != (checkpoint.origin, checkpoint.size, checkpoint.root):
        raise OpeningsRefused(
            f"the request is of {rows.origin} at {number_of(rows.size, 'segment')}, and {log.path} is "
            f"{checkpoint.origin} at {checkpoint.size}: answer from the folder as it was, or ask for a request of what "
            "it is now"
        )
    if (of.beacon, of.number) != (rows.beacon, rows.round):
        raise OpeningsRefused(
            f"the request draws by round {rows.round} of {rows.beacon.name}, and this is round {of.number} of "
            f"{of.beacon.name}"
        )
    check_rounds([of])
    part, seed = _part(log, None), seed_of(request.digest, of)
    columns = real_rows([segment.load_columns() for segment in part.segments])
    naming = Naming.FLOP if rows.weight == BY_FLOP else Naming.DRAWN
    if naming is Naming.DRAWN:
        names = draw(seed, columns.shape[1], rows.rows)
    elif has_flop(log.schema):
        before = flop_before(log.schema, columns)
        names = [before[number] for number in holding(draw(seed, before[-1], rows.rows), before)]
    else:
        raise UsageError(f"rows of {log.schema.label} have no FLOP to draw by")
    binding = Binding(time=now, reference=request.reference.encode())
    return _made(part, naming, names, binding, request, of, progress)


def _part(log: SealedLog, segments: tuple[int, int] | None) -> Part:
    size = len(log.segments)
    if not size:
        raise UsageError(f"{log.path} has no sealed segment yet", help="zkcompliance seal --help")
    first, last = segments or (0, size - 1)
    if not 0 <= first <= last < size:
        raise UsageError(f"{log.path} has the segments 0 to {size - 1}")
    if last - first >= MAX_SEGMENTS:
        raise UsageError(
            f"{log.path} has {last - first + 1} segments, and a proof is about {MAX_SEGMENTS} at most: name some of "
            "them, or put them together",
            help="zkcompliance compact --help",
        )
    return Part(log, first, last)


def _made(
    part: Part,
    naming: Naming,
    names: Sequence[int],
    binding: Binding,
    request: Request | None,
    of: Round | None,
    progress: Progress,
) -> Opened:
    log = part.log
    if len(names) > MAX_OPENED_ROWS:
        raise LimitExceeded(f"{len(names)} rows: a file opens {MAX_OPENED_ROWS} at most")
    asked = [
        Asked(f"rows {number:02}", opened_rows(log.schema, naming, len(each)), {SLOT: [part]}, _publics(part, each))
        for number, each in enumerate(_dealt(names, most_opened(log.schema, naming)), 1)
    ]
    ready = get_ready(asked, binding.encode())
    with reserving(ready.units()) as reservation:
        bundle = make(ready, progress)
        reservation.keep()
    bare = OpenedFile(
        b"" if request is None else request.encode(), b"" if of is None else of.encode(), log.schema.text.encode(), (),
        (), bundle,
    )  # fmt: skip
    key = VerifierKey.parse(log.vkey)
    shown = check(bare.encode(), [key], request)
    whole = OpenedFile(bare.request, bare.round, bare.schema, _texts(shown, log), _pieces(shown, part), bundle)
    data = whole.encode()
    return Opened(data, check(data, [key], request))


def _publics(part: Part, names: Sequence[int]) -> dict[str, int]:
    return {"segments": len(part.segments), **{f"row {place}": name for place, name in enumerate(names, 1)}}


def _dealt(names: Sequence[int], most: int) -> list[list[int]]:
    """As few claims as there can be, of nearly as many rows each, so that they have one program or two."""
    count = max(1, -(-len(names) // most))
    ends = [len(names) * number // count for number in range(count + 1)]
    return [list(names[start:end]) for start, end in pairwise(ends)]


def _texts(shown: Shown, log: SealedLog) -> tuple[str, ...]:
    """Those that the log keeps of the ids that are shown."""
    kept = {text_id(text): text for text in texts.load(Layout(log.path)) if text and not text.startswith("0x")}
    wanted = {number for row in shown.rows for number in _ids(shown, row)}
    return tuple(sorted((kept[number] for number in wanted & set(kept)), key=str.encode))


def _ids(shown: Shown, row: Sequence[int]) -> list[int]:
    found = []
    for column in shown.schema.columns:
        if column.type == "id":
            at = shown.schema.limbs(column.name)[0]
            found.append(sum(limb << 16 * number for number, limb in enumerate(row[at - 1 : at + 7])))
    return found


def _pieces(shown: Shown, part: Part) -> tuple[Piece, ...]:
    """Those that the rows name, as far as the last segment that was sealed with evidence has them."""
    layout = Layout(part.log.path)
    backed = [segment for segment in part.segments if segment.entry.evidence != backing.NONE]
    if not backed:
        return ()
    last, found = backed[-1], []
    count = backing.count_of(last.paths)
    for number in sorted({evidence_of(shown.schema, row) for row in shown.rows}):
        if 1 <= number <= count:
            path = tuple(backing.inclusion(layout, count, number))
            found.append(Piece(last.index, number - 1, count, path, backing.load(layout, number)))
    return tuple(found)
