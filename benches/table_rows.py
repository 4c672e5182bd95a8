"""What each row of the table in docs/performance.md measures, in processes of one checkout."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from benches import sealed_rows
from benches.measured import FRESH, ROOT, Checkout, Figures, NotMeasured
from benches.rolled_up import LIMIT, ROLLED

Rows = Mapping[str, Figures]
CLAIMS = (
    "training-compute-below", "compute-band", "compute-methods-agree", "eval-score-under", "evals-cadence",
    "incidents-reported-in-time", "eval-coverage", "chips-registered",
)  # fmt: skip
WORDS = ("paused_models_wait", "rolling_compute", "rolling_compute_of_models", "crossings_notified")
TWO = ("prove", "first")  # proofs of a process, as benches name them
_BLOCK = re.compile(r"^```(sh|python)(?: exit=(\d+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_FEW = 256
_SEGMENTS = 64  # of the log that is rolled up: two proofs of 32


def _proved(whole: Figures, found: Mapping[str, Any], which: str) -> Figures:
    """A proof of a process that made two: "first" or "prove", the second. Memory is the process's, over both."""
    cpu = found.get("cpu" if which == "prove" else "first_cpu", float("nan"))
    return Figures(found[which], cpu, whole.memory, found["bytes"], found.get("statement", ""))


def one_size(k: int, profile: str, checkout: Checkout) -> Rows:
    """training-compute-below over 2^k rows in memory, sealed beside: second and first proof of a process."""
    with tempfile.TemporaryDirectory() as folder:
        whole, found = checkout.script("one_size.py", k, profile, folder)
    name = f"training-compute-below, 2^{k} rows, {profile}"
    rows = {f"{name}: second proof": _proved(whole, found, "prove")}
    return {**rows, f"{name}: first proof": _proved(whole, found, "first")} if "first" in found else rows


def one_claim(name: str, k: int, checkout: Checkout) -> Rows:
    """A claim over sealed logs of 2^k rows: check, witness, proof and its verification; the second in its process."""
    given = name if name in CLAIMS else str(checkout.root / "benches" / "words" / f"{name}.py")
    with tempfile.TemporaryDirectory() as folder:
        whole, found = checkout.script("one_claim.py", "prove", given, 1 << k, folder)
    return {f"{name.replace('_', '-')}, 2^{k} rows": _proved(whole, found, "prove")}


def first_version(name: str, k: int, checkout: Checkout, *profile: str) -> Rows:
    """What a claim asked in its first version, over the same rows in every checkout: docs/performance.md says where it
    is another relation today. With a profile as `one_size`, without one as `one_claim`."""
    with tempfile.TemporaryDirectory() as folder:
        whole, found = checkout.figures(ROOT / "benches" / "first_version.py", name, 1 << k, folder, *profile)
    of = ", ".join((f"version 1 of {name}, 2^{k} rows", *profile))
    return {f"{of}: {'second' if which == 'prove' else which} proof": _proved(whole, found, which) for which in TWO}


