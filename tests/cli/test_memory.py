"""`verify --state --lineage --new-key` and `evidence`, from the command line and from Python, over logs in memory."""

from __future__ import annotations

import errno
import json
import os
import time
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import Result

import zkcompliance as zk
from tests.kit import lineages as kit
from tests.kit import policies
from tests.kit.command_line import run
from tests.kit.lineages import KEY, NAME, NEXT, Generation, Step, carried, lineage
from tests.kit.policy_texts import head, requirement
from zkcompliance.errors import LogEvidence, NewKeyRefused, Undecided
from zkcompliance.log import files, keys
from zkcompliance.log.evidence import FORK, ROLLBACK, SUCCEEDED, Evidence
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.writer import Writer
from zkcompliance.policy.binding import Binding, ForPolicy
from zkcompliance.stark.statement import encode_policy_bundle

CLAIM = "training-compute-below"
LIMIT = 10**28


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Proofs over two generations: q1 and q2 of the first, q3 of the second, with the rows of q2; and q4 by NEXT."""
    folder = tmp_path_factory.mktemp("memory")
    tables = tuple(kit.sealed(kit.table([(0, 10**18 + i)])) for i in range(4))
    one, grown = Generation(1, tables[:1]), Generation(1, tables[:2])
    two = Generation(2, tables[:2], grown.last)
    rotated = replace(two, signers=(KEY, NEXT))
    by_next = Generation(2, tables[:3], grown.last, (NEXT,))
    anew = Generation(1, tables[3:], signers=(NEXT,))
    fork = Generation(1, (tables[0], tables[3]))
    for name, of in (("q1", one), ("q2", grown), ("q3", two), ("q4", by_next), ("anew", anew), ("fork", fork),
                     ("more", Generation(1, tables[:3]))):  # fmt: skip
        context = Binding(time=int(time.time()) - 10, reference=name.encode()).encode()
        parts = {"compute": (of, 0, len(of.tables))}
        (folder / name).write_bytes(kit.prove(kit.BELOW, parts, {"limit": LIMIT}, context))
    (folder / "lineage").write_bytes(lineage(Step(grown, two, [carried(2)])))
    (folder / "rotated").write_bytes(lineage(Step(grown, rotated, [carried(2)], key=NEXT)))
    (folder / "cut").write_bytes((folder / "lineage").read_bytes()[:-1])
    for name, key in (("key", KEY), ("next", NEXT), ("other", SignerKey(NAME, bytes([5]) * 32))):
        (folder / f"{name}.pub").write_text(key.verifier.text + "\n")
    return folder


def verify(lab: Path, name: str, *more: object, key: str = "key") -> Result:
    return run("verify", lab / name, "--claim", CLAIM, "-p", f"limit={LIMIT}", "--log-key", lab / f"{key}.pub", *more)


def said(result: Result) -> str:
    assert result.exit_code == 0, result.stderr
    return " ".join(result.stdout.split())


def evidence(state: Path) -> list[Path]:
    return sorted(state.parent.glob(f"{state.name}.evidence.*"))


def test_first_sight_newest_old(lab: Path, tmp_path: Path) -> None:
    state = ("--state", tmp_path / "s")
    assert "first seen now" in said(verify(lab, "q1", *state)) and "freshness is unknown" in said(verify(lab, "q1"))
    assert "reshness is unknown" not in said(verify(lab, "q2", *state))
    assert "OLD: a checkpoint of 2 segments" in said(verify(lab, "q1", *state)), "an archive accuses nobody"
    other = ("--state", tmp_path / "t")
    assert verify(lab, "q2", *other).exit_code == 0
    refused = verify(lab, "q1", *other)
    assert refused.exit_code == 3 and "error[log-evidence]: rollback" in refused.stderr
    assert "OLD: a checkpoint of 2 segments" in said(verify(lab, "q1", *other, "--at", int(time.time()) - 200))
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600


def test_evidence_is_kept_and_can_be_checked(lab: Path, tmp_path: Path) -> None:
    state = tmp_path / "s"
    assert verify(lab, "q2", "--state", state).exit_code == 0
    for name, kind in (("fork", FORK), ("q1", ROLLBACK), ("fork", FORK)):
        refused = verify(lab, name, "--state", state)
        assert refused.exit_code == 3 and kind in refused.stderr and "help: zkcompliance evidence " in refused.stderr
    assert len(evidence(state)) == 2
    for path in evidence(state):
        kind = Evidence.parse(path.read_bytes()).kind
        shown = run("evidence", path)
        assert shown.exit_code == 0 and shown.stdout.startswith(f"{kind.upper()}: whoever holds the key")
        assert KEY.verifier.text in shown.stdout and "whose key it is" in shown.stdout
        for form in (("--json",), ("--format", "json")):
            found = json.loads(run("evidence", path, *form).stdout)
            assert (found["kind"], found["log"], found["convincing"]) == (kind, NAME, kind == FORK)
            assert found["newer"]["size"] == "2" and found["says"]
    text = evidence(state)[0].read_text()
    (tmp_path / "bad").write_text(text.replace("lab.example", "lab.exemple"))
    (tmp_path / "short").write_text(text[:-3])
    assert run("evidence", tmp_path / "short").exit_code == 2 and run("evidence", tmp_path / "none").exit_code == 2
    assert run("evidence", tmp_path / "bad").exit_code in (1, 2)
    assert run("evidence", lab / "q1").exit_code == 2
    relabelled = text.replace('"kind": "fork"', '"kind": "rollback"').replace(
        '"kind": "rollback"', '"kind": "succeeded"'
    )
    (tmp_path / "other").write_text(relabelled)
    refused = run("evidence", tmp_path / "other")
    assert refused.exit_code == 1 and "do not show" in refused.stderr


def test_what_is_no_file_is_no_evidence_and_is_not_waited_for(lab: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "long").touch()
    os.truncate(tmp_path / "long", 1 << 30)
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "long", tmp_path / "none", Path("/dev/zero")):
        refused = run("evidence", path)
        assert refused.exit_code == 2 and "error[" in refused.stderr, path
    state = tmp_path / "s"
    assert verify(lab, "q2", "--state", state).exit_code == 0 and verify(lab, "fork", "--state", state).exit_code == 3
    (tmp_path / "link").symlink_to(evidence(state)[0])
    assert run("evidence", tmp_path / "link").exit_code == 0


def test_what_is_known_is_not_written_again(lab: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a full disk leaves what a state knows usable; what is new is not accepted without being remembered."""
    state = ("--state", tmp_path / "s")
    assert verify(lab, "q1", *state).exit_code == 0
    before = (tmp_path / "s").read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(files, "replace", full)
    assert verify(lab, "q1", *state).exit_code == 0
    refused = verify(lab, "q2", *state)
    assert refused.exit_code == 2 and "No space left" in refused.stderr and (tmp_path / "s").read_bytes() == before
    assert verify(lab, "fork", *state).exit_code == 2, "nor is it"


