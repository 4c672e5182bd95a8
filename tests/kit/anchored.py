"""Logs with anchors of every kind, at moments that a test chooses, and policies that believe them."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.kit import policies as kit
from tests.kit import stamps
from tests.kit.beacons import Own
from tests.kit.policy_texts import head, requirement
from zkcompliance.attest.anchors import checker
from zkcompliance.evidence.beacon import QUICKNET, Round
from zkcompliance.log import anchors as kept
from zkcompliance.log import keys
from zkcompliance.log.layout import Layout
from zkcompliance.log.signer import COSIGNS, CosignerSigner
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer
from zkcompliance.policy.binding import Binding, Subject
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Policy
from zkcompliance.policy.proofs import proofs_in
from zkcompliance.policy.verdict import Verdict
from zkcompliance.prove import api
from zkcompliance.prove.api import Anchored
from zkcompliance.prove.policy import prove_policies
from zkcompliance.prove.tasks import plan
from zkcompliance.verify.bundle import ROUND, Attachment

PROMPTLY = "rows-sealed-promptly-compute"
WITNESSES = {name: CosignerSigner(f"{name}.example", COSIGNS, name.encode().ljust(32)) for name in ("ada", "bob", "cy")}
FLOOR_TOO = requirement(
    "below", "The counted compute is below the limit.", kit.CLAIM, {"compute": "compute"},
    'params.limit = { at_most = "1e21" }', 'params.phases = { includes = "pretraining, fine_tuning" }',
)  # fmt: skip
END = kit.T + 4 * 60  # when the last of four rows ends
BEACON = Own(QUICKNET)  # believed while `beacons.own` lasts
FIRST = END - (END - QUICKNET.genesis) % QUICKNET.period  # the moment of its round then, which segments are sealed with


@dataclass
class Lab:
    """One compute log, and who dates it."""

    folder: Path
    root: stamps.Issued = field(default_factory=stamps.root)

    def seal(self, rows: list[dict[str, object]], at: int | Round | None = END) -> SealedLog:
        """With that round in the entries, or the beacon's own of that moment; None: with none."""
        path, key = self.folder / "compute", self.folder / "compute.key"
        if not path.exists():
            kit.make_log(self.folder, "compute", "lab.example/compute")
        given = BEACON.at(at) if isinstance(at, int) else at
        if given is not None:
            kept.keep_round(Layout(path), given.digest, given.encode())
        with Writer(path, keys.load_private(key)) as writer:
            writer.seal(rows, beacon=None if given is None else (given.number, given.digest))
        return SealedLog.open(path)

    @property
    def log(self) -> SealedLog:
        return SealedLog.open(self.folder / "compute")

    def cosigned(self, **moments: int) -> SealedLog:
        """The checkpoint as it is now, by each of these at its moment."""
        text = self.log.checkpoint.body
        lines = [WITNESSES[name].line(text, at) for name, at in moments.items()]
        with Writer(self.folder / "compute", keys.load_private(self.folder / "compute.key")) as writer:
            writer.add_cosignatures(lines, [each.verifier for each in WITNESSES.values()])
        return self.log

    def stamped(self, moment: int, **changes: object) -> SealedLog:
        """The checkpoint as it is now, by an authority below the root."""
        body = self.log.checkpoint.body.encode()
        made = replace(stamps.made(body, self.root, moment), **changes)
        kept.keep_stamp(Layout(self.folder / "compute"), self.log.checkpoint.size, made.reply())
        return self.log

    def authority(self) -> str:
        """As a policy has it."""
        return f'{{ root = "{base64.b64encode(self.root.der).decode()}", policy = "{stamps.POLICY}" }}'

    def policy(
        self,
        *operators: str,
        quorum: int = 1,
        beacons: str = '"quicknet"',
        delay: str = "1 hour",
        authority: bool = False,
        anchored: bool = True,
        prompt: bool = True,
        also: str = "",
    ) -> Policy:
        """prompt: whether it asks that rows were sealed promptly; `also` asks something else then."""
        named = [f'{name} = ["{WITNESSES[name].verifier.text}"]' for name in operators]
        named += [f"stamps = [{self.authority()}]"] if authority else []
        lines = ["[anchors]", *([f"beacons = [{beacons}]"] if beacons else [])]
        if named:
            lines += [f"quorum = {quorum}", "[anchors.operators]", *named]
        text = head("prompt", "Rows are sealed promptly", subject="none")
        text += "\n".join(["", *(lines if anchored else []), "", '[logs.compute]\nschema = "compute"\nrows = 1\n', ""])
        text += "" if not anchored or not prompt else requirement(
            "promptly", "Every row is sealed soon after it ends.", PROMPTLY, {"log": "compute"},
            f'params.delay = "{delay}"',
        )  # fmt: skip
        return parse_policy(f"{text}\n{also}".encode())

    def prove(
        self, policy: Policy, now: int = kit.NOW, *, executor: Executor | None = None, subject: Subject | None = None
    ) -> bytes:
        limit = {"below.limit": "1e21"} if any(each.name == "below" for each in policy.requirements) else {}
        bound = Binding(None, subject, now, b"")
        return prove_policies([policy], {"compute": self.log}, limit, binding=bound, executor=executor)

    def forge(
        self,
        policy: Policy,
        stated: Sequence[tuple[int, int]],
        attachments: Sequence[tuple[int, bytes]] = (),
        *,
        now: int = kit.NOW,
        floors: bool = True,
    ) -> bytes:
        """A proof that states these brackets, whatever backs them, and brings these attachments beside the rounds that
        its segments were sealed with."""
        limit = {"below.limit": "1e21"} if any(each.name == "below" for each in policy.requirements) else {}
        tasks = plan([policy], {"compute": self.log}, limit, binding=Binding(None, None, now, b""))
        asked = [task.asked for task in tasks if floors or task.claim.id == PROMPTLY]
        there = kept.load(Layout(self.folder / "compute")).rounds
        held = {each.entry.beacon for each in self.log.segments} & set(there)
        brought = sorted({Attachment(*each) for each in attachments} | {Attachment(ROUND, there[of]) for of in held})
        false = Anchored({self.log.origin: tuple(stated)}, tuple(brought))
        return api.make(api.get_ready(asked, tasks[0].binding.encode(), anchored=false))

    def judge(self, data: bytes, policy: Policy, now: int = kit.NOW, *, unchecked: bool = False) -> Verdict:
        """unchecked: as who has no library for it."""
        key = keys.load_public(self.folder / "compute.key.pub")
        return judge_policy(data, policy, now=now, keys={"compute": key}, check=None if unchecked else checker())


def brackets(data: bytes) -> tuple[tuple[int, int], ...]:
    """That the one proof of a file states of the segments of its one log."""
    (proof,) = proofs_in(data)
    (log,) = proof.statement.logs
    return tuple(log.bracket(segment) for segment in range(len(log.entries)))
