"""The Python API: logs that are written and proved over, proofs that are saved and verified."""

from __future__ import annotations

import contextlib
import time as clock
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Union

from zkcompliance.card.parameter import parsed
from zkcompliance.errors import LogError, LogExists, UsageError
from zkcompliance.log import files, intake, keys, moving
from zkcompliance.log.note import VerifierKey
from zkcompliance.log.spool import SpoolingWriter
from zkcompliance.log.store import SealedLog
from zkcompliance.log.trust import TrustPolicy
from zkcompliance.log.writer import Writer, create_log
from zkcompliance.policy.binding import Binding, Subject, reference_of
from zkcompliance.policy.model import Policy
from zkcompliance.policy.streak import Streak
from zkcompliance.policy.subject import check_name, parse_subject
from zkcompliance.policy.verdict import Verdict
from zkcompliance.progress import Progress, silent
from zkcompliance.quantities import Refused, read_time
from zkcompliance.schemas import Schema, other_version
from zkcompliance.schemas.word import self_declared

if TYPE_CHECKING:
    from distributed import Client

    from zkcompliance.card.model import Card
    from zkcompliance.card.own import Own
    from zkcompliance.claim.language.build import ClaimDefinition
    from zkcompliance.claim.model import Claim
    from zkcompliance.joint.verdict import JointVerdict
    from zkcompliance.log.cosignature import CosignerKey
    from zkcompliance.log.receipt import Receipt
    from zkcompliance.prove.opening import Opened
    from zkcompliance.schemas.shape import Value as RowValue

Rows = Iterable[Mapping[str, object]]
Table = object  # told apart by what it can do: see zkcompliance.log.intake
Value = int | str | Decimal
AnyKey = VerifierKey | str | Path
Cluster = Union["Client", Executor]  # of Dask, or of the standard library
AnyPolicy = str | Path | Policy  # a ready-made one's id, a file, or what was loaded


def keygen(path: str | Path, origin: str) -> VerifierKey:
    """A new Ed25519 signing key for the log `origin`: private at `path` (0600), public at `<path>.pub`."""
    from zkcompliance.outputs import places

    places.outside_logs(Path(path))
    return keys.generate(path, origin)


