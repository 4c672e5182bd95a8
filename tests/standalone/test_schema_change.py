"""Over a change of schema the one-file verifier decides what the installed one does, with the cards of both versions.

Both are made from a checkout whose catalogue has the made-up schema in two versions.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kit import schema_changed
from tests.kit.agreement import Answer, Both
from tests.kit.schema_changed import EARLIER, LATER
from tests.kit.two_versions import CARDS, in_catalogue
from zkcompliance.standalone import build

ROOT = CARDS.parents[1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log in two generations under two versions, and a checkout `tree` with the cards of both."""
    folder = tmp_path_factory.mktemp("change")
    tree = folder / "tree"
    tree.mkdir()
    (tree / "zkcompliance").symlink_to(ROOT / "zkcompliance")
    shutil.copytree(ROOT / "circuits", tree / "circuits", ignore=shutil.ignore_patterns("__pycache__"))
    with in_catalogue(tree / "circuits" / "cards"):
        schema_changed.make(folder)
    return folder


@pytest.fixture(scope="module")
def both(folder: Path) -> Iterator[Both]:
    pyz = folder / "verify.pyz"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(build, "CLAIMS", folder / "tree" / "circuits")
        pyz.write_bytes(build.archive())
    made = Both(pyz, folder / "tree")
    yield made
    made.close()


def agreed(both: Both, *arguments: str | Path) -> Answer:
    installed, alone = both.ask((*arguments, "--json", "--at", "2099-01-01"))
    assert (installed.status, installed.out, installed.err) == (alone.status, alone.out, alone.err)
    return alone


def test_the_change_is_shown(both: Both, folder: Path) -> None:
    key = ("--log-key", folder / "key.pub")
    answer = agreed(both, folder / "new.zkp", "--claim", *LATER, *key)
    (finding,) = json.loads(answer.out)["requirements"]
    said = [each for each in finding["warnings"] if each.startswith("ANOTHER SCHEMA: lab.example/lunch/g2 goes on")]
    assert answer.status == "0" and len(said) == 1
    given = agreed(both, folder / "new.zkp", "--claim", *LATER, *key, "--lineage", folder / "new.zkl")
    assert given.status == "0" and said[0] in given.out
    assert agreed(both, folder / "old.zkp", "--claim", *EARLIER, *key).status == "0"


def test_a_claim_about_the_other_version(both: Both, folder: Path) -> None:
    key = ("--log-key", folder / "key.pub")
    for proof, claim in (("new.zkp", EARLIER), ("old.zkp", LATER)):
        answer = agreed(both, folder / proof, "--claim", *claim, *key)
        assert (
            answer.decision == ("1", "statement-mismatch") and "schema: the proof is of log-floor-lunch" in answer.err
        )


def test_a_lineage_that_is_spoilt(both: Both, folder: Path) -> None:
    """In the proof of the change, and cut short."""
    whole = (folder / "new.zkl").read_bytes()
    for name, spoilt in (("bit", whole[:-500] + bytes([whole[-500] ^ 1]) + whole[-499:]), ("cut", whole[:-1])):
        (folder / f"{name}.zkl").write_bytes(spoilt)
        asked = ("--claim", *LATER, "--log-key", folder / "key.pub", "--lineage", folder / f"{name}.zkl")
        answer = agreed(both, folder / "new.zkp", *asked)
        assert answer.status in ("1", "2") and answer.code, answer


def test_verifiers_without_the_cards_refuse_the_lineage(pyz: Path, folder: Path) -> None:
    """Of this checkout, which has no such schema: no claim between the two is registered there."""
    made = Both(pyz)
    asked = ("--claim", folder / "tree" / "circuits" / "cards" / "log-floor-lunch-2.json", *LATER[1:])
    answer = agreed(made, folder / "new.zkp", *asked, "--log-key", folder / "key.pub")
    made.close()
    assert answer.decision == ("1", "lineage-rejected") and "no claim is registered" in answer.err
