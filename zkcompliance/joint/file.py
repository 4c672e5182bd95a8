"""A joint file: a cap over several labs, each with its allowance, its logs, and the note logs between them.

Strict TOML, under the same rules as a policy file (`policy.toml`). Its digest is what the labs' proofs are bound to,
and its first 16 bytes are the `cap` of every note. It says which claim each lab proves: within-allowance, by which
nothing is revealed, or masked-total, by which the total of all labs is (`joint.masked`), and no lab has an allowance.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from zkcompliance import limits
from zkcompliance.card import catalogue
from zkcompliance.card.model import Card
from zkcompliance.card.parameter import parsed
from zkcompliance.edge.line_ends import unified
from zkcompliance.errors import (
    KeyFileError,
    MalformedPolicy,
    ProgramMismatch,
    SignatureRejected,
    StaleProof,
    UsageError,
)
from zkcompliance.joint.masked import MASKED, apart, most
from zkcompliance.joint.words import flop
from zkcompliance.log import note
from zkcompliance.log.cosignature import CosignerKey
from zkcompliance.log.note import VerifierKey
from zkcompliance.policy.bounds import refuse_vacuous
from zkcompliance.policy.freshness import Dated, read_dated
from zkcompliance.policy.model import Bound
from zkcompliance.policy.proofs import read
from zkcompliance.policy.toml import Table, fault, name, table, text
from zkcompliance.policy.toml import read as read_toml
from zkcompliance.quantities import Exact, show_time
from zkcompliance.quantities.ids import text_id

FORMAT = "zkcompliance-joint/v1"
CLAIM = "within-allowance"
_PAGE = "docs/across.md has a sound joint file"
_DIGEST_HEX = 64


@dataclass(frozen=True)
class Lab:
    """allowance: FLOP that it has of the cap, before any note, None where the cap is on a masked total; compute: the
    keys of its compute logs, all of them."""

    name: str
    allowance: int | None
    compute: tuple[VerifierKey, ...]


@dataclass(frozen=True)
class NoteLog:
    """A note log between two labs: which of them seals it, by which key, and with which key the other signs too."""

    sealed_by: str
    key: VerifierKey
    signed_by: str
    cosigner: CosignerKey

    @property
    def between(self) -> tuple[str, str]:
        """The two labs, in the order of their names."""
        one, other = sorted((self.sealed_by, self.signed_by))
        return one, other

    def unsigned(self, checkpoint: bytes) -> SignatureRejected | None:
        """What is wrong with a checkpoint, as a signed note, where the lab that does not seal the log has not signed it
        too. MalformedNote."""
        try:
            if self.cosigner.timestamp(note.parse(checkpoint)) is not None:
                return None
        except SignatureRejected as error:
            return error
        return SignatureRejected(
            f"notes: the checkpoint of {self.key.name} that is proved over is not signed by {self.signed_by}",
            help="ask that lab to cosign it (docs/across.md), and both to prove again",
        )


@dataclass(frozen=True)
class Joint:
    """A joint file as it was read. cap: FLOP; begin, end: UTC seconds, end not included.

    claim: the id of what each lab proves; program: its digest, 32 bytes.
    shared: the parameters that are the same for every lab, as people write them. dated: how old proofs and checkpoints
    may be when they are judged, and who cosigned every checkpoint, as a policy asks it.
    """

    text: bytes
    id: str
    title: str
    cap: int
    begin: int
    end: int
    claim: str
    program: bytes
    shared: Mapping[str, str]
    labs: Mapping[str, Lab]
    notes: tuple[NoteLog, ...]
    dated: Dated

    @property
    def digest(self) -> bytes:
        """SHA-256 of the file's text: the reference of every proof."""
        return sha256(self.text).digest()

    @property
    def note_id(self) -> str:
        """The `cap` of every note: `0x` and the first 16 bytes of the digest."""
        return f"0x{self.digest[:16].hex()}"

    def notes_of(self, lab: str) -> tuple[NoteLog, ...]:
        """The note logs that a lab shares with others, in the file's order."""
        return tuple(each for each in self.notes if lab in each.between)

    def params(self, lab: str) -> dict[str, object]:
        """Every parameter of the claim, as this lab has to prove it."""
        having: dict[str, object] = {"allowance": self.labs[lab].allowance}
        if self.claim == MASKED:
            having = {"others": len(self.labs) - 1, "limit": self.cap, "most": most(len(self.labs))}
        return {
            "cap": self.note_id, "lab": lab, **having, "begin": Exact(self.begin), "end": Exact(self.end),
            **self.shared,
        }  # fmt: skip

    def too_early(self, lab: str, stated: int) -> StaleProof | None:
        """What is wrong where a lab's proof states a time within the period, or none (0). stated: UTC seconds."""
        if stated >= self.end:
            return None
        when = show_time(stated) if stated else "no time"
        why = f"the proof of {lab} states {when}, and the period ends on {show_time(self.end)}"
        return StaleProof(f"{why}: rows after it could be left out", help="ask the lab to prove again after the end")

    def other_program(self) -> ProgramMismatch | None:
        """What is wrong where the claim is another program here than the one that the file asks for."""
        if (card := catalogue.load(self.claim)).program == self.program:
            return None
        return ProgramMismatch(
            f"program: the joint file asks for {self.program.hex()}, and {card.label} is {card.program.hex()} here"
        )


