"""A policy's log answered by a roll-up: keys, cosigners and age are asked of the log that it stands for, and no other.

Each is shown with a roll-up whose own checkpoint has what the log's has not, which changes nothing.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

import zkcompliance as zk
from tests.kit.attesting import key_file, private
from tests.kit.command_line import run
from tests.kit.policy_texts import head, requirement
from tests.kit.rolling import data, parts, roll, seal, whole
from zkcompliance.attest.api import attest
from zkcompliance.attest.dsse import Envelope
from zkcompliance.attest.signing import SigningKey
from zkcompliance.errors import StatementMismatch
from zkcompliance.log import keys, open_log
from zkcompliance.log.cosigner import Cosigner

CLAIM = "training-compute-below-rolled-up"
DAY = 86_400


def cosigned(folder: Path, log: str, key: str) -> None:
    """The newest checkpoint of a log, cosigned by the one operator."""
    cosigner = Cosigner(keys.load_cosigner(folder / "w.key"), folder / f"{log}.signed")
    with zk.open_log(folder / log, key=folder / key) as opened:
        line = cosigner.cosign(opened.sealed().checkpoint_note, keys.load_public(folder / f"{key}.pub"), [])
        opened.add_cosignatures([line], [keys.load_cosigner_public(folder / "w.key.pub")])


def policy(folder: Path, name: str = "policy.toml", more: str = "", keyed: str = "") -> Path:
    operator = (folder / "w.key.pub").read_text().strip()
    text = head("rolled", "Over a roll-up", subject="none", until="2099-01-01")
    text += f'[freshness]\ncheckpoint = "2 days"\n[cosigners]\nquorum = 1\noperators = {{ north = ["{operator}"] }}\n'
    text += f'[logs.compute]\nschema = "compute.rollup"\nrows = 2\n{keyed}'
    text += requirement(
        "below", "It is below.", CLAIM, {"compute": "compute"}, 'params.limit = { at_most = "1e26" }'
    )  # fmt: skip
    (folder / name).write_text(text + more)
    return folder / name


def prove(folder: Path, asked: Path, file: str) -> None:
    done = run(
        "prove", "--policy", asked, "--log", f"compute={folder / 'rolled'}", "--param", "below.limit=1e26",
        "-o", folder / file,
    )  # fmt: skip
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log and its roll-up, both cosigned, the log before the roll-up file was written; another log and its own."""
    path = tmp_path_factory.mktemp("lab")
    for name in ("key", "rolled.key", "other.key", "other-rolled.key"):
        assert run("keygen", f"lab.example/{name}", "-o", path / name).exit_code == 0
    assert run("keygen", "north.example/1", "-o", path / "w.key", "--cosigner", "ed25519").exit_code == 0
    seal(path, 2)
    roll(path)
    (path / "bare.zkr").write_bytes(data(path))
    cosigned(path, "log", "key")
    cosigned(path, "rolled", "rolled.key")
    roll(path)
    (path / "rolled.zkr").write_bytes(data(path))
    prove(path, policy(path), "p.zkp")
    seal(path, 2, log="other", key="other.key")
    return path


def asked(lab: Path, *more: object, key: str = "key", roll_up: str = "rolled.zkr", by: str = "policy.toml") -> Any:
    found = ("verify", lab / "p.zkp", "--policy", lab / by, "--roll-up", lab / roll_up, *more)
    return run(*found, *(("--log-key", lab / f"{key}.pub") if key else ()))


def test_the_logs_own_checkpoint_is_fresh_and_cosigned(lab: Path) -> None:
    """Every format says the log that it stands for: origin, size and root."""
    done = asked(lab)
    assert done.exit_code == 0, done.output
    root = open_log(lab / "log").checkpoint.root.hex()
    told = " ".join(done.output.split())
    assert "stands for the whole of lab.example/key, 1 segment" in told
    for form in ("json", "oscal", "sarif", "junit"):
        text = asked(lab, "--format", form).stdout
        assert "stands for the whole of lab.example/key, 1 segment" in text and root in text, form
    found = json.loads(asked(lab, "--json").stdout)["requirements"]
    for each in found:
        assert [log["stands_for"]["origin"] for log in each["logs"]] == ["lab.example/key"]
        assert [log["key"] for log in each["logs"]] == [(lab / "key.pub").read_text().strip()]
        assert [list(log["cosigned"]) for log in each["logs"]] == [["north"]]
    facts = json.loads(asked(lab, "--format", "oscal").stdout)["assessment-results"]["results"][0]["observations"]
    props = {each["name"]: each["value"] for each in facts[0]["props"]}
    assert (props["rolled-up-origin"], props["rolled-up-size"]) == ("lab.example/key", "1")
    assert props["rolled-up-root"] == root
    page = run("report", lab / "p.zkp", "--policy", lab / "policy.toml", "--log-key", lab / "key.pub",
               "--roll-up", lab / "rolled.zkr", "-o", lab / "page.html")  # fmt: skip
    assert page.exit_code == 0 and root in (lab / "page.html").read_text()


