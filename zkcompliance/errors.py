"""Every error this package raises: one class per check, each with a stable code and an exit status.

An error says what, where and why; `help` is a line that can be run. Exit statuses: 1 rejected or does not
hold, 2 usage or malformed input, 3 evidence of a forked or rolled-back log, 4 nothing to decide it by,
70 internal.
"""

from __future__ import annotations


class ZkComplianceError(Exception):
    """Base of every error. `code` is stable and machine-readable; `help` names the remedy."""

    code = "error"
    exit_status = 70
    lines = False  # whether a message may have several lines of its own making
    help = "zkcompliance explain error"

    def __init__(self, message: str, *, help: str | None = None, private: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.private = private  # for the lab alone, such as by how much a claim fails: `check` prints it, and no other
        if help is not None:
            self.help = help
        else:
            self.help = f"zkcompliance explain {self.code}"


# Malformed input and usage (2)


class UsageError(ZkComplianceError):
    """An argument, a parameter or a combination of them makes no sense."""

    code, exit_status = "usage", 2


class ClaimDefinitionError(UsageError):
    """A claim's text cannot be meant: the message shows the line and the remedy."""

    code, lines = "claim-definition", True


class NotASuccessor(UsageError):
    """A schema is no later version of another: the message names the column, `way` in what it is not."""

    code = "no-successor"

    def __init__(self, message: str, *, way: str, help: str | None = None) -> None:
        super().__init__(message, help=help)
        self.way = way


class MalformedError(ZkComplianceError):
    """Bytes that are not in the one canonical form."""

    code, exit_status = "malformed", 2


class MalformedBundle(MalformedError):
    """The proof file's outer framing is wrong, or it has bytes too many or too few."""

    code = "malformed-bundle"


class MalformedStatement(MalformedError):
    """The statement does not decode, or not canonically."""

    code = "malformed-statement"


class MalformedProgram(MalformedError):
    """The program does not decode, refers to something that it does not have, or counts by what may not be 0 or 1."""

    code = "malformed-program"


class MalformedProof(MalformedError):
    """The proof has the wrong length, or holds a value outside the field."""

    code = "malformed-proof"


class LimitExceeded(MalformedError):
    """A declared size is over a limit of `zkcompliance.limits`; refused before anything is allocated."""

    code = "limit-exceeded"


class MalformedNote(MalformedError):
    """A signed note or checkpoint that is not in C2SP form."""

    code = "malformed-note"


class MalformedTrust(MalformedError):
    """A trust policy (C2SP tlog-policy) that is not in its strict form: which logs, which cosigners, how many."""

    code = "malformed-trust"


class MalformedPolicy(MalformedError):
    """A policy file that is not in its strict form, or that asks nothing; the message names the key."""

    code = "malformed-policy"


class MalformedCard(MalformedError):
    """A claim's card that is not in its strict form, or that says what no program of such a claim can mean."""

    code = "malformed-card"


class MalformedBinding(MalformedError):
    """What a proof says that it is bound to (policy, model, time, reference) does not decode, or not canonically."""

    code = "malformed-binding"


class MalformedLineage(MalformedError):
    """A lineage file (how a log went on in its next generations) that is cut off or not in its form."""

    code = "malformed-lineage"


class MalformedRollUp(MalformedError):
    """A roll-up file (which log a roll-up stands for) that is cut off or not in its form."""

    code = "malformed-roll-up"


class MalformedAttestation(MalformedError):
    """An attestation that is not a DSSE envelope of an in-toto Statement of ours in its one form."""

    code = "malformed-attestation"


class MalformedArchive(MalformedError):
    """A file that is no archive of a case in its one form, or an archive without what one has."""

    code = "malformed-archive"


class MalformedEvidence(MalformedError):
    """What somebody else signed, a beacon's round, a time stamp, a device's report, is not in its one form."""

    code = "malformed-evidence"


class MalformedRequest(MalformedError):
    """A request to a lab is not in its one form, or asks for what no answer can give."""

    code = "malformed-request"


class DeskRefused(MalformedError):
    """The file of a desk is no desk, of another version, damaged, open to others, or held by another process."""

    code = "desk-refused"


class MalformedOpenings(MalformedError):
    """A file of opened rows does not decode, or not canonically."""

    code = "malformed-openings"


class ImporterError(MalformedError):
    """An input file holds something that its importer does not understand; the message names row and column."""

    code = "import"


class SchemaError(MalformedError):
    """A row or a value does not fit its schema."""

    code = "schema"


# Rejections (1)


class VerificationError(ZkComplianceError):
    """A proof was refused. Each subclass is one check of the verifier."""

    code, exit_status = "rejected", 1


class ParametersRejected(VerificationError):
    """The statement's profile, heights or shapes are not acceptable."""

    code = "parameters-rejected"


class SoundnessTooLow(VerificationError):
    """The statement's shapes do not reach 128 provable bits."""

    code = "soundness-too-low"


class ProgramMismatch(VerificationError):
    """The program is not the one that was asked for, or not the one that the statement names."""

    code = "program-mismatch"


class CardMismatch(VerificationError):
    """A claim's card says of its program what its bytes do not (logs, public values), or is not the one asked for."""

    code = "card-mismatch"


class StatementMismatch(VerificationError):
    """The statement is not the one that was asked for; the message names the field."""

    code = "statement-mismatch"


class CheckpointMismatch(VerificationError):
    """The segments of the statement are not those of the checkpoint: one is missing, added or changed."""

    code = "checkpoint-mismatch"


class BracketNotBacked(VerificationError):
    """The statement says of a segment when it was sealed, and nothing in the file shows that it was then."""

    code = "bracket-not-backed"


class ArchiveChanged(VerificationError):
    """What lies in an archive is not what was put there, or its files no longer give the verdict that was filed."""

    code = "archive-changed"


class EvidenceRefused(VerificationError):
    """What somebody else is said to have signed was not, was about something else, or is of nobody that is trusted."""

    code = "evidence-refused"


class SignatureRejected(VerificationError):
    """The log is none of those that are asked for, or its checkpoint is not signed by a key that is trusted for it."""

    code = "signature-rejected"


class RecognitionRefused(VerificationError):
    """A verdict of somebody else is not taken over: it is not theirs, is too old, or is about something else."""

    code = "recognition-refused"


class OpeningsRefused(VerificationError):
    """Rows that are shown are not those that were asked for or drawn, or what is shown beside them is not theirs."""

    code = "openings-refused"


class NotAnswered(VerificationError):
    """A request for rows has no answer: none is there, or it is of after the day by which it was asked."""

    code = "not-answered"


class LineageRejected(VerificationError):
    """A lineage does not show that the generations of a log hold the same rows; the message says where."""

    code = "lineage-rejected"


class RollUpRejected(VerificationError):
    """A roll-up is not shown to stand for a whole log; the message says where."""

    code = "roll-up-rejected"


class NewKeyRefused(VerificationError):
    """A log that the state knows is signed by a key that it does not know, and nobody vouches for the new key."""

    code = "new-key"


class QuorumUnmet(VerificationError):
    """Too few of the cosigners that the trust policy asks for have signed the checkpoint."""

    code = "quorum-unmet"


class DevicesMissing(VerificationError):
    """Too few devices, of those that the policy takes, answered for the checkpoint with evidence that verifies."""

    code = "devices-missing"


class PolicyNotInForce(VerificationError):
    """The policy is not valid yet, not valid any more, or superseded by a later version; the message says when."""

    code = "policy-not-in-force"


class StaleProof(VerificationError):
    """The proof, or the checkpoint that it is about, is older than the policy allows, or dated in the future."""

    code = "stale"


class RequirementNotShown(VerificationError):
    """The file has no proof for a requirement, or none over all the logs that are asked for."""

    code = "not-shown"


class StreakBroken(VerificationError):
    """Proofs do not follow one another: a period has none or two, or what it is about does not go on."""

    code = "streak-broken"


class LookupRejected(VerificationError):
    """A challenge met a value of a public table, so that a fraction has no value."""

    code = "lookup-rejected"


class BalanceMismatch(VerificationError):
    """The terminals and public constants of the buses do not add up to zero."""

    code = "balance-mismatch"


class QuotientMismatch(VerificationError):
    """The constraints do not hold at the out-of-domain point."""

    code = "quotient-mismatch"


class GrindingRejected(VerificationError):
    """The proof of work does not have its leading zero bits."""

    code = "grinding-rejected"


class OpeningMismatch(VerificationError):
    """An opened row does not lead to the committed root."""

    code = "opening-mismatch"


class FoldMismatch(VerificationError):
    """A FRI layer is not the fold of the layer before."""

    code = "fold-mismatch"


class FinalPolynomialMismatch(VerificationError):
    """The last fold is not the final polynomial."""

    code = "final-polynomial-mismatch"


class ClaimDoesNotHold(ZkComplianceError):
    """The claim is false over these logs; the prover refuses."""

    code, exit_status = "does-not-hold", 1


class ProofRefused(ZkComplianceError):
    """The prover will not make this proof: a constraint fails or a bound is exceeded."""

    code, exit_status = "refused", 1


class BudgetSpent(ZkComplianceError):
    """One more proof would reveal more about a segment than its masks hide."""

    code, exit_status = "budget-spent", 1


# Logs


class LogError(ZkComplianceError):
    """A log folder is missing, damaged or not what it should be."""

    code, exit_status = "log", 2


class LogExists(LogError):
    """Something is already where a new log was to be made."""

    code = "log-exists"


class LogBusy(LogError):
    """Another process is writing this log."""

    code = "log-busy"


class AlreadySealed(LogError):
    """The rows of this input are in the log already: a seal that was killed, and is repeated, may have stood."""

    code = "already-sealed"


class ChangedSinceSealed(LogError):
    """A record, such as an attempt of a job, is in the log already, and the input says otherwise of it."""

    code = "changed-since-sealed"


class LogCorrupt(LogError):
    """A file of the log does not match its commitment; the message names it."""

    code = "log-corrupt"


class CacheDamaged(LogError):
    """What was kept beside a segment to prove faster is damaged; it is made again."""

    code = "cache-damaged"


class LogEvidence(ZkComplianceError):
    """Two signed checkpoints that cannot both be honest: a fork or a rollback."""

    code, exit_status = "log-evidence", 3

    def __init__(self, message: str, *, document: str = "", help: str | None = None) -> None:
        """`document`: the evidence as text, both signed notes and what shows that they disagree, to be handed on."""
        super().__init__(message, help=help)
        self.document = document


class CosignRefused(ZkComplianceError):
    """A cosigner does not sign: the checkpoint is smaller than one it has signed, or not shown to extend it."""

    code, exit_status = "cosign-refused", 1


class NoteRefused(ZkComplianceError):
    """A note between two labs is not made, or not signed: it does not say what it should, or is not its turn."""

    code, exit_status = "note-refused", 1


class Unsupported(ZkComplianceError):
    """Something is not there that this needs: an algorithm in `cryptography`, the compiler in the one-file verifier."""

    code, exit_status = "unsupported", 2


class KeyFileError(LogError):
    """A key file is unreadable, malformed or readable by others."""

    code = "key-file"


class Undecided(ZkComplianceError):
    """There is nothing to hold the proof against."""

    code, exit_status = "undecided", 4


class WorkersLost(ZkComplianceError):
    """Other processes that did part of the work are gone; what they finished is kept, and the same command goes on."""

    code, exit_status = "workers-lost", 2


class InternalError(ZkComplianceError):
    """A defect of this package; nothing was accepted."""

    code, exit_status = "internal", 70

    @classmethod
    def of(cls, error: BaseException) -> InternalError:
        """Where an unexpected exception came from; not its message, which may hold private values."""
        trace, where = error.__traceback__, "?"
        while trace is not None:
            where = f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"
            trace = trace.tb_next
        return cls(f"unexpected {type(error).__name__} at {where}; nothing was accepted, sealed or proved")
