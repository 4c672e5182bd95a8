"""The one-file verifier decides what the installed one does: status, error code, words, and the same JSON."""

from __future__ import annotations

import base64
import itertools
import json
import random
import re
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.kit import lineages as kit
from tests.kit import policies as world
from tests.kit.agreement import Answer, Both
from tests.kit.mutations import MUTATIONS
from tests.kit.regulated_lab import CLAIM, MODEL, Lab
from zkcompliance.card import catalogue as cards
from zkcompliance.claim import catalogue
from zkcompliance.log.checkpoint import Checkpoint
from zkcompliance.log.cosignature import ML_DSA_44
from zkcompliance.log.signer import CosignerSigner, SignerKey
from zkcompliance.policy import catalogue as policies
from zkcompliance.policy.binding import Binding
from zkcompliance.prove.api import prove_claim
from zkcompliance.prove.policy import prove_policies

VECTORS = Path(__file__).parents[1] / "vectors"
PROOFS = VECTORS / "proofs"
FAULTS, POLICIES, ATTESTATIONS = (
    json.loads((VECTORS / f"{name}.json").read_text()) for name in ("faults", "policies", "attestations")
)
KINDS = ("note", "checkpoint", "key", "trust", "cosigned", "evidence")  # of faults.json, those that a verifier reads
MUTANTS, LONG_MUTANTS, SLOWEST = 500, 10_000, 5_000.0


def agreed(both: Both, *arguments: str | Path, words: bool = True) -> Answer:
    """The one file's answer, which is the installed one's: status and code, and (`words`) every byte of stderr.

    With --json, stdout too.
    """
    installed, alone = both.ask(arguments)
    assert installed.decision == alone.decision, (arguments, installed, alone)
    assert "ESCAPED" not in alone.status and alone.status != "70", alone
    if words:
        assert installed.err == alone.err, arguments
    if "--json" in arguments and words:
        assert installed.out == alone.out, arguments
    return alone


def test_honest_proofs(both: Both, lab: Lab) -> None:
    single, bundle = lab.asked_of_single(), lab.asked_of_bundle()
    for file, asked in ((lab.single, single), (lab.bundle, bundle)):
        now = agreed(both, file, *asked)
        assert now.decision == ("0", "") and not now.err and now.out.startswith("Accepted: ")


@pytest.mark.parametrize("form", ["json", "oscal", "sarif", "junit", "html"])
def test_every_format_gives_the_same_bytes(both: Both, lab: Lab, form: str) -> None:
    from zkcompliance import report

    assert set(report.FORMATS) == {"json", "oscal", "sarif", "junit", "html"}
    at = ["--at", later()]
    for file, asked in ((lab.single, lab.asked_of_single()), (lab.bundle, lab.asked_of_bundle())):
        for more in ([], ["--log-key", str(lab.folder / "other.pub")]):
            changed = (
                [*asked[: asked.index("--log-key")], *more, *asked[asked.index("--log-key") + 2 :]] if more else asked
            )
            installed, alone = both.ask([file, *changed, *at, "--format", form])
            assert installed.out == alone.out and len(alone.out) > 200, (installed, alone)
            assert installed.decision == alone.decision == (("1", "signature-rejected") if more else ("0", ""))
    assert agreed(both, lab.single, *lab.asked_of_single(), *at, "--json").out.startswith("{")


