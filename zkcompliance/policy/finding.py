"""What a proof that verifies says, as people read it: the parts of a finding that come from the proof."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from zkcompliance import limits
from zkcompliance.card import kinds, places, types
from zkcompliance.card.asked_rows import asked_rows
from zkcompliance.card.model import Card
from zkcompliance.card.parameter import Parameter
from zkcompliance.card.reading import Identities, Identity, exactly
from zkcompliance.errors import StatementMismatch, ZkComplianceError
from zkcompliance.log.checkpoint import generation_of
from zkcompliance.policy import bounds, telling
from zkcompliance.policy.anchors import Anchored
from zkcompliance.policy.auditing import metered
from zkcompliance.policy.binding import Binding, Source, Subject, reference_text
from zkcompliance.policy.checkpoints import Taken
from zkcompliance.policy.model import Bound
from zkcompliance.policy.proofs import Claimed, Place, Proof
from zkcompliance.policy.verdict import Chooser, DevicesShown, Finding, LogShown, MadeFor, Margin, Value
from zkcompliance.quantities import MILLION, exact_beside, number_of, show_seconds, show_time
from zkcompliance.quantities.ids import text_id
from zkcompliance.verify.statement import Entry
from zkcompliance.verify.verifier import Report

Key = tuple[str, str]  # slot and origin of a log of a claim

LATEST = "that the log has not gone on since: a policy can ask how old it may be, and `--state` remembers earlier ones"
WHEN = "that it was proved {}: the time is the lab's word, since no reference that you drew was asked for{}"
REHEARSAL = "REHEARSAL: made as if on {}, of a policy as it would then be in force; it shows nothing of any time"
VACUOUS = "IT MAY HOLD OF NOTHING: no number of rows of {} is shown, and a log without rows might meet this too"
NONE_COUNTS = "IT MAY HOLD OF NOTHING: it may be that no row of {} counts, and then this might be met too"
NOT_COUNTED = (
    "IT MAY HOLD OF NOTHING: {} has at least {}, and how many of them count here is not shown: where none "
    "counts, this might be met too"
)
SEVERAL = (
    "SEVERAL LOGS fill {}, which are {}: more rows can make {} hold where it did not, so that each of them must belong "
    "there, by the word of whoever named its key"
)
PROVENANCE = "provenance is not shown: the rows of {} may all be self-declared"
NOT_COMPARED = "the model {} was not compared with its files: give --subject"
METERED = (
    "that the source of each row of {} is as it says is the word of {}, who seals this log and is not the lab, as the "
    "policy says"
)
BEHIND_ROWS = (
    "EVIDENCE: {0} of {1} of {2} have a root over pieces of evidence behind their rows: the lab committed "
    "to them, none of them is present here or was verified, and that they support a row's source is the word of "
    "whoever sealed"
)
GIVEN = {
    (Source.GIVEN, False): "no file of the model {} was read here: its content digest alone was compared, with the "
    "one that was given, and the names of its files are not in it",
    (Source.GIVEN, True): "no file of the model {} was read here: its digests were compared with those that were given",
    (Source.SIGNATURE, False): "no file of the model {} was compared: the digest stands in a signature file, whose "
    "signature was not checked, and the names of the files are not in it",
    (Source.UNSIGNED, False): "nothing of the model {} was compared: the digest stands in a signature file that bears "
    "no signature",
}
TREE_ALONE = (
    "no file of the model {} was read here: its tree digest alone was compared, with the one that was given, and the "
    "content digest that the proof states with nothing"
)
OF_POLICY = (
    "{} is no claim of this installation, and was not compiled here: that its program says what its card says rests on "
    "whoever wrote the policy, which names the card's digest"
)
OF_CALLER = (
    "{} is no claim of this installation, and was not compiled here: that its program says what its card says rests on "
    "whoever made the card that was given"
)
REFUSED = "the proof is refused, and says of itself that it was {}"
FRESHNESS = (
    "freshness is unknown: rows may have been added to {} since, and whether this is its newest state is not known"
)
CHANGED = (
    "ANOTHER SCHEMA: {0} goes on under {2}, and the generation before was under {1}; the lineage shows that every "
    "column of {1} is the same in every row, and that each which {2} added is missing in every row sealed before"
)
ROLLED_UP = (
    "ROLL-UP: {0}, {1}, stands for the whole of {3}, {2} with the root {4}: its rows are shown to be "
    "the groups of that log's rows, and it is that log's checkpoint that was held against keys and time"
)
REMEMBERED = "{} of the {} that show it were verified with this state before, and not again"
UNCHECKED = (
    "when its segments were sealed is stated by moments that others signed, which this program does not check: what "
    "the claim says by them is not decided"
)
CHECKED_BY = "pip install zkcompliance && zkcompliance verify FILE --policy POLICY --log-key PUB"
BRACKETS_UNCHECKED = (
    "the proof states when segments of {} were sealed; this program does not check what others signed of that, and "
    "nothing that is decided here rests on it"
)
DIFFERENCES = (
    "figures that are disclosed can be subtracted (differencing: {}): those of two checkpoints of one log tell what "
    "the rows between them add"
)


@dataclass(frozen=True)
class Verified:
    """A claim of a proof that the independent verifier took."""

    claimed: Claimed
    report: Report

    @property
    def publics(self) -> dict[str, int]:
        """Public values by name, in the program's order."""
        return public_values(self.claimed)