def command_lines(checkout: Checkout) -> Rows:
    """Seal, prove and verify 256 rows, each a whole command; and the first of a machine, which compiles."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (folder / "rows.jsonl").open("w") as file:
            for i in range(_FEW):
                start = 1_767_571_200 + 60 * i
                row = {"start": start, "end": start + 60, "run": f"r{i % 7}", "phase": "pretraining"}
                file.write(json.dumps({**row, "flop": str(10**20 + i), "method": "hardware"}) + "\n")
        checkout.command("keygen", "lab.example/table", "-o", "key", folder=folder)
        checkout.command("keygen", "lab.example/fresh", "-o", "fresh-key", folder=folder)
        seal = ("seal", "rows.jsonl", "--log")
        claim = ("training-compute-below", "-p", "limit=1e25")
        sealed, _ = checkout.command(*seal, "log", "--key", "key", folder=folder)
        proved, _ = checkout.command("prove", *claim, "--log", "log", "-o", "proof", folder=folder)
        proved = replace(proved, size=(folder / "proof").stat().st_size)
        held = ("--claim", *claim, "--log-key", "key.pub")
        verified, _ = checkout.command("verify", "proof", *held, folder=folder)
        fresh = ("-c", FRESH, folder / "kernels", *seal, "fresh-log", "--key", "fresh-key")
        first, _ = checkout.python(*fresh, folder=folder)
    return {
        f"command seal, {_FEW} rows": sealed,
        f"command prove, {_FEW} rows": proved,
        f"command verify, {_FEW} rows": verified,
        "first command on a new machine, which compiles": first,
    }


def policy(checkout: Checkout) -> Rows:
    """The commands of the page for labs up to the gate, in order; those that prove and verify policy seoul count."""
    rows: dict[str, Figures] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for language, status, text in _BLOCK.findall((checkout.root / "docs" / "labs.md").read_text(encoding="utf-8")):
            if status not in ("", "0"):  # what the page shows to be refused may begin with what is needed later
                checkout.shell(f"( {text}\n) || true", folder)
                continue
            took, _ = (
                checkout.python("-c", text, folder=folder) if language == "python" else checkout.shell(text, folder)
            )
            if "prove --policy seoul" in text and not rows:
                rows["policy seoul over the sample logs: prove"] = replace(
                    took, size=(folder / "release.zkp").stat().st_size
                )
            if "verify release.zkp --policy seoul" in text:
                return {**rows, "policy seoul over the sample logs: verify": took}
    raise NotMeasured("its page for labs does not prove and verify policy seoul")


@cache
def _to_seal(k: int) -> tuple[tempfile.TemporaryDirectory[str], Mapping[str, Path]]:
    """Files of 2^k rows, written once for all runs, and the folder that they are in for as long as this is kept."""
    folder = tempfile.TemporaryDirectory()
    return folder, sealed_rows.write(Path(folder.name), 1 << k)


def sealing(k: int, checkout: Checkout) -> Rows:
    """The whole command `seal` over 2^k rows of each format that can be written here."""
    rows = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for form, path in _to_seal(k)[1].items():
            checkout.command("keygen", f"lab.example/{form}", "-o", f"{form}.key", folder=folder)
            log, key = f"{form}-log", f"{form}.key"
            rows[f"seal 2^{k} rows of {form}"], _ = checkout.command(
                "seal", path, "--log", log, "--key", key, folder=folder
            )
    return rows


def rolled_up(count: int, checkout: Checkout) -> Rows:
    """A log of `count` segments of 2^10 rows: its roll-up, and the commands over that with a chain new and known."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for key in ("log", "rolled"):
            checkout.command("keygen", f"lab.example/{key}", "-o", f"{key}.key", folder=folder)
        checkout.python("-m", "benches.rolled_up", "--seal", folder, 10, count, folder=checkout.root)
        made = ("--to", "rolled", "--key", "rolled.key", "-o", "chain")
        rolled, _ = checkout.command("roll-up", "log", *made, folder=folder)
        limit = ("--param", f"limit={LIMIT}")
        proved, _ = checkout.command("prove", ROLLED, "--log", "rolled", *limit, "-o", "proof", folder=folder)
        proved = replace(proved, size=(folder / "proof").stat().st_size)
        verify = ("verify", "proof", "--claim", ROLLED, *limit, "--log-key", "log.key.pub", "--roll-up", "chain")
        new, _ = checkout.command(*verify, folder=folder)
        checkout.command(*verify, "--state", "state", folder=folder)
        known, _ = checkout.command(*verify, "--state", "state", folder=folder)
    of = f"{count} segments of 2^10 rows"
    return {
        f"roll-up of {of}": rolled,
        "prove over the roll-up": proved,
        f"verify over it, {of} new": new,
        "verify over it, chain known": known,
    }


def sixty(k: int, checkout: Checkout) -> Rows:
    """training-compute-below over 60 segments of 2^k rows each: one proof, in a process that does nothing else."""
    with tempfile.TemporaryDirectory() as folder:
        _, made = checkout.script("sixty.py", "seal", k, folder)
        whole, found = checkout.script("sixty.py", "prove", made["limit"], folder)
    return {f"60 segments of 2^{k} rows": replace(whole, seconds=found["prove"], cpu=found["cpu"], size=found["bytes"])}


def all_rows(claims: int, tall: int) -> dict[str, Callable[[Checkout], Rows]]:
    """Measures in the order of the page, by name. claims, tall: logarithms of the rows, in the page 17 and 20."""
    found: dict[str, Callable[[Checkout], Rows]] = {}
    for profile in ("standard", "fast", "small"):
        found[f"tall {profile}"] = lambda checkout, profile=profile: one_size(tall, profile, checkout)
    found["few rows"] = lambda checkout: one_size(8, "standard", checkout)
    found["commands"] = command_lines
    found["policy"] = policy
    found["rolled up"] = lambda checkout: rolled_up(_SEGMENTS, checkout)
    for name in (*CLAIMS, *WORDS):
        found[f"claim {name}"] = lambda checkout, name=name: one_claim(name, claims, checkout)
    found["seal"] = lambda checkout: sealing(tall, checkout)
    return found


def first_versions(claims: int, tall: int) -> dict[str, Callable[[Checkout], Rows]]:
    """Measures whose relation is that of the commit before format 2 too; claims, tall: as `all_rows` has them."""
    found: dict[str, Callable[[Checkout], Rows]] = {
        "version 1, tall": lambda checkout: first_version(CLAIMS[0], tall, checkout, "standard")
    }
    for name in CLAIMS:
        found[f"version 1 of {name}"] = lambda checkout, name=name: first_version(name, claims, checkout)
    return found
