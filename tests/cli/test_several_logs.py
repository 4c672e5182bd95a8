"""Several logs in one slot: `--log` and `--log-key` again and again, lists in Python, and policies that name them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit import policies as kit
from tests.kit.command_line import ok, run
from tests.kit.policies import NOW
from tests.kit.policy_texts import head, requirement
from zkcompliance import schemas
from zkcompliance.card import catalogue as cards
from zkcompliance.card.model import Reveal
from zkcompliance.card.sentence import Sentence
from zkcompliance.errors import MalformedPolicy, RequirementNotShown, SignatureRejected, UsageError
from zkcompliance.log import keys
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.policy.load import parse_policy

PHASES = 'params.phases = { includes = "pretraining" }'


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three compute logs of 4, 2 and 3 rows of 1e18 FLOP, and two logs of events."""
    folder = tmp_path_factory.mktemp("several")
    kit.make_log(folder, "b", "lab.example/b", kit.rows())  # the names are not in the order of the origins
    kit.make_log(folder, "a", "lab.example/a", kit.rows(1), kit.rows(1))
    kit.make_log(folder, "c", "lab.example/c", kit.rows(3))
    for name in ("e1", "e2"):
        keys.generate(folder / f"{name}.key", f"lab.example/{name}")
        create_log(folder / name, schemas.by_name("event"), keys.load_private(folder / f"{name}.key"))
        row = {"kind": "eval", "serial": 1, "at": kit.T, "model": "m", "cumulative_flop": 10**20}
        with Writer(folder / name, keys.load_private(folder / f"{name}.key")) as writer:
            writer.seal([row])
    keys.generate(folder / "evals.key", "lab.example/evals")
    create_log(folder / "evals", schemas.by_name("eval"), keys.load_private(folder / "evals.key"))
    graded = {"model": "m", "suite": "gpqa@2", "item": "1", "at": kit.T, "score": 0}
    with Writer(folder / "evals", keys.load_private(folder / "evals.key")) as writer:
        writer.seal([graded])
    return folder


def logs(lab: Path, *names: str, slot: str = "compute") -> list[object]:
    return [part for name in names for part in ("--log", f"{slot}={lab / name}")]


def trusted(lab: Path, *names: str, slot: str = "compute") -> list[object]:
    return [part for name in names for part in ("--log-key", f"{slot}={lab / name}.key.pub")]


CLAIM = (kit.CLAIM, "-p", "limit=1e19")


def test_a_claim_over_two_logs(lab: Path, tmp_path: Path) -> None:
    """Their rows count together: six of 1e18 FLOP are below 7e18, and not below 6e18."""
    file = tmp_path / "proof"
    low = run("check", kit.CLAIM, *logs(lab, "b", "a"), "-p", "limit=6e18")
    assert low.exit_code == 1 and "DOES NOT HOLD" in low.stdout
    held = ok("check", kit.CLAIM, *logs(lab, "b", "a"), "-p", "limit=7e18")
    assert held["holds"] and set(held["proofs_left"]) == {"compute:lab.example/a", "compute:lab.example/b"}
    made = ok("prove", kit.CLAIM, *logs(lab, "b", "a"), "-p", "limit=7e18", "-o", file)
    assert set(made["proofs_left"]) == {"compute:lab.example/a", "compute:lab.example/b"}
    asked = ("verify", file, "--claim", kit.CLAIM, "-p", "limit=7e18")
    for order in (("a", "b"), ("b", "a")):
        found = ok(*asked, *trusted(lab, *order))
        assert found["accepted"]
        (shown,) = found["requirements"]
        assert [(log["slot"], log["origin"], log["several"]) for log in shown["logs"]] == [
            ("compute", "lab.example/a", True), ("compute", "lab.example/b", True),
        ]  # fmt: skip
    assert "compute (lab.example/a)" in str(shown["warnings"])
    for one in ("a", "b"):
        other = run(*asked, *trusted(lab, one))
        assert (
            other.exit_code == 1
            and "error[signature-rejected]: the proof is about the log lab.example/" in other.stderr
        )
    missing = run(*asked, *trusted(lab, "a", "b", "c"), "--json")
    (shown,) = json.loads(missing.stdout)["requirements"]
    assert missing.exit_code == 1 and shown["status"] == "not shown"
    assert f"of the key {(lab / 'c.key.pub').read_text().strip()}" in shown["error"]["message"]
    strange = run(*asked, *trusted(lab, "a", "c"))
    assert strange.exit_code == 1 and "about the log lab.example/b as compute" in strange.stderr