class Log:
    """A log folder for the one process that writes it; also a context manager.

    `append` makes rows durable, `seal` commits everything appended as a segment. Raises LogBusy where another process
    writes, unless `spool`: then rows are kept in the log until it is free; SchemaError naming row and column.
    """

    def __init__(
        self,
        path: str | Path,
        key: str | Path,
        *,
        spool: bool = False,
        clock: Callable[[], float] = clock.time,
        meterer: bool = False,
    ) -> None:
        self.path, self._key, self._meterer = Path(path), Path(key), meterer
        self._clock, self._spools = clock, spool
        self._writer = self._opened()

    def _opened(self) -> Writer | SpoolingWriter:
        kind = SpoolingWriter if self._spools else Writer
        return kind(self.path, keys.load_private(self._key), clock=self._clock)

    @property
    def spooling(self) -> bool:
        """Whether another process holds the log, and rows wait in a spool (only with `spool`)."""
        return isinstance(self._writer, SpoolingWriter) and self._writer.spooling

    @property
    def schema(self) -> Schema:
        """The schema of its rows."""
        return self._writer.schema

    @property
    def pending_rows(self) -> int:
        """Rows appended and not yet sealed."""
        return self._writer.pending_rows

    def append(self, rows: Rows | Table, *, units: Mapping[str, str] | None = None) -> int:
        """Append rows, all or none, and say how many. Durable when it returns; memory stays bounded for any stream.

        `rows`: mappings from column to value as in `schemas.encode_rows`, one or an iterable of them; a mapping from
        column to array; a numpy structured array; a pandas or Polars frame; anything of Arrow; or an iterable of these.
        units: share column → `ppm`, `percent` or `fraction`: what its ints and floats are in; needed where it has some.
        A row whose `source` is above self_declared is refused, unless the log was opened as a meterer's.
        """
        chunks = intake.chunks(self.schema, rows, units=units, now=int(self._clock()))
        return self._writer.append_columns(chunks if self._meterer else self_declared(self.schema, chunks))

    def seal(
        self,
        *,
        empty: bool = False,
        progress: Progress = silent,
        cluster: Cluster | None = None,
        beacon: str | Path | None = None,
        evidence: Sequence[str | Path] = (),
        trust: Sequence[str | Path] = (),
        options: Mapping[str, str] | None = None,
    ) -> None:
        """Commit to everything appended and sign a new checkpoint.

        UsageError where nothing was appended, unless `empty`: then the new segment says that there are no rows, and
        UsageError is raised where there are some.
        Warns (UserWarning) when the log soon has more segments than one proof covers: `compact` puts them together.
        With `spool`, while another process holds the log: rows stay where they are, and are sealed by its next seal;
        LogBusy with `empty`. cluster: whose workers commit to the segments (docs/cluster.md). beacon: the file of a
        round of drand, as its HTTP API gives it, that the segments hold (docs/provenance.md); not with `cluster`.
        evidence: files of what others signed, which are checked, and of which rows are made (of chips, by NVIDIA's or
        a service's evidence; of compute, by CloudTrail's), with what was appended; the log keeps them. trust: whose
        signatures are taken, options: what evidence leaves open, such as `owner`, both as `seal` has them on the
        command line. Not with `cluster`, `empty` or `spool`. EvidenceRefused where it is not genuine.
        """
        from zkcompliance.prove.cluster import executor_of
        from zkcompliance.prove.growth import remark

        executor = None if cluster is None else executor_of(cluster)
        if not evidence and (trust or options):
            raise UsageError("seal: trust= and options= are about evidence=, and none is given")
        if evidence and (executor is not None or empty):
            raise UsageError("seal: evidence= goes with neither cluster= nor empty=")
        round_ = None
        if beacon is not None:
            from zkcompliance.attest.stamping import read_beacon

            given = read_beacon(Path(beacon))
            given.keep(self.path)
            round_ = (given.number, given.digest)
        if evidence:
            self._seal_evidence([Path(e) for e in evidence], [Path(t) for t in trust], options or {}, round_, progress)
        else:
            self._writer.seal(empty=empty, progress=progress, executor=executor, beacon=round_)
        if (sentence := remark(self.sealed())) is not None:
            warnings.warn(sentence, UserWarning, stacklevel=2)

    def _seal_evidence(
        self,
        paths: Sequence[Path],
        trust: Sequence[Path],
        options: Mapping[str, str],
        beacon: tuple[int, bytes] | None,
        progress: Progress,
    ) -> None:
        """Seal the rows that are made of evidence, after what was appended."""
        from zkcompliance.importers.evidenced import Evidenced
        from zkcompliance.log import backing
        from zkcompliance.log.layout import Layout
        from zkcompliance.log.once import Input

        if not isinstance(self._writer, Writer):
            raise UsageError("seal: evidence= is for a log that was opened without spool=")
        now, layout = int(self._clock()), Layout(self.path)
        evidenced = Evidenced.of(paths, trust, (), now)
        evidenced.check(self.schema, options, frozenset())
        evidenced.numbers, count = backing.planned(layout, evidenced.kept)

        def inputs() -> Iterator[Input]:
            for place in evidenced.makers:
                parts = evidenced.made(place, self.schema, options, now, None)
                yield Input(evidenced.pieces[place].name, (part.columns for part in parts), True)
            backing.keep(layout, evidenced.kept)

        self._writer.seal_inputs(inputs(), evidence=count, progress=progress, beacon=beacon)

    def grown(self) -> str | None:
        """What `seal` warns of: that the log soon has more segments than one proof covers; None where there is time."""
        from zkcompliance.prove.growth import remark

        return remark(self.sealed())

    def compact(self, to: str | Path, *, progress: Progress = silent) -> bool:
        """Go on in the folder `to`, the next generation, with neighbouring segments put together, and the same key.

        False, and nothing changed, where there are none to put together. `lineage` in that folder shows that the rows
        are the same. Appended rows that are not sealed yet go along. Raises LogError where something is at `to`.
        """
        from zkcompliance.prove.reseal import compactable, reseal

        if not compactable(self.sealed()):
            return False
        key = keys.load_private(self._key)
        held = self._writer if isinstance(self._writer, Writer) else None
        if held is None:
            self._writer.close()
        try:
            reseal(self.path, to, key, merge=True, writer=held, progress=progress)
        finally:
            now = moving.newest(self.path, lambda sentence: None)
            if held is None or now != self.path:
                self._writer.close()
                self.path = now
                self._writer = self._opened()
        return True

    def add_cosignatures(self, lines: Iterable[str], cosigners: Iterable[CosignerKey]) -> None:
        """Add cosignature lines of the current checkpoint to it; they travel with every proof until the next seal."""
        self._writer.add_cosignatures(lines, cosigners)

    def timestamp_request(self) -> bytes:
        """What is sent to a time-stamping authority (RFC 3161) for the last checkpoint."""
        from zkcompliance.attest import stamping

        return stamping.request(self.sealed())

    def add_timestamp(self, reply: bytes) -> int:
        """Keep an authority's reply, for the proofs to come; how many segments its checkpoint has.

        EvidenceRefused where it is over no checkpoint of this log. Whom it is of is for a policy to say.
        """
        from zkcompliance.attest import stamping

        return stamping.keep(self.sealed(), reply)[0]

    def open_rows(
        self, rows: Iterable[int], *, segments: tuple[int, int] | None = None, progress: Progress = silent
    ) -> Opened:
        """Rows of this log in full, as the function `open_rows` has it."""
        return open_rows(self, rows, segments=segments, progress=progress)

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


