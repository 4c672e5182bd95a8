"""Devices as cosigners: a policy counts distinct devices that answered for this very checkpoint, and nothing else.

Each dishonest answer verifies by itself, or is one that an honest device gave; only the one check that is named in its
test is in its way.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from tests.kit import beacons, stamps
from tests.kit import policies as kit
from tests.kit.agreement import Both
from tests.kit.command_line import run
from tests.kit.devices import Authority, Device, Fault, file_of
from tests.kit.policies import MODEL, NOW
from zkcompliance.attest import devices
from zkcompliance.errors import DevicesMissing, MalformedEvidence, MalformedPolicy, UsageError
from zkcompliance.evidence import beacon
from zkcompliance.evidence.answer import Answer, Asked
from zkcompliance.evidence.beacon import Round
from zkcompliance.log import answers as kept
from zkcompliance.log.layout import Layout
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.store import SealedLog
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy
from zkcompliance.policy.model import Anchors, Dater, Policy
from zkcompliance.policy.model import Authority as Authority_
from zkcompliance.policy.proofs import opened
from zkcompliance.policy.verdict import Status, Verdict
from zkcompliance.prove.policy import prove_policies
from zkcompliance.report import FORMATS, write
from zkcompliance.verify.bundle import DEVICE, ROUND, Attachment

AUTHORITY = Authority()
CHIPS = [Device(AUTHORITY, f"CC{number:02d}") for number in range(3)]
ROOT = AUTHORITY.trust.root.hex()


def text(more: str = "", least: int = 3, root: str = ROOT, keys: str = "") -> str:
    return kit.text(keys=keys, more=f'[devices]\nat_least = {least}\nroot = "{root}"\n{more}\n')


def policy(more: str = "", least: int = 3, root: str = ROOT) -> Policy:
    return parse_policy(text(more, least, root).encode())


def body_of(log: SealedLog) -> bytes:
    return log.checkpoint_body.encode()


def answer(device: Device, body: bytes, over: Round | None = None) -> Answer:
    asked = Asked(body) if over is None else Asked(body, over.number, over.digest)
    return Answer(asked, device.answer(asked.nonce))


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> SealedLog:
    """Two segments; three devices answered for its checkpoint."""
    made = kit.make_log(tmp_path_factory.mktemp("log"), "c", "lab.example/c", kit.rows(), kit.rows(2))
    for device in CHIPS:
        kept.keep(Layout(made.path), answer(device, body_of(made)).encode())
    return made


def prove(log: SealedLog, asked: Policy, time: int = NOW) -> bytes:
    binding = Binding(None, MODEL, time, b"")
    return prove_policies([asked], {"compute": log}, {"below.limit": "1e20"}, binding=binding, own={})


@pytest.fixture(scope="module")
def proved(log: SealedLog) -> bytes:
    return prove(log, policy())


def judge(
    data: bytes, log: SealedLog, change: Callable[[list[Attachment]], Sequence[Attachment]] = lambda each: each,
    asked: Policy | None = None, at: int = NOW,
) -> Verdict:  # fmt: skip
    """As `verify` judges, with the attachments of the file changed; the policy that the file was made for, if no other
    devices are asked for."""
    made_for, given = policy(), list(opened(data).proofs[0].outside.attachments)
    asked = made_for if asked is None else replace(made_for, devices=asked.devices, anchors=asked.anchors)
    found = devices.checked(change(given), asked, at)
    return judge_policy(
        data, asked, now=at, keys={"compute": VerifierKey.parse(log.vkey)}, subject=MODEL, answers=found
    )


def refused(verdict: Verdict, says: str) -> None:
    (first, *_) = verdict.findings
    assert not verdict.accepted and first.status is Status.NOT_MET
    assert isinstance(first.error, DevicesMissing) and says in first.error.message, first.error


def attached(*found: Answer) -> list[Attachment]:
    return [Attachment(DEVICE, each.encode()) for each in found]


def test_three_devices_are_counted_and_said(proved: bytes, log: SealedLog) -> None:
    verdict = judge(proved, log)
    assert verdict.accepted
    (shown,) = {each.logs[0].devices for each in verdict.findings}
    assert shown is not None and (shown.present, shown.verified, shown.supporting, shown.asked) == (3, 3, 3, 3)
    (line,) = [each for each in verdict.findings[0].warnings if each.startswith("DEVICES")]
    assert "3 pieces of evidence in the file 3 verified, and 3 distinct devices" in line
    assert "Not shown is whose they are" in line and "no revocation list" in line
    for form in FORMATS:
        assert "distinct devices" in " ".join(write(verdict, form).replace("<wbr>", "").split()), form
    log_in_json = json.loads(write(verdict, "json"))["requirements"][0]["logs"][0]
    assert log_in_json["devices"] == {
        "present": "3", "verified": "3", "supporting": "3", "asked": "3", "models": ["GH100 A01 GSP BROM"]
    }  # fmt: skip


def test_one_that_is_missing(proved: bytes, log: SealedLog) -> None:
    refused(judge(proved, log, lambda given: given[1:]), "of 2 pieces of evidence 2 verified, and 2 devices did")
    refused(judge(proved, log, lambda given: []), "of 0 pieces")


def test_one_chip_twice(proved: bytes, log: SealedLog) -> None:
    """A second answer of the same chip; and one under another firmware, with a leaf and a name of its own."""
    again = Device(AUTHORITY, "CC00")
    again.key, again.device = CHIPS[0].key, CHIPS[0].device
    again.update(bytes(48), name="NVIDIA:GH100:CC99")
    more = attached(answer(CHIPS[0], body_of(log)), answer(again, body_of(log)))
    ours = attached(answer(CHIPS[0], body_of(log)), answer(CHIPS[1], body_of(log)))
    refused(judge(proved, log, lambda given: [*ours, *more]), "of 4 pieces of evidence 4 verified, and 2 devices")


def test_an_answer_for_another_checkpoint_or_log(proved: bytes, log: SealedLog, tmp_path: Path) -> None:
    """Earlier ones of the same log, and those of another one: each is sound, and supports nothing here."""
    entries = [segment.entry.encode() for segment in log.segments]
    from zkcompliance.log.layout import Settings

    earlier = Settings.load(Layout(log.path)).checkpoint(entries[:1]).body.encode()
    other = body_of(kit.make_log(tmp_path, "o", "lab.example/other", kit.rows()))
    for body in (earlier, other):
        moved = attached(answer(CHIPS[2], body))
        refused(judge(proved, log, lambda given, moved=moved: [*given[:2], *moved]), "3 verified, and 2 devices")


def test_an_answer_moved_to_this_checkpoint(proved: bytes, log: SealedLog, tmp_path: Path) -> None:
    """Its evidence is over another nonce: of another checkpoint, or of a round that it was not given."""
    other = answer(CHIPS[2], body_of(kit.make_log(tmp_path, "o", "lab.example/other", kit.rows())))
    for asked in (Asked(body_of(log)), Asked(body_of(log), 7, bytes(31) + b"\1")):
        moved = attached(Answer(asked, other.evidence))
        refused(judge(proved, log, lambda given, moved=moved: [*given[:2], *moved]), "another nonce")


@pytest.mark.parametrize(
    ("stranger", "says"),
    [
        (Device(Authority(), "CC10"), "root that is trusted"),
        (Device(AUTHORITY, "CC11", model="LS_10 A01 FSP BROM"), "no GPU"),
        (Device(Authority(Fault(expired=1)), "CC12"), "root that is trusted"),
    ],
)
def test_devices_that_are_not_taken(proved: bytes, log: SealedLog, stranger: Device, says: str) -> None:
    given = attached(*(answer(each, body_of(log)) for each in (*CHIPS[:2], stranger)))
    refused(judge(proved, log, lambda _: given), says)


def test_a_real_gpu_answers_for_no_log(proved: bytes, log: SealedLog) -> None:
    """Real evidence under NVIDIA's root: its nonce is none of ours, whatever is said of it."""
    from zkcompliance.evidence import nvidia

    (real,), _ = nvidia.read((Path(__file__).parents[1] / "data" / "nvidia" / "hopper_evidence.json").read_bytes())
    asked = policy(least=1, root=nvidia.ROOT.hex())
    refused(judge(proved, log, lambda _: attached(Answer(Asked(body_of(log)), real)), asked), "another nonce")