def public_values(claimed: Claimed) -> dict[str, int]:
    """Public values by name, a set's as one. StatementMismatch where they are not those of the program."""
    publics, given = claimed.program.publics, claimed.stated.publics
    if len(publics) != len(given):
        raise StatementMismatch(f"publics: {len(given)} given, {len(publics)} asked")
    for public, value in zip(publics, given, strict=True):
        if value.bit_length() > public.bits:
            raise StatementMismatch(f"public {public.name}: over {public.bits} bits")
    return places.named(publics, given)


def compared(stated: Subject | None, asked: Subject | None) -> list[str]:
    """What a reader should know of how the model was compared; nothing where its files were read here."""
    if stated is None:
        return []
    if asked is None:
        return [NOT_COMPARED.format(stated.name)]
    said = GIVEN.get((asked.source, bool(asked.tree))) if asked.digest else TREE_ALONE
    return [] if said is None else [said.format(stated.name)]


def when(bound: Binding, *, referred: bool, age: int | None) -> tuple[str, ...]:
    """What is not known of when a proof was made. referred: whether it names a reference that was asked for."""
    if referred:
        return ()
    stated = f"on {show_time(bound.time)}" if bound.time else "at any time"
    return (
        WHEN.format(
            stated,
            ""
            if age is None
            else f"; it is at most {show_seconds(age)} before you judged, or the proof would be refused",
        ),
    )


def not_proven(card: Card | None, bound: Binding, *, latest: bool, dated: Sequence[str]) -> tuple[str, ...]:
    """What no proof of this claim shows, in the words of its logs. latest: whether a checkpoint may be an old one;
    dated: what is not known of when it was made."""
    rows = kinds.kinds_of(slot.schema for slot in card.slots) if card is not None else kinds.kinds_of(["rows"])
    model = (kinds.about(rows, bound.subject.name),) if bound.subject is not None else ()
    old = (LATEST,) if latest else ()
    return kinds.complete(rows), kinds.true_rows(rows), *model, *old, *dated


def of_proof(shown: Verified) -> dict[str, Any]:
    """The fields of a Finding that every verified proof has."""
    proof = shown.claimed.proof
    return {
        "proof_sha256": proof.digest,
        "proof_bytes": proof.size,
        "statement_sha256": proof.statement_digest,
        **security_of(shown.report),
        "made_for": bound_to(shown.claimed),
    }