def later() -> str:
    """A time a little after the proofs were made."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))


def test_what_is_asked_otherwise(both: Both, lab: Lab, tmp_path: Path) -> None:
    """Every option left out, given wrong, or given for the other file."""
    other = lab.folder / "other.pub"
    key = ["--log-key", str(lab.key)]
    cases = [
        [lab.single],
        [lab.single, *key],
        [lab.single, "--claim", CLAIM, "-p", "limit=1e20"],
        [lab.single, "--claim", CLAIM, *key],
        [lab.single, "--claim", CLAIM, "-p", "limit=1e21", *key],
        [lab.single, "--claim", CLAIM, "-p", "limit=many", *key],
        [lab.single, "--claim", CLAIM, "-p", "limit", *key],
        [lab.single, "--claim", CLAIM, "-p", "limit=1", "-p", "limit=1", *key],
        [lab.single, "--claim", CLAIM, "-p", "limit=1e20", "-p", "phases=pretraining", *key],
        [lab.single, "--claim", CLAIM, "-p", "limit=1e20", "-p", "size=3", *key],
        [lab.single, "--claim", CLAIM, "-p", "limit=1e20", "--log-key", other],
        [lab.single, "--claim", CLAIM, "-p", "limit=1e20", "--log-key", f"memory={lab.key}"],
        [lab.single, "--claim", CLAIM, "-p", "limit=1e20", *key, *key],
        [lab.single, "--claim", CLAIM, "-p", "limit=1e20", "--log-key", lab.folder / "key"],
        [lab.single, "--claim", CLAIM, "-p", "limit=1e20", "--log-key", tmp_path / "none"],
        [lab.single, "--claim", CLAIM, "-p", "limit=1e20", *key, "--context", "ref 8"],
        [lab.single, "--claim", CLAIM, "-p", "limit=1e20", *key, "--context", "-ref"],
        [lab.single, "--claim", CLAIM, "-p", "limit=1e20", *key, "--subject", "model-8=sha256:" + "07" * 32],
        [lab.single, "--claim", CLAIM, "-p", "limit=1e20", *key, "--subject", "model-7"],
        [lab.single, "--claim", CLAIM, "-p", "limit=1e20", *key, "--at", "2020-01-01"],
        [lab.single, "--claim", CLAIM, "-p", "limit=1e20", *key, "--at", "noon"],
        [lab.single, "--claim", "eval-coverage", "-p", "minimum=1", *key],
        [lab.single, "--claim", "no-such-claim", *key],
        [lab.single, "--claim", CLAIM, "--policy", lab.policy, *key],
        [lab.single, *lab.asked_of_bundle()],
        [lab.bundle, *lab.asked_of_single()],
        [lab.bundle],
        [lab.bundle, "--policy", lab.policy],
        [lab.bundle, "--policy", "eu-ai-act", *key],
        [lab.bundle, "--policy", "no-such-policy", *key],
        [lab.bundle, "--policy", tmp_path / "none.toml", *key],
        [lab.bundle, "--policy", "eu-ai-act@2", *key],
        [lab.bundle, "--policy", "eu-ai-act@99", *key],
        [lab.bundle, "--policy", lab.policy, "--log-key", f"compute={other}"],
        [lab.bundle, "--policy", lab.policy, *key, "--at", "2020-01-01"],
        [lab.bundle, "--policy", lab.policy, *key, "--at", "2030-01-01"],
        [lab.bundle, "--policy", lab.policy, *key, "--context", "x"],
        [lab.bundle, "--policy", lab.policy, *key, "--subject", MODEL.replace("07", "08")],
        [lab.bundle, "--trust", tmp_path / "none"],
        [tmp_path / "none.zkp"],
        [tmp_path],
        [lab.key],
    ]  # fmt: skip
    codes = Counter(agreed(both, *case).code for case in cases)
    for case in cases:
        agreed(both, *case, "--at", later(), "--json") if "--at" not in case else agreed(both, *case, "--json")
    assert {
        "usage",
        "undecided",
        "statement-mismatch",
        "signature-rejected",
        "key-file",
        "stale",
        "malformed-bundle",
    } <= set(codes)
    assert codes[""] <= 3, codes


def test_usage(both: Both, lab: Lab) -> None:
    """The two parsers word it differently; the code and the status are the same."""
    for case in (
        [],
        ["--nothing"],
        [lab.single, lab.single],
        [lab.single, "--claim"],
        [lab.single, "--format", "prose"],
    ):
        assert agreed(both, *case, words=False).decision == ("2", "usage")
    assert agreed(both, lab.single, "--json", "--format", "sarif", words=False).decision == ("2", "usage")


def test_options_are_the_installed_ones() -> None:
    from zkcompliance.commands.verify import command
    from zkcompliance.standalone.main import parser

    installed = {text for option in command.params for text in option.opts if text.startswith("-")}
    alone = {text for action in parser()._actions for text in action.option_strings} - {"-h", "--help"}
    # a keyring is a file of a desk, which the one file does not read
    assert installed - {"--keyring"} == alone - {"--version"}
    (choices,) = [set(option.type.choices) for option in command.params if option.name == "form"]  # type: ignore[attr-defined]
    (mine,) = [set(action.choices or ()) for action in parser()._actions if action.dest == "format"]
    assert mine >= choices


def test_what_is_for_the_installed_program_alone(both: Both, lab: Lab) -> None:
    for option in ("--request", "--openings", "--rows-as", "--evidence-to", "--sign", "--joint"):
        _, alone = both.ask([lab.bundle, *lab.asked_of_bundle(), option, lab.key])
        assert alone.decision == ("2", "unsupported") and option in alone.err, alone


@pytest.mark.parametrize("name", ["small", "fast", "standard"])
def test_frozen_proofs(both: Both, lab: Lab, name: str) -> None:
    file = PROOFS / f"{name}.zkp"
    assert agreed(both, file).decision == ("4", "undecided")
    assert agreed(both, file, *lab.asked_of_single()).decision == ("2", "malformed-binding")


def test_every_vector_of_what_a_verifier_reads(both: Both) -> None:
    """Notes, checkpoints, keys, trust policies, cosigned checkpoints, evidence: one fault each, and sound twins."""
    fixed, seen = FAULTS["fixed"], Counter[str]()
    for vector in FAULTS["vectors"]:
        if vector["kind"] in KINDS:
            found = both.take(vector["kind"], vector["input"], key=fixed["key"], trust=fixed["trust"])
            for answer in found:
                assert answer.status == (vector["code"] or "taken"), (vector["name"], answer)
            assert found[0].err == found[1].err
            seen[vector["kind"]] += 1
    assert min(seen[kind] for kind in KINDS) >= 10


def test_every_vector_of_policies(both: Both) -> None:
    def taken(text: str) -> tuple[Answer, Answer]:
        return both.take(
            "policy", re.sub("@CARD ([a-z-]+)@[0-9]+@", lambda found: cards.load(found[1]).digest.hex(), text)
        )

    assert [answer.status for answer in taken(POLICIES["sound"])] == ["taken", "taken"]
    for vector in POLICIES["vectors"]:
        installed, alone = taken(POLICIES["sound"].replace(*vector["edit"]))
        assert installed.status == alone.status == vector["code"] and installed.err == alone.err, vector["name"]


def test_every_vector_of_attestations(both: Both, tmp_path: Path) -> None:
    """One fault each: the attestation is held against the file before anything else."""
    fixed, codes = ATTESTATIONS["fixed"], Counter[str]()
    for number, vector in enumerate(ATTESTATIONS["vectors"]):
        file, attestation, key = (tmp_path / f"{number}.{end}" for end in ("zkp", "json", "pem"))
        file.write_bytes(base64.b64decode(vector.get("file", fixed["file"])))
        attestation.write_bytes(base64.b64decode(vector["attestation"]))
        key.write_text(fixed["keys"][vector["key"]])
        answer = agreed(both, file, "--attestation", attestation, "--attestation-key", key)
        assert vector["code"] in (None, answer.code), (vector["name"], answer)
        codes[answer.code] += 1
    assert len(codes) >= 4 and codes["usage"] == 0, codes


def test_ml_dsa_cosigners(both: Both) -> None:
    """A checkpoint cosigned with ML-DSA-44: taken, and refused when a bit of the signature is wrong."""
    log, witness = SignerKey("lab.example/x", bytes(32)), CosignerSigner("witness.example/q", ML_DSA_44, bytes(32))
    text = Checkpoint("lab.example/x", 3, bytes(32)).body
    note = log.sign(text) + witness.line(text, 1_780_000_000)
    trust = f"log {log.verifier.text}\nwitness q {witness.verifier.text}\nquorum q\n"
    assert [answer.status for answer in both.take("cosigned", note, trust=trust)] == ["taken", "taken"]
    line = note.rstrip("\n").rpartition("\n")[2]
    data = bytearray(base64.b64decode(line.rpartition(" ")[2]))
    data[100] ^= 1
    changed = note.replace(line.rpartition(" ")[2], base64.b64encode(data).decode())
    found = both.take("cosigned", changed, trust=trust)
    assert [answer.status for answer in found] == ["signature-rejected"] * 2 and found[0].err == found[1].err


def test_every_card(both: Both) -> None:
    """Each claim of the catalogue has its card in the one file, and its program's digest without a compiler."""
    for name in cards.names():
        installed, alone = both.take("card", name)
        assert installed.out == alone.out == cards.load(name).digest.hex() + "\n", (name, alone)