AnyLog = Log | SealedLog | str | Path


def open_log(
    path: str | Path,
    *,
    key: str | Path,
    schema: Schema | None = None,
    profile: str = "standard",
    spool: bool = False,
    clock: Callable[[], float] = clock.time,
    meterer: bool = False,
) -> Log:
    """Open a log to write and prove; with a schema, make it when it is new. `key`: the private key's file.

    Two processes may do so at the same time: the second finds the first one's log. A log that goes on in a later
    generation is opened there, with a warning that says where. spool: where another process holds the log, no LogBusy;
    rows go durably to a file in the log that its next holder takes in (docs/logs.md). clock: gives UTC seconds; a row
    of over a day after it is refused, but for deadlines. meterer: whoever seals here measured what others did, and says
    so in `source`; of a lab's own rows it is refused above self_declared (docs/logs.md).
    """
    with files.reporting(Path(path)):
        there = Path(path).exists()
    if not there:
        if schema is None:
            raise LogError(f"there is no log at {path}; to make one, give its schema")
        make_log(path, key=key, schema=schema, profile=profile)
    log = Log(moving.newest(path, _tell), key, spool=spool, clock=clock, meterer=meterer)
    found = log.sealed().schema
    if schema is not None and found.digest != schema.digest:
        log.close()
        raise LogError(
            f"the log at {path} has schema {found.label}, not {schema.label}", help=other_version(found, schema)
        )
    return log


def make_log(path: str | Path, *, key: str | Path, schema: Schema, profile: str = "standard") -> None:
    """Make a log; where another process makes it at the same time, it is that one's, if key and schema fit."""
    from zkcompliance.outputs import places

    places.outside_logs(Path(path))
    with contextlib.suppress(LogExists):
        create_log(path, schema, keys.load_private(key), profile)


def next_folder(log: Log) -> Path:
    """Where the next generation of a log goes: beside it, its name with the generation's number (`NAME-g2`)."""
    checkpoint = log.sealed().checkpoint
    first = log.path.name.removesuffix(f"-g{checkpoint.generation}")
    return log.path.with_name(f"{first}-g{checkpoint.generation + 1}")