def security_of(report: Report) -> dict[str, Any]:
    """The fields of a Finding that say how secure a verified proof is."""
    return {
        "security_bits": bits(report.security_bits),
        "security_terms": tuple((name, term_bits(value)) for name, value in report.term_bits),
        "profile": report.profile,
    }


def bound_to(claimed: Claimed) -> MadeFor | None:
    """The requirement that a claim is bound to; None where its proof is of no policy."""
    binding = claimed.proof.binding
    if binding is None or binding.policy is None:
        return None
    return MadeFor(binding.policy, claimed.requirement)


def of_range(log: LogShown) -> str:
    """That a proof is about some segments of a log only."""
    last = log.first + len(log.rows_log2) - 1
    return (
        f"ONLY SOME SEGMENTS: of {log.origin} the proof is about the segments {log.first} to {last}, counted from 0; "
        f"it says nothing of the others of the {log.size}"
    )


def of_generation(log: LogShown, *, linked: bool, changes: Sequence[tuple[str, str, str]] = ()) -> tuple[str, ...]:
    """Which generation of its log a checkpoint is of, and what is known of its rows; nothing of the first one.

    changes: (origin, schema before, schema from then on) of each generation that began under a later version.
    """
    if log.succeeds is None:
        return ()
    name, number = generation_of(log.origin)
    origin, size, root = log.succeeds
    rest = "a lineage that was verified shows that it began with the same rows"
    if not linked:
        rest = "nothing here shows that its rows are the same: ask for the log's lineage, and give it as --lineage FILE"
    return (
        f"GENERATION {number} of the log {name}: it says that it succeeds {number_of(size, 'segment')} of {origin} "
        f"with the root {root.hex()}; {rest}",
        *(CHANGED.format(*each) for each in changes),
    )


def made_for(claimed: Claimed) -> str:
    """What a claim is bound to that was judged without its policy, in one sentence; empty where it is of no policy."""
    bound = claimed.proof.bound()
    if bound.policy is None:
        return ""
    said = [f"made for the policy {bound.policy.label} with SHA-256 {bound.policy.digest.hex()}"]
    said.append(f"for its requirement {claimed.requirement}")
    if bound.subject is not None:
        said.append(f"about the model {bound.subject.name} with SHA-256 {bound.subject.digest.hex()}")
    if bound.reference:
        said.append(f"with the reference {reference_text(bound.reference)}")
    if bound.time:
        said.append(f"on {show_time(bound.time)} as the lab says")
    return ", ".join(said) + ": whether it meets that policy was not judged, which asks for more than this claim"


def bits(value: Fraction) -> str:
    """What is told of a proof's security: whole bits, never more than the hash gives (docs/spec/soundness.md)."""
    return str(min(int(value), limits.MIN_SECURITY_BITS))


def term_bits(value: Fraction) -> str:
    """A term of the table: two decimals, rounded down."""
    whole, hundredths = divmod(int(value * 100), 100)
    return f"{whole}.{hundredths:02d}"


def values(
    shown: Verified, card: Card | None, asked: Mapping[str, Bound], reveals: Mapping[str, Bound], by: Chooser
) -> tuple[Value, ...]:
    """Every public value with its role; without the card nothing is known of them but their names.

    by: who set the bounds of the parameters.
    """
    params = {param.name: param for param in card.params} if card else {}
    disclosed = {each.name: each for each in card.revealed()} if card else {}
    result = []
    for name, value in shown.publics.items():
        known = params.get(name, disclosed.get(name))
        if known is None:
            result.append(Value(name, "derived" if card else "parameter", str(value), value))
            continue
        bound = (asked if name in params else reveals).get(name)
        role = "parameter" if name in params else "revealed"
        words = bounds.words(bound, known) if bound is not None else ""
        chooser = _chooser(bound, by) if bound is not None and role == "parameter" else None
        shown_as = _as_asked(bound or Bound(), value, shown.claimed.proof)
        said = text(known, shown_as)
        as_option = typed(known, value) if role == "parameter" else ""
        less = rounded(card, name, value) if card is not None else 0
        tells = telling.of_param(known, bound)
        if card is not None and role == "revealed":
            tells = telling.of_revealed(card, name, known.type)
        inside = in_sentence(known, shown_as) if role == "parameter" else ""
        result.append(Value(name, role, said, value, known.doc, words, chooser, as_option, less, tells, inside))
    return tuple(result)