def test_every_policy(both: Both, lab: Lab) -> None:
    """The ready-made ones are all in the file; nothing of this bundle was made for them."""
    assert policies.names()
    for name in policies.names():
        keys = [f"--log-key={log}={lab.key}" for log in list(policies.load(name).logs)[:1]]
        answer = agreed(both, lab.bundle, "--policy", name, *keys, "--json", "--at", later())
        assert answer.status in ("1", "2", "4"), answer


def test_hostile_files(both: Both, lab: Lab, tmp_path: Path) -> None:
    """Endless, empty, huge, and nothing but the largest lengths: an error of ours within the memory that it has."""
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.write(lab.bundle.read_bytes()[:100])
        file.truncate(200 << 20)
    single, bundle = lab.single.read_bytes(), lab.bundle.read_bytes()
    cases = {
        "empty": b"",
        "zeros": bytes(1 << 20),
        "ones": b"\xff" * (1 << 20),
        "many proofs": bundle[:6] + (64).to_bytes(2, "little") + b"\xff" * 70_000,
        "no proofs": bundle[:6] + bytes(2),
        "twice the same": bundle[:6] + (2).to_bytes(2, "little") + 2 * (len(single).to_bytes(4, "little") + single),
        "a bundle in a bundle": bundle[:6] + (1).to_bytes(2, "little") + len(bundle).to_bytes(4, "little") + bundle,
        **{f"ones from {at}": single[:at] + b"\xff" * 4 + single[at + 4 :] for at in range(0, 400, 4)},
    }
    unchanged = [name for name, data in cases.items() if data == single]
    assert len(unchanged) <= 1  # the open end of the segment's bracket is ones
    for name, data in cases.items():
        if name in unchanged:
            continue
        (tmp_path / "hostile").write_bytes(data)
        for asked in (lab.asked_of_single(), lab.asked_of_bundle()):
            answer = agreed(both, tmp_path / "hostile", *asked)
            assert answer.status in ("1", "2") and answer.work < SLOWEST, (name, answer)
    for path, code in ((huge, "malformed-bundle"), ("/dev/zero", "usage"), ("/dev/null", "usage")):
        assert agreed(both, path, *lab.asked_of_single()).decision == ("2", code), path