def test_certificates_must_be_valid_when_it_is_judged(proved: bytes, log: SealedLog) -> None:
    """2041 is after the chains of the tests."""
    asked = policy()
    later = devices.checked(opened(proved).proofs[0].outside.attachments, asked, 2_300_000_000)
    assert later is not None and not later.verified and "is not valid on" in later.refused[0]


def test_revoked_devices_are_not_counted(proved: bytes, log: SealedLog) -> None:
    serial = f"{CHIPS[1].device.serial_number:x}"
    asked = policy(f'revoked = ["{serial}"]\nrevoked_on = 2026-01-01')
    refused(judge(proved, log, asked=asked), "is revoked")
    verdict = judge(proved, log, asked=policy(f'revoked = ["{serial}"]\nrevoked_on = 2026-01-01', least=2))
    assert verdict.accepted and any("list of 1 revoked" in each for each in verdict.findings[0].warnings)


def test_every_part_of_an_answer_counts(log: SealedLog) -> None:
    """A bit of each byte range, changed: the answer verifies no more, or is about something else; never an error."""
    data = answer(CHIPS[0], body_of(log)).encode()
    asked = policy(least=1)
    for at in range(0, len(data), 7):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        found = devices.checked([Attachment(DEVICE, changed)], asked, NOW)
        assert found is not None and found.present == 1 and not found.verified, at
    for size in (0, 1, 40, 90, len(data) // 2, len(data) - 1):
        with pytest.raises(MalformedEvidence):
            Answer.decode(data[:size])


def test_nobody_who_can_check_means_undecided(proved: bytes, log: SealedLog) -> None:
    asked = policy()
    verdict = judge_policy(proved, asked, now=NOW, keys={"compute": VerifierKey.parse(log.vkey)}, subject=MODEL)
    assert {each.status for each in verdict.findings} == {Status.UNDECIDED} and not verdict.accepted


def test_the_one_file_does_not_decide(pyz: Path, proved: bytes, log: SealedLog, tmp_path: Path) -> None:
    (tmp_path / "p.zkp").write_bytes(proved)
    (tmp_path / "p.toml").write_text(text())
    (tmp_path / "c.pub").write_text(f"{log.vkey}\n")
    both = Both(pyz)
    try:
        first, second = both.ask(
            [
                tmp_path / "p.zkp", "--policy", tmp_path / "p.toml", "--log-key", tmp_path / "c.pub", "--at", str(NOW),
                "--subject", f"{MODEL.name}=sha256:{MODEL.digest.hex()}",
            ]
        )  # fmt: skip
    finally:
        both.close()
    assert first.status == "0", first
    assert second.status == "4" and "cannot be checked" in second.out + second.err, second


def test_a_lab_is_told_before_it_spends(tmp_path: Path) -> None:
    made = kit.make_log(tmp_path, "c", "lab.example/c", kit.rows())
    left = made.proofs_left()
    with pytest.raises(DevicesMissing, match="wants 3 distinct") as caught:
        prove(made, policy())
    assert "zkcompliance devices" in caught.value.help and made.proofs_left() == left


def test_what_is_kept_is_of_one_checkpoint(tmp_path: Path) -> None:
    """After the next seal nothing counts any more."""
    made = kit.make_log(tmp_path, "c", "lab.example/c", kit.rows())
    kept.keep(Layout(made.path), answer(CHIPS[0], body_of(made)).encode())
    assert len(kept.of_checkpoint(Layout(made.path), body_of(made))) == 1
    made = kit.seal(tmp_path, "c", kit.rows(3))
    assert not kept.of_checkpoint(Layout(made.path), body_of(made))
    with pytest.raises(DevicesMissing):
        prove(made, policy(least=1))


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ('at_least = 0\nroot = "{root}"', "from 1 to"),
        ('at_least = 3\nroot = "nvidia"', "SHA-256 of the root"),
        ("at_least = 3", "devices.root: is missing"),
        ('at_least = 3\nroot = "{root}"\nlogs = ["other"]', "names 'other'"),
        ('at_least = 3\nroot = "{root}"\nrevoked = ["00"]', "needs devices.revoked_on"),
        ('at_least = 3\nroot = "{root}"\nrevoked = ["XY"]\nrevoked_on = 2026-01-01', "serial numbers"),
        ('at_least = 3\nroot = "{root}"\nwithin = "1 hour"', "needs anchors.beacons"),
        ('at_least = 3\nroot = "{root}"\nmore = 1', "no key of a policy"),
    ],
)
def test_policies_that_are_not_taken(lines: str, says: str) -> None:
    with pytest.raises(MalformedPolicy, match=says):
        parse_policy(kit.text(more="[devices]\n" + lines.replace("{root}", ROOT) + "\n").encode())


