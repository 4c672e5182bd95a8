"""A signed verdict by itself: told what it is, whose, whether the signature holds, and what it does not show."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.kit import attesting
from tests.kit.command_line import run
from tests.kit.regulated_lab import Lab
from zkcompliance.attest.signed import Signed
from zkcompliance.attest.signing import SigningKey
from zkcompliance.attest.summary import Summary

WHO = "https://regulator.example/verifier/1"


@dataclass(frozen=True)
class Handed:
    """A verdict with a list that withdraws it, and three public keys: of who signed, of nobody, none."""

    verdict: Path
    withdrawn: Path
    key: Path
    other: Path
    keyid: str


@pytest.fixture(scope="module")
def handed(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Handed:
    folder = tmp_path_factory.mktemp("handed")
    verdict, listed = folder / "verdict.json", folder / "withdrawn.json"
    keys = []
    for number in (1, 2):
        pem = attesting.key_file(folder / f"{number}.pem", attesting.private("ed25519", number))
        keys.append(folder / f"{number}.pub.pem")
        keys[-1].write_text(SigningKey.load(pem).public.pem)
    sign = ("--sign", folder / "1.pem")
    done = run("verify", lab.bundle, *lab.asked_of_bundle(), *sign, "--verifier", WHO, "-o", verdict)
    assert done.exit_code == 0, done.output
    assert run("withdraw", verdict, "--reason", "the key was lent", *sign, "-o", listed).exit_code == 0
    return Handed(verdict, listed, *keys, SigningKey.load(folder / "1.pem").public.keyid)


def test_it_says_what_it_is_whose_and_what_it_leaves_open(handed: Handed) -> None:
    told = run("verify", handed.verdict, "--attestation-key", handed.key)
    assert told.exit_code == 0 and told.stdout.startswith("SIGNED, NOT PROVED HERE: "), told.output
    said = " ".join(told.stdout.split())
    for part in (
        f"whose {WHO}, as it says itself", f"whose SHA-256 is {handed.keyid}", "about the model model-7",
        "rows of the log compute: met", "key.example/log, 1 segment, signed by key.example/log+",
        "not known: no list of withdrawn verdicts was given", "that the proof verifies, which is the word of whoever",
        "whose key it is", "whether it was withdrawn since", "the logs may have gone on",
    ):  # fmt: skip
        assert part in said, part


def test_without_a_key_it_is_told_and_nothing_is_decided(handed: Handed) -> None:
    told = run("verify", handed.verdict)
    assert told.exit_code == 4 and told.stdout.startswith("NOT CHECKED, AND NOT PROVED HERE: it says that ")
    assert handed.keyid in told.stdout and "anybody can write such a file" in told.stdout
    document = json.loads(run("verify", handed.verdict, "--json").stdout)
    assert (document["signature"], document["signed_by"]) == ("not checked", None)
    assert document["not_checked"] == [handed.keyid]


def test_anothers_key_is_refused_and_who_signed_is_named(handed: Handed) -> None:
    told = run("verify", handed.verdict, "--attestation-key", handed.other)
    assert told.exit_code == 1 and told.stdout == "" and f"it names these keys: {handed.keyid}" in told.stderr


def test_one_that_was_withdrawn_is_told_and_refused(handed: Handed, tmp_path: Path) -> None:
    asked = ("verify", handed.verdict, "--attestation-key", handed.key)
    told = run(*asked, "--withdrawn", handed.withdrawn)
    assert told.exit_code == 1 and told.stdout.startswith("SIGNED, AND WITHDRAWN SINCE: it said that ")
    assert "the key was lent" in told.stdout and "the key was lent" in told.stderr
    assert json.loads(run(*asked, "--withdrawn", handed.withdrawn, "--json").stdout)["withdrawn"] == "the key was lent"
    assert run("verify", handed.verdict, "--withdrawn", handed.withdrawn).exit_code == 2  # by whose key?
    assert run(*asked, "--withdrawn", handed.verdict).exit_code == 2  # no list


def test_a_list_of_other_verdicts_leaves_it_standing(handed: Handed, tmp_path: Path) -> None:
    """Until when the list was made, which is said; and the list of another verifier is not taken."""
    key = SigningKey.load(handed.key.parent / "1.pem")
    summary = Summary.decode(Signed.decode(handed.verdict.read_bytes()).payload)
    for number, (who, status, why) in enumerate(
        ((WHO, 0, "no, by the list of"), ("https://other.example/1", 1, "the list of withdrawn verdicts is of"))
    ):
        other = Signed(replace(summary, verifier=who, judged_at=summary.judged_at - 1).encode())
        path, listed = tmp_path / f"{number}.json", tmp_path / f"list-{number}.json"
        path.write_bytes(other.with_signature(key.public, key.sign(other.signed)).encode())
        signing = ("--sign", handed.key.parent / "1.pem", "-o", listed)
        assert run("withdraw", path, "--reason", "a mistake", *signing).exit_code == 0
        told = run("verify", handed.verdict, "--attestation-key", handed.key, "--withdrawn", listed)
        assert told.exit_code == status and why in " ".join(told.output.split()), told.output
