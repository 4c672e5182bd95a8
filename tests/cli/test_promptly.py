"""Promptness added to a policy by a command, and a log of last year that is accepted without it and refused with it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from tests.kit import beacons, stamps
from tests.kit.anchored import FLOOR_TOO
from tests.kit.command_line import ok, run
from tests.kit.policy_texts import head
from zkcompliance.log import keys
from zkcompliance.log.signer import COSIGNS, CosignerSigner
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer
from zkcompliance.policy import catalogue

ADA = CosignerSigner("ada.example", COSIGNS, b"ada".ljust(32))
DAY = 86400


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    now = time.gmtime()
    text = head("base", "Training stays below a limit", subject="none")
    text = text.replace("2026-01-01", f"{now.tm_year - 1}-01-01").replace("2027-01-01", f"{now.tm_year + 2}-01-01")
    (tmp_path / "base.toml").write_text(f'{text}\n[logs.compute]\nschema = "compute"\nrows = 1\n\n{FLOOR_TOO}')
    (tmp_path / "ada.pub").write_text(f"{ADA.verifier.text}\n")
    return tmp_path


def sealed(folder: Path, name: str, end: int) -> Path:
    """A log with one row that ends then, sealed with the round of now and cosigned now."""
    row = {
        "start": end - 60, "end": end, "run": "r", "phase": "pretraining", "method": "hardware", "flop": 10**18,
    }  # fmt: skip
    (folder / f"{name}.jsonl").write_text(json.dumps(row) + "\n")
    ok("keygen", f"lab.example/{name}", "-o", folder / f"{name}.key")
    ok(
        "seal", folder / f"{name}.jsonl", "--log", folder / name, "--key", folder / f"{name}.key", "--profile", "small",
        "--beacon", folder / "round.json",
    )  # fmt: skip
    body = SealedLog.open(folder / name).checkpoint.body
    with Writer(folder / name, keys.load_private(folder / f"{name}.key")) as writer:
        writer.add_cosignatures([ADA.line(body, int(time.time()))], [ADA.verifier])
    return folder / name


def judged(folder: Path, policy: str, log: Path) -> Any:
    """Proved and verified: the result of whichever of the two failed, or of the second."""
    proof = folder / f"{log.name}-{policy}.zkp"
    made = run("prove", "--policy", folder / policy, "--log", f"compute={log}", "-p", "below.limit=1e21", "-o", proof)
    if made.exit_code:
        return made
    return run("verify", proof, "--policy", folder / policy, "--log-key", f"compute={folder / log.name}.key.pub")


def test_a_log_of_last_year_is_accepted_unasked_and_refused_where_promptness_is_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added = ("policies", "new", "--promptly", folder / "base.toml", "--dated-by", f"ada={folder / 'ada.pub'}")
    ok(*added, "-o", folder / "asked.toml")
    with beacons.own(monkeypatch) as own:
        (folder / "round.json").write_bytes(own.at(int(time.time())).to_json())
        late = sealed(folder, "late", int(time.time()) - 365 * DAY)
        assert judged(folder, "base.toml", late).exit_code == 0
        refused = judged(folder, "asked.toml", late)
        assert refused.exit_code == 1 and "every row sealed in time does not hold" in " ".join(refused.stderr.split())
        prompt = judged(folder, "asked.toml", sealed(folder, "prompt", int(time.time()) - 60))
        assert prompt.exit_code == 0, prompt.output


def test_what_is_added(folder: Path) -> None:
    """Two who date, a cosigner and an authority, and how many it takes; the rest of the file is as it was."""
    root = stamps.root()
    (folder / "clock.pem").write_bytes(root.certificate.public_bytes(stamps.Encoding.PEM))
    ok(
        "policies", "new", "--promptly", folder / "base.toml", "--dated-by", f"ada={folder / 'ada.pub'}", "--dated-by",
        f"clock={folder / 'clock.pem'}:{stamps.POLICY}", "--quorum", "1", "--within", "2 days", "-o",
        folder / "asked.toml",
    )  # fmt: skip
    policy, base = (catalogue.load(str(folder / name)) for name in ("asked.toml", "base.toml"))
    assert policy.anchors is not None and policy.anchors.quorum == 1 and policy.anchors.beacons == ("quicknet",)
    ada, clock = policy.anchors.operators
    assert [each.text for each in ada.keys] == [ADA.verifier.text]
    assert [(each.root, each.policy) for each in clock.authorities] == [(root.der, stamps.POLICY)]
    assert policy.id == "base-promptly" and policy.requirements[: len(base.requirements)] == base.requirements
    (asked,) = policy.requirements[len(base.requirements) :]
    assert (asked.name, asked.params["delay"].exact) == ("promptly-compute", 2 * DAY)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--promptly", "base.toml"], "nobody is named who dates"),
        (["--promptly", "base.toml", "--dated-by", "ada"], "NAME="),
        (["--promptly", "base.toml", "--dated-by", "ada=clock.pem"], "anybody can buy an authority"),
        (["--promptly", "base.toml", "--dated-by", "ada=ada.pub:1.2.3"], "no certificate"),
        (["--promptly", "base.toml", "--dated-by", "ada=ada.pub", "--quorum", "2"], "is 2, and there are 1 operators"),
        (["--promptly", "base.toml", "--dated-by", "ada=ada.pub", "--within", "40 years"], "delay"),
        (["--promptly", "base.toml", "--dated-by", "ada=ada.pub", "--answer", "id=x"], "--promptly adds to a policy"),
        (["--promptly", "asked.toml", "--dated-by", "ada=ada.pub"], "says whom it believes already"),
        (["--dated-by", "ada=ada.pub"], "go with --promptly"),
    ],
)
def test_what_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch, words: list[str], said: str) -> None:
    monkeypatch.chdir(folder)
    (folder / "clock.pem").write_bytes(stamps.root().certificate.public_bytes(stamps.Encoding.PEM))
    ok("policies", "new", "--promptly", "base.toml", "--dated-by", "ada=ada.pub", "-o", "asked.toml")
    result = run("policies", "new", *words, "-o", "made.toml")
    assert result.exit_code == 2 and said in " ".join(result.stderr.split()), result.stderr
    assert not (folder / "made.toml").exists()