def in_sentence(param: Parameter, value: int) -> str:
    """A value as a sentence of the claim has it, ids in quotes, so that no name reads as words; empty: as shown."""
    if param.type.kind == types.ID:
        return exactly(param.type, value)
    if param.type.of is not None and param.type.of.kind == types.ID and isinstance(value, Identities):
        return ", ".join(exactly(param.type.of, member) for member in value.members)
    return ""


def _as_asked(bound: Bound, value: int, proof: Proof) -> int:
    """The value as the judge, the policy or the proof's binding gave it, where one of theirs equals it: an id then
    knows its text."""
    binding = proof.binding
    if binding is not None and binding.subject is not None and text_id(binding.subject.name) == value:
        return Identity(binding.subject.name, value)
    return next((each for each in (bound.exact, *bound.one_of) if each is not None and each == value), value)


def typed(param: Parameter, value: int) -> str:
    """A text that the parameter reads as this very value: as people write it where that is exact."""
    for candidate in (param.show(value), param.show(value).partition(" ")[0], str(value)):
        try:
            if param.parse(candidate) == value:
                return candidate
        except ZkComplianceError:
            continue
    return ""


def _chooser(bound: Bound, by: Chooser) -> Chooser:
    if bound.free:
        return Chooser.LAB
    return by if bound.exact is not None or bound.subject else Chooser.LAB_WITHIN


def rounded(card: Card, name: str, value: int) -> int:
    """The most that rounding down may have taken from a revealed value; 0 for what is exact, a parameter too."""
    figures = next((each.figures for each in card.reveals if each.name == name), None)
    return 0 if figures is None else 10 ** max(0, len(str(value)) - figures) - 1


def text(param: Parameter, value: int) -> str:
    """As people read it, with all digits where the short form is rounded."""
    return exact_beside(param.show(value), value)


