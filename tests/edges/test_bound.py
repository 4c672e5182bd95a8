"""A proof that was made for a policy, held against its claim alone: every report says what it is bound to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit.regulated_lab import CLAIM, Lab
from tests.kit.starting import MOSTLY_INSTALLED, Started, installed, seldom
from zkcompliance.errors import ZkComplianceError

FORMS = ["text", "json", *seldom("sarif", "junit", "oscal")]
REFERENCE = "AISI-7/\u00e9"


@pytest.fixture(scope="module")
def taken_out(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The proof of one requirement, from a bundle with a reference."""
    folder = tmp_path_factory.mktemp("taken")
    values = {"below-limit.limit": "1e21", "below-limit.phases": "pretraining"}
    (folder / "one.zkp").write_bytes(lab.alone(lab.policy, CLAIM, context=REFERENCE, params=values))
    return folder / "one.zkp"


def asked(lab: Lab, proof: Path) -> list[object]:
    return [proof, "--claim", CLAIM, "-p", "limit=1e21", "-p", "phases=pretraining", "--log-key", lab.key]


@pytest.mark.parametrize("form", FORMS)
def test_every_format_says_the_policy(verify: Started, lab: Lab, taken_out: Path, form: str) -> None:
    done = verify.run(*asked(lab, taken_out), "--format", form)
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.decode().split())
    digest = zk.policies.load(str(lab.policy)).digest.hex()
    for part in (
        "a-limit@1",
        digest,
        "requirement below-limit",
        "model-7",
        "07" * 32,
        "AISI-7/",
        "made for the policy",
    ):
        assert part in said, part
    assert "as the lab says" in said


def test_json_says_it_in_fields(verify: Started, lab: Lab, taken_out: Path) -> None:
    document = json.loads(verify.run(*asked(lab, taken_out), "--json").stdout)
    digest = zk.policies.load(str(lab.policy)).digest.hex()
    (found,) = document["requirements"]
    policy = {"id": "a-limit", "version": "1", "sha256": digest}
    assert found["made_for"] == {"policy": policy, "requirement": "below-limit"}
    assert document["policy"] is None and document["subject"]["name"] == "model-7" and document["proved_at"]
    assert bytes.fromhex(document["reference"]).decode() == REFERENCE


def test_the_page_says_it(lab: Lab, taken_out: Path, tmp_path: Path) -> None:
    done = installed("report").run(*asked(lab, taken_out), "-o", tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert done.returncode == 0 and "made for the policy a-limit@1" in page and "below-limit" in page


@pytest.mark.parametrize("form", FORMS)
def test_one_that_is_refused_says_it_too(verify: Started, lab: Lab, taken_out: Path, form: str) -> None:
    """As what the proof says of itself; whoever judges learns why the values are others than theirs."""
    given = [each if each != "limit=1e21" else "limit=1e20" for each in asked(lab, taken_out)]
    done = verify.run(*given, "--format", form)
    said = " ".join(done.stdout.decode().split())
    assert done.returncode == 1 and "a-limit@1" in said and "requirement below-limit" in said
    assert "is refused, and says of itself that it was made for the policy" in said
    assert form != "json" or json.loads(done.stdout)["requirements"][0]["made_for"]["requirement"] == "below-limit"


@MOSTLY_INSTALLED
def test_one_of_the_policy_that_it_is_refused_by_says_nothing_more(verify: Started, lab: Lab) -> None:
    done = verify.run(lab.bundle, *lab.asked_of_bundle(), "--context", "another")
    assert done.returncode == 1 and b"made for the policy" not in done.stdout and b"says of itself" not in done.stdout


@MOSTLY_INSTALLED
def test_of_no_policy_and_of_the_policy_judged_by_nothing_is_said(verify: Started, lab: Lab) -> None:
    for given in ([lab.single, *lab.asked_of_single()], [lab.bundle, *lab.asked_of_bundle()]):
        done = verify.run(*given)
        assert done.returncode == 0 and b"made for" not in done.stdout


def test_a_claim_is_about_one_proof(lab: Lab) -> None:
    with pytest.raises(ZkComplianceError, match="proves 2 claims, and one is asked for"):
        zk.verify(
            zk.Proof.load(lab.bundle), claim=CLAIM, params={"limit": 10**21}, log_keys={"compute": lab.key}
        )  # fmt: skip
