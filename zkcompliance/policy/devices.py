"""Devices that answered a nonce over a log's checkpoint, as `[devices]` of a policy asks for them.

Who checks a device's evidence needs a library, and this room has none: what was checked comes here as data
(`Answers`). Three things are told apart: evidence that is there, evidence that was verified, and evidence that supports
what is asked, which is that of distinct devices which answered for this very checkpoint. Where nobody could check, what
is asked is not decided.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field

from zkcompliance import limits
from zkcompliance.errors import DevicesMissing, Undecided
from zkcompliance.policy.model import Anchors, Devices
from zkcompliance.policy.toml import Table, fault, span
from zkcompliance.policy.verdict import DevicesShown
from zkcompliance.quantities import number_of, show_seconds

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SERIAL = re.compile(r"[0-9a-f]{1,40}")


def read_devices(root: Table, logs: Collection[str], anchors: Anchors | None) -> Devices | None:
    """`[devices]` of a policy file; None where it has none. logs: the policy's names; anchors: whom it believes of
    moments. MalformedPolicy."""
    if "devices" not in root:
        return None
    found = root.table("devices")
    least = found.whole("at_least", 1, limits.MAX_DEVICES)
    trusted = found.text("root")
    if not _DIGEST.fullmatch(trusted):
        raise fault(found.at("root"), "is the SHA-256 of the root certificate (DER): 64 hexadecimal digits, lower case")
    about = found.texts("logs", limits.MAX_POLICY_LOGS) if "logs" in found else tuple(logs)
    for each in about:
        if each not in logs:
            raise fault(found.at("logs"), f"names {each[:64]!r}, and there is {', '.join(logs)}")
    models = found.texts("models", limits.MAX_POLICY_CHOICES) if "models" in found else ()
    revoked = found.texts("revoked", limits.MAX_POLICY_REVOKED) if "revoked" in found else ()
    for each in revoked:
        if not _SERIAL.fullmatch(each):
            raise fault(found.at("revoked"), "has serial numbers of certificates, in hexadecimal digits, lower case")
    on = found.midnight("revoked_on") if "revoked_on" in found else None
    if revoked and on is None:
        raise fault(found.at("revoked"), f"needs {found.at('revoked_on')}: the day of the list")
    within = span(found, "within") if "within" in found else None
    dated = anchors is not None and anchors.beacons and any(each.authorities for each in anchors.operators)
    if within is not None and not dated:
        raise fault(
            found.at("within"),
            "needs anchors.beacons, and an authority among anchors.operators: evidence of a device has no time",
        )
    found.close()
    listed = frozenset(int(each, 16) for each in revoked)
    return Devices(least, bytes.fromhex(trusted), about, models, listed, on, within)


@dataclass(frozen=True)
class Answered:
    """A device whose evidence was verified. body: the checkpoint that it answered for; key: by which devices are told
    apart, 32 bytes; model: the maker's word; since, until: the UTC seconds between which it answered, by a beacon and
    an authority that the policy believes, None where that is not shown."""

    body: bytes
    key: bytes
    model: str
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True)
class Answers:
    """What a file has of devices: how many pieces, those that were verified, and why the others were not."""

    present: int
    verified: tuple[Answered, ...]
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class Held:
    """What a policy asks of devices beside what a file has. answers: None where nobody could check them."""

    asked: Devices
    answers: Answers | None
    _faults: dict[str, DevicesMissing | Undecided] = field(default_factory=dict, compare=False)

    def shown(self, log: str, body: bytes) -> DevicesShown | None:
        """What the devices show of the log that the policy calls so, at the checkpoint with this body; None: nothing is
        asked of it. DevicesMissing where they are too few, Undecided where nobody could check them; of one log always
        the same object, which is then said once.
        """
        if log not in self.asked.logs:
            return None
        answers = self.answers
        if answers is None:
            raise self._faults.setdefault(
                log,
                Undecided(
                    f"{log}: the policy asks that {number_of(self.asked.at_least, 'device')} answered for its "
                    "checkpoint, and their evidence cannot be checked without the libraries of the package",
                    help="pip install zkcompliance  # then: zkcompliance verify FILE --policy POLICY",
                ),
            )
        support = {each.key: each.model for each in answers.verified if each.body == body and self._in_time(each)}
        if len(support) < self.asked.at_least:
            raise self._faults.setdefault(log, DevicesMissing(self._why(log, answers, len(support))))
        models = tuple(sorted(set(support.values())))
        return DevicesShown(answers.present, len(answers.verified), len(support), self.asked.at_least, models)

    def _in_time(self, one: Answered) -> bool:
        """Whether it is shown to have answered within the time that is asked for, if one is."""
        if self.asked.within is None:
            return True
        return one.since is not None and one.until is not None and 0 <= one.until - one.since <= self.asked.within

    def _why(self, log: str, answers: Answers, support: int) -> str:
        said = (
            f"{log}: the policy wants {number_of(self.asked.at_least, 'distinct device')} to have answered for its "
            f"checkpoint; of {number_of(answers.present, 'piece')} of evidence {len(answers.verified)} verified, and "
            f"{number_of(support, 'device')} did"
        )
        if self.asked.within is not None:
            said += f" within {show_seconds(self.asked.within)} from a beacon's round to a time stamp over the evidence"
        return f"{said} (the first that did not verify: {answers.refused[0]})" if answers.refused else said


def said(log: str, shown: DevicesShown, asked: Devices) -> str:
    """What a reader should know of it, in sentences."""
    when = ", when they answered" if asked.within is None else ""
    dated = "" if asked.within is None else f" within {show_seconds(asked.within)} after a round of a beacon"
    on = "no revocation list is asked for"
    if asked.revoked_on is not None:
        on = f"the policy's list of {number_of(len(asked.revoked), 'revoked certificate')} was held against them"
    return (
        f"DEVICES: of {number_of(shown.present, 'piece')} of evidence in the file {shown.verified} verified, and "
        f"{number_of(shown.supporting, 'distinct device')} ({', '.join(shown.models)}) answered for {log}: each "
        f"answered{dated} a "
        f"nonce over its checkpoint, which nobody knew before it was sealed, and is certified by the root with SHA-256 "
        f"{asked.root.hex()}; {on}. Not shown is whose they are, where they stand{when}, or that they "
        "did any of this work: whoever has one, or rents it, can have it answer"
    )


def in_words(asked: Devices) -> str:
    """What is asked, as a policy's page has it."""
    models = f" of {', '.join(asked.models)}" if asked.models else ""
    return (
        f"at least {asked.at_least} distinct devices{models}, certified by the root with SHA-256 {asked.root.hex()}, "
        f"answered for the checkpoint of {', '.join(asked.logs)}"
        + ("" if asked.within is None else f", within {show_seconds(asked.within)} after a round of a beacon")
    )