def margin(shown: Verified, card: Card, reveals: Mapping[str, Bound]) -> Margin | None:
    """The first revealed value that stands under a limit: the policy's own, or the parameter that the claim names."""
    publics, beside = shown.publics, card.beside
    for each in card.reveals:
        bound, value = reveals.get(each.name), publics[each.name]
        known = beside if beside is not None and beside.value == each.name else None
        edges: tuple[int | None, int | None] = (None, None)
        less = rounded(card, each.name, value)
        if known is not None and known.low is not None and known.high is not None:
            low, high = (publics[known.limit] * publics[edge] // MILLION for edge in (known.low, known.high))
            edges = (low, high)
        if bound is not None and bound.high is not None:
            return Margin(each.name, value, "the policy's limit", bound.high, *edges, less)
        if known is not None:
            return Margin(each.name, value, known.limit, publics[known.limit], *edges, less)
    return None


def logs(
    shown: Verified,
    names: Mapping[Key, str],
    taken: Mapping[Key, Taken],
    backed: Mapping[str, Anchored] | None = MappingProxyType({}),
    devices: Mapping[Key, DevicesShown | None] = MappingProxyType({}),
) -> tuple[LogShown, ...]:
    """names: (slot, origin) → the policy's name of the log; taken: → what is known of its checkpoint, if it is held;
    backed: by origin, what backs its brackets (None: it was not looked at); devices: by (slot, origin), those that
    answered for it, where some are asked for."""
    result = []
    there = [(place, names.get(place.key, place.slot)) for place in shown.claimed.places]
    for place, name in there:
        log, held, before = place.log, taken.get(place.key), place.log.checkpoint.succeeds
        result.append(
            LogShown(
                slot=place.slot,
                name=name,
                origin=log.origin,
                size=log.checkpoint.size,
                root=log.checkpoint.root,
                rows_log2=tuple(entry.k for entry in log.entries),
                key=held.key.text if held else "",
                cosigned=held.cosigned if held else None,
                first=log.first,
                succeeds=(before.origin, before.size, before.root) if before is not None else None,
                stands_for=_stands_for(place),
                remembered=place.stands.before if place.stands is not None else 0,
                devices=devices.get(place.key),
                brackets=log.brackets,
                anchored=backed[log.origin].by if backed and log.origin in backed else (),
                brackets_checked=backed is not None,
                several=sum((other.slot, called) == (place.slot, name) for other, called in there) > 1,
            )
        )
    return tuple(result)


def _stands_for(place: Place) -> tuple[str, int, bytes] | None:
    """(origin, size, root) of the log that a roll-up stands for."""
    if place.stands is None:
        return None
    of = place.stands.log.checkpoint
    return of.origin, of.size, of.root


def of_roll_up(log: LogShown) -> tuple[str, ...]:
    """For which log a roll-up stands, in one sentence; none of a log that is none."""
    if log.stands_for is None:
        return ()
    origin, size, root = log.stands_for
    said = ROLLED_UP.format(log.origin, number_of(log.size, "segment"), number_of(size, "segment"), origin, root.hex())
    return (f"{said}; {REMEMBERED.format(log.remembered, number_of(log.size, 'proof'))}" if log.remembered else said,)


def of_several(logs: Sequence[LogShown], card: Card) -> tuple[str, ...]:
    """Which logs fill each slot that several fill, where a log that was added could have helped the claim."""
    there = {slot.name: [log.origin for log in logs if log.slot == slot.name] for slot in card.slots if not slot.more}
    return tuple(
        SEVERAL.format(slot, " and ".join(origins), card.label) for slot, origins in there.items() if len(origins) > 1
    )


def with_rows(found: Finding, card: Card) -> Finding:
    """With the least number of rows of each log that the claim itself asks for: over fewer it does not hold; and with
    the number of rows that it counts, where it asks for that or discloses it.

    Of several logs in one slot it asks for the rows of all together, so that nothing is said of one.
    """
    values = {value.name: value.exact for value in found.values}
    rows = asked_rows(card, values)
    slots = [log.slot for log in found.logs]
    alone = {slot: least for slot, least in rows.items() if slots.count(slot) == 1}
    counted = {slot: min(values[each.name] for each in there) for slot in slots if (there := card.counted(slot))}
    return replace(found, logs=tuple(
        replace(
            log, rows=max(log.rows, alone.get(log.slot, 0)),
            counted=max(counted.get(log.slot, 0), rows.get(log.slot, 0)) if log.slot in {*counted, *rows} else None,
        )
        for log in found.logs
    ))  # fmt: skip


def of_sources(log: LogShown) -> str:
    """Whose word the sources of a log's rows are; empty where every row is said to be self-declared."""
    if log.meterer:
        return metered(log) or METERED.format(log.called, log.meterer)
    return "" if log.sources == ("self_declared",) else PROVENANCE.format(log.called)


def of_evidence(log: LogShown, entries: Sequence[Entry]) -> str:
    """What is known of the evidence behind a log's rows; empty where no segment that is named was sealed with any."""
    count = sum(any(entry.evidence) for entry in entries)
    return BEHIND_ROWS.format(f"{count:,}", number_of(len(entries), "segment"), log.called) if count else ""


def of_rows(log: LogShown) -> str:
    """What a reader should know of how many rows a claim is about; empty where it is shown that some count."""
    if log.counted:
        return ""
    if log.counted == 0:
        return NONE_COUNTS.format(log.called)
    return (NOT_COUNTED if log.rows else VACUOUS).format(log.called, number_of(log.rows, "row"))
