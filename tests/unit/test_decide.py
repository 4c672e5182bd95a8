"""The one door to a verdict: its rules are the same whoever asks, and a file is decoded once."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import zkcompliance as zk
from tests.kit import policies as kit
from tests.kit import support
from tests.kit.policies import HOUR, MODEL, NOW
from zkcompliance.commands.main import cli
from zkcompliance.decide import Request
from zkcompliance.errors import Undecided, UsageError, ZkComplianceError
from zkcompliance.policy.binding import Binding
from zkcompliance.prove.policy import prove_policies
from zkcompliance.standalone import main as one_file
from zkcompliance.verify import bundle, program, statement

# What is asked wrongly: the options, and the same as arguments. FILE and KEY stand for a file that is there.
MISUSES: dict[str, tuple[list[str], dict[str, Any]]] = {
    "a policy and a claim": (["--policy", "seoul", "--claim", kit.CLAIM], {"policy": "seoul", "claim": kit.CLAIM}),
    "a policy and a parameter": (["--policy", "seoul", "-p", "limit=1"], {"policy": "seoul", "params": {"limit": 1}}),
    "a claim's file without a policy": (["--claim-file", "FILE.json"], {"claims": ["FILE.json"]}),
    "a claim's file and a claim": (
        ["--claim", kit.CLAIM, "--claim-file", "FILE.json"],
        {"claim": kit.CLAIM, "claims": ["FILE.json"]},
    ),
    "a file that is no claim": (["--policy", "x.toml", "--claim-file", "x"], {"policy": "x.toml", "claims": ["x"]}),
    "no such claim": (["--claim", "nonesuch"], {"claim": "nonesuch"}),
    "no such policy": (["--policy", "nonesuch"], {"policy": "nonesuch"}),
    "parameters of nothing": (["-p", "limit=1"], {"params": {"limit": 1}}),
    "a reference of nothing": (["--context", "a"], {"context": "a"}),
    "a model of nothing": (["--subject", "m=tree:" + "0" * 64], {"subject": "m=tree:" + "0" * 64}),
    "trust without a key": (["--claim", kit.CLAIM, "--trust", "FILE"], {"claim": kit.CLAIM, "trust": "FILE"}),
    "a state of nothing": (["--state", "FILE"], {"state": "FILE"}),
    "a lineage of nothing": (["--lineage", "FILE"], {"lineage": "FILE"}),
    "a new key of nothing": (["--new-key", "compute"], {"new_keys": ["compute"]}),
    "a new key of no log": (
        ["--claim", kit.CLAIM, "-p", "limit=1", "--log-key", "KEY", "--new-key", "evals", "--state", "s"],
        {
            "claim": kit.CLAIM, "params": {"limit": 1}, "log_keys": {"compute": "KEY"}, "new_keys": ["evals"],
            "state": "s",
        },
    ),
    "a parameter that there is not": (
        ["--claim", kit.CLAIM, "-p", "most=1", "--log-key", "KEY"],
        {"claim": kit.CLAIM, "params": {"most": 1}, "log_keys": {"compute": "KEY"}},
    ),
    "a parameter left out": (
        ["--claim", kit.CLAIM, "--log-key", "KEY"],
        {"claim": kit.CLAIM, "log_keys": {"compute": "KEY"}},
    ),
    "an attestation without a key": (["--attestation", "FILE"], {"attestation": "FILE"}),
    "a key without an attestation": (["--attestation-key", "FILE"], {"attestation_key": "FILE"}),
    "an empty policy": (["--policy", ""], {"policy": ""}),
    "an empty key": (["--claim", kit.CLAIM, "--log-key", ""], {"claim": kit.CLAIM, "log_keys": {"compute": ""}}),
    "an empty reference": (["--policy", "seoul", "--context", ""], {"policy": "seoul", "context": ""}),
    "no such time": (["--policy", "seoul", "--at", "then"], {"policy": "seoul", "at": "then"}),
}  # fmt: skip


BINDING = Binding(None, MODEL, NOW)


class Bench:
    """A bundle of two proofs, and the folder that it lies in."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "FILE"
        log = kit.make_log(folder, "log", "lab.example/a", kit.rows())
        given: dict[str, int | str | Decimal] = {"below.limit": 10**21, "below.phases": "pretraining, fine_tuning"}
        self.file.write_bytes(prove_policies([kit.policy()], {"compute": log}, given, binding=BINDING))
        (folder / "KEY").write_bytes((folder / "log.key.pub").read_bytes())
        (folder / "p.toml").write_text(kit.text())


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("bench"))


