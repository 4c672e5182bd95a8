"""The Python API: logs that are written and proved over, proofs that are saved and verified."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from zkcompliance.errors import LogError, UsageError
from zkcompliance.log import intake, keys, standing
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.store import SealedLog
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.progress import Progress, silent
from zkcompliance.schemas import Schema

if TYPE_CHECKING:
    from zkcompliance.claim.build import ClaimDefinition
    from zkcompliance.claim.model import Claim
    from zkcompliance.log.cosignature import CosignerKey
    from zkcompliance.log.receipt import Receipt
    from zkcompliance.log.trust import TrustPolicy
    from zkcompliance.verify import Report

Rows = Iterable[Mapping[str, object]]
Table = object  # told apart by what it can do: see zkcompliance.log.intake
Value = int | str


def keygen(path: str | Path, origin: str) -> VerifierKey:
    """A new Ed25519 signing key for the log `origin`: private at `path` (0600), public at `<path>.pub`."""
    return keys.generate(path, origin)


class Log:
    """A log folder for the one process that writes it; also a context manager.

    `append` makes rows durable, `seal` commits everything appended as a segment. Raises LogBusy where another process
    writes, SchemaError naming row and column.
    """

    def __init__(self, path: str | Path, key: str | Path) -> None:
        self.path = Path(path)
        self._writer = Writer(self.path, keys.load_private(key))

    @property
    def schema(self) -> Schema:
        """The schema of its rows."""
        return self._writer.schema

    @property
    def pending_rows(self) -> int:
        """Rows appended and not yet sealed."""
        return self._writer.pending_rows

    def append(self, rows: Rows | Table) -> int:
        """Append rows, all or none, and say how many. Durable when it returns; memory stays bounded for any stream.

        `rows`: mappings from column to value as in `schemas.encode_rows`, one or an iterable of them; a mapping from
        column to array; a numpy structured array; a pandas or Polars frame; anything of Arrow; or an iterable of these.
        """
        return self._writer.append_columns(intake.chunks(self.schema, rows))

    def seal(self, *, progress: Progress = silent) -> None:
        """Commit to everything appended and sign a new checkpoint."""
        self._writer.seal(progress=progress)

    def add_cosignatures(self, lines: Iterable[str], cosigners: Iterable[CosignerKey]) -> None:
        """Add cosignature lines of the current checkpoint to it; they travel with every proof until the next seal."""
        self._writer.add_cosignatures(lines, cosigners)

    def receipt(self, index: int) -> Receipt:
        """The `tlog-proof` receipt of segment `index` in the last checkpoint; `receipt.text` is the file."""
        from zkcompliance.log.receipt import receipt_for

        return receipt_for(self.sealed(), index)

    def sealed(self) -> SealedLog:
        """The log at its last checkpoint, as the prover reads it."""
        return SealedLog.open(self.path)

    def close(self) -> None:
        """Give up the write lock. Rows appended and not sealed stay pending."""
        self._writer.close()

    def __enter__(self) -> Log:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_log(path: str | Path, *, key: str | Path, schema: Schema | None = None, profile: str = "standard") -> Log:
    """Open a log to write and prove; with a schema, make it when it is new. `key`: the private key's file."""
    if not Path(path).exists():
        if schema is None:
            raise LogError(f"there is no log at {path}; to make one, give its schema")
        create_log(path, schema, keys.load_private(key), profile)
    log = Log(path, key)
    if schema is not None and log.sealed().schema.digest != schema.digest:
        log.close()
        raise LogError(f"the log at {path} has another schema than {schema.name}")
    return log


class Proof:
    """A proof file's bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def save(self, path: str | Path) -> None:
        """Write the file, whole or not at all."""
        from zkcompliance.log import files

        files.replace(Path(path), self.data)

    @classmethod
    def load(cls, path: str | Path) -> Proof:
        """Read a file (of any size that a proof may have)."""
        from zkcompliance.judge import read_proof

        return cls(read_proof(Path(path)))


def prove(
    claim: str | Claim | ClaimDefinition,
    logs: Mapping[str, Log | SealedLog | str | Path],
    *,
    context: bytes = b"",
    progress: Progress = silent,
    **params: Value,
) -> Proof:
    """Prove a claim (an id, a .py file, or a Claim) over every sealed segment of these logs.

    Parameters are integers, or text as on the command line. Raises ClaimDoesNotHold, BudgetSpent, UsageError.
    """
    from zkcompliance.prove.api import prove_claim

    chosen = _claim(claim)
    opened = {slot: _sealed(log) for slot, log in logs.items()}
    return Proof(prove_claim(chosen, opened, _values(chosen, params), context=context, progress=progress))


def verify(
    proof: Proof | bytes,
    *,
    claim: str | Claim | ClaimDefinition,
    params: Mapping[str, Value],
    log_keys: Mapping[str, VerifierKey | str | Path],
    context: bytes | None = None,
    trust: TrustPolicy | str | Path | None = None,
    state: str | Path | None = None,
) -> Report:
    """Hold a proof against a claim, all its parameters and the public key of each log.

    `trust`: a policy (or its file, C2SP tlog-policy) that every log's checkpoint must satisfy besides: QuorumUnmet when
    too few have cosigned. `state`: a file in which the newest checkpoint of each log is remembered; a proof over an
    older or another history raises LogEvidence, with the evidence in `<state>.evidence`. Without it nothing is said of
    freshness.

    Returns the verifier's report; raises VerificationError (by the check that failed) or MalformedError.
    """
    from zkcompliance.judge import judge

    chosen = _claim(claim)
    publics = chosen.publics(_values(chosen, params))
    trusted = {
        slot: key if isinstance(key, VerifierKey) else keys.load_public(Path(key)) for slot, key in log_keys.items()
    }
    data = proof.data if isinstance(proof, Proof) else proof
    shown = judge(data, chosen, publics, trusted, context)
    standing.hold(shown.statement.logs, shown.bundle.notes, trusted, trust=trust, state=state)
    report: Report = shown.report
    return report


def _claim(claim: str | Claim | ClaimDefinition) -> Claim:
    from zkcompliance.claim import catalogue
    from zkcompliance.claim.build import ClaimDefinition
    from zkcompliance.claim.provable import provable

    if isinstance(claim, str):
        return catalogue.load(claim)
    return provable(claim) if isinstance(claim, ClaimDefinition) else claim


def _sealed(log: Log | SealedLog | str | Path) -> SealedLog:
    if isinstance(log, Log):
        return log.sealed()
    return log if isinstance(log, SealedLog) else SealedLog.open(log)


def _values(claim: Claim, given: Mapping[str, Value]) -> dict[str, int]:
    known = {param.name: param for param in claim.params}
    for name in given:
        if name not in known:
            raise UsageError(f"{claim.id} has no parameter {name!r}: it has {', '.join(known)}")
    return {name: known[name].parse(value) if isinstance(value, str) else value for name, value in given.items()}
