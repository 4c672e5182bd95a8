"""Writes the conformance kit: cases that another verifier can be held against, with nothing of this project.

    python -m tests.kit.conformance -o FOLDER

FOLDER/zkcompliance-conformance is `index.json`, `files/`, `run.py` (which runs it) and `README.md`. The same sources
give the same bytes.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.kit.conformance_proofs import Edit, faults, stated
from tests.kit.make_conformance import LIMIT, PLACE, PROFILES, REFERENCE
from tests.kit.regulated_lab import MODEL
from zkcompliance.card import catalogue
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.proofs import proofs_in
from zkcompliance.verify.bundle import decode_bundle
from zkcompliance.verify.statement import decode_statement

FORMAT = "zkcompliance-conformance/v1"
FOLDER = "zkcompliance-conformance"
HERE = Path(__file__).parents[1] / "vectors"
DAY = 86_400
MALFORMED = 2
READ_ME = """# Conformance kit

Cases for a verifier of zkcompliance proofs: honest proofs of each profile, proofs with one fault in each section,
proofs of dishonest provers, and questions, policies, keys, trust policies and attestations with one fault each.

    python3 run.py -- COMMAND …

runs them (Python 3.11, nothing else) against COMMAND …, which takes the options of `zkcompliance verify`; `--only TEXT`
runs those with TEXT in their name, `--list` names them. Installed from its wheel, the kit is run as
`zkcompliance-conformance -- COMMAND …`. `index.json` has for each case its files, the command line, the
exit status, the error code (`error[CODE]`, the first line of stderr; empty where it is accepted), and for accepted ones
the members that the JSON verdict must have (`--json`). A file of a case is one of `files/` after edits: [offset,
bytes removed, bytes inserted in hexadecimal], one after the other.

