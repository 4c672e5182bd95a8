"""`refresh --schema` on real log folders, and what a verdict says of a lineage that crosses a change of schema."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kit.command_line import ok, run
from tests.kit.schema_changed import EARLIER, LATER, make, refresh, seal
from tests.kit.two_versions import ONE, TWO, in_catalogue
from zkcompliance import schemas
from zkcompliance.card import catalogue as cards
from zkcompliance.log import open_log
from zkcompliance.log.fsck import fsck
from zkcompliance.log.layout import Layout

POLICY = """
format = "zkcompliance-policy/v1"
id = "lunches"
version = 1
title = "Lunches"
jurisdiction = "nowhere"
sources = ["made up"]
valid_from = 2026-01-01
valid_until = 2099-01-01
subject = "none"

[logs.lunch]
schema = "lunch"

[[requirements]]
name = "some"
says = "There are lunches."
claim = "{claim}"
card = "{card}"
logs = {{ log = "lunch" }}
params.rows = 1
params.sources = "self_declared"
"""


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A log `old` of lunch@1 with segments of 2 and 1 rows, its next generation `new` of lunch@2, a proof of each."""
    folder = tmp_path_factory.mktemp("lunch")
    with in_catalogue(folder / "cards"):
        make(folder)
        yield folder


def verify(folder: Path, proof: str, claim: tuple[str, ...], *more: object) -> Any:
    return run("verify", folder / proof, "--claim", *claim, "--log-key", folder / "key.pub", *more)


def said(result: Any) -> str:
    return " ".join(result.stdout.split())


CHANGED = "ANOTHER SCHEMA: lab.example/lunch/g2 goes on under lunch@2, and the generation before was under lunch@1"


def test_the_same_rows_go_on(sealed: Path) -> None:
    old, new = open_log(sealed / "old"), open_log(sealed / "new")
    assert (old.schema, new.schema) == (ONE, TWO) and new.checkpoint.succeeds == old.checkpoint
    rows = [row for each in new.segments for row in schemas.decode_rows(TWO, each.load_columns())]
    assert [row["price"] for row in rows] == [1, 2, 3]
    assert all(row["guests"] == 2**31 + 7 and row["liked"] == "" and row["season"] == "winter" for row in rows)
    done = run("fsck", sealed / "new", "--deep")
    assert done.exit_code == 0 and "lab.example/lunch/g2 has them under lunch@2, after lunch@1" in said(done)


def test_a_verdict_says_that_the_schema_changed(sealed: Path, tmp_path: Path) -> None:
    """With the lineage that the proof brings, with one that is given, and as the state remembers."""
    done = verify(sealed, "new.zkp", LATER)
    assert done.exit_code == 0 and CHANGED in said(done), done.output
    state = ("--state", tmp_path / "state")
    assert verify(sealed, "old.zkp", EARLIER, *state).exit_code == 0
    for _ in range(2):
        done = verify(sealed, "new.zkp", LATER, *state)
        assert done.exit_code == 0 and CHANGED in said(done), done.output
    remembered = json.loads((tmp_path / "state").read_text())["logs"]["lab.example/lunch"]["links"]
    assert [each["change"] for each in remembered] == [["lunch@1", "lunch@2"]]
    spoilt = (tmp_path / "state").read_text().replace('"lunch@2"', '"lunch@2 and more"')
    (tmp_path / "spoilt").write_text(spoilt)
    (tmp_path / "spoilt").chmod(0o600)
    done = verify(sealed, "new.zkp", LATER, "--state", tmp_path / "spoilt")
    assert done.exit_code == 2 and "is damaged" in done.stderr
    done = verify(sealed, "old.zkp", EARLIER)
    assert done.exit_code == 0 and "ANOTHER SCHEMA" not in done.stdout


