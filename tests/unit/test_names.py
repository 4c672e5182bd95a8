"""Names and other texts: what nobody sees is refused at every door, and each name has one spelling."""

from __future__ import annotations

import itertools
import unicodedata
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from tests.kit import policies as kit
from zkcompliance import quantities as q
from zkcompliance import schemas
from zkcompliance.card import types
from zkcompliance.card.parameter import Parameter
from zkcompliance.card.types import Type
from zkcompliance.claim import catalogue
from zkcompliance.errors import (
    KeyFileError,
    MalformedBinding,
    MalformedBundle,
    MalformedNote,
    MalformedPolicy,
    MalformedTrust,
    SchemaError,
    UsageError,
    ZkComplianceError,
)
from zkcompliance.log import keys
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.cosignature import ED25519
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.signer import CosignerSigner
from zkcompliance.log.trust import TrustPolicy
from zkcompliance.policy import finding
from zkcompliance.policy.binding import Binding, ForPolicy, Subject, reference_of, reference_text
from zkcompliance.policy.model import Bound
from zkcompliance.policy.proofs import Claimed
from zkcompliance.policy.subject import parse_subject
from zkcompliance.quantities.hidden import DEFAULT_IGNORABLE, HIDDEN
from zkcompliance.schemas import Column, Schema
from zkcompliance.verify import checkpoint as verify_checkpoint

COSIGNER = CosignerSigner("witness.example/1", ED25519, bytes(32)).verifier.text
OWN = Schema("own", (Column("name", "id", default=""),))
T = 1_767_571_200  # 2026-01-05T00:00:00Z


def sealed(name: str) -> object:
    (row,) = schemas.decode_rows(OWN, schemas.encode_rows(OWN, [{"name": name}]))
    return row["name"]


def refusal(name: str) -> str:
    with pytest.raises(SchemaError, match="row 1, column name: ") as caught:
        sealed(name)
    return caught.value.message


UNSEEN = (
    "\u3164", "\u2800", "\ufe0f", "\ufe00", "\u034f", "\u17b4", "\u17b5", "\uffa0", "\u115f", "\u1160",
    "\u180b", "\u180e",
    "\u180f", "\u200b", "\u200d", "\u200e", "\u202a", "\u202e", "\u2060", "\u2064", "\u206f", "\ufeff",
    "\u00ad", "\u061c",
    "\U000e0001", "\U000e0041", "\U000e01ef", "\U000e0fff", "\U0001d173", "\U0001bca0", "\U0001d159",
    "\U00016fe4", "\ufff0",
    "\x00", "\x1b", "\x7f", "\x85", "\n", "\t", "\u2028", "\u2029", "\xa0", "\u2003", "\u3000", "\u1680", "\u202f",
    "\ue000", "\U000f0000", "\U0010fffd", "\u0378", "\ufdd0", "\ufffe", "\ud800", "\udfff",
)  # fmt: skip


def doors(name: str, folder: Path) -> dict[str, Callable[[], object]]:
    """Where a name comes in, by what it is called."""
    run = next(p for p in catalogue.load("evals-cadence").params if p.kind == "Id")
    key = VerifierKey("x", bytes(32)).text
    body = f"{name}\n0\n{'A' * 43}=\n"
    context = Binding(subject=Subject(name, bytes(32)), time=T)
    return {
        "row": lambda: schemas.encode_rows(OWN, [{"name": name}]),
        "parameter": lambda: run.parse(name),
        "policy": lambda: kit.policy(more=f'# {name}') if name in "\n\t" else kit.parse_policy(
            kit.text().replace('title = "', f'title = "{name}', 1).encode("utf-8", "surrogatepass")),
        "key": lambda: keys.generate(folder / "k", name),
        "vkey": lambda: VerifierKey.parse(name + key[1:]),
        "checkpoint": lambda: Checkpoint.parse(body),
        "verifier": lambda: verify_checkpoint.parse_checkpoint(body.encode("utf-8", "surrogatepass"), MalformedBundle),
        "subject": lambda: parse_subject(f"{name}=sha256:{'00' * 32}"),
        "binding": lambda: Binding.decode(context.encode()),
    }  # fmt: skip