def refusal(call: Callable[[], object]) -> ZkComplianceError:
    with pytest.raises(ZkComplianceError) as caught:
        call()
    return caught.value


@pytest.mark.parametrize("name", MISUSES)
def test_the_same_misuse_is_refused_by_all_three(name: str, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bench.folder)
    options, arguments = MISUSES[name]
    alone = refusal(lambda: one_file.run(["FILE", *options]))
    done = CliRunner().invoke(cli, ["verify", "FILE", *options], prog_name="zkcompliance")
    called = refusal(lambda: zk.verify(bench.file.read_bytes(), **arguments))
    assert type(alone) is type(called) is UsageError, (alone, called)
    assert (done.exit_code, done.stderr.splitlines()[0]) == (2, f"error[usage]: {alone.message}")


def test_nothing_to_hold_it_against_is_undecided_for_all_three(bench: Bench) -> None:
    assert one_file.run([str(bench.file)]) == 4
    done = CliRunner().invoke(cli, ["verify", str(bench.file)], prog_name="zkcompliance")
    assert done.exit_code == 4
    assert "help: zkcompliance verify FILE --policy POLICY" in done.stderr  # it has several claims: no --claim would do
    assert isinstance(refusal(lambda: zk.verify(bench.file.read_bytes())), Undecided)


DECODERS = {"bundle": bundle.decode_bundle, "statement": statement.decode_statement, "program": program.decode_program}


@pytest.mark.parametrize("policy", ["p.toml", None], ids=["by policy", "by nothing"])
def test_each_proof_is_decoded_once(bench: Bench, monkeypatch: pytest.MonkeyPatch, policy: str | None) -> None:
    """One statement of the proof and one program of each of its claims, wherever in the package it is.

    The frame around them is read once to see what the file is about, and once more, with the proof, where it is judged.
    """
    seen: Counter[str] = Counter()

    def counted(name: str, decode: Callable[[bytes], object]) -> Callable[[bytes], object]:
        def count(data: bytes) -> object:
            seen[name] += 1
            return decode(data)

        return count

    for name, decode in DECODERS.items():
        for module in [each for key, each in sys.modules.items() if key.startswith("zkcompliance.")]:
            for attribute, value in list(vars(module).items()):
                if value is decode:
                    monkeypatch.setattr(module, attribute, counted(name, decode))
    monkeypatch.chdir(bench.folder)
    keys = ("KEY",) if policy else ()
    verdict = Request(policy=policy, log_keys=keys).decide(bench.file.read_bytes(), clock=NOW + HOUR)
    assert len(verdict.findings) == 2 and verdict.accepted is (policy is not None)
    assert seen == {"bundle": 2, "statement": 1, "program": 2}


WATCH = """
import sys, zkcompliance as zk
from pathlib import Path
from zkcompliance.commands.main import cli
how, file, policy, key, page = sys.argv[1:]
if how == "zk.verify":
    zk.verify(zk.Proof.load(file), policy=policy, log_keys={"compute": key}, at="2026-01-05T12:00:00Z")
else:
    more = ["-o", page] if how == "report" else []
    asked = [how, file, "--policy", policy, "--log-key", key, "--at", "2026-01-05T12:00:00Z", *more]
    try:
        cli.main(asked, prog_name="zkcompliance")
    except SystemExit as left:
        assert left.code in (0, None), left.code
bad = ("zkcompliance.claim", "zkcompliance.circuits.", "numpy")
print("LOADED", *[name for name in sys.modules if name.startswith(bad)])
"""


@pytest.mark.parametrize("how", ["verify", "report", "zk.verify"])
def test_a_regulators_process_knows_no_claim_language(bench: Bench, tmp_path: Path, how: str) -> None:
    """Nothing of it is loaded, and no claim: cards are read."""
    given = [str(bench.file), str(bench.folder / "p.toml"), str(bench.folder / "KEY"), str(tmp_path / "page.html")]
    done = subprocess.run(
        [sys.executable, "-c", WATCH, how, *given], capture_output=True, text=True, env=support.ENVIRONMENT
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "LOADED"