def test_a_log_twice_and_a_key_twice(lab: Path, tmp_path: Path) -> None:
    file = tmp_path / "proof"
    for verb in (("check",), ("prove", "-o", file)):
        twice = run(*verb, *CLAIM, *logs(lab, "a", "a"))
        assert twice.exit_code == 2 and "is given twice for compute" in twice.stderr
    link = tmp_path / "again"
    link.symlink_to(lab / "a")
    twice = run("prove", *CLAIM, *logs(lab, "a"), "--log", f"compute={link}", "-o", file)
    assert twice.exit_code == 2 and not file.exists(), twice.output
    ok("prove", *CLAIM, *logs(lab, "a", "b"), "-o", file)
    asked = ("verify", file, "--claim", *CLAIM)
    twice = run(*asked, *trusted(lab, "a", "a"))
    assert twice.exit_code == 2 and "is given twice for compute" in twice.stderr
    (tmp_path / "copy.pub").write_text((lab / "a.key.pub").read_text())
    twice = run(*asked, *trusted(lab, "a"), "--log-key", f"compute={tmp_path / 'copy.pub'}")
    assert twice.exit_code == 2 and "two keys for compute are both of lab.example/a" in twice.stderr


def test_a_state_remembers_each_and_each_is_named_by_its_origin(lab: Path, tmp_path: Path) -> None:
    file, state = tmp_path / "proof", tmp_path / "state"
    ok("prove", *CLAIM, *logs(lab, "a", "c"), "-o", file)
    asked = ("verify", file, "--claim", *CLAIM, *trusted(lab, "a", "c"), "--state", state)
    first, second = ok(*asked), ok(*asked)
    for found, word in ((first, "first seen now"), (second, "")):
        said = " ".join(found["requirements"][0]["warnings"])
        assert said.count("first seen now") == (2 if word else 0)
    named = run(*asked, "--new-key", "compute")
    assert named.exit_code == 2 and "there is compute:lab.example/a, compute:lab.example/c" in named.stderr
    assert ok(*asked, "--new-key", "compute:lab.example/a")["accepted"]
    newer = kit.make_log(tmp_path, "c", "lab.example/c", kit.rows(2))
    ok("prove", *CLAIM, *logs(lab, "a"), "--log", f"compute={newer.path}", "-o", tmp_path / "other")
    asked = ("verify", tmp_path / "other", "--claim", *CLAIM, *trusted(lab, "a"), "--state", state)
    asked = (*asked, "--log-key", f"compute={tmp_path / 'c.key.pub'}")
    strange = run(*asked)
    assert strange.exit_code == 1 and "error[new-key]" in strange.stderr, strange.output
    assert run(*asked, "--new-key", "compute:lab.example/a").exit_code == 1
    assert ok(*asked, "--new-key", "compute:lab.example/c")["accepted"]