@pytest.mark.parametrize("named", ["compute", "more"])
@pytest.mark.parametrize("table", ["devices", "openings"])
def test_a_log_of_an_optional_slot_is_not_left_out(table: str, named: str) -> None:
    """Rows go into the log of which nothing is asked, or the one that is asked about is left out of the proof."""
    asked = {"devices": f'[devices]\nat_least = 1\nroot = "{ROOT}"\n', "openings": "[openings]\nrows = 3\n"}[table]
    given = kit.text(keys='\n[logs.more]\nschema = "compute"\n', more=f'{asked}logs = ["{named}"]\n').replace(
        'logs = { compute = "compute" }', 'logs = { compute = { all = ["compute"], further = ["more"] } }'
    )
    with pytest.raises(MalformedPolicy, match=rf"{table}\.logs: .* name all of compute, more, or none"):
        parse_policy(given.encode())
    parse_policy(given.replace(f'logs = ["{named}"]', 'logs = ["compute", "more"]').encode())


def test_within_a_time(log: SealedLog, proved: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the round that the nonce is over to a time stamp over the evidence. Each of them missing, strange, or of
    another moment: the answer is sound, and not within."""
    authority = stamps.root()
    anchors = stamps.Authority(authority.der, stamps.POLICY)
    import base64

    lines = (
        '[anchors]\nquorum = 1\nbeacons = ["quicknet"]\n[anchors.operators]\n'
        f'tsa = [{{ root = "{base64.b64encode(anchors.root).decode()}", policy = "{stamps.POLICY}" }}]\n'
    )
    given = f'[devices]\nat_least = 1\nroot = "{ROOT}"\nwithin = "1 hour"\n'
    asked = parse_policy(kit.text(more=lines + given).encode())
    with beacons.own(monkeypatch) as own:
        known = own.at(NOW - 3600)
        over = answer(CHIPS[0], body_of(log), known)
        brought = Attachment(ROUND, known.encode())

        def stamped(moment: int, data: bytes = over.evidence.data, root: stamps.Issued = authority) -> Answer:
            return replace(over, stamp=stamps.made(data, root, moment).reply())

        def shown(*found: Attachment) -> Verdict:
            return judge(proved, log, lambda _: found, asked)

        good = shown(brought, *attached(stamped(known.moment + 3000)))
        assert good.accepted and any("within" in each for each in good.findings[0].warnings)
        assert all("when they answered" not in each for each in good.findings[0].warnings)
        for pieces in (
            [brought, *attached(over)],
            [brought, *attached(stamped(known.moment + 3601))],
            [brought, *attached(stamped(known.moment - 60))],
            [brought, *attached(stamped(known.moment + 60, b"other"))],
            [brought, *attached(stamped(known.moment + 60, root=stamps.root()))],
            attached(stamped(known.moment + 60)),
            [Attachment(ROUND, own.at(NOW - 7200).encode()), *attached(stamped(known.moment + 60))],
            [brought, *attached(replace(answer(CHIPS[0], body_of(log)), stamp=stamped(known.moment + 60).stamp))],
        ):
            refused(shown(*pieces), "within 1 hour")


def test_rounds_cost_no_more_than_devices(log: SealedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of 64 proofs may bring 16,320 rounds, and each that is checked by itself takes a second: only those that
    devices of the policy's answered over are looked at, all at once."""
    authority = stamps.root()
    anchors = Anchors(1, (Dater("tsa", (), (Authority_(authority.der, stamps.POLICY, b""),)),), ("quicknet",))
    asked = replace(policy(), anchors=anchors)
    assert asked.devices is not None
    asked = replace(asked, devices=replace(asked.devices, within=3600))
    with beacons.own(monkeypatch) as own:
        known = own.at(NOW - 3600)
        over = answer(CHIPS[0], body_of(log), known)
        over = replace(over, stamp=stamps.made(over.evidence.data, authority, known.moment + 60).reply())
        looked_at: list[int] = []
        check = beacon.check_rounds
        monkeypatch.setattr(beacon, "check_rounds", lambda rounds: looked_at.append(len(rounds)) or check(rounds))
        others = [replace(known, number=known.number + more) for more in range(1, 1000)]  # none is signed
        rounds = [Attachment(ROUND, each.encode()) for each in (known, *others)]
        found = devices.checked([*rounds, *attached(over)], asked, NOW)
        assert found is not None and [each.since for each in found.verified] == [known.moment]
        assert looked_at == [1]
        false = replace(known, signature=others[0].signature[:-1] + b"\0")
        also = replace(answer(CHIPS[1], body_of(log), false), stamp=over.stamp)
        brought = [*rounds, Attachment(ROUND, false.encode()), *attached(over, also)]
        found = devices.checked(brought, asked, NOW)
        assert found is not None and [each.since for each in found.verified] == [None, None]


def test_the_verb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the nonce to an accepted file, on the command line; with a beacon's round and a time stamp."""
    from time import time

    now = int(time())
    made = kit.make_log(tmp_path, "c", "lab.example/c", kit.rows())
    (tmp_path / "root.pem").write_bytes(AUTHORITY.root.public_bytes(Encoding.PEM))
    with beacons.own(monkeypatch) as own:
        known = own.at(now - 60)
        beacon = {"round": known.number, "signature": known.signature.hex(), "randomness": known.digest.hex()}
        (tmp_path / "beacon.json").write_text(json.dumps(beacon))
        given = ("devices", tmp_path / "c", "--beacon", tmp_path / "beacon.json", "--json")
        said = json.loads(run(*given).stdout)
        nonce = bytes.fromhex(said["nonce"])
        assert nonce == Asked(body_of(made), known.number, known.digest).nonce and said["answers"] == 0
        assert nonce.hex() not in run("devices", tmp_path / "c").stdout
        for number, each in enumerate(CHIPS):
            (tmp_path / f"{number}.json").write_bytes(file_of([(each.answer(nonce), nonce)]))
        wrong = run("devices", tmp_path / "c", "--evidence", tmp_path / "0.json", "--root", tmp_path / "root.pem")
        assert wrong.exit_code == 1 and "another nonce" in wrong.stderr
        wrong = run(*given, "--evidence", tmp_path / "0.json")
        assert wrong.exit_code == 1 and "root that is trusted" in wrong.stderr
        files = [part for number in range(3) for part in ("--evidence", tmp_path / f"{number}.json")]
        taken = run(*given, *files, "--root", tmp_path / "root.pem")
        assert taken.exit_code == 0 and json.loads(taken.stdout)["answers"] == 3, taken.stderr
        asked = run(*given, "--requests", tmp_path / "requests")
        assert asked.exit_code == 0 and len(list((tmp_path / "requests").glob("*.tsq"))) == 3
        for path in kept.of_checkpoint(Layout(made.path), body_of(made)):
            reply = stamps.made(Answer.decode(path).evidence.data, stamps.root(), now).reply()
            (tmp_path / "reply.tsr").write_bytes(reply)
            assert run(*given, "--stamp", tmp_path / "reply.tsr").exit_code == 0
        pieces = kept.of_checkpoint(Layout(made.path), body_of(made))
        assert len(pieces) == 3 and all(Answer.decode(each).stamp for each in pieces)
        (tmp_path / "stranger.tsr").write_bytes(stamps.made(b"other", stamps.root(), now).reply())
        assert "none of the answers" in run(*given, "--stamp", tmp_path / "stranger.tsr").stderr
        (tmp_path / "p.toml").write_text(text())
        proof = prove(SealedLog.open(tmp_path / "c"), policy(), now)
        (tmp_path / "p.zkp").write_bytes(proof)
        (tmp_path / "c.pub").write_text(f"{made.vkey}\n")
        model = f"{MODEL.name}=sha256:{MODEL.digest.hex()}"
        verified = run(
            "verify", tmp_path / "p.zkp", "--policy", tmp_path / "p.toml", "--log-key", tmp_path / "c.pub",
            "--subject", model, "--at", str(now),
        )  # fmt: skip
        assert verified.exit_code == 0 and "distinct devices" in " ".join(verified.stdout.split()), verified.stderr
        kinds = [each.kind for each in opened(proof).proofs[0].outside.attachments]
        assert kinds == [ROUND, DEVICE, DEVICE, DEVICE]


def test_the_nonce_is_what_the_page_says() -> None:
    body = b"lab.example/c\n2\nAAAA\n"
    made = sha256(b"zkc-gpu-cosign-v1\nlab.example/c\n" + body + bytes(8) + bytes(32)).digest()
    assert Asked(body).nonce == made
    with pytest.raises(MalformedEvidence):
        Asked(body, 5)
    with pytest.raises(MalformedEvidence):
        Asked(body, 0, bytes(31) + b"\1")


def test_a_roll_up_brings_no_answers(tmp_path: Path) -> None:
    from zkcompliance.prove.policy import _check_devices

    made = kit.make_log(tmp_path, "c", "lab.example/c", kit.rows())
    from zkcompliance.schemas import roll_up_of

    how = roll_up_of(made.schema)
    assert how is not None
    rolled = replace(made, schema=how.rolled)
    with pytest.raises(UsageError, match="no roll-up"):
        _check_devices(policy(), {"compute": [rolled]}, [], NOW)
