"""An id of the catalogue is the catalogue's: no file takes it under another program, and reports tell what is not."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
from click.testing import CliRunner

from tests.kit import verdicts
from zkcompliance.card.own import one
from zkcompliance.claim import catalogue
from zkcompliance.commands.main import cli
from zkcompliance.errors import UsageError
from zkcompliance.report import junit, words

CIRCUITS = Path(catalogue.files()["training_compute_below"].__file__ or "").parent
# the claim alone: a file of the catalogue has it over roll-ups too
TEXT = re.sub(r"^ROLLED = .*\n", "", (CIRCUITS / "training_compute_below.py").read_text(encoding="utf-8"), flags=re.M)
TAKEN = "the id of a claim of the catalogue, under another program"


def written(path: Path, old: str = "", new: str = "") -> str:
    assert old in TEXT
    path.write_text(TEXT.replace(old, new) if old else TEXT, encoding="utf-8")
    return str(path)


def test_a_copy_of_the_file_is_the_claim(tmp_path: Path) -> None:
    assert (
        catalogue.load(written(tmp_path / "copy.py")).program_digest == catalogue.registry()["training-compute-below"]
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("flop.sum() + before < limit", "flop.sum() + before <= limit"),
        ("version=2", "version=3"),
        ("chosen.flop.sum()", "chosen.where(chosen.flop > 0).flop.sum()"),
    ],
)
def test_another_program_under_its_id_is_refused(old: str, new: str, tmp_path: Path) -> None:
    path = written(tmp_path / "mine.py", old, new)
    with pytest.raises(UsageError, match=TAKEN) as caught:
        catalogue.load(path)
    assert '@claim("my-training-compute-below")' in caught.value.message
    with pytest.raises(UsageError, match=TAKEN):  # which is what `verify --claim` reads
        one(path)
    for command in (["explain", path], ["check", path, "--log", "compute=x"], ["verify", "x.zkp", "--claim", path]):
        answer = CliRunner().invoke(cli, command)
        assert answer.exit_code == 2, command


def test_a_card_under_its_id_is_refused(tmp_path: Path) -> None:
    card = (CIRCUITS.parent / "cards" / "training-compute-below.json").read_bytes()
    digest = catalogue.registry()["training-compute-below"].hex().encode()
    assert digest in card
    path = tmp_path / "mine.json"
    path.write_bytes(card.replace(digest, b"ab" * 32))
    with pytest.raises(UsageError, match="a claim of this id is in the catalogue, and has another card"):
        one(str(path))


def test_reports_name_the_digest_of_what_is_not_of_the_catalogue() -> None:
    known = verdicts.proved("limit", "training-compute-below@2", card=b"\x12" * 32)
    own = verdicts.proved("limit", "jobs-on-sites@1", card=b"\x12" * 32)
    later = verdicts.proved("limit", "training-compute-below@7", card=b"\x12" * 32)
    assert words.own_claim(known) == ""
    assert words.own_claim(own) == words.own_claim(later) == f"card sha256 {'12' * 32}"
    told = [
        "".join(Xml.fromstring(junit.write(verdicts.verdict(each))).itertext())  # noqa: S314
        for each in (known, own)
    ]
    assert "not of the catalogue" not in told[0]
    assert f"claim jobs-on-sites@1, not of the catalogue: card sha256 {'12' * 32}" in told[1]


def test_a_claim_is_found_by_its_id_as_among_all() -> None:
    for name in catalogue.names():
        assert catalogue._home(name) == catalogue._homes()[name]
    for name in ("", "log-floor", "rolled-up", "log-floor-x", "training-compute", "training-compute-below-x"):
        assert catalogue._home(name) is None and name not in catalogue.names()


def test_two_files_that_define_an_id_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of a longer name, and a family whose schema's name makes it up."""
    family, one = catalogue._module("log_floor"), catalogue._module("training_compute_below")
    made = {"log_floor": family, "log_floor_compute": one}
    monkeypatch.setattr(catalogue, "_stems", lambda: dict.fromkeys(made, "zkcompliance.circuits.x"))
    monkeypatch.setattr(catalogue, "_module", made.__getitem__)
    for find in (catalogue._homes.__wrapped__, lambda: catalogue._home.__wrapped__("log-floor-compute")):
        with pytest.raises(UsageError, match="both define log-floor-compute"):
            find()


def test_only_the_file_of_a_claim_that_is_asked_for_is_run() -> None:
    """All of them take longer to run than a small log to prove over."""
    code = (
        "import sys; from zkcompliance.claim import catalogue; "
        "catalogue.load('training-compute-below-rolled-up').program; catalogue.load('log-floor-compute').program; "
        "print(*sorted(n for n in sys.modules if n.startswith('zkcompliance.circuits.') and n.count('.') == 3))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [name.rpartition(".")[2] for name in ran.stdout.split()] == ["training_compute_below", "log_floor"]
