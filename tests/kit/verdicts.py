"""Verdicts of every kind that the reports are tested on: plain data, with figures such as real logs have."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

from zkcompliance import errors
from zkcompliance.policy.binding import Subject
from zkcompliance.policy.verdict import Attested, Chooser, Finding, LogShown, Margin, PolicyRef, Status, Value, Verdict

NOON = 1_795_262_400  # 2026-11-21 12:00:00 UTC
SUBJECT = Subject("asteria-3-large", sha256(b"asteria").digest())
POLICY = PolicyRef(
    id="eu-ai-act-systemic-risk",
    version=1,
    digest=sha256(b"policy").digest(),
    title="EU AI Act: below the presumption of systemic risk",
    jurisdiction="European Union",
    sources=(
        "Regulation (EU) 2024/1689, Article 51(2): the presumption above 1e25 FLOP",
        "Commission guidelines C(2025) 7719: what is counted as training compute",
    ),
    valid_from=1_754_092_800,  # 2025-08-02
    valid_until=1_817_164_800,  # 2027-08-02
    checked=1_795_910_400,  # 2026-11-29
)
COMPUTE = LogShown(
    slot="compute",
    name="compute",
    origin="lab.example/asteria/compute",
    size=3,
    root=sha256(b"root").digest(),
    rows_log2=(10, 12, 12),
    key="lab.example/asteria/compute+3b1f0c2a+AVsXgnX2xB5B7qLQ3lZkJmXGv2Yz2QmXr0bqk1c9o4Qh",
    cosigned={"witness.example/north": NOON - 7200, "regulator.example/cosigner": NOON - 3600},
    rows=1000,
    sources=("signed",),
)
WITHIN = Chooser.LAB_WITHIN
LIMIT = Value(
    "limit", "parameter", "1e25", 10**25, "the total must be below this many FLOP", "exactly 1e25", Chooser.POLICY
)
PHASES = Value(
    "phases", "parameter", "pretraining, fine_tuning, reinforcement", 0b111, "the phases that count",
    "a set that includes pretraining, fine_tuning", WITHIN,
)  # fmt: skip
NOT_PROVEN = (
    "that the log is complete: what was never logged is not in it",
    "that its rows are true: they are as good as their source, self-declared unless the log says otherwise",
)


def proved(name: str, claim: str, **parts: object) -> Finding:
    """A requirement that is met, over the compute log."""
    made = Finding(
        name=name,
        says="The training compute stays below the threshold at which systemic risk is presumed.",
        claim=claim,
        program=sha256(claim.encode()).digest(),
        status=Status.MET,
        sentences="It holds when all of this is so:\n  1. total below the limit: The sum of flop over (compute where "
        "phase is one of `phases`) is below `limit`.",
        values=(LIMIT, PHASES),
        logs=(COMPUTE,),
        proof_sha256=sha256(name.encode()).digest(),
        proof_bytes=312_456,
        security_bits="128",
        security_terms=(("batch 2^16", "140.21"), ("queries", "130.02")),
        profile="standard",
        not_proven=NOT_PROVEN,
    )
    return replace(made, **parts)  # type: ignore[arg-type]


BELOW = proved("training-compute", "training-compute-below@2")
BAND = proved(
    "how-close",
    "compute-band@2",
    says="How close the training compute comes to the threshold is disclosed to two significant figures.",
    sentences="It holds when all of this is so:\n  1. total at or above the lower edge: The share of `limit` is at "
    "least `at_least`.\n  2. total at or below the upper edge: The share of `limit` is at most `at_most`.",
    values=(
        LIMIT,
        Value(
            "at_least", "parameter", "50%", 500_000, "lower edge of the band, as a share of the limit", "", Chooser.LAB
        ),
        Value(
            "at_most",
            "parameter",
            "75%",
            750_000,
            "upper edge of the band, as a share of the limit",
            "at most 75%",
            WITHIN,
        ),
        PHASES,
        Value("total", "revealed", "6.3e24", 63 * 10**23, "cut to 2 significant figures"),
        Value("carry_7", "derived", "12", 12),
    ),
    margin=Margin("total", 63 * 10**23, "limit", 10**25, 5 * 10**24, 75 * 10**23),
    warnings=("differencing: total is disclosed, and two checkpoints tell what the rows between them add",),
)
INCIDENTS = replace(
    COMPUTE, slot="incidents", name="incidents", origin="lab.example/asteria/incidents", rows=0, sources=(), cosigned={}
)
CLOCK = proved(
    "incident-clock",
    "incidents-reported-in-time@2",
    says="Serious incidents were reported within 15 days.",
    sentences="Every incident was reported within `clock` of its start.",
    values=(
        Value(
            "clock", "parameter", "15 days", 1_296_000, "the longest time to a report", "at most 15 days", WITHIN,
        ),
        Value("open", "revealed", "≈1.23e7", 12_345_678, "incidents"),
    ),
    logs=(INCIDENTS,),
)  # fmt: skip


def missing(error: errors.ZkComplianceError, status: Status, name: str = "incident-clock") -> Finding:
    """A requirement without a proof that is good for it."""
    return Finding(name, "Serious incidents were reported within 15 days.", "incidents-reported-in-time@2",
                   sha256(b"incidents").digest(), status, error)  # fmt: skip


def verdict(*findings: Finding, **parts: object) -> Verdict:
    """Over one file, by the policy above."""
    made = Verdict(
        file_sha256=sha256(b"file").digest(),
        file_bytes=937_000,
        judged_at=NOON,
        policy=POLICY,
        subject=SUBJECT,
        proved_at=NOON - 86_400,
        reference=b"AIO-2026-0417",
        findings=findings,
    )
    return replace(made, **parts)  # type: ignore[arg-type]


ERRORS = [
    kind
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.VerificationError | errors.MalformedError)
]
RTL = "\u202e\u2066evil\u2069 \u05d0\u05d1\u05d2"
HOSTILE = (
    "<script>alert(1)</script>",
    "'\"><img src=x onerror=alert(1)>",
    "]]> --> &amp; &lt; </style></svg>",
    "[link](javascript:alert(1)) {0} ![i](http://x.example/i.png) `code` *b* _u_ <b>",
    f"\x00\x07\x1b[31mred\x1b[0m\x85\u2028\u200b\ufeff\ufffe {RTL}",
    "\ud800 lone surrogate",
    " leading and trailing \t\n",
    "x" * 255,
    "长" * 85,
    "",
)


def hostile(text: str) -> Verdict:
    """A verdict all of whose texts are this one."""
    value = Value(text, "revealed", text, 5, text, text)
    log = replace(COMPUTE, slot=text, name=text, origin=text, key=text, cosigned={text: NOON}, sources=(text,))
    texts = {"name": text, "says": text, "claim": text, "sentences": text, "security_bits": text, "profile": text}
    margin = Margin(text, 5, text, 7)
    bad = errors.StatementMismatch(text, help=text)
    parts = {"values": (value,), "logs": (log,), "margin": margin, "warnings": (text,), "not_proven": (text,)}
    first = replace(BELOW, **texts, **parts)
    policy = replace(POLICY, id=text, title=text, jurisdiction=text, sources=(text,))
    try:
        reference = text.encode()
    except UnicodeEncodeError:
        reference = b"\xff"
    return verdict(
        first, replace(first, status=Status.NOT_MET, error=bad), policy=policy,
        subject=Subject(text, SUBJECT.digest), reference=reference,
    )  # fmt: skip


def all_kinds() -> dict[str, Verdict]:
    """Every fixture by name."""
    shown_not = errors.RequirementNotShown("the file has no proof for incident-clock")
    wrong = errors.StatementMismatch("limit: the proof is about 1e26, not 1e25")
    another = errors.StatementMismatch(
        "subject: the proof is about the model asteria-2, you asked about asteria-3-large"
    )
    other_key = errors.SignatureRejected(
        "the proof is about the log lab.example/x, the key that is trusted is of lab.example/asteria/incidents"
    )
    single = {"policy": None, "subject": None, "proved_at": 0, "reference": b""}
    found = {
        "all met": verdict(BELOW, BAND, CLOCK),
        "one met": verdict(BELOW),
        "attested": verdict(BELOW, attested=Attested(b"\x0a" * 32, "ecdsa", "ab" * 32)),
        "not shown": verdict(BELOW, BAND, missing(shown_not, Status.NOT_SHOWN), others=2),
        "not met and not shown": verdict(
            replace(BELOW, status=Status.NOT_MET, error=wrong), BAND, missing(shown_not, Status.NOT_SHOWN)
        ),
        "not what was asked": verdict(
            *(replace(each, status=Status.NOT_JUDGED, error=another, proof_sha256=b"", values=(), logs=(), margin=None,
                      same_as=same, not_proven=(), warnings=())
              for each, same in ((BELOW, ""), (BAND, BELOW.name), (CLOCK, BELOW.name)))
        ),
        "another key": verdict(BELOW, replace(
            CLOCK, status=Status.NOT_JUDGED, error=other_key, proof_sha256=b"", values=(), logs=(), not_proven=(),
        )),
        "single not asked": verdict(
            replace(missing(another, Status.NOT_JUDGED, "proof"), claim="training-compute-below@2"), **single
        ),
        "single": verdict(BELOW, **single),
        "single band": verdict(BAND, **single),
        "single refused": verdict(missing(wrong, Status.NOT_MET, "proof"), **single),
        "undecided": verdict(
            replace(BELOW, status=Status.UNDECIDED, error=errors.Undecided("--claim not given"), says=""), **single
        ),
        "nothing": verdict(),
        "over the limit": verdict(
            replace(BAND, status=Status.NOT_MET, error=wrong, margin=Margin("total", 3 * 10**25, "limit", 10**25))
        ),
        "margin of nothing": verdict(replace(BAND, margin=Margin("total", 0, "limit", 0))),
        "small margin": verdict(replace(CLOCK, margin=Margin("open", 3, "the policy's limit", 12))),
        "largest": verdict(replace(BAND, margin=Margin("total", 2**511, "limit", 2**512 - 1))),
        "end of time": verdict(BELOW, judged_at=2**64 - 1, proved_at=2**64 - 1),
        "bytes as reference": verdict(BELOW, reference=bytes(range(256))),
        "same name twice": verdict(BELOW, BELOW),
        "many logs": verdict(
            replace(BELOW, logs=tuple(
                replace(COMPUTE, slot=f"log{i}", origin=f"{'sub.' * (i % 5)}lab.example/{i}", rows_log2=(i,) * (i + 1))
                for i in range(24)
            ))
        ),
    }  # fmt: skip
    for kind in ERRORS:
        finding = missing(kind(f"why it was refused as {kind.code}"), Status.NOT_MET)
        found[f"error {kind.code}"] = verdict(BELOW, finding)
    found |= {f"hostile {i}": hostile(text) for i, text in enumerate(HOSTILE)}
    return found
