"""What a verifier remembers of the logs that it has seen: which keys, which checkpoints since when, which statements.

One file, JSON in one canonical form, 0600, replaced atomically under a lock:

    format       "zkcompliance-state-1"
    logs         name of a log → what is known of it:
      keys         vkey → when it was first taken (UTC seconds)
      left         vkeys of a log that was begun anew under another key, at the word of whoever judged
      links        lineages that were verified: old and new note, and the key of the new generation; change: where that
                   has a later version of the schema, both, as in ["compute@2", "compute@3"]
      generations  origin → seen: checkpoints as they were signed (note), under which key, since when (at), and the
                   SHA-256 of every statement that was verified over it; leaves: the leaf hashes of the largest
                   checkpoint that a statement named whole, base64 of 32 bytes each
      rolled       roll-ups of the log whose proofs were verified, left out where there is none: the log's checkpoint as
                   it was signed (note) and under which key, the roll-up's checkpoint (rolled), and the SHA-256 of the
                   program of all its proofs (program); of one roll-up the longest

Whoever can rewrite the file can make it forget, but not accuse: what is held against a log is signed by it, and the
signatures are verified again when they are used. That a lineage or the proofs of a roll-up were verified is the file's
own word: whoever can rewrite it can make it say so of others.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from zkcompliance import limits
from zkcompliance.edge import regular
from zkcompliance.edge.shown import quoted
from zkcompliance.errors import LogCorrupt, LogError, MalformedNote, SignatureRejected
from zkcompliance.log import files, note
from zkcompliance.log.checkpoint import Checkpoint, generation_of
from zkcompliance.log.note import VerifierKey, decode_base64

FORMAT = "zkcompliance-state-1"
EARLIER = "zkcompliance-seen-1"
MAX_TIME = (1 << 48) - 1
_LABEL = re.compile(r"[a-z][a-z0-9_-]{0,62}(\.rollup)?@[1-9][0-9]{0,5}")  # of a schema


@dataclass
class Seen:
    """A checkpoint that was seen; at: when for the first time, UTC seconds; statements: SHA-256 in hexadecimal."""

    note: str
    key: VerifierKey
    at: int
    statements: set[str] = field(default_factory=set)

    @property
    def checkpoint(self) -> Checkpoint:
        """As the note says; whether the key signed it is verified where it is used."""
        return Checkpoint.parse(note.parse(self.note).text)


@dataclass
class Generation:
    """seen: in the order of first sight. leaves: of the largest checkpoint named whole, 32 bytes each."""

    seen: list[Seen] = field(default_factory=list)
    leaves: list[bytes] = field(default_factory=list)

    def see(self, text: str, of: Checkpoint, key: VerifierKey, now: int) -> Seen:
        """The checkpoint as it is remembered; from now on (UTC seconds) if it was not before."""
        for each in self.seen:
            if each.checkpoint == of and each.key == key:
                return each
        self.seen.append(Seen(text, key, now))
        return self.seen[-1]


@dataclass(frozen=True)
class Link:
    """A step of a lineage that was verified: the notes on both sides, and the key of the new generation.

    change: the schemas of the old and of the new generation, where the new one has a later version.
    """

    old: str
    new: str
    key: VerifierKey
    change: tuple[str, str] | None = None

    @property
    def to(self) -> str:
        """The origin of the new generation."""
        return Checkpoint.parse(note.parse(self.new).text).origin


@dataclass(frozen=True)
class Rolled:
    """A roll-up that was verified: the log's note, signed by `key`, and that of the roll-up, signed by whomever.

    program: SHA-256 of the program of all its proofs.
    """

    note: str
    key: VerifierKey
    rolled: str
    program: bytes

    @property
    def of(self) -> Checkpoint:
        """The log's checkpoint."""
        return Checkpoint.parse(note.parse(self.note).text)

    @property
    def roll_up(self) -> Checkpoint:
        """The roll-up's checkpoint."""
        return Checkpoint.parse(note.parse(self.rolled).text)


@dataclass
class Known:
    """All that is remembered of one log. keys: when each was first taken, UTC seconds."""

    keys: dict[VerifierKey, int] = field(default_factory=dict)
    left: set[VerifierKey] = field(default_factory=set)
    links: list[Link] = field(default_factory=list)
    generations: dict[str, Generation] = field(default_factory=dict)
    rolled: list[Rolled] = field(default_factory=list)

    def roll(self, new: Rolled) -> None:
        """Remember a roll-up that was verified, in the place of what it goes on from; not one that is shorter."""
        same = [r for r in self.rolled if (r.roll_up.origin, r.of.origin) == (new.roll_up.origin, new.of.origin)]
        if all(each.roll_up.size < new.roll_up.size for each in same):
            self.rolled = [*(each for each in self.rolled if each not in same), new]

    def every(self) -> list[Seen]:
        """All checkpoints that were seen, but those under a key that was left."""
        every = [each for generation in self.generations.values() for each in generation.seen]
        return [each for each in every if each.key not in self.left]

    @property
    def newest(self) -> int:
        """The number of the latest generation that was seen; 0 where none was."""
        return max((each.checkpoint.generation for each in self.every()), default=0)


Memory = dict[str, Known]  # by the name of the log