def read_rows(log: Log | SealedLog | str | Path) -> Iterator[dict[str, RowValue]]:
    """The rows that are sealed in a log, in order, as `schemas.decode_rows` gives them: whole numbers are exact ints.

    An id is its text where the lab kept it (`seal --keep-texts`), else its digest, 0x and 32 hex digits. Private: only
    whoever holds the log's secret part can read rows. LogError, or LogCorrupt where a file of the log is damaged.
    """
    from zkcompliance.log import texts
    from zkcompliance.log.layout import Layout
    from zkcompliance.quantities import show_id
    from zkcompliance.quantities.ids import text_id
    from zkcompliance.schemas import decode_rows

    opened = _sealed(log)
    known = {show_id(text_id(text)): text for text in texts.load(Layout(opened.path))}
    ids = [column.name for column in opened.schema.columns if column.type == "id"]
    for segment in opened.segments:
        for row in decode_rows(opened.schema, segment.load_columns()):
            yield row | {name: known.get(str(row[name]), row[name]) for name in ids}


class Proof:
    """A proof file's bytes."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def save(self, path: str | Path) -> None:
        """Write the file, whole or not at all: a new one, or in place of an earlier proof; UsageError otherwise."""
        from zkcompliance.outputs import Outputs, kinds

        Outputs({Path(path): kinds.PROOF}).write({Path(path): self.data})

    def attest(self, path: str | Path, *, key: str | Path, roll_ups: Sequence[str | Path] = ()) -> None:
        """Write a signed in-toto Statement that this proof is of its model: docs/attestation.md.

        path: a name that ends in `.sigstore.json` makes a sigstore bundle, any other a DSSE envelope. key: the private
        key's PEM file (ECDSA P-256 or Ed25519, PKCS#8). roll_ups: the roll-up files of the roll-ups that it is over,
        which are verified too. The proof is verified first: raises VerificationError, StatementMismatch where it names
        no model, or a roll-up of which no file is given, KeyFileError, UsageError where the place is not free, which it
        is where nothing is or an earlier attestation.
        """
        from zkcompliance.attest.api import attest_as
        from zkcompliance.attest.signing import SigningKey
        from zkcompliance.outputs import Outputs, kinds
        from zkcompliance.policy.rolled import read_roll_ups

        outputs = Outputs({Path(path): kinds.ATTESTATION}, read=[key, *roll_ups])
        rolled = read_roll_ups([Path(each) for each in roll_ups], None, silent)
        outputs.write({Path(path): attest_as(Path(path), self.data, SigningKey.load(Path(key)), rolled)})

    @classmethod
    def load(cls, path: str | Path) -> Proof:
        """Read a file (of any size that a proof may have)."""
        from zkcompliance.policy.proofs import read_proof

        return cls(read_proof(Path(path)))


def roll_up(
    log: Log | SealedLog | str | Path,
    to: str | Path,
    *,
    key: str | Path,
    progress: Progress = silent,
    cluster: Cluster | None = None,
) -> Path:
    """Roll up what is new of a log in the folder `to`, which is made when it is new; the roll-up file in it.

    `key`: the private key's file, of the roll-up alone. `cluster`: whose workers group, commit and prove, each piece by
    itself (docs/cluster.md). Killed, the next call goes on where it was. UsageError, LogError, BudgetSpent.
    """
    from zkcompliance.outputs import places
    from zkcompliance.prove import rollup
    from zkcompliance.prove.cluster import executor_of

    path = _sealed(log).path
    with files.reporting(Path(to)):
        there = Path(to).exists()
    if not there:
        places.outside_logs(Path(to))
    bound = Binding(None, None, _clock(), b"").encode()
    executor = None if cluster is None else executor_of(cluster)
    return rollup.roll_up(path, to, keys.load_private(key), context=bound, progress=progress, executor=executor).file


def hand_over(log: Log | SealedLog | str | Path, to: str | Path, *, share: str, progress: Progress = silent) -> Path:
    """Hand a log over to another party, who proves over it and seals nothing: the copy's folder.

    `to`: a new folder, or the copy that was handed over before, which gets what was sealed since. `share`: which part
    of the proofs that are left goes along, such as `"1/2"`; it is spent here for good before anything is copied. A
    segment is handed over once. Killed, the same call goes on where it was. UsageError, LogError, BudgetSpent.
    """
    from zkcompliance.outputs import places
    from zkcompliance.prove.handing import hand_over

    with files.reporting(Path(to)):
        there = Path(to).exists()
    if not there:
        places.outside_logs(Path(to))
    return hand_over(_sealed(log).path, to, share, progress=progress).place


def receive(
    folder: str | Path, *, key: str | Path, earlier: Sequence[str | Path] = (), progress: Progress = silent
) -> SealedLog:
    """Check a copy of a log that was handed over, and take it: the log, over which it can be proved from then on.

    `key`: the file of the public key of whoever seals the log. `earlier`: copies that were handed over before, whose
    segments this one lacks. SignatureRejected for another key, LogCorrupt where anything is not what was handed over.
    """
    from zkcompliance.log.public_keys import load_public
    from zkcompliance.prove.handing import receive

    return receive(folder, load_public(key), earlier, progress=progress).log


def open_rows(
    log: Log | SealedLog | str | Path,
    rows: Iterable[int],
    *,
    segments: tuple[int, int] | None = None,
    progress: Progress = silent,
) -> Opened:
    """Show these rows of a log in full, with a proof that they are its rows: `.data` is the file of opened rows, and
    `.shown` what whoever verifies sees in it.

    rows: numbers from 1, through the segments first … last, from 0 (all, if not given). UsageError for rows that are
    not there; it spends a proof of each of these segments (docs/provenance.md).
    """
    from zkcompliance.prove import opening

    numbers = [number - 1 for number in rows]
    return opening.open_rows(_sealed(log), numbers, now=_clock(), segments=segments, progress=progress)


def prove(
    claim: str | Claim | ClaimDefinition | None = None,
    logs: Mapping[str, AnyLog | Sequence[AnyLog]] | None = None,
    *,
    policy: AnyPolicy | Sequence[AnyPolicy] | None = None,
    joint: str | Path | None = None,
    claims: Sequence[str | Path | Claim] = (),
    subject: Subject | str | None = None,
    context: bytes | str = b"",
    request: str | Path | None = None,
    time: int | None = None,
    rehearsal: bool = False,
    cluster: Cluster | None = None,
    progress: Progress = silent,
    **params: Value | Mapping[str, Value],
) -> Proof:
    """Prove a claim (an id, a .py file, or a Claim), or all that policies ask, over every sealed segment of these logs.

    With a claim, `logs` are by its slots, and parameters are integers, or text as on the command line. With `policy`
    (an id, a .toml file, a Policy, or several), `logs` are by the policies' names, and all requirements of a policy are
    one proof (several where limits or memory ask for it, with a warning that says why). Under one name may be a list of
    logs, whose rows then count together. What policies leave open is
    `params={"REQUIREMENT.NAME": value}`, and `claims` are the claims (.py files) that policy files name and the
    catalogue lacks. The proof is bound to `subject` (a model, as `--subject` takes it), `context`
    (a regulator's reference) and `time` (UTC seconds; the clock's, where it is not given). `rehearsal`: as if at that
    time, of policies that may not be in force yet; the proof says so, and is refused as anything else. `cluster`: with
    `policy`, a `distributed.Client` or an executor of processes, whose workers make the proofs (docs/cluster.md).
    `request`: the file of the request that the proof answers, of this policy and the keys of these logs; its reference
    is bound, in the place of `context`. `joint`: the file of a cap over several labs, under which `lab=` proves, over
    `logs` of `compute` and of `notes`; claim, other parameters and reference are the file's (docs/across.md), and what
    whoever judges would refuse of these logs is refused before anything is proved.

    Raises ClaimDoesNotHold, BudgetSpent, UsageError; with policies all is checked before anything is proved.
    """
    now = _clock() if time is None else _moment("time", time)
    model = parse_subject(subject, progress) if isinstance(subject, str) else subject
    if model is not None:
        check_name(model.name)
    if logs is not None and not isinstance(logs, Mapping):
        raise UsageError('prove: logs are by name: {"NAME": log}, or {"NAME": [log, another]}')
    opened = {name: tuple(map(_sealed, _several(several))) for name, several in (logs or {}).items()}
    if [claim, policy, joint].count(None) != 2:
        raise UsageError("prove: one claim, policy= or joint=")
    if (claims or rehearsal) and policy is None:
        raise UsageError(f"prove: {'claims=' if claims else 'rehearsal='} goes with policy=")
    if cluster is not None and policy is None:
        raise UsageError("prove: cluster= goes with policy=: its proofs are what is shared out")
    if rehearsal and time is None:
        raise UsageError("prove: rehearsal= goes with time=, as if at which it proves")
    if request is not None and (policy is None or rehearsal or context):
        raise UsageError("prove: request= goes with policy=, and neither with context= nor with rehearsal=")
    if policy is not None:
        from zkcompliance.claim import catalogue
        from zkcompliance.prove import own_claims
        from zkcompliance.prove.cluster import executor_of
        from zkcompliance.prove.policy import prove_policies

        several = [policy] if isinstance(policy, str | Path | Policy) else list(policy)
        left = params.pop("params", {})
        if params or not isinstance(left, Mapping):
            raise UsageError('prove: with policy=, parameters are params={"REQUIREMENT.NAME": value}')
        own = catalogue.own(claims)
        chosen = [each if isinstance(each, Policy) else own_claims.load(str(each), own) for each in several]
        if request is not None:
            from zkcompliance.prove.requested import requested

            context = requested(Path(request), chosen, opened).reference
        made = prove_policies(
            chosen, opened, left, binding=Binding(None, model, now, _bound(context), rehearsal), own=own,
            progress=progress, tell=_tell, executor=None if cluster is None else executor_of(cluster),
        )  # fmt: skip
        return Proof(made)
    from zkcompliance.prove.api import prove_claim
    from zkcompliance.prove.enclose import enclose, lineages_of

    values: Mapping[str, object] = params
    if joint is not None:
        from zkcompliance.joint import before
        from zkcompliance.joint.file import load_joint

        if context or set(params) != {"lab"}:
            raise UsageError("prove: joint= goes with lab=, and says every other parameter and the reference")
        stated, lab = load_joint(joint), str(params["lab"])
        before.require(stated, lab, opened, now=now)
        claim, values, context = stated.claim, stated.params(lab), stated.digest
    one = _claim(claim)
    bound = Binding(None, model, now, _bound(context)).encode()
    made = prove_claim(one, opened, parsed(one.id, one.params, values), head=bound, progress=progress)
    every = [log for several in opened.values() for log in several]
    return Proof(enclose({(bound, one.id): made}, every, _tell) if lineages_of(every) else made)


def verify(
    proof: Proof | bytes | str | Path,
    *,
    policy: AnyPolicy | None = None,
    claims: Sequence[str | Path | Claim | Card] = (),
    claim: str | Path | Claim | ClaimDefinition | Card | None = None,
    params: Mapping[str, Value] | None = None,
    log_keys: Mapping[str, AnyKey | Sequence[AnyKey]] | None = None,
    subject: Subject | str | None = None,
    context: bytes | str | None = None,
    drawn: int | str | None = None,
    rehearsal: bool = False,
    trust: TrustPolicy | str | Path | None = None,
    state: str | Path | None = None,
    lineage: str | Path | Mapping[str, str | Path] | None = None,
    roll_ups: Sequence[str | Path] = (),
    new_keys: Sequence[str] = (),
    at: int | str | None = None,
    attestation: bytes | str | Path | None = None,
    attestation_key: bytes | str | Path | None = None,
    requests: Sequence[str | Path] = (),
    openings: Sequence[str | Path] = (),
    recognised: Sequence[str | Path] = (),
    withdrawn: Sequence[str | Path] = (),
    names: Mapping[str, AnyKey] | None = None,
    progress: Progress = silent,
) -> Verdict:
    """Hold a proof against a policy, or against a claim, all its parameters and the public key of each log.

    `proof`: one that was made or loaded, a file's bytes, or its path, of which one proof at a time is then in memory.
    `log_keys`: by the claim's slots, or by the policy's logs of which it does not say itself whose checkpoints it
    trusts: a key, or a list with one for each log that goes by the name. `claims`, `claim`: cards of claims of one's
    own (.json files, or what was decoded), or their text, which is compiled here. `subject`, `context`: the model and
    the reference that the proof must be bound to, where given; `drawn`: when you drew it (UTC seconds, or text), before
    which no proof is taken. `rehearsal`: take rehearsals (`prove` with `rehearsal=True`), and nothing else. `trust`: a
    C2SP trust policy (or its file) that every log's checkpoint must satisfy besides. `state`: a file that remembers
    what was seen of each log, and since when; a proof over an older or another history raises LogEvidence, with the
    evidence in `<state>.evidence.…`, and a key that it has not seen of a log NewKeyRefused, unless the log is named in
    `new_keys`. `lineage`: a log's lineage file, or by the names of the logs. `roll_ups`: roll-up files, each
    of which shows for which log a roll-up stands. `at`: the time of judgement, the clock's
    where it is not given. `attestation`, `attestation_key` (the public one, PEM): files or their bytes, held against
    the proof before the verdict, which records them. `requests`, `openings`: files of requests (the one that the
    proof answers, and some for rows), and of the opened rows that answer them. `recognised`: signed verdicts of
    others, for what the policy takes over from them; `withdrawn`: signed lists of those that were withdrawn.
    `names`: what you call public keys, by the name, which the verdict repeats beside each key.

    Returns the verdict, in which everything is met; raises VerificationError (by the check that failed), Undecided
    where the policy needs a key that is not given, or MalformedError.
    """
    from zkcompliance.decide import Request, Spoken

    request = Request(
        policy=policy,
        claim_files=claims
        if isinstance(claims, str)
        else tuple(each if isinstance(each, str | Path) else _given(each) for each in claims),
        claim=claim if claim is None or isinstance(claim, str | Path) else _given(claim),
        params=params or {},
        log_keys=log_keys or {},
        subject=subject,
        context=context,
        drawn=None if drawn is None else _moment("drawn", drawn),
        rehearsal=rehearsal,
        trust=trust,
        state=state,
        lineages=() if lineage is None else Path(lineage) if isinstance(lineage, str) else lineage,
        roll_ups=roll_ups if isinstance(roll_ups, str) else tuple(roll_ups),
        new_keys=new_keys if isinstance(new_keys, str) else tuple(new_keys),
        at=None if at is None else _moment("at", at),
        attestation=attestation,
        attestation_key=attestation_key,
        requests=requests if isinstance(requests, str) else tuple(requests),
        openings=openings if isinstance(openings, str) else tuple(openings),
        recognised=recognised if isinstance(recognised, str) else tuple(recognised),
        withdrawn=withdrawn if isinstance(withdrawn, str) else tuple(withdrawn),
        names=None if names is None else {_key(key).text: name for name, key in names.items()},
        spoken=Spoken.ARGUMENTS,
    )
    from zkcompliance.policy.proofs import File, open_proof

    given = proof.data if isinstance(proof, Proof) else proof
    with open_proof(Path(given)) if isinstance(given, str | Path) else File(given) as file:
        verdict = request.decide(file, clock=_clock(), progress=progress)
    verdict.require()
    return verdict


def verify_joint(
    proofs: Iterable[Proof | bytes | str | Path],
    joint: str | Path,
    *,
    at: int | str | None = None,
    progress: Progress = silent,
) -> JointVerdict:
    """Hold the proofs of several labs, one of each, against the joint file of a cap that they share (docs/across.md).

    `at`: the time of judgement, the clock's where it is not given. Returns the verdict, in which every lab is shown;
    raises the VerificationError of the first thing that is wrong, or MalformedError.
    """
    from zkcompliance.joint.file import load_joint
    from zkcompliance.joint.judge import judge_joint
    from zkcompliance.policy.proofs import File, open_proof

    with contextlib.ExitStack() as stack:
        files: dict[str, File] = {}
        for number, proof in enumerate(proofs, 1):
            given = proof.data if isinstance(proof, Proof) else proof
            opened = open_proof(Path(given)) if isinstance(given, str | Path) else File(given)
            files[f"proof {number}"] = stack.enter_context(opened)
        moment = None if at is None else _moment("at", at)
        verdict = judge_joint(files, load_joint(joint), clock=_clock(), at=moment, progress=progress)
    verdict.require()
    return verdict


def streak(
    proofs: Sequence[Proof | bytes | str | Path],
    *,
    policy: AnyPolicy,
    claims: Sequence[str | Path | Claim | Card] = (),
    log_keys: Mapping[str, AnyKey | Sequence[AnyKey]] | None = None,
    subject: Subject | str | None = None,
    contexts: Sequence[str] = (),
    drawn: Sequence[str] = (),
    trust: TrustPolicy | str | Path | None = None,
    lineage: str | Path | Mapping[str, str | Path] | None = None,
    roll_ups: Sequence[str | Path] = (),
    progress: Progress = silent,
) -> Streak:
    """Hold proofs of consecutive periods of a policy's calendar against the policy, and against each other.

    `contexts`, `drawn`: the reference of each proof, and when it was drawn, in the order of the proofs, of a policy
    that requires one. All else is as `verify` takes it, and of every proof. Each is judged as of the time that it
    states.

    Returns the streak, in which every period is accepted; raises StreakBroken, the error of the first proof that is
    refused, LogEvidence where the proofs show that a log was forked or rolled back, or MalformedError.
    """
    from zkcompliance import streaks
    from zkcompliance.decide import Request, Spoken

    request = Request(
        policy=policy, claim_files=tuple(each if isinstance(each, str | Path) else _given(each) for each in claims),
        log_keys=log_keys or {}, subject=subject, trust=trust, roll_ups=roll_ups,
        lineages=() if lineage is None else Path(lineage) if isinstance(lineage, str) else lineage,
        spoken=Spoken.ARGUMENTS,
    )  # fmt: skip
    files = [each.data if isinstance(each, Proof) else Path(each) if isinstance(each, str) else each for each in proofs]
    found = streaks.judge(files, request, clock=_clock(), contexts=contexts, drawn=drawn, progress=progress)
    found.require()
    return found


def _key(given: AnyKey) -> VerifierKey:
    from zkcompliance.log.public_keys import load_public

    return given if isinstance(given, VerifierKey) else load_public(Path(given))


def _moment(name: str, given: int | str) -> int:
    """A time as it is given, read like a parameter."""
    try:
        return read_time(given, dates=True)
    except Refused as refused:
        raise UsageError(f"{name}: {given!r} {refused.why}") from None


def _clock() -> int:
    return int(clock.time())


def _bound(context: bytes | str) -> bytes:
    """A reference to be bound to."""
    return reference_of(context) if isinstance(context, str) else context


def _given(claim: Claim | ClaimDefinition | Card) -> Own:
    """A claim as who verifies takes it: its card, which is made here where it is not given."""
    from zkcompliance.card.model import Card
    from zkcompliance.card.own import Own

    if isinstance(claim, Card):
        return Own(claim, compiled=False)
    from zkcompliance.claim.card import card_of

    known = _claim(claim)
    return Own(card_of(known), compiled=known.pinned is None)


def _claim(claim: str | Claim | ClaimDefinition | None) -> Claim:
    from zkcompliance.claim import catalogue
    from zkcompliance.claim.language.build import ClaimDefinition
    from zkcompliance.claim.provable import provable

    if claim is None:
        raise UsageError("no claim is given", help="zkcompliance claims")
    if isinstance(claim, str):
        return catalogue.load(claim)
    return provable(claim) if isinstance(claim, ClaimDefinition) else claim


def _several(given: AnyLog | Sequence[AnyLog]) -> Sequence[AnyLog]:
    return (given,) if isinstance(given, Log | SealedLog | str | Path) else given


def _sealed(log: Log | SealedLog | str | Path) -> SealedLog:
    if isinstance(log, Log):
        return log.sealed()
    return log if isinstance(log, SealedLog) else SealedLog.open(moving.newest(log, _tell))


def _tell(sentence: str) -> None:
    warnings.warn(sentence, UserWarning, stacklevel=4)