def test_where_the_order_of_rows_counts_one_log_fills_the_slot(lab: Path, tmp_path: Path) -> None:
    cadence = ("-p", "model=m", "-p", "since=2026-01-01", "-p", "until=2026-01-06", "-p", "gap=30 days")
    cadence = (*cadence, "-p", "growth=4", "-p", "flop_before=1e20", "-p", "suites=gpqa@2", "-p", "items=1")
    evals = logs(lab, "evals", slot="evals")
    two = [*logs(lab, "e1", "e2", slot="events"), *evals]
    for verb in (("check",), ("prove", "-o", tmp_path / "proof")):
        result = run(*verb, "evals-cadence", *two, *cadence)
        assert result.exit_code == 2 and "depends on the order of the rows" in result.stderr, result.output
    ok("prove", "evals-cadence", *logs(lab, "e1", slot="events"), *evals, *cadence, "-o", tmp_path / "one")
    asked = ("verify", tmp_path / "one", "--claim", "evals-cadence", *cadence, *trusted(lab, "evals", slot="evals"))
    assert ok(*asked, *trusted(lab, "e1", slot="events"))["accepted"]
    result = run(*asked, *trusted(lab, "e1", "e2", slot="events"))
    assert result.exit_code == 2 and "depends on the order of the rows" in result.stderr


def policy(slot: str, *tables: str) -> str:
    """slot: what fills the slot of the claim, in TOML; tables: lines of each log of the policy, its name first."""
    text = head("several", "Several logs", subject="none", until="2099-01-01")
    for table in tables:
        name, *lines = table.split("\n")
        text += f'[logs.{name}]\nschema = "compute"\n' + "".join(f"{line}\n" for line in lines)
    return text + requirement(
        "below", "Little is computed.", kit.CLAIM, {"compute": "compute"}, 'params.limit = "1e19"', PHASES
    ).replace('logs = { compute = "compute" }', f"logs = {{ compute = {slot} }}")


def keyed(lab: Path, name: str, *more: str) -> str:
    return "\n".join([name, f'keys = ["{(lab / f"{name}.key.pub").read_text().strip()}"]', *more])


def test_a_policy_that_leaves_keys_open(lab: Path, tmp_path: Path) -> None:
    """Its log is those of the keys that are given, and its floor is of their rows together."""
    asked, file = tmp_path / "open.toml", tmp_path / "proof"
    asked.write_text(policy('"compute"', "compute\nrows = 6\nsources = ['self_declared']"))
    alone = run("check", "--policy", asked, *logs(lab, "b"))
    assert alone.exit_code == 1 and "several@1 floor: compute" in alone.stdout
    checked = ok("check", "--policy", asked, *logs(lab, "b", "a"))
    assert checked["holds"] and set(checked["proofs_left"]) == {"compute:lab.example/a", "compute:lab.example/b"}
    assert "proofs left (compute:lab.example/a)" in run("check", "--policy", asked, *logs(lab, "b", "a")).stdout
    ok("prove", "--policy", asked, *logs(lab, "b", "a"), "-o", file)
    found = ok("verify", file, "--policy", asked, *trusted(lab, "a", "b"))
    for each in found["requirements"]:
        assert [(log["name"], log["rows"], log["several"]) for log in each["logs"]] == [("compute", "6", True)] * 2
        assert not any("no number of rows" in text or "provenance" in text for text in each["warnings"])
    said = run("verify", file, "--policy", asked, *trusted(lab, "a", "b")).stdout
    assert "at least 6 in all logs of compute together" in said
    missing = json.loads(run("verify", file, "--policy", asked, *trusted(lab, "a", "b", "c"), "--json").stdout)
    assert [each["status"] for each in missing["requirements"]] == ["not shown"] * 2
    for each in missing["requirements"]:
        assert (lab / "c.key.pub").read_text().strip() in each["error"]["message"]
    fewer = run("verify", file, "--policy", asked, *trusted(lab, "a"))
    assert fewer.exit_code == 1 and "error[signature-rejected]" in fewer.stderr
    page = tmp_path / "page.html"
    assert ok("report", file, "--policy", asked, *trusted(lab, "a", "b"), "-o", page)["accepted"]
    assert page.read_text().count("--log-key compute=PUB") == 2
    none = run("verify", file, "--policy", asked)
    assert none.exit_code == 4 and "no key is given" in none.stderr