def refused(done: Any, code: str) -> str:
    assert done.exit_code == 1 and f"error[{code}]" in done.output, done.output
    return " ".join(done.output.split())


def test_stale(lab: Path) -> None:
    """Three days later nobody has cosigned the log again; its roll-up may be as new as it likes."""
    said = refused(asked(lab, "--at", str(int(time.time()) + 3 * DAY)), "stale")
    assert "log lab.example/key: a quorum last cosigned its checkpoint on" in said


def test_not_cosigned(lab: Path) -> None:
    """A file from before the log was cosigned; the roll-up's own note is put in from after, which nobody looks at."""
    assert "1 of north are to have cosigned" in refused(asked(lab, roll_up="bare.zkr"), "quorum-unmet")
    (bare, _), leaves, proofs = parts((lab / "bare.zkr").read_bytes())
    (_, own), _, _ = parts((lab / "rolled.zkr").read_bytes())
    (lab / "mixed.zkr").write_bytes(whole([bare, own], leaves, proofs))
    refused(asked(lab, roll_up="mixed.zkr"), "quorum-unmet")


def test_the_wrong_key(lab: Path, tmp_path: Path) -> None:
    """The roll-up's own key, that of another log, and another key of the log's name."""
    assert "of lab.example/rolled.key" in refused(asked(lab, key="rolled.key"), "signature-rejected")
    assert "of lab.example/other.key" in refused(asked(lab, key="other.key"), "signature-rejected")
    assert run("keygen", "lab.example/key", "-o", tmp_path / "again").exit_code == 0
    done = run("verify", lab / "p.zkp", "--policy", lab / "policy.toml", "--roll-up", lab / "rolled.zkr",
               "--log-key", tmp_path / "again.pub")  # fmt: skip
    refused(done, "signature-rejected")


def test_keys_that_the_policy_names(lab: Path) -> None:
    """Of the log, and not of its roll-up: the same proof is another policy's, so each is proved."""
    for name, met in (("key", True), ("rolled.key", False)):
        by = policy(lab, f"{name}.toml", keyed=f'keys = ["{(lab / f"{name}.pub").read_text().strip()}"]\n')
        done = run("prove", "--policy", by, "--log", f"compute={lab / 'rolled'}", "--param", "below.limit=1e26",
                   "-o", lab / "keyed.zkp")  # fmt: skip
        assert (done.exit_code == 0) is met, done.output
        if met:
            judged = run("verify", lab / "keyed.zkp", "--policy", by, "--roll-up", lab / "rolled.zkr")
            assert judged.exit_code == 0, judged.output


def test_of_another_origin(lab: Path) -> None:
    """The roll-up of another log, which is cosigned too: nothing shows for which log this one stands."""
    roll(lab, "other", "other-rolled", "other-rolled.key")
    cosigned(lab, "other", "other.key")
    done = run("roll-up", lab / "other", "--to", lab / "other-rolled", "--key", lab / "other-rolled.key",
               "-o", lab / "other.zkr")  # fmt: skip
    assert done.exit_code == 0, done.output
    for key in ("key", "other.key"):
        assert "nothing shows for which log it stands" in refused(asked(lab, key=key, roll_up="other.zkr"), "not-shown")


def test_the_log_itself_is_no_roll_up_of_it(lab: Path) -> None:
    """The policy asks of a log of roll-ups; a claim over rows does not answer it, nor the other way round."""
    done = run("prove", "--policy", lab / "policy.toml", "--log", f"compute={lab / 'log'}", "--param",
               "below.limit=1e26", "-o", lab / "no.zkp")  # fmt: skip
    assert done.exit_code != 0 and "compute.rollup" in done.output
    assert not (lab / "no.zkp").exists()