def test_state_and_trust(both: Both, lab: Lab, tmp_path: Path) -> None:
    """The installed verifier and the one file keep and read the same state; a trust policy is held against both."""
    state = tmp_path / "state"
    first = both.ask([lab.single, *lab.asked_of_single(), "--state", state])  # one of the two sees it first
    assert sorted("first seen now" in " ".join(each.out.split()) for each in first) == [False, True]
    for _ in range(2):
        assert agreed(both, lab.single, *lab.asked_of_single(), "--state", state).decision == ("0", "")
    kept = state.read_bytes()
    assert lab.key.read_text().strip().encode() in kept
    trust = tmp_path / "trust"
    trust.write_text(f"log {lab.key.read_text().strip()}\nquorum none\n")
    assert agreed(both, lab.single, *lab.asked_of_single(), "--trust", trust).decision == ("0", "")
    other = (lab.folder / "other.pub").read_text().strip()
    trust.write_text(f"log {other}\nquorum none\n")
    assert agreed(both, lab.single, *lab.asked_of_single(), "--trust", trust).decision == ("1", "signature-rejected")
    trust.write_text("quorum none")
    assert agreed(both, lab.single, *lab.asked_of_single(), "--trust", trust).decision == ("2", "malformed-trust")
    state.write_text("{}")
    assert agreed(both, lab.single, *lab.asked_of_single(), "--state", state).decision == ("2", "log-corrupt")