docs/spec of the project says why each is refused. Not in here: archives, and rows that are opened.
"""


@dataclass
class Kit:
    """The cases so far, and the files that they are made of."""

    bases: dict[str, bytes] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    cases: list[dict[str, Any]] = field(default_factory=list)

    def base(self, name: str, data: bytes) -> str:
        """A file as it is."""
        self.bases[name] = data
        self.files[name] = {"of": name, "edits": []}
        return name

    def edited(self, name: str, of: str, *edits: Edit) -> str:
        self.files[name] = {"of": of, "edits": [[at, remove, insert.hex()] for at, remove, insert in edits]}
        return name

    def case(self, name: str, arguments: list[str], code: str = "", facts: dict[str, Any] | None = None) -> None:
        """code: empty for what is accepted. Its files are the arguments that name some."""
        if any(each["name"] == name for each in self.cases):
            raise SystemExit(f"two cases of one name: {name}")
        used = sorted({part for each in arguments for part in (each, each.partition("=")[2]) if part in self.files})
        self.cases.append({
            "name": name, "files": used, "arguments": [*arguments, *(["--json"] if facts else [])],
            "status": status(code), "code": code, "facts": facts,
        })  # fmt: skip

    def index(self) -> bytes:
        whole = {"format": FORMAT, "files": self.files, "cases": self.cases}
        return (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode()


def status(code: str) -> int:
    """The exit status of an error code: 2 for what is no input, 1 for what was judged and refused."""
    if not code:
        return 0
    return MALFORMED if code.startswith("malformed-") or code in ("usage", "key-file", "limit-exceeded") else 1


def at(moment: int) -> list[str]:
    return ["--at", time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))]


def asked(key: str = "small.pub", limit: str = LIMIT, context: str = REFERENCE) -> list[str]:
    """What is asked of the proof of one claim."""
    return ["--claim", "card.json", "-p", f"limit={limit}", "--log-key", key, "--context", context]


def for_policy(key: str, policy: str = "policy.toml", subject: str = MODEL) -> list[str]:
    by = ["--policy", policy, "--claim-file", "card.json"]
    return [*by, "--log-key", f"compute={key}", "--subject", subject, "--context", REFERENCE]


def single(kit: Kit, now: int) -> None:
    """One claim: the honest proof, a fault in each section, dishonest provers, other questions."""
    data = (PLACE / "small-claim.zkp").read_bytes()
    file = kit.base("small-claim.zkp", data)
    log = stated(decode_bundle(data))
    kit.case("claim: honest", [file, *asked(), *at(now)], facts={
        "accepted": True, "outcome": "accepted", "reference_text": REFERENCE, "proved_at": str(now - DAY),
        "requirements": [{"claim": "my-own@1", "status": "met", "proof": {"profile": "small"}, "logs": [log]}],
    })  # fmt: skip
    for number, (name, code, edit) in enumerate(faults(data)):
        kit.case(f"proof, {name}", [kit.edited(f"fault-{number}.zkp", file, edit), *asked(), *at(now)], code)
    for name, code in (
        ("no-work", "grinding-rejected"), ("no-quotient", "quotient-mismatch"),
        ("another-first-layer", "fold-mismatch"), ("another-layer", "fold-mismatch"),
        ("another-end", "final-polynomial-mismatch"),
    ):  # fmt: skip
        made = kit.base(f"{name}.zkp", (PLACE / f"{name}.zkp").read_bytes())
        kit.case(f"dishonest prover: {name}", [made, *asked(), *at(now)], code)
    for name, changed, code in (
        ("another key", asked("other.pub"), "signature-rejected"),
        ("a lower limit", asked(limit="1e20"), "statement-mismatch"),
        ("a parameter that is no number", asked(limit="many"), "usage"),
        ("another reference", asked(context="ref 8"), "statement-mismatch"),
        ("another model", [*asked(), "--subject", MODEL.replace("07", "08")], "statement-mismatch"),
        ("a model of another name", [*asked(), "--subject", MODEL.replace("-7", "-8")], "statement-mismatch"),
        ("a reference drawn after the proof", [*asked(), "--drawn", *at(now)[1:]], "stale"),
    ):
        kit.case(f"question: {name}", [file, *changed, *at(now)], code)
    kit.case("question: a day before the proof", [file, *asked(), *at(now - 2 * DAY)], "stale")


def policies(kit: Kit, now: int) -> None:
    """For a policy: honest proofs of each profile, age and force, and policies with one fault each."""
    for profile in PROFILES:
        data = (PLACE / f"{profile}-policy.zkp").read_bytes()
        name, key = kit.base(f"{profile}-policy.zkp", data), f"{profile}.pub"
        log = stated(decode_bundle(proofs_in(data)[0].data))
        later = made_at(proofs_in(data)[0].data) + DAY
        kit.case(f"policy: honest, {profile}", [name, *for_policy(key), *at(later)], facts={
            "accepted": True, "outcome": "accepted", "reference_text": REFERENCE,
            "subject": {"name": "model-7", "sha256": "07" * 32}, "policy": {"id": "a-limit", "version": "1"},
            "requirements": [
                {"name": "below-limit", "claim": "my-own@1", "status": "met", "proof": {"profile": profile},
                 "values": [{"name": "limit", "exact": str(10**21)}], "logs": [log]},
                {"name": "floor: compute", "status": "met", "logs": [log]},
            ],
        })  # fmt: skip
    file = "small-policy.zkp"
    text = kit.bases["policy.toml"]
    limit = text.index(b'"1e21"')
    kit.edited("lower.toml", "policy.toml", (limit, 6, b'"1e20"'))
    kit.case("policy: 31 days later", [file, *for_policy("small.pub"), *at(now + 30 * DAY)], "stale")
    kit.case("policy: before it was in force", [file, *for_policy("small.pub"), *at(1_730_000_000)],
             "policy-not-in-force")  # fmt: skip
    kit.case("policy: another limit", [file, *for_policy("small.pub", "lower.toml"), *at(now)], "statement-mismatch")
    kit.case("policy: the key of another log", [file, *for_policy("fast.pub"), *at(now)], "signature-rejected")
    sound = filled(json.loads((HERE / "policies.json").read_text())["sound"])
    kit.base("sound.toml", sound)
    for number, vector in enumerate(json.loads((HERE / "policies.json").read_text())["vectors"]):
        old, new = (filled(each) for each in vector["edit"])
        made = kit.edited(f"policy-{number}.toml", "sound.toml", (sound.index(old), len(old), new))
        kit.case(f"policy file: {vector['name']}", [file, *for_policy("small.pub", made), *at(now)], vector["code"])


def filled(text: str) -> bytes:
    """A policy's text with the digests of the catalogue's cards."""
    return re.sub("@CARD ([a-z-]+)@[0-9]+@", lambda found: catalogue.load(found[1]).digest.hex(), text).encode()


def keys_and_trust(kit: Kit, now: int) -> None:
    """Key files and trust policies with one fault each."""
    for number, vector in enumerate(json.loads((HERE / "faults.json").read_text())["vectors"]):
        if vector["code"] is None or vector["kind"] not in ("key", "trust"):
            continue
        if (vector["kind"], vector["name"]) == ("key", "trailing newline"):  # of a text a fault, of a file its end
            continue
        given = vector["input"].encode()
        made = kit.base(f"{vector['kind']}-{number}.txt", given)
        question = asked(made) if vector["kind"] == "key" else [*asked(), "--trust", made]
        kit.case(f"{vector['kind']} file: {vector['name']}", ["small-claim.zkp", *question, *at(now)], vector["code"])


def attestations(kit: Kit) -> None:
    """Attestations with one fault each, beside the file that they are about."""
    document = json.loads((HERE / "attestations.json").read_text())
    about = kit.base("attested.zkp", base64.b64decode(document["fixed"]["file"]))
    for name, pem in document["fixed"]["keys"].items():
        kit.base(f"{name}.pem", pem.encode())
    for number, vector in enumerate(document["vectors"]):
        if vector["code"] is None:
            continue
        made = kit.base(f"attestation-{number}.json", base64.b64decode(vector["attestation"]))
        other = base64.b64decode(vector["file"]) if "file" in vector else None
        file = about if other is None else kit.base(f"attested-{number}.zkp", other)
        by = ["--attestation", made, "--attestation-key", f"{vector['key']}.pem"]
        kit.case(f"attestation: {vector['kind']}, {vector['name']}", [file, *by], vector["code"])


def made_at(data: bytes) -> int:
    """The moment that a proof file states, UTC seconds."""
    return Binding.decode(decode_statement(decode_bundle(data).statement_bytes).head).time


def make() -> Kit:
    kit = Kit()
    for name in ("card.json", "policy.toml", "other.pub", *(f"{profile}.pub" for profile in PROFILES)):
        kit.base(name, (PLACE / name).read_bytes())
    now = made_at((PLACE / "small-claim.zkp").read_bytes()) + DAY
    single(kit, now)
    policies(kit, now)
    keys_and_trust(kit, now)
    attestations(kit)
    return kit


def contents() -> Iterator[tuple[str, bytes]]:
    """Path below the folder, bytes."""
    kit = make()
    yield "index.json", kit.index()
    yield "run.py", (HERE / "run.py").read_bytes()
    yield "README.md", READ_ME.encode()
    for name, data in sorted(kit.bases.items()):
        yield f"files/{name}", data


def write(folder: Path) -> Path:
    """Writes the kit below this folder, where there is none yet; the folder that was made."""
    made = folder / FOLDER
    (made / "files").mkdir(parents=True)
    for name, data in contents():
        (made / name).write_bytes(data)
    return made


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.kit.conformance", description=__doc__)
    parser.add_argument("-o", dest="folder", type=Path, required=True)
    print(write(parser.parse_args().folder))