@pytest.mark.parametrize("place", ["", ".", "/", ".."])
def test_a_state_that_is_a_folder(lab: Path, place: str) -> None:
    """Such as a variable of a script that is not set."""
    refused = verify(lab, "q1", f"--state={place}")
    assert refused.exit_code == 2 and "error[internal]" not in refused.stderr


def test_a_new_key_needs_a_word(lab: Path, tmp_path: Path) -> None:
    state = ("--state", tmp_path / "s")
    assert verify(lab, "q1", *state).exit_code == 0
    refused = verify(lab, "anew", *state, key="next")
    assert refused.exit_code == 1 and "error[new-key]" in refused.stderr and "--new-key compute" in refused.stderr
    assert "IT BEGINS ANEW" in said(verify(lab, "anew", *state, "--new-key", "compute", key="next"))
    assert "new key" not in said(verify(lab, "anew", *state, key="next"))
    assert verify(lab, "q1", "--new-key", "compute").exit_code == 2, "without a state every key is new"
    assert verify(lab, "q1", *state, "--new-key", "evals").exit_code == 2


def test_a_later_generation_with_and_without_a_lineage(lab: Path, tmp_path: Path) -> None:
    alone = said(verify(lab, "q3"))
    assert "GENERATION 2 of the log lab.example/compute: it says that it succeeds 2 segments" in alone
    assert "nothing here shows that its rows are the same" in alone
    assert "GENERATION 2" in run("verify", lab / "q3").stdout, "with nothing to hold it against too"
    linked = said(verify(lab, "q3", "--lineage", lab / "lineage"))
    assert "a lineage that was verified shows that it began with the same rows" in linked
    state = ("--state", tmp_path / "s")
    assert verify(lab, "q2", *state).exit_code == 0
    undecided = verify(lab, "q3", *state)
    assert undecided.exit_code == 4 and "error[undecided]" in undecided.stderr
    assert "--lineage compute=FILE" in undecided.stderr
    assert "began with the same rows" in said(verify(lab, "q3", *state, "--lineage", f"compute={lab / 'lineage'}"))
    assert "began with the same rows" in said(verify(lab, "q3", *state)), "once is enough"
    refused = verify(lab, "more", *state)
    assert refused.exit_code == 3 and "succeeded" in refused.stderr
    (path,) = evidence(tmp_path / "s")
    assert Evidence.parse(path.read_bytes()).kind == SUCCEEDED
    assert run("evidence", path).stdout.startswith("SUCCEEDED: ")
    assert verify(lab, "q3", "--lineage", lab / "cut").exit_code == 2
    assert verify(lab, "q3", "--lineage", lab / "none").exit_code == 2
    assert verify(lab, "q3", "--lineage", f"evals={lab / 'lineage'}").exit_code == 2
    assert run("verify", lab / "q3", "--lineage", lab / "lineage").exit_code == 2