def test_generations_and_their_lineage(both: Both, tmp_path: Path) -> None:
    """A later generation alone, with its lineage, with one that is cut, and by a key that the old one named."""
    tables = tuple(kit.sealed(kit.table([(0, 10**18 + i)])) for i in range(2))
    one = kit.Generation(1, tables)
    seam = kit.Generation(2, tables, one.last, (kit.KEY, kit.NEXT))
    two = kit.Generation(2, tables, one.last, (kit.NEXT,))
    context = Binding(time=1).encode()
    proof, line = tmp_path / "proof", tmp_path / "lineage"
    proof.write_bytes(kit.prove(kit.BELOW, {"compute": (two, 0, 2)}, {"limit": 10**28}, context))
    line.write_bytes(kit.lineage(kit.Step(one, seam, [kit.carried(2)], key=kit.NEXT)))
    (tmp_path / "cut").write_bytes(line.read_bytes()[:-1])
    for name, key in (("old", kit.KEY), ("new", kit.NEXT)):
        (tmp_path / f"{name}.pub").write_text(key.verifier.text + "\n")
    asked = ("--claim", "training-compute-below", "-p", "limit=1e28", "--log-key")
    for key, lineage, decision in (
        ("new", (), ("0", "")),
        ("old", (), ("1", "signature-rejected")),
        ("old", ("--lineage", line), ("0", "")),
        ("old", ("--lineage", tmp_path / "cut"), ("2", "malformed-lineage")),
        ("new", ("--lineage", line), ("1", "signature-rejected")),
        ("old", ("--lineage", proof), ("2", "malformed-lineage")),
        ("old", ("--lineage", tmp_path / "none"), ("2", "usage")),
        ("new", ("--new-key", "compute"), ("2", "usage")),
    ):
        assert agreed(both, proof, *asked, tmp_path / f"{key}.pub", *lineage).decision == decision, (key, lineage)


def test_several_logs_under_one_name(both: Both, tmp_path: Path) -> None:
    """Exactly the logs of the keys that are given: one more is not shown, one less is refused."""
    made = {name: world.make_log(tmp_path, name, f"lab.example/{name}", world.rows(2)) for name in "abc"}
    asked = ["--claim", CLAIM, "-p", "limit=1e19"]
    keys = {name: ["--log-key", f"compute={tmp_path / f'{name}.key.pub'}"] for name in made}
    proof = tmp_path / "several.zkp"
    head = Binding(time=world.NOW).encode()
    two = {"compute": [made["b"], made["a"]]}
    proof.write_bytes(prove_claim(catalogue.load(CLAIM), two, {"limit": 10**19}, head=head))
    for given, decision in (
        ("ab", ("0", "")), ("ba", ("0", "")), ("abc", ("1", "not-shown")), ("a", ("1", "signature-rejected")),
        ("ac", ("1", "signature-rejected")), ("aa", ("2", "usage")), ("", ("4", "undecided")),
    ):  # fmt: skip
        options = [part for name in given for part in keys[name]]
        assert agreed(both, proof, *asked, *options).decision == decision, given
        for form in ("json", "sarif"):
            agreed(both, proof, *asked, *options, "--format", form)


def test_a_claim_of_ones_own_by_itself(both: Both, lab: Lab, tmp_path: Path) -> None:
    """Of its card both decide, and say whose word that is; its text is compiled by the installed one alone."""
    asked = ["-p", "limit=1e20", "--log-key", str(lab.key)]
    assert agreed(both, lab.single, "--claim", lab.own_card, *asked).decision == ("1", "statement-mismatch")
    single = tmp_path / "one.zkp"
    single.write_bytes(lab.own_alone())
    own = agreed(both, single, "--claim", lab.own_card, "-p", "limit=1e21", *asked[2:], "--json")
    warnings = json.loads(own.out)["requirements"][0]["warnings"]
    assert own.decision == ("0", "") and any("rests on whoever made the card that was given" in w for w in warnings)
    installed, alone = both.ask([lab.single, "--claim", str(lab.own_claim), *asked])
    assert installed.status == "1"
    assert alone.decision == ("2", "unsupported") and "no compiler" in alone.err
    assert f"\nhelp: zkcompliance explain {lab.own_claim} --card {lab.own_card}" in alone.err.replace("'", "")