@pytest.mark.parametrize("letter", UNSEEN, ids=lambda c: f"U+{ord(c):04X}")
def test_letters_that_nobody_sees_are_refused_at_every_door(tmp_path: Path, letter: str) -> None:
    for door, enter in doors(f"ab{letter}c", tmp_path).items():
        if door == "policy" and letter in "\n\t":
            continue
        with pytest.raises((ZkComplianceError, UnicodeEncodeError)) as caught:
            enter()
        expected = (
            SchemaError, UsageError, MalformedPolicy, KeyFileError, MalformedNote, MalformedBundle, MalformedBinding,
            UnicodeEncodeError,
        )  # fmt: skip
        assert isinstance(caught.value, expected), door
        assert "abc" not in str(caught.value)


@pytest.mark.parametrize("name", ["e\u0301te", "\u212a", "a\u0323\u0307".join(("x", "")) + "\u0061\u030a"])
def test_a_name_has_one_spelling(tmp_path: Path, name: str) -> None:
    assert not unicodedata.is_normalized("NFC", name)
    for door, enter in doors(name, tmp_path).items():
        with pytest.raises(ZkComplianceError):
            enter()
            pytest.fail(door)
    assert "NFC" in refusal(name)


@pytest.mark.parametrize("name", ["lab", "été", "漢字", "модель", "lab.example/c", "a-b_c:1@2", "नमूना", "🙂"])
def test_names_that_are_seen(tmp_path: Path, name: str) -> None:
    for door, enter in doors(name, tmp_path).items():
        if door != "vkey":  # whose id is of another name
            enter()


def test_spaces_only_inside() -> None:
    assert sealed("a b") == sealed("a b") != sealed("ab")
    for name in (" a", "a ", "\ta"):
        assert "space" in refusal(name) or "control" in refusal(name)