def test_a_policy_that_names_several_logs(lab: Path, tmp_path: Path) -> None:
    asked, file = tmp_path / "named.toml", tmp_path / "proof"
    asked.write_text(policy('["a", "b"]', keyed(lab, "a", "rows = 2"), keyed(lab, "b", "rows = 3")))
    given = ("--log", f"a={lab / 'a'}", "--log", f"b={lab / 'b'}")
    made = ok("prove", "--policy", asked, *given, "-o", file)
    assert made["requirements"]["several@1"] == ["below", "floor: a", "floor: b"]
    found = ok("verify", file, "--policy", asked)
    below = found["requirements"][0]
    assert [(log["name"], log["rows"], log["several"]) for log in below["logs"]] == [
        ("a", "2", False), ("b", "3", False),
    ]  # fmt: skip
    assert "over compute = a and b" in run("explain", asked).stdout
    one = run("prove", "--policy", asked, "--log", f"a={lab / 'a'}", "-o", tmp_path / "none")
    assert one.exit_code == 2 and "these policies are about the logs a, b; given: a" in one.stderr
    both = run("prove", "--policy", asked, *given, "--log", f"b={lab / 'c'}", "-o", tmp_path / "none")
    assert both.exit_code == 2 and "several@1 names the keys of b, which is one log" in both.stderr


def test_further_logs_where_more_rows_only_make_it_harder(lab: Path, tmp_path: Path) -> None:
    asked = tmp_path / "further.toml"
    tables = [keyed(lab, "a"), keyed(lab, "b"), "c"]
    asked.write_text(policy('{ all = ["a"], further = ["b", "c"] }', *tables))
    assert "over compute = a and perhaps b and perhaps c" in run("explain", asked).stdout
    for given in (("a",), ("a", "b"), ("a", "c"), ("a", "b", "c")):
        file = tmp_path / "".join(given)
        ok(
            "prove",
            "--policy",
            asked,
            *(part for name in given for part in ("--log", f"{name}={lab / name}")),
            "-o",
            file,
        )
        key = ("--log-key", f"c={lab / 'c'}.key.pub")
        found = ok("verify", file, "--policy", asked, *key)
        assert [log["name"] for log in found["requirements"][0]["logs"]] == list(given)
        without = run("verify", file, "--policy", asked)
        assert without.exit_code == (1 if "c" in given else 0), without.output
        assert ("help: if that log belongs there, give its key too" in without.stderr) == ("c" in given)
    none = run("prove", "--policy", asked, "--log", f"b={lab / 'b'}", "-o", tmp_path / "none")
    assert none.exit_code == 2
    closed = policy('["a", "b"]', *tables[:2])
    (tmp_path / "closed.toml").write_text(closed)
    file = tmp_path / "ab.other"
    ok("prove", "--policy", tmp_path / "closed.toml", "--log", f"a={lab / 'a'}", "--log", f"b={lab / 'b'}", "-o", file)
    assert run("verify", file, "--policy", asked).exit_code == 1  # made for another policy