def test_no_output_takes_the_place_of_a_lineage_or_of_evidence(lab: Path, tmp_path: Path) -> None:
    line, state = tmp_path / "lineage", tmp_path / "s"
    line.write_bytes((lab / "lineage").read_bytes())
    assert verify(lab, "q2", "--state", state).exit_code == 0 and verify(lab, "fork", "--state", state).exit_code == 3
    (kept,) = evidence(state)
    for output in (line, kept, state):
        before = output.read_bytes()
        asked = ("--claim", CLAIM, "-p", f"limit={LIMIT}", "--log-key", lab / "key.pub", "--state", state)
        refused = run("report", lab / "q3", *asked, "--lineage", f"compute={line}", "-o", output)
        assert refused.exit_code == 2 and output.read_bytes() == before, output


def test_a_lineage_leads_to_a_new_key(lab: Path, tmp_path: Path) -> None:
    """The old key is given; the proof is signed by the new one, which the old one named."""
    state = ("--state", tmp_path / "s")
    assert verify(lab, "q4").exit_code == 1
    assert "began with the same rows" in said(verify(lab, "q4", "--lineage", lab / "rotated"))
    assert verify(lab, "q4", "--lineage", lab / "lineage").exit_code == 1, "which names no other key"
    assert verify(lab, "q4", "--lineage", lab / "rotated", key="other").exit_code == 1
    assert verify(lab, "q2", *state).exit_code == 0
    assert "began with the same rows" in said(verify(lab, "q4", *state, "--lineage", lab / "rotated"))
    assert "began with the same rows" in said(verify(lab, "q4", *state)), "the state knows what the old key named"
    assert "began with the same rows" in said(verify(lab, "q4", *state, key="next"))
    lost = ("--state", tmp_path / "lost")
    assert verify(lab, "q2", *lost).exit_code == 0
    assert verify(lab, "q4", *lost, key="next").exit_code == 1
    assert "nothing here shows" in said(verify(lab, "q4", *lost, "--new-key", "compute", key="next"))


POLICY = head("memory", "A limit", subject="none", until="2035-08-02") + '\n[logs.compute]\nschema = "compute"\n'
POLICY += requirement(
    "below", "The counted compute is below the limit.", "training-compute-below", {"compute": "compute"},
    'params.limit = "1e26"', 'params.phases = { includes = "pretraining, fine_tuning" }',
)  # fmt: skip