def load_joint(path: str | Path) -> Joint:
    """The joint file at a path. UsageError where it cannot be read, MalformedPolicy or LimitExceeded by its faults."""
    return parse_joint(read(Path(path), limits.MAX_POLICY_BYTES))


def parse_joint(data: bytes) -> Joint:
    """MalformedPolicy names the key by its dots and says what is wrong; LimitExceeded for a file that is too long."""
    taken = unified(data)
    try:
        return _Reader(taken).joint()
    except MalformedPolicy as error:
        raise MalformedPolicy(f"the joint file: {error.message}", help=_PAGE) from None


def _refuse_beyond(labs: Mapping[str, Lab], cap: int) -> None:
    """The allowances come to no more than the cap."""
    if (given := sum(each.allowance or 0 for each in labs.values())) > cap:
        why = f"have allowances of {flop(given)} between them, which is more than the cap of {flop(cap)}"
        raise fault("labs", why)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.root = data, read_toml(data)
        self.keys: dict[bytes, str] = {}
        self.origins: dict[str, str] = {}

    def joint(self) -> Joint:
        root = self.root
        if (form := root.text("format")) != FORMAT:
            raise fault("format", f"is {form[:40]!r}, and this reads {FORMAT}")
        called, title = root.name("id"), root.text("title")
        cap = self._flop(root, "cap")
        begin, end = root.midnight("begin"), root.midnight("end")
        if end <= begin:
            raise fault("end", "is not after begin")
        program = root.text("program")
        if len(program) != _DIGEST_HEX or set(program) - set("0123456789abcdef"):
            raise fault("program", "is a SHA-256 in 64 lower-case hexadecimal digits")
        claim = root.text("claim") if "claim" in root else CLAIM
        if claim not in (CLAIM, MASKED):
            raise fault("claim", f"is {claim[:40]!r}, and should be {CLAIM} or {MASKED}")
        card = catalogue.load(claim)
        shared = {param: root.text(param) for param in ("phases", "outside")}
        for param, value in shared.items():
            self._parsed(param, card, value)
        labs = self._labs(root.table("labs"), claim)
        _refuse_beyond(labs, cap)
        notes = self._notes(labs)
        dated = read_dated(root, self._apart)
        root.close()
        for each in labs:
            if not any(each in log.between for log in notes):
                why = "is in no note log: a lab that trades nothing shares one without a note with another lab"
                raise fault(f"labs.{each}", why)
        if claim == MASKED and (two := apart(labs, (log.between for log in notes))) is not None:
            why = "share no note log: under a masked total each two labs do, or more than the total would be learnt"
            raise fault("notes", f"{two[0]} and {two[1]} {why}")
        pinned = bytes.fromhex(program)
        made = Joint(self.data, called, title, cap, begin, end, claim, pinned, shared, labs, notes, dated)
        for each in labs:
            values = card.publics(parsed(card.id, card.params, made.params(each)))
            bounds = {param.name: Bound(low=values[param.name], high=values[param.name]) for param in card.params}
            refuse_vacuous(card, bounds, 0, f"labs.{each}")
        return made

    def _labs(self, found: Table, claim: str) -> dict[str, Lab]:
        names = found.names()
        if not 2 <= len(names) <= limits.MAX_JOINT_LABS:
            raise fault("labs", f"are {len(names)}, and should be 2 to {limits.MAX_JOINT_LABS}")
        labs: dict[str, Lab] = {}
        ids: dict[int, str] = {}
        for called in names:
            path = found.at(called)
            name(called, path)
            if called.startswith("0x"):
                raise fault(path, "begins with 0x, as a digest does that stands for some other name")
            if (same := ids.setdefault(text_id(called), called)) != called:
                raise fault(path, f"has the same id as {same}")
            inside = found.table(called)
            if claim == MASKED and "allowance" in inside:
                raise fault(inside.at("allowance"), f"is not asked under {MASKED}: the cap is on the total of all labs")
            allowance = None if claim == MASKED else self._flop(inside, "allowance")
            keys = tuple(
                self._log_key(text(each, place, limits.MAX_POLICY_KEY_BYTES), place)
                for each, place in inside.items("compute", limits.MAX_POLICY_KEYS)
            )
            inside.close()
            labs[called] = Lab(called, allowance, keys)
        return labs

    def _notes(self, labs: Mapping[str, Lab]) -> tuple[NoteLog, ...]:
        made = []
        for each, path in self.root.items("notes", limits.MAX_JOINT_NOTES):
            inside = table(each, path)
            sealer, signer = (inside.name(key) for key in ("sealed_by", "signed_by"))
            for role, lab in (("sealed_by", sealer), ("signed_by", signer)):
                if lab not in labs:
                    raise fault(inside.at(role), f"no lab of that name: there is {', '.join(labs)}")
            if sealer == signer:
                raise fault(inside.at("signed_by"), "is the lab that seals it: a note log is between two labs")
            at, other = inside.at("key"), inside.at("cosigner")
            key = self._log_key(inside.text("key", limits.MAX_POLICY_KEY_BYTES), at)
            line = inside.text("cosigner", limits.MAX_POLICY_KEY_BYTES)
            try:
                cosigner = CosignerKey.parse(line)
            except KeyFileError as error:
                raise fault(other, error.message) from None
            self._theirs(cosigner.public, signer, other)
            inside.close()
            made.append(NoteLog(sealer, key, signer, cosigner))
        return tuple(made)

    def _log_key(self, line: str, path: str) -> VerifierKey:
        """The key of one log: no two logs of the file have one key, or one origin."""
        try:
            key = VerifierKey.parse(line)
        except KeyFileError as error:
            raise fault(path, error.message) from None
        if key.public in self.keys:
            raise fault(path, f"is the same public key as {self.keys[key.public]}")
        if key.name in self.origins:
            raise fault(path, f"is of the log {key.name}, as {self.origins[key.name]} is")
        self.keys[key.public] = self.origins[key.name] = path
        return key

    def _theirs(self, public: bytes, lab: str, path: str) -> None:
        """A lab may sign all its note logs with one key; no log's key cosigns, and no key is of two labs."""
        owner = f"the cosigner key of {lab}"
        if self.keys.setdefault(public, owner) != owner:
            raise fault(path, f"is the same public key as {self.keys[public]}")

    def _apart(self, public: bytes, path: str) -> None:
        """Who cosigns for whoever judges is none of the labs, and counts once."""
        if public in self.keys:
            raise fault(path, f"is the same public key as {self.keys[public]}")
        self.keys[public] = path

    def _flop(self, found: Table, key: str) -> int:
        """An amount of FLOP, below 2^96, as the claim's own parameter reads it."""
        card = catalogue.load(CLAIM)
        return self._parsed(found.at(key), card, found.text(key), "allowance")

    def _parsed(self, path: str, card: Card, value: str, param: str = "") -> int:
        """The encoded value of a parameter. param: its name, where that is not the key's."""
        known = {each.name: each for each in card.params}[param or path]
        try:
            return known.parse(value)
        except UsageError as error:
            raise fault(path, error.message.removeprefix(f"{known.name}: ")) from None
