"""`zkcompliance demo`: seal, prove and verify a real training log in a scratch folder, then tamper with everything."""

from __future__ import annotations

import shutil
import tempfile
import time
from importlib import resources
from pathlib import Path
from typing import Any

import click

from zkcompliance.commands import console
from zkcompliance.commands.narrator import Narrator, refused
from zkcompliance.commands.options import json_option
from zkcompliance.errors import UsageError

LOG_FILE = "2024-12-08_UNetValueEmbedsTweaks_52275a2c.txt"
ORIGIN = "lab.example/compute"
LIMIT = 10**20
CLAIM = "training-compute-below"


@click.command("demo")
@click.option("--keep", type=click.Path(path_type=Path), metavar="DIR", help="Work in DIR, a new folder, and keep it.")
@click.option(
    "--across", is_flag=True, help="Another story: three labs under one cap, of which one gives another a part."
)
@json_option
def command(keep: Path | None, across: bool, as_json: bool) -> None:
    """Seal a real training log, prove that its compute is below 1e20 FLOP, verify the proof; then show what is refused.

    With --across: three labs prove that together they stay under a cap, one after it was given a part of another's
    allowance, and nobody learns what any of them spent; then show what is refused.

    Works in a scratch folder that is deleted afterwards. Every refusal is computed, none is staged.
    """
    if keep is None:
        folder = Path(tempfile.mkdtemp(prefix="zkcompliance-demo-"))
    else:
        folder = keep
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise UsageError(f"{folder}: {error.strerror}", help="choose a folder that does not exist yet") from error
    try:
        document = _across(folder, as_json) if across else _story(folder, as_json)
    finally:
        if keep is None:
            shutil.rmtree(folder, ignore_errors=True)
    if as_json:
        console.print_json(document)


def _across(folder: Path, quiet: bool) -> dict[str, Any]:
    from zkcompliance.commands import demo_across

    return demo_across.story(folder, Narrator(quiet))


def _story(folder: Path, quiet: bool) -> dict[str, Any]:
    from zkcompliance import importers, schemas
    from zkcompliance.claim import catalogue
    from zkcompliance.commands import demo_cases
    from zkcompliance.decide import Request
    from zkcompliance.log import keys, open_log
    from zkcompliance.log.writer import Writer, create_log
    from zkcompliance.policy.binding import Binding
    from zkcompliance.prove import api
    from zkcompliance.report import json_document

    began = time.monotonic()
    claim = catalogue.load(CLAIM)
    importer = importers.by_name("nanogpt")
    say = Narrator(quiet)
    source = resources.files("zkcompliance").joinpath("demo_data", LOG_FILE)
    with resources.as_file(source) as logged, console.progress() as report:
        console.warm_up(report)
        say.step("keygen", "the lab makes a signing key for its log")
        public = keys.generate(folder / "lab.key", ORIGIN)
        key = keys.load_private(folder / "lab.key")
        say.done(public.text)

        say.step("seal", "a real run (modded-nanogpt, 8 x H100) is committed; only its commitment is public")
        create_log(folder / "log", schemas.compute, key)
        with Writer(folder / "log", key) as writer:
            rows = writer.append_columns(importers.encode(importer, logged, schemas.compute))
            writer.seal(progress=report)
        log = open_log(folder / "log")
        say.done(f"{rows:,} training steps, root {log.checkpoint.root.hex()[:16]}…")

        say.step("prove", "total training compute is below 1e20 FLOP, and nothing else")
        publics = claim.publics({"limit": LIMIT})
        started = time.monotonic()
        now = int(time.time())
        bound = Binding(time=now).encode()
        proof = api.prove_claim(claim, {"compute": log}, publics, head=bound, progress=report)
        (folder / "proof.zkc").write_bytes(proof)
        say.done(f"{len(proof):,} bytes in {time.monotonic() - started:.1f} s")

        say.step("verify", "the regulator holds the file against the claim, the limit and the lab's public key")
        started = time.monotonic()
        verdict = Request(claim=CLAIM, params={"limit": LIMIT}, log_keys={"compute": public}).decide(proof, clock=now)
        verdict.require()
        bits = verdict.findings[0].security_bits
        say.done(f"ACCEPTED in {time.monotonic() - started:.2f} s, {bits} bits, provable in the random oracle model")

        say.heading("And what is refused:")
        scene = demo_cases.Scene(folder, log, key, claim, publics, proof, logged, report, now)
        refusals = [refused(name, case, scene, say) for name, case in demo_cases.CASES.items()]
    seconds = time.monotonic() - began
    say.heading(f"{len(refusals)} tampered cases refused; {seconds:.1f} s in all")
    return {
        **json_document.document(verdict),
        "rows": str(rows),
        "refusals": refusals,
        "milliseconds": round(seconds * 1000),
    }