def encode(memory: Memory) -> bytes:
    """The file's bytes."""
    fields = {"format": FORMAT, "logs": {name: _known(memory[name]) for name in memory}}
    return (json.dumps(fields, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode()


def _known(known: Known) -> dict[str, Any]:
    return {
        "keys": {key.text: at for key, at in known.keys.items()},
        "left": sorted(key.text for key in known.left),
        "links": [
            {"old": each.old, "new": each.new, "key": each.key.text}
            | ({"change": list(each.change)} if each.change else {})
            for each in known.links
        ],
        "generations": {
            origin: {
                "leaves": [base64.b64encode(leaf).decode() for leaf in each.leaves],
                "seen": [
                    {"note": s.note, "key": s.key.text, "at": s.at, "statements": sorted(s.statements)}
                    for s in each.seen
                ],
            }
            for origin, each in known.generations.items()
        },
    } | ({"rolled": [_roll_up(each) for each in known.rolled]} if known.rolled else {})


def _roll_up(of: Rolled) -> dict[str, str]:
    return {"note": of.note, "key": of.key.text, "rolled": of.rolled, "program": of.program.hex()}


def load(path: Path) -> Memory:
    """What the file says; nothing where there is none.

    LogCorrupt when it is not in its form or of an earlier version, LogError when it is unreadable or too long.
    """
    try:
        data = regular.read_file(path, limits.MAX_STATE_BYTES)
    except FileNotFoundError:
        return {}
    except regular.TooLong as error:
        raise _too_long(path) from error
    except OSError as error:
        what = regular.reason(error)
        raise LogError(f"{path}: {what}", help="give --state a file that can be read and written") from error
    try:
        state = json.loads(data)
        if isinstance(state, dict) and state.get("format") == EARLIER:
            raise LogCorrupt(
                f"{path} is a state of an earlier version, which did not keep when it saw what",
                help=f"keep the file for what it shows, and begin a new one: --state {quoted(path.name + '.2')}",
            )
        memory = {name: _read(name, each) for name, each in state["logs"].items()}
        if encode(memory) != data:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(path) from error
    except LogCorrupt:
        raise
    except (LogError, MalformedNote) as error:
        raise _damaged(path) from error
    return memory


def _read(name: str, of: dict[str, Any]) -> Known:
    keys = {VerifierKey.parse(text): _time(at) for text, at in of["keys"].items()}
    left = {VerifierKey.parse(text) for text in of["left"]}
    links = [
        Link(each["old"], each["new"], VerifierKey.parse(each["key"]), _change(each.get("change")))
        for each in of["links"]
    ]
    generations = {origin: _generation(name, origin, each) for origin, each in of["generations"].items()}
    rolled = [
        Rolled(each["note"], VerifierKey.parse(each["key"]), each["rolled"], bytes.fromhex(_digest(each["program"])))
        for each in of.get("rolled", [])
    ]
    known = Known(keys, left, links, generations, rolled)
    for link in links:
        if Checkpoint.parse(note.parse(link.old).text).name != name:
            raise ValueError
        Checkpoint.parse(note.parse(link.new).text)
    every = (*keys, *left, *(each.key for each in links), *(each.key for each in rolled))
    if any(key.name != name for key in every) or not left <= set(keys):
        raise ValueError
    if any(each.of.name != name or not each.roll_up.size for each in rolled):
        raise ValueError
    return known


def _generation(name: str, origin: str, of: dict[str, Any]) -> Generation:
    seen = [
        Seen(each["note"], VerifierKey.parse(each["key"]), _time(each["at"]), {_digest(s) for s in each["statements"]})
        for each in of["seen"]
    ]
    leaves = [_leaf(text) for text in of["leaves"]]
    if generation_of(origin)[0] != name:
        raise ValueError
    if any(each.checkpoint.origin != origin or each.key.name != name for each in seen):
        raise ValueError
    if leaves and len(leaves) not in {each.checkpoint.size for each in seen}:
        raise ValueError
    return Generation(seen, leaves)


def _change(value: object) -> tuple[str, str] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(value) != 2 or not all(_LABEL.fullmatch(each) for each in value):
        raise ValueError
    return value[0], value[1]


def _time(value: object) -> int:
    if type(value) is not int or not 0 <= value <= MAX_TIME:
        raise ValueError
    return value


def _digest(value: str) -> str:
    if len(bytes.fromhex(value)) != 32:
        raise ValueError
    return value


def _leaf(text: str) -> bytes:
    leaf = decode_base64(text)
    if leaf is None or len(leaf) != 32:
        raise ValueError
    return leaf


def check_signatures(path: Path, known: Known) -> None:
    """LogCorrupt where a checkpoint that is remembered of a log is not signed as the state says."""
    try:
        for each in (each for generation in known.generations.values() for each in generation.seen):
            note.verify(each.note, each.key)
        for roll_up in known.rolled:
            note.verify(roll_up.note, roll_up.key)
    except (SignatureRejected, MalformedNote) as error:
        raise _damaged(path) from error


def save(path: Path, memory: Memory) -> None:
    """Replace the file. LogError when it cannot be written, or would be longer than a state may be."""
    data = encode(memory)
    if len(data) > limits.MAX_STATE_BYTES:
        raise _too_long(path)
    try:
        files.replace(path, data, files.PRIVATE)
    except OSError as error:
        raise LogError(f"{path}: {error.strerror}", help="give --state a file that can be written") from error


def _damaged(path: Path) -> LogCorrupt:
    return LogCorrupt(
        f"{path}, the state that remembers the logs that were seen, is damaged",
        help=f"restore {quoted(path)} from a copy; a new --state file begins without a memory, and says so",
    )


def _too_long(path: Path) -> LogError:
    return LogError(
        f"{path}: a state holds at most {limits.MAX_STATE_BYTES} bytes",
        help="use one --state file for each lab or log, and keep this one: it is what remembers",
    )