def test_a_claim_about_the_other_version_says_so(sealed: Path) -> None:
    """To the lab, before it proves, and to whoever verifies."""
    done = run("prove", *EARLIER, "--log", sealed / "new", "-o", sealed / "not.zkp")
    assert done.exit_code == 2 and "has schema lunch@2; log-floor-lunch wants lunch@1 for log" in done.stderr
    assert "no log goes back to lunch@1" in done.stderr and not (sealed / "not.zkp").exists()
    done = run("check", *EARLIER, "--log", sealed / "old")
    assert done.exit_code == 2 and "goes on as lab.example/lunch/g2" in done.stderr, "the old folder leads on"
    done = verify(sealed, "new.zkp", EARLIER)
    assert (
        done.exit_code == 1 and "over a log of lunch@2 for log, and log-floor-lunch@1 is about lunch@1" in done.stderr
    )
    assert "claims about the earlier version do not take it" in done.stderr
    done = verify(sealed, "old.zkp", LATER)
    assert (
        done.exit_code == 1 and "over a log of lunch@1 for log, and log-floor-lunch-2@1 is about lunch@2" in done.stderr
    )
    assert "the lab has a log go on under a later version" in done.stderr


def test_a_policy_about_the_other_version_is_not_proved(sealed: Path, tmp_path: Path) -> None:
    """The same sentence, whichever of the two is ahead."""
    for schema, log, says in ((ONE, "new", "wants lunch@1 for log"), (TWO, "other", "wants lunch@2 for log")):
        card = cards.floor("lunch", schema.digest)
        (tmp_path / "p.toml").write_text(POLICY.format(claim=card.label, card=card.digest.hex()))
        if log == "other":
            ok("keygen", "lab.example/third", "-o", tmp_path / "key")
            assert seal(tmp_path, log, "lunch@1", {}).exit_code == 0
        folder = sealed if log == "new" else tmp_path
        for verb in (("prove", "-o", tmp_path / "p.zkp"), ("check",)):
            done = run(*verb, "--policy", tmp_path / "p.toml", "--log", f"lunch={folder / log}")
            assert done.exit_code == 2 and says in done.stderr, done.output
        assert not (tmp_path / "p.zkp").exists()


def test_a_log_of_the_version_before_is_told_the_way(sealed: Path, tmp_path: Path) -> None:
    ok("keygen", "lab.example/other", "-o", tmp_path / "key")
    assert seal(tmp_path, "log", "lunch@1", {}).exit_code == 0
    done = run("prove", *LATER, "--log", tmp_path / "log", "-o", tmp_path / "p.zkp")
    assert done.exit_code == 2 and "zkcompliance refresh LOG --schema lunch@2" in done.stderr
    done = seal(tmp_path, "log", "lunch", {"price": 9})
    assert done.exit_code == 2 and "holds rows of schema lunch@1, not lunch@2" in done.stderr
    assert "zkcompliance refresh LOG --schema lunch@2" in done.stderr


def test_what_refresh_refuses(sealed: Path) -> None:
    for schema, says in (("compute", "another schema, by its name"), ("lunch@7", "there is lunch@1, lunch@2")):
        done = refresh(sealed, "new", "third", "--schema", schema)
        assert done.exit_code == 2 and says in done.stderr and not (sealed / "third").exists()
    done = refresh(sealed, "new", "third", "--schema", "lunch@1")
    assert done.exit_code == 2 and "its version is not later" in done.stderr and "no-successor" in done.stderr
    assert "--schema" not in run("compact", "--help").stdout and "--schema" in run("refresh", "--help").stdout


def test_it_goes_on_from_there(sealed: Path, tmp_path: Path) -> None:
    """Further rows, a plain refresh, a lineage of both steps, and what is retired."""
    for name in ("old", "new", "key", "key.log", "key.pub"):
        (shutil.copytree if (sealed / name).is_dir() else shutil.copy)(sealed / name, tmp_path / name)
    assert run("fsck", tmp_path / "new", "--count-spent").exit_code == 0
    assert seal(tmp_path, "new", "lunch", {"dish": "bread", "guests": 4}).exit_code == 0
    done = refresh(tmp_path, "new", "third")
    assert done.exit_code == 0, done.output
    assert fsck(tmp_path / "third", deep=True).clean and open_log(tmp_path / "third").schema is TWO
    assert run("prove", *LATER, "--log", tmp_path / "third", "-o", tmp_path / "third.zkp").exit_code == 0
    done = verify(tmp_path, "third.zkp", LATER)
    assert done.exit_code == 0 and CHANGED in said(done) and "GENERATION 3" in said(done), done.output
    done = run("log", "retire", tmp_path / "old")
    assert done.exit_code == 0 and not Layout(tmp_path / "old").segments.exists(), done.output