def test_policies_that_cannot_name_several(lab: Path) -> None:
    text = policy('["a", "b"]', keyed(lab, "a"), keyed(lab, "b"))
    assert parse_policy(text.encode()).requirements[0].logs == {"compute": ("a", "b")}
    open_list = policy('{ all = ["a"], further = ["b"] }', keyed(lab, "a"), keyed(lab, "b"))
    assert parse_policy(open_list.encode()).requirements[0].further == {"compute": ("b",)}
    own = cards.load(kit.CLAIM)
    total = Reveal("total", own.params[0].type, 2**100, None, Sentence(("the total",)))
    own = replace(own, id="my-own", reveals=(total,))
    revealing = open_list.replace(f"{kit.CLAIM}@2", "my-own@2").replace(
        cards.load(kit.CLAIM).digest.hex(), own.digest.hex()
    )
    assert parse_policy(revealing.encode(), {"my-own": own}).requirements[0].further
    with pytest.raises(MalformedPolicy, match=r"below\.reveals: are of all logs that fill a slot"):
        parse_policy(f'{revealing}reveals.total = {{ at_least = "1e10" }}\n'.encode(), {"my-own": own})
    bound = 'params.limit = "1e19"\nparams.at_least = { at_least = "1%" }\nparams.at_most = { at_most = "90%" }'
    digests = [cards.load(name).digest.hex() for name in (kit.CLAIM, "compute-band")]
    band = text.replace(f"{kit.CLAIM}@2", "compute-band@2").replace(*digests).replace('params.limit = "1e19"', bound)
    assert parse_policy(band.encode()).requirements[0].logs == {"compute": ("a", "b")}
    with pytest.raises(MalformedPolicy, match="more rows could make compute-band hold where it did not"):
        parse_policy(band.replace('["a", "b"]', '{ all = ["a"], further = ["b"] }').encode())
    events = head("events", "Events", subject="required", until="2099-01-01") + '[freshness]\nproof = "5 days"\n'
    for name in ("e1", "e2"):
        events += f'[logs.{name}]\nschema = "event"\n'
    events += '[logs.evals]\nschema = "eval"\n'
    params = (
        "params.model = { subject = true }", 'params.since = "2025-01-01"', 'params.until = { within = "1 hour" }',
        'params.gap = "5 days"', "params.growth = 4", 'params.flop_before = "1e20"',
        'params.suites = "gpqa@2"', "params.items = 1",
    )  # fmt: skip
    events += requirement("often", "Often.", "evals-cadence", {"events": "e1", "evals": "evals"}, *params)
    assert parse_policy((events.replace('[logs.e2]\nschema = "event"\n', "")).encode())
    with pytest.raises(MalformedPolicy, match="depends on the order of the rows"):
        parse_policy(events.replace('events = "e1"', 'events = ["e1", "e2"]').encode())


def test_from_python(lab: Path, tmp_path: Path) -> None:
    there = [lab / "b", zk.open_log(lab / "a", key=lab / "a.key")]
    proof = zk.prove(kit.CLAIM, {"compute": there}, limit="7e18", time=NOW)
    public = [lab / "a.key.pub", lab / "b.key.pub"]
    asked = {"claim": kit.CLAIM, "params": {"limit": "7e18"}}
    verdict = zk.verify(proof, log_keys={"compute": public}, **asked)
    assert verdict.accepted and [log.origin for log in verdict.findings[0].logs] == ["lab.example/a", "lab.example/b"]
    with pytest.raises(RequirementNotShown, match=r"lab\.example/c"):
        zk.verify(proof, log_keys={"compute": [*public, lab / "c.key.pub"]}, **asked)
    with pytest.raises(SignatureRejected):
        zk.verify(proof, log_keys={"compute": lab / "a.key.pub"}, **asked)
    with pytest.raises(UsageError, match="no key is given for compute"):
        zk.verify(proof, log_keys={"compute": []}, **asked)
    for name in ("log_keys", "new_keys", "params", "claims"):
        with pytest.raises(UsageError, match=f"{name}= is one text"):
            zk.verify(proof, **(asked | {"log_keys": {"compute": public}, name: "compute"}))
    with pytest.raises(UsageError, match="logs are by name"):
        zk.prove(kit.CLAIM, [lab / "b"], limit="7e18")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="twice"):
        zk.prove(kit.CLAIM, {"compute": [lab / "b", lab / "b"]}, limit="7e18", time=NOW)
    events = zk.keygen(tmp_path / "e.key", "lab.example/e")
    with zk.open_log(tmp_path / "e", schema=schemas.by_name("event"), key=tmp_path / "e.key") as other:
        other.seal(empty=True)
        with pytest.raises(UsageError, match=f"{events.name} has schema event@2; .* wants compute@2 for compute"):
            zk.prove(kit.CLAIM, {"compute": [lab / "b", other]}, limit="7e18", time=NOW)
    opened = policy('"compute"', "compute\nrows = 6")
    made = parse_policy(opened.encode())
    proof = zk.prove(policy=made, logs={"compute": there}, time=NOW)
    assert zk.verify(proof, policy=made, log_keys={"compute": public}, at=NOW).accepted
    there[1].close()  # type: ignore[union-attr]
