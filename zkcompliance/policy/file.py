"""What lies in a proof file: one proof or a policy bundle of them, each with what it is bound to; nothing verified."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from zkcompliance.edge import regular
from zkcompliance.errors import MalformedBinding, MalformedBundle, UsageError
from zkcompliance.limits import MAX_POLICY_BUNDLE_BYTES
from zkcompliance.policy.binding import Binding
from zkcompliance.policy.bundle import MAGIC, decode_lineages, decode_policy_bundle
from zkcompliance.verify import Statement, decode_bundle, decode_statement


@dataclass(frozen=True)
class Proof:
    """One proof of a file: its own bytes, its statement, what that is bound to (None: its context is no binding)."""

    data: bytes
    statement: Statement
    binding: Binding | None

    def bound(self) -> Binding:
        """The binding. MalformedBinding where the context is none."""
        return self.binding if self.binding is not None else Binding.decode(self.statement.context)


def read(path: Path, most: int, help: str | None = None) -> bytes:
    """The first `most` + 1 bytes of a file, so that one that is too long is seen to be; UsageError with this help."""
    try:
        with regular.open_given(path) as file:
            return file.read(most + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", help=help) from error


def read_proof(path: Path) -> bytes:
    """The bytes of a proof file; UsageError when it cannot be read, MalformedBundle when it is too long to be one."""
    data = read(path, MAX_POLICY_BUNDLE_BYTES)
    if len(data) > MAX_POLICY_BUNDLE_BYTES:
        raise MalformedBundle(f"{path} is longer than any proof file ({MAX_POLICY_BUNDLE_BYTES} bytes)")
    return data


def proofs_in(data: bytes) -> tuple[Proof, ...]:
    """At least one. The errors of `decode_policy_bundle`, or of `decode_bundle` and `decode_statement`."""
    if data.startswith(MAGIC):
        return tuple(_proof(each.data, each.statement) for each in decode_policy_bundle(data))
    return (_proof(data, decode_statement(decode_bundle(data).statement_bytes)),)


def lineages_in(data: bytes) -> dict[str, bytes]:
    """The lineages that a policy bundle brings, by the name of the log; one proof by itself brings none."""
    return decode_lineages(data) if data.startswith(MAGIC) else {}


def origins_of(proofs: Iterable[Proof]) -> frozenset[str]:
    """The origins of all checkpoints that the proofs are about."""
    return frozenset(log.checkpoint.origin for proof in proofs for log in proof.statement.logs)


def _proof(data: bytes, statement: Statement) -> Proof:
    try:
        return Proof(data, statement, Binding.decode(statement.context))
    except MalformedBinding:
        return Proof(data, statement, None)