def test_a_claim_of_ones_own_that_a_policy_names(both: Both, lab: Lab) -> None:
    """The policy has the card's digest. Who compiles the text has nobody's word to take."""
    at = ["--at", later(), "--json"]
    by_card = agreed(both, lab.own, *lab.asked_of_own(), *at)
    assert by_card.decision == ("0", ""), by_card
    text = [str(lab.own_claim) if each == str(lab.own_card) else each for each in lab.asked_of_own()]
    installed, alone = both.ask([lab.own, *text, *at])
    assert installed.decision == ("0", "") and alone.decision == ("2", "unsupported")
    (own, floor), (also, its_floor) = (json.loads(each.out)["requirements"] for each in (installed, by_card))
    assert also["warnings"][0].startswith("my-own@1 is no claim of this installation") and floor == its_floor
    assert also | {"warnings": also["warnings"][1:]} == own and own["values"][0]["exact"] == str(10**21)
    for file in (lab.single, lab.bundle):
        assert agreed(both, file, *lab.asked_of_own()).decision == ("1", "statement-mismatch")
    without_key = [*lab.asked_of_own()[:4], "--subject", MODEL]
    answer = agreed(both, lab.own, *without_key, "--json")
    assert answer.decision == ("4", "undecided") and "All compute is below a limit." in answer.out


def test_what_a_card_may_not_be(both: Both, lab: Lab, tmp_path: Path) -> None:
    path = tmp_path / "other.json"

    def answers(card: str) -> tuple[str, str]:
        path.write_text(card)
        return agreed(both, lab.own, *("--claim-file", path), *lab.asked_of_own()[:2], *lab.asked_of_own()[4:]).decision

    own = lab.own_card.read_text()
    assert answers(own.replace("my-own", CLAIM)) == ("2", "usage")
    for card in ("", "{}", own.replace("\n", ""), own + "\n", own.replace('"places": 0', '"places": 1')):
        assert answers(card) == ("2", "malformed-card"), card
    for old, new in (('"version": 1', '"version": 2'), ("my-own", "my-other"), ("below a limit", "below any limit")):
        assert old in own and answers(own.replace(old, new)) == ("2", "malformed-policy"), old
    asked = lab.asked_of_own()
    twice = agreed(both, lab.own, *asked, "--claim-file", lab.own_card)
    assert twice.decision == ("2", "usage") and "given twice" in twice.err
    for wrong in (["--claim-file", lab.own_card], [*lab.asked_of_single(), "--claim-file", lab.own_card]):
        assert agreed(both, lab.single, *wrong).decision == ("2", "usage")
    assert agreed(both, lab.own, *asked[:2], *asked[4:]).decision == ("2", "malformed-policy")
    for none in ("none.json", "none.txt"):
        assert agreed(both, lab.own, *asked, "--claim-file", tmp_path / none).decision == ("2", "usage")


def test_what_the_text_of_a_claim_may_not_be(lab: Lab, tmp_path: Path, both: Both) -> None:
    """Where it can be compiled: run, and held against the digest that the policy has."""
    path, own = tmp_path / "other.py", lab.own_claim.read_text()
    for source, decision in (
        (own.replace("my-own", CLAIM), ("2", "usage")),
        (own.replace("claim,", "claim"), ("2", "usage")),
        ("1 / 0", ("2", "usage")),
        ("", ("2", "usage")),
        (own + own.replace("def my_own", "def my_twin"), ("2", "usage")),
        (own.replace("version=1", "version=2"), ("2", "malformed-policy")),
        (own.replace("my-own", "my-other"), ("2", "malformed-policy")),
        (own[: own.index("VACUOUS")], ("2", "malformed-policy")),
        (own.replace("< limit", "<= limit"), ("2", "malformed-policy")),
    ):
        path.write_text(source)
        given = ["--claim-file", str(path), *lab.asked_of_own()[:2], *lab.asked_of_own()[4:]]
        installed, alone = both.ask([lab.own, *given])
        assert (installed.decision, alone.decision) == (decision, ("2", "unsupported")), source


def test_only_the_card_that_the_policy_names_is_taken(both: Both, lab: Lab, tmp_path: Path) -> None:
    text, asked = lab.own_policy.read_text(), lab.asked_of_own()
    named = re.search(r'card = "(.*)"', text)
    assert named is not None
    changed = tmp_path / "policy.toml"
    changed.write_text(text.replace(named[1], "07" * 32))
    refused = agreed(both, lab.own, "--policy", changed, *asked[2:])
    assert refused.decision == ("2", "malformed-policy") and "is not the card of my-own@1" in refused.err
    twice = text + text[text.index("[[requirements]]") :].replace("below-limit", "again").replace(named[1], "07" * 32)
    changed.write_text(twice)
    assert agreed(both, lab.own, "--policy", changed, *asked[2:]).decision == ("2", "malformed-policy")


# Mutants