def test_a_policy_bundle_brings_its_lineages(lab: Path, tmp_path: Path) -> None:
    """A lineage in the file is used as one that is given, by the log that it is of."""
    (tmp_path / "p.toml").write_text(POLICY)
    tables = tuple(kit.sealed(kit.table([(0, 7 + i)])) for i in range(2))
    one = Generation(1, tables)
    two = Generation(2, tables, one.last)
    bound = Binding(ForPolicy(sha256(POLICY.encode()).digest(), "memory", 1), None, int(time.time())).encode()
    for name, of in (("one", one), ("two", two)):
        proof = kit.prove(kit.BELOW, {"compute": (of, 0, 2)}, {"limit": 10**26}, bound, "below")
        proofs = {(bound, "below"): proof}
        (tmp_path / f"{name}.alone").write_bytes(encode_policy_bundle(proofs))
        good = lineage(Step(one, two, [carried(2)]))
        (tmp_path / f"{name}.with").write_bytes(encode_policy_bundle(proofs, {NAME: good}))
        bad = lineage(Step(one, two, [carried(1)]))
        (tmp_path / f"{name}.bad").write_bytes(encode_policy_bundle(proofs, {NAME: bad}))
    policy, state = ("--policy", tmp_path / "p.toml", "--log-key", lab / "key.pub"), ("--state", tmp_path / "s")
    assert "began with the same rows" in said(run("verify", tmp_path / "two.with", *policy))
    assert "nothing here shows" in said(run("verify", tmp_path / "two.alone", *policy))
    assert run("verify", tmp_path / "two.bad", *policy).exit_code == 2
    assert run("verify", tmp_path / "one.alone", *policy, *state).exit_code == 0
    assert run("verify", tmp_path / "two.alone", *policy, *state).exit_code == 4
    assert "began with the same rows" in said(run("verify", tmp_path / "two.with", *policy, *state))
    assert "began with the same rows" in said(run("verify", tmp_path / "two.alone", *policy, *state))
    assert "began with the same rows" in said(run("verify", tmp_path / "two.bad", *policy, *state)), "not read again"
    assert "OLD" in said(run("verify", tmp_path / "one.alone", *policy, *state))


def test_from_python(lab: Path, tmp_path: Path) -> None:
    def judge(name: str, key: str = "key", **more: object) -> zk.Verdict:  # type: ignore[name-defined]
        proof = zk.Proof.load(lab / name)
        keys = {"compute": lab / f"{key}.pub"}
        return zk.verify(proof, claim=CLAIM, params={"limit": LIMIT}, log_keys=keys, **more)  # type: ignore[arg-type]

    state = tmp_path / "s"
    assert any("first seen now" in line for line in judge("q2", state=state).findings[0].warnings)
    with pytest.raises(Undecided):
        judge("q3", state=state)
    assert judge("q3", state=state, lineage=lab / "lineage").accepted
    assert judge("q3", state=state, lineage={"compute": lab / "lineage"}).accepted
    with pytest.raises(LogEvidence) as caught:
        judge("more", state=state)
    assert Evidence.parse(caught.value.document).kind == SUCCEEDED
    with pytest.raises(NewKeyRefused):
        judge("anew", key="next", state=state)
    assert judge("anew", key="next", state=state, new_keys=["compute"]).accepted


def test_generations_that_the_verbs_make(tmp_path: Path) -> None:
    """Seal, prove, seal again under a new key, prove: a state follows with the lineage that `refresh` wrote."""
    policies.make_log(tmp_path, "log", NAME, policies.rows(), policies.rows(3))
    seed = bytes([7]) * 32
    (tmp_path / "new.key").write_text(SignerKey.text(NAME, seed) + "\n")
    (tmp_path / "new.key").chmod(0o600)
    state = ("--state", tmp_path / "s")
    asked = ("--claim", CLAIM, "-p", f"limit={LIMIT}", "--log-key", tmp_path / "log.key.pub")

    def prove(log: str) -> Path:
        done = run("prove", CLAIM, "--log", tmp_path / log, "-p", f"limit={LIMIT}", "-o", tmp_path / f"{log}.zkp")
        assert done.exit_code == 0, done.stderr
        return tmp_path / f"{log}.zkp"

    first = prove("log")
    assert "first seen now" in said(run("verify", first, *asked, *state))
    again = ("refresh", tmp_path / "log", "--to", tmp_path / "two", "--key", tmp_path / "new.key")
    done = run(*again, "--old-key", tmp_path / "log.key", "-o", tmp_path / "lineage")
    assert done.exit_code == 0, done.stderr
    second = prove("two")
    line = ("--lineage", tmp_path / "lineage")
    assert "GENERATION 2" in said(run("verify", second, *asked)), "the seam is signed by both keys"
    assert "began with the same rows" in said(run("verify", second, *asked, *line))
    assert "began with the same rows" in said(run("verify", second, *asked, *state, *line))
    assert "began with the same rows" in said(run("verify", second, *asked, *state))
    assert "OLD" in said(run("verify", first, *asked, *state))
    (tmp_path / "two.zkp").unlink()
    with Writer(tmp_path / "two", keys.load_private(tmp_path / "new.key")) as writer:
        writer.seal(policies.rows(2))
    third = prove("two")  # signed by the new key alone: the state knows that the old one named it
    assert "began with the same rows" in said(run("verify", third, *asked, *state))
