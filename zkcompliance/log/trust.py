"""Whom to trust for a log and how many must have cosigned: C2SP trust policies (https://c2sp.org/tlog-policy).

    log VKEY [URL]                    a log whose checkpoints are taken
    witness NAME VKEY [URL]           a cosigner; NAME counts in this file only
    group NAME all|any|K MEMBER…      witnesses a checkpoint when all, one or K of its members do
    quorum NAME|none                  who must have cosigned: one witness or group, exactly one such line

Lines end with a newline, items are parted by spaces and tabs, `#` begins a comment line. A name is defined before it is
used, is a member at most once in the whole file, and a public key stands at most once in it: nobody counts twice.
(Stricter than the C2SP text in one thing: a log's own key is no witness either.) To count an operator with several
keys once, put the keys in a group with `any`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.edge.line_ends import unified
from zkcompliance.errors import KeyFileError, LogError, MalformedTrust, QuorumUnmet, SignatureRejected
from zkcompliance.log import note
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.cosignature import CosignerKey
from zkcompliance.log.note import VerifierKey
from zkcompliance.quantities import hidden

MAX_BYTES = 256 << 10
MAX_LINES = 1024
_BLANK = re.compile(r"[ \t]+")
_COUNT = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True)
class Group:
    """Counts as cosigning when at least `threshold` of `members` do."""

    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True)
class Trusted:
    """A checkpoint that a policy takes. `cosigned`: name in the policy → POSIX time, of every cosigner that signed."""

    checkpoint: Checkpoint
    key: VerifierKey
    cosigned: Mapping[str, int]


@dataclass(frozen=True)
class TrustPolicy:
    """A parsed policy. `quorum` is a name of `witnesses` or `groups`, or `none`.

    urls: name of a witness → where it is asked, as it stands there; only for those that have one. digest: SHA-256 of
    its text, with line ends as `edge.line_ends` has them; empty where it was made from no text.
    """

    logs: tuple[VerifierKey, ...]
    witnesses: Mapping[str, CosignerKey]
    groups: Mapping[str, Group]
    quorum: str
    urls: Mapping[str, str] = field(default_factory=dict)
    digest: bytes = field(default=b"", compare=False)

    @classmethod
    def parse(cls, data: bytes | str) -> TrustPolicy:
        """MalformedTrust, naming the line, unless data is a policy in the strict form."""
        return _Reader().read(unified(data.encode(errors="surrogatepass") if isinstance(data, str) else data))

    def check(self, signed: bytes | str, *, now: int | None = None) -> Trusted:
        """What a signed note is worth under this policy.

        MalformedNote for its form; SignatureRejected when no listed log signed it, a known key's line does not verify,
        or a cosignature is dated after `now` (POSIX seconds, where given); QuorumUnmet when too few have cosigned.
        """
        parsed = note.parse(signed)
        checkpoint = Checkpoint.parse(parsed.text)
        named = [key for key in self.logs if key.name == checkpoint.name]
        signers = [key for key in named if any((s.name, s.id) == (key.name, key.id) for s in parsed.signatures)]
        if not signers:
            raise SignatureRejected(f"not signed by a trusted key of the log {checkpoint.origin}")
        for key in signers:
            note.verify(signed, key)
        cosigned: dict[str, int] = {}
        for name, cosigner in self.witnesses.items():
            at = cosigner.timestamp(parsed)
            if at is not None and now is not None and at > now:
                raise SignatureRejected(f"the cosignature of {cosigner.name} is dated in the future")
            if at is not None:
                cosigned[name] = at
        if self.quorum != "none" and not self._counts(cosigned)[self.quorum]:
            have = ", ".join(cosigned) or "nobody"
            raise QuorumUnmet(f"the policy wants {self._words(self.quorum)}; cosigned by {have}")
        return Trusted(checkpoint, signers[0], cosigned)

    def _counts(self, cosigned: Mapping[str, int]) -> dict[str, bool]:
        """Every name → whether it counts as cosigning; groups stand after their members."""
        met = {name: name in cosigned for name in self.witnesses}
        for name, group in self.groups.items():
            met[name] = sum(met[member] for member in group.members) >= group.threshold
        return met

    def _words(self, name: str) -> str:
        group = self.groups.get(name)
        return f"{group.threshold} of {', '.join(group.members)}" if group else name


def load_trust(path: Path) -> TrustPolicy:
    """The policy in a file. LogError when it cannot be read, MalformedTrust when it is not one."""
    try:
        with regular.open_given(path) as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise LogError(f"{path}: {regular.reason(error)}", help="give --trust the file of a trust policy") from error
    return TrustPolicy.parse(data)


class _Reader:
    """The state of one reading."""

    def __init__(self) -> None:
        self.logs: list[VerifierKey] = []
        self.witnesses: dict[str, CosignerKey] = {}
        self.urls: dict[str, str] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self.keys: set[bytes] = set()
        self.members: set[str] = set()

    def read(self, data: bytes) -> TrustPolicy:
        if len(data) > MAX_BYTES:
            raise MalformedTrust(f"a trust policy has at most {MAX_BYTES} bytes")
        if any((byte < 0x20 and byte not in b"\t\n") or byte == 0x7F for byte in data):
            raise MalformedTrust("a trust policy holds a control character")
        lines = data.decode(errors="surrogateescape").split("\n")
        if lines.pop() != "":
            raise MalformedTrust("a trust policy's last line has no newline")
        if len(lines) > MAX_LINES:
            raise MalformedTrust(f"a trust policy has at most {MAX_LINES} lines")
        for number, line in enumerate(lines, 1):
            words = [word for word in _BLANK.split(line) if word]
            if not words or words[0].startswith("#"):
                continue
            try:
                self._line(words)
            except (MalformedTrust, KeyFileError) as error:
                raise MalformedTrust(f"trust policy, line {number}: {error.message}") from None
        if self.quorum is None:
            raise MalformedTrust("a trust policy has a quorum line; `quorum none` asks for no cosigner")
        return TrustPolicy(tuple(self.logs), self.witnesses, self.groups, self.quorum, self.urls, sha256(data).digest())

    def _line(self, words: list[str]) -> None:
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                key = VerifierKey.parse(vkey)
                self._once(key.public)
                self.logs.append(key)
            case ["witness", name, vkey, *url] if len(url) <= 1:
                self._new(name)
                cosigner = CosignerKey.parse(vkey)
                self._once(cosigner.public)
                self.witnesses[name] = cosigner
                if url:
                    self.urls[name] = url[0]
            case ["group", name, threshold, _, *_]:
                self._new(name)
                self.groups[name] = self._group(threshold, words[3:])
            case ["quorum", name]:
                if self.quorum is not None:
                    raise MalformedTrust("a second quorum")
                if name != "none":
                    self._known(name)
                self.quorum = name
            case _:
                raise MalformedTrust("not a log, witness, group or quorum line of the right length")

    def _group(self, threshold: str, members: list[str]) -> Group:
        for member in members:
            self._known(member)
            if member in self.members:
                raise MalformedTrust("a name is a member twice")
            self.members.add(member)
        if threshold in ("all", "any"):
            return Group(len(members) if threshold == "all" else 1, tuple(members))
        if _COUNT.fullmatch(threshold) is None or int(threshold) > len(members):
            raise MalformedTrust(f"a group's threshold is all, any or 1 to {len(members)}")
        return Group(int(threshold), tuple(members))

    def _once(self, public: bytes) -> None:
        if public in self.keys:
            raise MalformedTrust("a public key that stands in the policy already")
        self.keys.add(public)

    def _new(self, name: str) -> None:
        if name == "none" or name in self.witnesses or name in self.groups:
            raise MalformedTrust("a name that is taken already")
        if any(hidden(c) for c in name if not "\udc80" <= c <= "\udcff"):  # names are octets: these are not UTF-8
            raise MalformedTrust("a name that holds a character that nobody sees")

    def _known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise MalformedTrust("a name that is not defined on an earlier line")
