"""Evidence against a log: two checkpoints that it signed and that cannot both be honest, in a file to be handed on.

    fork      same size and another root; two `succeeds` lines in one generation; or the newer tree does not begin with
              the older one. `proof` is a prefix proof (`merkle.prefix_proof`): it folds to the newer signed root, so
              the root it folds to for the older size is what the newer tree holds there, and the older note signs
              another. Convincing by itself, to anybody.
    succeeded the log went on in its next generation, whose checkpoint names where it began (its `succeeds` line), and a
              checkpoint of the generation before is larger than that, or of the same size and another root, or the tree
              named there does not begin with it (`proof`, as for a fork). Convincing by itself, to anybody.
    rollback  a checkpoint of an earlier size was presented as the log's state after a larger one had been seen. The two
              notes show that the log signed both; that the smaller came later is the word of who saw it, unless
              cosignatures on the notes date them.

The file is JSON in one canonical form; `Evidence.parse` checks both signatures and that the file shows what it says.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

from zkcompliance.errors import CheckpointMismatch, LogEvidence, MalformedNote
from zkcompliance.log import merkle, note
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.note import VerifierKey
from zkcompliance.quantities import number_of

FORMAT = "zkcompliance-evidence-1"
FORK, ROLLBACK, SUCCEEDED = "fork", "rollback", "succeeded"
KINDS = (FORK, ROLLBACK, SUCCEEDED)
MAX_BYTES = 64 << 10


@dataclass(frozen=True)
class Evidence:
    """`older` and `newer` are signed notes of one log, by size; for a fork at one size, in the order they were seen.

    Where the kind is `succeeded`, `older` is of the generation before, and `newer` of the one that succeeds it.
    """

    kind: str
    key: VerifierKey
    older: str
    newer: str
    proof: tuple[bytes, ...] = ()

    @property
    def document(self) -> str:
        """The canonical text of the evidence file."""
        fields = {
            "format": FORMAT, "kind": self.kind, "key": self.key.text, "older": self.older, "newer": self.newer,
            "proof": [base64.b64encode(node).decode() for node in self.proof],
        }  # fmt: skip
        return json.dumps(fields, indent=1, ensure_ascii=False) + "\n"

    def check(self) -> None:
        """CheckpointMismatch unless the notes show what `kind` says; SignatureRejected, MalformedNote for the notes."""
        old, new = (read(text, self.key) for text in (self.older, self.newer))
        if self.kind == SUCCEEDED:
            before = new.succeeds
            shown = before is not None and before.origin == old.origin and _differ(old, before, self.proof, more=True)
        elif self.kind == ROLLBACK:
            later = (old.generation, old.size) < (new.generation, new.size)
            shown = later and (old.origin != new.origin or old.size < new.size) and not self.proof
        elif old.origin != new.origin:
            shown = False
        elif old.succeeds != new.succeeds:
            shown = not self.proof
        else:
            shown = _differ(old, new, self.proof, more=False)
        if not shown:
            raise CheckpointMismatch(f"these checkpoints of {self.key.name} do not show a {self.kind}")

    def error(self) -> LogEvidence:
        """What to raise."""
        old, new = (read(text, self.key) for text in (self.older, self.newer))
        named = new.succeeds or new
        what = {
            SUCCEEDED: f"it signed {number_of(old.size, 'segment')} of {old.origin}, which is not how it ended as "
            f"{new.origin}, that succeeds it, says: with {named.size} and root {named.root.hex()}",
            FORK: f"it says that {old.origin} succeeds two different checkpoints"
            if old.succeeds != new.succeeds
            else f"it signed {old.size} and {number_of(new.size, 'segment')}, and the one does not extend the other",
            ROLLBACK: f"it shows {number_of(old.size, 'segment')}, and {new.size} had been seen before"
            if old.origin == new.origin
            else f"it shows {number_of(old.size, 'segment')} of {old.origin}, and {new.origin}, which came after, had "
            f"been seen",
        }[self.kind]
        return LogEvidence(f"{self.kind} of the log {self.key.name}: {what}", document=self.document)

    @classmethod
    def parse(cls, data: bytes | str) -> Evidence:
        """An evidence file that shows what it says. MalformedNote for its form, otherwise as `check`."""
        raw = data.encode(errors="surrogatepass") if isinstance(data, str) else data
        if len(raw) > MAX_BYTES:
            raise MalformedNote(f"an evidence file has at most {MAX_BYTES} bytes")
        try:
            fields = json.loads(raw)
            evidence = cls(
                fields["kind"], VerifierKey.parse(fields["key"]), fields["older"], fields["newer"],
                tuple(base64.b64decode(node, validate=True) for node in fields["proof"]),
            )  # fmt: skip
            texts = all(isinstance(text, str) for text in (evidence.older, evidence.newer))
            canonical = texts and evidence.document.encode() == raw and evidence.kind in KINDS
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise MalformedNote("not an evidence file") from error
        if not canonical or any(len(node) != 32 for node in evidence.proof):
            raise MalformedNote("an evidence file is not in its canonical form")
        evidence.check()
        return evidence


def read(signed: str | bytes, key: VerifierKey) -> Checkpoint:
    """The checkpoint in a note that `key` signed, of the log of its name, in any generation."""
    checkpoint = Checkpoint.parse(note.verify(signed, key))
    if checkpoint.name != key.name:
        raise MalformedNote(f"the note of {key.name} is about another log, {checkpoint.origin}")
    return checkpoint


def _differ(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes], *, more: bool) -> bool:
    """Whether two checkpoints of one origin are shown to disagree; more: a larger `old` disagrees with `new` too."""
    if old.size >= new.size:
        return not proof and ((more and old.size > new.size) or (old.size == new.size and old.root != new.root))
    folded = merkle.fold_prefix(old.size, new.size, proof)
    return folded is not None and folded[1] == new.root and folded[0] != old.root


def compare(key: VerifierKey, seen: str, shown: str, entries: Sequence[bytes] | None) -> None:
    """LogEvidence unless the note `shown` now is the one `seen` before, or extends it.

    `entries`: the entries of the checkpoint shown; None when they are not known, and then only sizes and equal roots
    are compared.
    """
    old, new = read(seen, key), read(shown, key)
    if old.origin != new.origin or old.succeeds != new.succeeds:
        raise CheckpointMismatch(
            f"the checkpoint is of {new.origin}, and one of {old.origin} had been seen in its place"
        )
    if new.size < old.size:
        raise Evidence(ROLLBACK, key, shown, seen).error()
    if new.size == old.size:
        if new.root != old.root:
            raise Evidence(FORK, key, seen, shown).error()
    elif old.size and entries is not None and merkle.root(entries[: old.size]) != old.root:
        raise Evidence(FORK, key, seen, shown, tuple(merkle.prefix_proof(old.size, entries))).error()
