"""Every example of every claim of the catalogue, sealed and proved: those that hold verify, the others are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.kit import support
from tests.kit.catalogue_claims import MODULES, compiled, definition, examples, inputs
from tests.kit.compiled_trial import proved_by_anyone
from tests.kit.part import one_each
from zkcompliance import schemas
from zkcompliance.card import places
from zkcompliance.claim import catalogue
from zkcompliance.claim.language.example import Example
from zkcompliance.claim.model import Claim
from zkcompliance.errors import ClaimDoesNotHold, VerificationError
from zkcompliance.log.signer import SignerKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.prove.api import prove_claim
from zkcompliance.schemas import Schema
from zkcompliance.verify.verifier import verify_bundle

CASES = [(module, example) for module in MODULES for example in examples(module)]


def named(case: tuple[str, Example]) -> str:
    return f"{case[0]}: {case[1].text}"


def of_claim(case: tuple[str, Example]) -> str:
    return case[0]


def of_requirement(case: tuple[str, Example]) -> tuple[str, object]:
    return case[0], case[1].failing


def catalogue_claim(module: str) -> Claim:
    return catalogue.load(module.replace("_", "-"))


def sealed(path: Path, schema: Schema, segments: list[np.ndarray]) -> SealedLog:
    """A log folder with these segments, as `zkcompliance seal` makes it."""
    signer = SignerKey(f"lab.example/{path.name}", support.seed(path.name))
    create_log(path, schema, signer)
    with Writer(path, signer) as writer:
        for table in segments:
            writer.seal_columns([table], empty=table.shape[1] == 0)
    return SealedLog.open(path)


@pytest.mark.parametrize("case", one_each([c for c in CASES if not c[1].failing], of=of_claim, id=named))
def test_an_example_that_holds_is_proved_and_verified(case: tuple[str, Example], tmp_path: Path) -> None:
    module, example = case
    claim = catalogue_claim(module)
    tables, params = example.inputs(definition(module))
    publics = definition(module).publics(params)
    logs = {name: sealed(tmp_path / name, claim.slots[name], parts) for name, parts in tables.items()}
    bundle = prove_claim(claim, logs, publics)
    _, statement, (program,), report = verify_bundle(bundle, program_digests=[claim.program_digest])
    (shown,) = statement.claims
    stated = dict(zip((public.name for public in program.publics), shown.publics, strict=True))
    asked = [(public.name, public.bits) for public in claim.program.publics if not public.reveal]
    assert {name: stated[name] for name, _ in asked} == places.spread(asked, dict(publics))
    assert report.security_bits >= 128


@pytest.mark.parametrize("case", one_each([c for c in CASES if c[1].failing], of=of_requirement, id=named))
def test_an_example_that_fails_is_refused(case: tuple[str, Example], tmp_path: Path) -> None:
    module, example = case
    claim = catalogue_claim(module)
    tables, params = example.inputs(definition(module))
    logs = {name: sealed(tmp_path / name, claim.slots[name], parts) for name, parts in tables.items()}
    with pytest.raises(ClaimDoesNotHold, match=f"{claim.id}: {example.failing[0]}"):
        prove_claim(claim, logs, definition(module).publics(params))


ONE_PER_REQUIREMENT = {of_requirement(case): case for case in reversed(CASES) if case[1].failing}


@pytest.mark.parametrize("case", one_each(reversed(ONE_PER_REQUIREMENT.values()), of=of_claim, id=named))
def test_who_proves_one_that_fails_anyway_is_refused(case: tuple[str, Example]) -> None:
    """No requirement is left to the prover's good will."""
    module, example = case
    bundle = proved_by_anyone(compiled(module), *inputs(module, example))
    with pytest.raises(VerificationError):
        verify_bundle(bundle, program_digests=[catalogue_claim(module).program_digest])


@pytest.mark.parametrize("schema", [schemas.compute, schemas.eval_], ids=lambda schema: schema.name)
def test_rows_unchanged(schema: Schema, tmp_path: Path) -> None:
    """Rows in two segments and the same in one are proved the same; with one cell changed they are refused."""
    claim = catalogue.unchanged(schema)
    rows = np.random.default_rng(1).integers(0, 2, (schema.width, 11), dtype=np.uint32)
    rows[0] = 1
    changed = rows.copy()
    changed[-1, 4] ^= 1
    old = sealed(tmp_path / "old", schema, [rows[:, :8], rows[:, 8:]])
    publics = {"old_segments": 2, "new_segments": 1}
    bundle = prove_claim(claim, {"old": old, "new": sealed(tmp_path / "new", schema, [rows])}, publics)
    assert verify_bundle(bundle, program_digests=[claim.program_digest])[1].claims[0].publics == (2, 1)
    with pytest.raises(ClaimDoesNotHold, match="the same rows does not hold") as caught:
        prove_claim(claim, {"old": old, "new": sealed(tmp_path / "changed", schema, [changed])}, publics)
    assert caught.value.private == "1 rows differ, the first is 5"