OWN = '''from zkcompliance.claim.language import ComputeLog, Flop, Param, claim, over_roll_ups, require


@over_roll_ups
@claim("own-total", version=1)
def own_total(compute: ComputeLog, most: Param[Flop]) -> None:
    """The FLOP are at most `most`."""
    require("total", compute.flop.sum() <= most)
'''


def test_a_card_that_calls_the_roll_up_a_log(lab: Path) -> None:
    """A roll-up is known by its schema's digest: under another name of it, too, it has to stand for a log."""
    (lab / "own.py").write_text(OWN)
    for made in (
        run("explain", lab / "own.py", "--card", lab / "own.json"),
        run("prove", lab / "own.py", "--log", lab / "rolled", "--param", "most=1e26", "-o", lab / "own.zkp"),
    ):
        assert made.exit_code == 0, made.output
    card = (lab / "own.json").read_text()
    (lab / "lies.json").write_text(card.replace('"schema": "compute.rollup"', '"schema": "compute"'))
    assert (lab / "lies.json").read_text() != card
    given = ("verify", lab / "own.zkp", "--param", "most=1e26")
    for claim in ("own.py", "own.json", "lies.json"):
        said = refused(run(*given, "--claim", lab / claim, "--log-key", lab / "rolled.key.pub"), "not-shown")
        assert "nothing shows for which log it stands" in said
        if claim != "lies.json":
            done = run(*given, "--claim", lab / claim, "--log-key", lab / "key.pub", "--roll-up", lab / "rolled.zkr")
            assert done.exit_code == 0, done.output


def attested(lab: Path, log: str) -> tuple[Path, Path]:
    """A proof over a log or its roll-up, about a model, and the attestation of it."""
    model, made, about = (lab / name for name in ("model", f"{log}-about.zkp", f"{log}.intoto.json"))
    model.write_text("weights")
    key = key_file(lab / "attest.pem", private("ed25519"))
    claim = CLAIM if log == "rolled" else CLAIM.removesuffix("-rolled-up")
    done = run("prove", claim, "--log", lab / log, "--param", "limit=1e26", "--subject", f"m={model}",
               "-o", made, "--attest", about, "--attest-key", key)  # fmt: skip
    assert done.exit_code == 0, done.output
    return made, about


def test_an_attestation_says_for_which_log_a_roll_up_stands(lab: Path) -> None:
    """And for no other: by the roll-up file, which whoever verifies reads too."""
    of = open_log(lab / "log").checkpoint
    for log, schema in (("rolled", "compute.rollup@2"), ("log", None)):
        made, about = attested(lab, log)
        (found,) = json.loads(Envelope.decode(about.read_bytes()).payload)["predicate"]["requirements"][0]["logs"]
        assert found.get("schema") == schema
        stands = {"origin": of.origin, "size": str(of.size), "root": of.root.hex()}
        assert found.get("standsFor") == (stands if schema else None)
    made, about = lab / "rolled-about.zkp", lab / "rolled.intoto.json"
    key = SigningKey.load(lab / "attest.pem")
    (lab / "attest.pub.pem").write_text(key.public.pem)
    given = ("verify", made, "--claim", CLAIM, "--param", "limit=1e26", "--log-key", lab / "key.pub", "--subject",
             f"m={lab / 'model'}", "--attestation-key", lab / "attest.pub.pem")  # fmt: skip
    shown = ("--roll-up", lab / "rolled.zkr")
    done = run(*given, *shown, "--attestation", about)
    assert done.exit_code == 0, done.output
    assert "is a roll-up, and nothing shows for which log it stands" in refused(
        run(*given, "--attestation", about), "statement-mismatch"
    )
    with pytest.raises(StatementMismatch, match="nothing shows for which log it stands"):
        attest(made.read_bytes(), key)
    payload = Envelope.decode(about.read_bytes()).payload.replace(of.root.hex().encode(), bytes(32).hex().encode())
    unsigned = Envelope(payload, b"", key.public.keyid)
    (lab / "lie.json").write_bytes(Envelope(payload, key.sign(unsigned.signed), key.public.keyid).encode())
    said = refused(run(*given, *shown, "--attestation", lab / "lie.json"), "statement-mismatch")
    assert "standsFor.root" in said
