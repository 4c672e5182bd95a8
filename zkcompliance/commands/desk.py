"""`zkcompliance desk init|add|verify|attach|list|show|key`: requests and what came of them, in one file."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zkcompliance.commands import console
from zkcompliance.commands.asked_proof import document, said
from zkcompliance.commands.deciding import decide_or_say, deciding_options, leave
from zkcompliance.commands.options import json_option
from zkcompliance.errors import UsageError
from zkcompliance.quantities import number_of

if TYPE_CHECKING:
    from zkcompliance.desk.store import Filed
    from zkcompliance.policy.verdict import Verdict

_desk = click.argument("desk", type=click.Path(path_type=Path))
_id = click.argument("number", type=click.IntRange(1, 2**31 - 1), metavar="ID")


@click.group("desk")
def command() -> None:
    """Keep requests, what came of them, and names for keys, in one file of SQLite that nobody else may read."""


@command.command("init")
@_desk
@json_option
def init_command(desk: Path, as_json: bool) -> None:
    """Make a new DESK."""
    from zkcompliance.desk.store import Desk
    from zkcompliance.outputs import places

    places.outside_logs(desk)
    with Desk.create(desk):
        pass
    if as_json:
        console.print_json({"desk": str(desk)})
        return
    console.print_fields("desk", {"file": str(desk)})


@command.command("add")
@_desk
@click.argument("request", type=click.Path(path_type=Path))
@json_option
def add_command(desk: Path, request: Path, as_json: bool) -> None:
    """File a REQUEST for a proof (request new --policy). Two of one reference are refused."""
    from zkcompliance.desk.store import Desk
    from zkcompliance.request.reading import read_for_proof

    found = read_for_proof(request)
    with Desk(desk) as opened:
        number = opened.add(found, int(time.time()))
    if as_json:
        console.print_json({"id": number, **document(found)})
        return
    console.print_fields(f"request {number}", {"to": found.lab, **said(found)})


@command.command("verify")
@_desk
@_id
@click.argument("file", type=click.Path(path_type=Path))
@deciding_options
@json_option
def verify_command(desk: Path, number: int, file: Path, as_json: bool, **asked: Any) -> int:
    """Note that the proof FILE came for request ID, verify it with that request, and note the verdict.

    The options are those of `verify`; reference, moment of drawing and keys are the request's. Exit status as of
    `verify`. Evidence that a log was forked or rolled back is put to the request. The verdict has the desk's names of
    keys beside them.
    """
    import sys

    from zkcompliance import report
    from zkcompliance.desk.store import Desk
    from zkcompliance.report import terminal

    if asked["policy"] is None:
        raise UsageError(
            "--policy is not given: the file that the request was made with", help="zkcompliance desk --help"
        )
    with Desk(desk) as opened:
        filed, digest = opened.request(number), _digest(file)
        came = opened.receive(number, digest, file, int(time.time()))
        verdict = _judge(filed, file, {**asked, "names": opened.names()})
        if verdict.file_sha256 not in (b"", digest):
            raise UsageError(f"{file} changed while it was read", help="verify it again")
        if _is_judged(verdict):
            opened.judge(came, verdict.accepted, report.write(verdict, "json"), int(time.time()))
        else:
            console.note("no verdict is noted: what was given decides nothing")
        if (evidence := _evidence(verdict)) is not None:
            opened.attach(number, f"a log's evidence, with {digest.hex()}", evidence, int(time.time()))
    if as_json:
        click.echo(report.write(verdict, "json"), nl=False)
    else:
        terminal.show(verdict, sys.stdout)
    return leave(verdict)


@command.command("attach")
@_desk
@_id
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def attach_command(desk: Path, number: int, file: Path, as_json: bool) -> None:
    """Put a FILE to request ID as evidence: a letter, a forked log's evidence, whatever belongs to the case."""
    from zkcompliance.desk.store import MAX_EVIDENCE_BYTES, Desk, files_name
    from zkcompliance.edge import regular

    try:
        with regular.open_given(file) as given:
            data = given.read(MAX_EVIDENCE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{file}: {regular.reason(error)}", help="zkcompliance desk attach --help") from error
    with Desk(desk) as opened:
        digest = opened.attach(number, files_name(file), data, int(time.time()))
    if as_json:
        console.print_json({"id": number, "file": str(file), "sha256": digest})
        return
    console.print_fields(f"put to request {number}", {"file": str(file), "sha256": digest})


@command.command("list")
@_desk
@json_option
def list_command(desk: Path, as_json: bool) -> None:
    """All requests: open, answered, or overdue."""
    from zkcompliance.desk.store import Desk
    from zkcompliance.quantities import show_time

    now = int(time.time())
    with Desk(desk) as opened:
        found = opened.requests()
    if as_json:
        console.print_json({"requests": [_brief(each, now) for each in found]})
        return
    console.print_table(
        number_of(len(found), "request"),
        ["id", "standing", "lab", "policy", "answer by", "proofs"],
        [
            [
                str(each.id), _standing(each, now), each.request.lab, each.request.policy,
                show_time(each.request.answer_by), _proofs(each),
            ]
            for each in found
        ],
    )  # fmt: skip


@command.command("show")
@_desk
@_id
@json_option
def show_command(desk: Path, number: int, as_json: bool) -> None:
    """Request ID, the proofs that came for it, the verdicts on them, and the evidence."""
    from zkcompliance.desk.store import Desk
    from zkcompliance.quantities import show_time

    now = int(time.time())
    with Desk(desk) as opened:
        found = opened.request(number)
        asker = None if found.request.asker is None else opened.named(found.request.asker)
        logs = {name: [opened.named(key) for key in keys] for name, keys in found.request.keys.items()}
    if as_json:
        console.print_json({**_brief(found, now), "request": document(found.request), "came": _came(found)})
        return
    fields = {"standing": _standing(found, now), "to": found.request.lab, **said(found.request)}
    if asker is not None:
        fields["asked by"] = asker
    fields |= {f"key of {name}": ", ".join(keys) for name, keys in logs.items() if keys}
    for place, proof in enumerate(found.proofs, 1):
        fields[f"proof {place}"] = f"{proof.path}, SHA-256 {proof.sha256}, came {show_time(proof.received)}"
        for verdict in proof.verdicts:
            outcome = "accepted" if verdict.accepted else "not accepted"
            why = "".join(f"\n- {each}" for each in _why(verdict.document))
            fields[f"proof {place}"] += f"\n{outcome}, judged {show_time(verdict.judged)}{why}"
    for place, each in enumerate(found.evidence, 1):
        fields[f"evidence {place}"] = f"{each.name}, SHA-256 {each.sha256}, put {show_time(each.added)}"
    console.print_fields(f"request {found.id}", fields)


@command.group("key")
def key_command() -> None:
    """Names for public keys, and their digits: 40 that two people read to each other over the phone.

    Each of these takes --json.
    """


@key_command.command("add")
@_desk
@click.argument("name")
@click.argument("public", type=click.Path(path_type=Path), metavar="PUB")
@json_option
def key_add_command(desk: Path, name: str, public: Path, as_json: bool) -> None:
    """Call the key in the file PUB by a NAME. Have its owner read its digits to you first."""
    from zkcompliance.desk.store import Desk
    from zkcompliance.log.fingerprint import fingerprint
    from zkcompliance.log.public_keys import load_public

    key = load_public(public)
    with Desk(desk) as opened:
        opened.add_key(name, key, int(time.time()))
    if as_json:
        console.print_json({"name": name, "vkey": key.text, "fingerprint": fingerprint(key)})
        return
    console.print_fields(name, {"key": key.text, "digits": fingerprint(key)})


@key_command.command("list")
@_desk
@json_option
def key_list_command(desk: Path, as_json: bool) -> None:
    """The names, with the digits of their keys."""
    from zkcompliance.desk.store import Desk
    from zkcompliance.log.fingerprint import fingerprint

    with Desk(desk) as opened:
        keys = opened.keys()
    if as_json:
        listed = [{"name": name, "vkey": key.text, "fingerprint": fingerprint(key)} for name, key in keys.items()]
        console.print_json({"keys": listed})
        return
    rows = [[name, fingerprint(key), key.text] for name, key in keys.items()]
    console.print_table(number_of(len(keys), "key"), ["name", "digits", "key"], rows)


@key_command.command("digits")
@click.argument("public", type=click.Path(path_type=Path), metavar="PUB")
@json_option
def key_digits_command(public: Path, as_json: bool) -> None:
    """The digits of the key in the file PUB, to be read to whoever has the file from you."""
    from zkcompliance.log.fingerprint import fingerprint
    from zkcompliance.log.public_keys import load_public

    key = load_public(public)
    if as_json:
        console.print_json({"vkey": key.text, "fingerprint": fingerprint(key)})
        return
    console.print_fields(key.name, {"digits": fingerprint(key)})


def _digest(path: Path) -> bytes:
    """SHA-256 of a proof file. The errors of reading one."""
    from zkcompliance.policy.proofs import open_proof

    with open_proof(path) as opened:
        return opened.digest


def _judge(filed: Filed, file: Path, asked: dict[str, Any]) -> Verdict:
    """The verdict on a proof file with the request as it is filed."""
    with tempfile.TemporaryDirectory() as folder:
        request = Path(folder) / "request.toml"
        request.write_bytes(filed.request.encode())
        return decide_or_say(file, {**asked, "requests": (*asked["requests"], request)})


def _is_judged(verdict: Verdict) -> bool:
    """Whether the file was judged: not where an option, a key or a policy is in the way of that."""
    from zkcompliance.errors import LogEvidence, MalformedBundle, VerificationError
    from zkcompliance.policy.verdict import Status

    if verdict.error is not None:
        return isinstance(verdict.error, VerificationError | LogEvidence | MalformedBundle)
    return not any(each.status is Status.UNDECIDED for each in verdict.findings)


def _evidence(verdict: Verdict) -> bytes | None:
    from zkcompliance.errors import LogEvidence

    error = verdict.error
    return error.document.encode() if isinstance(error, LogEvidence) and error.document else None


def _why(document: str) -> list[str]:
    """Why a verdict, as JSON, does not accept its file, each reason once; none where it does."""
    try:
        verdict = json.loads(document)
        faults = [each["message"] for each in (verdict["error"], *verdict["mismatches"]) if each]
        faults = faults or [
            f"{each['name']}: {each['error']['message'] if each['error'] else each['status']}"
            for each in verdict["requirements"]
            if each["status"] != "met"
        ]
        return [" ".join(each.split()) for each in dict.fromkeys(faults)]
    except (ValueError, KeyError, TypeError, AttributeError):
        return ["the verdict that is kept cannot be read"]


def _standing(filed: Filed, now: int) -> str:
    return f"{filed.standing(now).value}{', late' if filed.late else ''}"


def _proofs(filed: Filed) -> str:
    good = sum(1 for each in filed.proofs if each.accepted)
    return f"{good} accepted, {len(filed.proofs) - good} not" if filed.proofs else ""


def _brief(filed: Filed, now: int) -> dict[str, Any]:
    return {
        "id": filed.id, "standing": filed.standing(now).value, "late": filed.late, "lab": filed.request.lab,
        "policy": filed.request.policy, "reference": filed.request.reference, "answer_by": filed.request.answer_by,
        "proofs": len(filed.proofs), "accepted": sum(1 for each in filed.proofs if each.accepted),
    }  # fmt: skip


def _came(filed: Filed) -> dict[str, Any]:
    return {
        "proofs": [
            {
                "sha256": proof.sha256, "path": proof.path, "received": proof.received,
                "verdicts": [
                    {"judged": each.judged, "accepted": each.accepted, "verdict": json.loads(each.document)}
                    for each in proof.verdicts
                ],
            }
            for proof in filed.proofs
        ],
        "evidence": [{"sha256": each.sha256, "name": each.name, "added": each.added} for each in filed.evidence],
    }  # fmt: skip