def test_the_table_is_unicodes_and_the_verifiers_copy_is_the_same() -> None:
    assert verify_checkpoint.HIDDEN == HIDDEN
    assert sum(last - first + 1 for first, last in DEFAULT_IGNORABLE) == 4174  # DerivedCoreProperties.txt says so
    assert all(one[1] < other[0] for one, other in itertools.pairwise(HIDDEN))
    inside = {code for first, last in DEFAULT_IGNORABLE for code in range(first, last + 1)}
    assert {unicodedata.category(chr(code)) for code in inside} <= {"Cf", "Cn", "Mn", "Lo"}
    prepended = {0x600, 0x601, 0x602, 0x603, 0x604, 0x605, 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
    drawn = {*range(0xFFF9, 0xFFFC), *range(0x13430, 0x13440)}  # format characters that are drawn
    formats = {code for code in range(0x110000) if unicodedata.category(chr(code)) == "Cf"}
    assert formats - inside <= prepended | drawn


@pytest.mark.parametrize("start", range(0, 0x110000, 0x22000))
def test_both_hands_agree_on_every_character(start: int) -> None:
    for code in range(start, min(start + 0x22000, 0x110000)):
        character = chr(code)
        mine = not q.fault_of(character) and character not in " +"
        assert mine == verify_checkpoint.is_origin(character), hex(code)


def test_an_id_is_shown_as_the_text_that_it_was_given_as() -> None:
    claim = catalogue.load("evals-cadence")
    model = next(p for p in claim.params if p.kind == "Id")
    given = model.parse("lab/base-1")
    assert model.show(given) == "lab/base-1" and model.accept(given) is given
    assert model.show(int(given)).startswith("0x") and sealed("lab/base-1") == model.show(int(given))
    assert model.show(model.parse("")) == "(none)"


def claimed_under(binding: Binding) -> Claimed:
    """As much of a claim as says what it is bound to."""
    return cast(Claimed, SimpleNamespace(proof=SimpleNamespace(bound=lambda: binding), requirement="r"))


@pytest.mark.parametrize("letter", UNSEEN, ids=lambda c: f"U+{ord(c):04X}")
def test_a_reference_and_a_trust_files_names_are_seen_as_they_are(letter: str) -> None:
    """A lab binds no reference with such a letter by a text, and one bound by bytes is printed in hexadecimal."""
    odd = f"AISI{letter}-1"
    with pytest.raises(UsageError, match="the reference"):
        reference_of(odd)
    if unicodedata.category(letter) != "Cs":
        assert reference_text(odd.encode()) == f"0x{odd.encode().hex()}"
        assert odd not in finding.made_for(claimed_under(Binding(ForPolicy(bytes(32), "p", 1), None, T, odd.encode())))
    if letter in "\n\t" or unicodedata.category(letter) == "Cs":  # a trust file is of octets: these are not UTF-8
        return
    with pytest.raises(MalformedTrust):
        TrustPolicy.parse(f"group a{letter}b 1 {letter}\nquorum none\n")
    for policy in (f"witness a{letter}b {COSIGNER}\nquorum none\n", f"witness {letter} {COSIGNER}\nquorum none\n"):
        with pytest.raises(MalformedTrust):
            TrustPolicy.parse(policy)


def test_references_that_are_taken() -> None:
    for given, data, shown in (
        ("AISI-2026-17", b"AISI-2026-17", "AISI-2026-17"), ("", b"", "none"), ("none", b"none", "0x6e6f6e65"),
        ("0xff", b"0xff", "0x30786666"), ("\udcff", b"\xff", "0xff"), ("été 7", "été 7".encode(), "été 7"),
    ):  # fmt: skip
        assert reference_of(given) == data and reference_text(data) == shown
    for given in (" a", "a ", "e\u0301", "\ud800", "x" * 1025):
        with pytest.raises(UsageError, match="the reference"):
            reference_of(given)


def test_members_of_a_set_are_shown_as_the_texts_that_they_were_given_as() -> None:
    models = Parameter(
        "models",
        Type(types.SET, of=types.IDENTITY, top=types.LARGEST_OF[types.IDENTITY]),
        0,
        (1 << 129 * 4) - 1,
        places=4,
    )
    for given in ("lab/b, lab/a", ["lab/a", "lab/b", "lab/a"], ("lab/b", "lab/a")):
        found = models.parse(given)
        assert set(models.show(found).split(", ")) == {"lab/a", "lab/b"} and models.accept(found) is found
        assert models.show(found) == models.show(models.parse("lab/a,lab/b"))
    digest = sealed("lab/b")
    assert set(models.show(models.parse(f"lab/a, {digest}")).split(", ")) == {"lab/a", digest}
    assert set(models.show(int(found)).split(", ")) == {sealed("lab/a"), digest}
    assert models.show(models.parse(["a, b"])) == sealed("a, b")  # which would read as two
    shown = finding._as_asked(Bound(one_of=(models.parse("x"), found)), int(found), SimpleNamespace(binding=None))  # type: ignore[arg-type]
    assert "lab/a" in finding.text(models, shown)


def test_a_verdict_prints_the_text_that_was_asked_for() -> None:
    model = next(p for p in catalogue.load("evals-cadence").params if p.kind == "Id")
    one, other = model.parse("lab/base-1"), model.parse("lab/base-2")
    proof = SimpleNamespace(binding=Binding(subject=Subject("lab/base-2", bytes(32))))
    for bound in (Bound(low=other, high=other), Bound(one_of=(one, other)), Bound(subject=True)):
        shown = finding._as_asked(bound, int(other), proof)  # type: ignore[arg-type]
        assert shown == other and finding.text(model, shown) == "lab/base-2"
    proof = SimpleNamespace(binding=Binding(subject=Subject("lab/base-3", bytes(32))))
    unknown = finding._as_asked(Bound(one_of=(one, 5)), int(other), proof)  # type: ignore[arg-type]
    assert finding.text(model, unknown).startswith("0x")