def mutants_agree(both: Both, lab: Lab, folder: Path, count: int, seed: int) -> Counter[tuple[str, str, str]]:
    """`count` mutants of the single proof and the bundle; how often each kind got each code."""
    rng = random.Random(seed)
    single, bundle = lab.single.read_bytes(), lab.bundle.read_bytes()
    sources = itertools.cycle([(single, bundle, lab.asked_of_single()), (bundle, single, lab.asked_of_bundle())])
    file, found, slowest = folder / "mutant.zkp", Counter[tuple[str, str, str]](), 0.0
    for data, other, asked in itertools.islice(sources, count):
        kind = rng.choice(MUTATIONS)
        made = kind(rng, data, other)
        file.write_bytes(made)
        answer = agreed(both, file, *asked)
        assert (answer.status == "0") == (made == data), (kind, answer)
        slowest = max(slowest, answer.work)
        found[kind.__name__, answer.status, answer.code] += 1
    assert slowest < SLOWEST, slowest
    return found


def test_mutated_proofs(both: Both, lab: Lab, tmp_path: Path) -> None:
    found = mutants_agree(both, lab, tmp_path, MUTANTS, seed=1)
    assert len({code for _, _, code in found}) >= 8, found


@pytest.mark.long
def test_ten_thousand_mutated_proofs(both: Both, lab: Lab, tmp_path: Path) -> None:
    found = mutants_agree(both, lab, tmp_path, LONG_MUTANTS, seed=2)
    print(json.dumps({" ".join(key): count for key, count in sorted(found.items())}, indent=1))
    assert len({code for _, _, code in found}) >= 12, found


def test_references_that_were_drawn_and_rehearsals(both: Both, lab: Lab, tmp_path: Path) -> None:
    log = world.make_log(tmp_path, "log", "lab.example/drawn", world.rows())
    given = {"below.phases": "pretraining, fine_tuning"}
    text = world.text(limit='"1e21"')
    asked, coming = tmp_path / "drawn.toml", tmp_path / "coming.toml"
    asked.write_text(text.replace('subject = "required"', 'subject = "none"\nreference = "required"'))
    coming.write_text(text.replace('subject = "required"', 'subject = "none"').replace("2025-08-02", "2027-01-01"))
    proved, rehearsed = tmp_path / "proved.zkp", tmp_path / "rehearsed.zkp"
    now = int(time.time())
    for file, path, at, reference in ((proved, asked, now, b"ref"), (rehearsed, coming, 1_801_440_000, b"")):
        binding = Binding(None, None, at, reference, file is rehearsed)
        file.write_bytes(prove_policies([policies.load(str(path))], {"compute": log}, given, binding=binding))
    (tmp_path / "pub").write_text(log.vkey)
    key, then = ["--log-key", tmp_path / "pub"], ["--at", "2027-02-01"]
    drawn, tomorrow = (time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + delta)) for delta in (-60, 86400))
    cases = [
        ([proved, "--policy", asked, *key, "--context", "ref", "--drawn", drawn], "0"),
        ([proved, "--policy", asked, *key, "--context", "ref", "--drawn", tomorrow, "--at", tomorrow], "1"),
        ([proved, "--policy", asked, *key, "--context", "ref", "--drawn", tomorrow], "2"),
        ([proved, "--policy", asked, *key, "--context", "ref"], "4"),
        ([proved, "--policy", asked, *key], "4"),
        ([proved, "--policy", asked, *key, "--drawn", drawn], "2"),
        ([proved, "--policy", asked, *key, "--context", "ref", "--drawn", drawn, "--rehearsal"], "1"),
        ([rehearsed, "--policy", coming, *key, *then, "--rehearsal"], "0"),
        ([rehearsed, "--policy", coming, *key, *then], "1"),
        ([rehearsed, "--policy", coming, *key, "--rehearsal"], "1"),
        ([rehearsed, "--policy", coming, *key, *then, "--rehearsal", "--state", tmp_path / "state"], "2"),
        ([rehearsed, *then], "4"),
    ]  # fmt: skip
    for arguments, status in cases:
        answer = agreed(both, *arguments)
        assert answer.status == status, (arguments, answer)
        assert answer.out.startswith("REHEARSAL") is (rehearsed in arguments and bool(answer.out)), answer.out
        if "--at" in arguments:
            agreed(both, *arguments, "--json")
