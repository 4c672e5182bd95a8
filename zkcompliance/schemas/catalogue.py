"""The built-in schemas: what labs seal. Column by column: type, meaning, and what a missing value stands for.

Times are UTC seconds. A time of 0 that has a default means: not yet. Only a deadline may lie in the future. Amounts
that may pass 2^32 (FLOP, tokens) have the type `flop`, an exact integer below 2^96. Every schema ends with `evidence`,
which piece of evidence shows the row, and `source`, how far the row's input is to be trusted. A schema's digest is what
proofs bind: adding to a list or reordering columns makes another schema, and so another version (docs/schemas.md).
The version before then stands in EARLIER, as it was (zkcompliance.schemas.evolution says what a later one may be).
What belongs to a model, a chip or a booking has a log of its own: each column is committed on every row.
"""

from __future__ import annotations

from zkcompliance.schemas.shape import LARGEST, Column, Schema

PHASES = (
    "pretraining", "fine_tuning", "reinforcement", "synthetic_data", "evaluation", "failed", "other", "inference",
    "idle",
)  # fmt: skip
DEVICE_KINDS = (
    "other", "v100_sxm", "a100_sxm", "a100_pcie", "h20", "h100_sxm", "h100_pcie", "h100_nvl", "h200_sxm", "gh200",
    "b100", "b200", "gb200", "b300", "gb300", "mi250x", "mi300x", "mi325x", "mi355x", "tpu_v4", "tpu_v5e", "tpu_v5p",
    "tpu_v6e", "tpu_v7", "gaudi2", "gaudi3", "trainium1", "trainium2", "trainium3", "ascend_910b", "ascend_910c",
    "cpu",
)  # fmt: skip
METHODS = ("hardware", "architecture", "measured")
SOURCES = ("self_declared", "signed", "hardware_attested", "vendor_countersigned")

JOB_STATUSES = ("unknown", "completed", "failed", "cancelled", "timeout", "preempted", "running")
BOOKINGS = ("job", "inference", "idle", "maintenance")
EVAL_LIMITS = ("none", "time", "messages", "tokens", "cost", "other")
EVAL_STATUSES = ("success", "error", "cancelled", "limit")
MODALITIES = ("unknown", "text", "code", "image", "audio", "video", "multimodal", "other")
ANSWERED = ("unknown", "no", "yes")  # a truth that may be missing
EVENTS = (
    "eval", "breach", "pause", "resume", "deploy", "throttle", "rollback", "mitigate", "notify", "review",
    "policy_change", "framework", "report", "summary", "publish", "notify_authority", "crossing",
)  # fmt: skip
INCIDENTS = (
    "critical_infrastructure", "cybersecurity", "death", "serious_harm", "critical_safety", "imminent_danger",
    "near_miss", "other",
)  # fmt: skip
DETECTORS = ("unknown", "internal", "external", "user", "regulator")
REPORTS = ("initial", "intermediate", "final")
LICENCES = (
    "other", "unknown", "proprietary", "licensed", "user_consent", "crawled", "public_domain", "cc0", "cc_by",
    "cc_by_sa", "cc_by_nc", "cc_by_nc_sa", "cc_by_nd", "cc_by_nc_nd", "odc_by", "odbl", "mit", "bsd", "apache_2_0",
    "gpl", "government_open", "opted_out", "mpl_2_0", "lgpl", "agpl", "cdla_permissive", "openrail", "pddl",
    "unlicense", "isc", "tdm_exception",
)  # fmt: skip
PROVENANCES = ("known", "partly", "unknown")
LAYERS = ("model", "security", "governance")
OUTCOMES = ("failed", "conditional", "passed")
RISKS = ("minimal", "limited", "high", "unacceptable")
REVIEWERS = ("human", "model", "none")
STILL = LARGEST["time"]  # until further notice
# ISO 3166-1 alpha-2, in lower case
_COUNTRIES = """
ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bl bm bn bo bq br bs bt bv bw by bz
ca cc cd cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg eh er es et fi fj fk fm fo
fr ga gb gd ge gf gg gh gi gl gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je
jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ly ma mc md me mf mg mh mk ml mm mn mo
mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw
py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st sv sx sy sz tc td tf tg th tj tk tl tm
tn to tr tt tv tw tz ua ug um us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw
"""
REGIONS = ("unknown", "worldwide", *_COUNTRIES.split())

_EVIDENCE = Column("evidence", "count", default=0, doc="number of the piece of evidence that shows the row; 0: none")
_SOURCE = Column("source", "enum", SOURCES, "self_declared", doc="how far the row's input is to be trusted")
_LAST = (_EVIDENCE, _SOURCE)

compute = Schema(
    "compute",
    (
        Column("start", "time", doc="when the interval begins, UTC seconds"),
        Column("end", "time", doc="when it ends, not before start"),
        Column("run", "id", doc="the training run or job"),
        Column("phase", "enum", PHASES, doc="what the compute was for"),
        Column("device_kind", "enum", DEVICE_KINDS, "other", doc="kind of accelerator", words="kind of device"),
        Column("devices", "count", default=0, doc="accelerators used; 0: not stated", words="number of devices"),
        Column("peak", "flop", default=0, doc="peak FLOP/s of one device; 0: not stated", words="peak speed"),
        Column("utilisation", "ppm", default=0, doc="share of the peak, parts per million; 0: not stated"),
        Column("flop", "flop", doc="floating-point operations spent, exact", words="FLOP spent"),
        Column("method", "enum", METHODS, doc="how flop was arrived at"),
        Column("site", "id", default="", doc="where it ran; empty: not stated"),
        Column("owner", "id", default="", doc="whose devices; empty: not stated"),
        Column("model", "id", default="", doc="the model that it was spent on; empty: not stated"),
        Column("customer", "id", default="", doc="for whom it was spent; empty: the lab itself, or not stated"),
        Column("status", "enum", JOB_STATUSES, "unknown", doc="how the job ended"),
        *_LAST,
    ),
    version=2,
    doc="one row is a job interval or a training step",
    ordered=(("start", "end"),),
)

model = Schema(
    "model",
    (
        Column("model", "id", doc="the model"),
        Column(
            "base_model", "id", default="", doc="the model that it was made from; empty: from none", words="base model"
        ),
        Column("modality", "enum", MODALITIES, "unknown", doc="what it generates"),
        Column("released", "time", default=0, doc="when it was first released; 0: not yet", words="time of release"),
        Column(
            "frontier_index",
            "count",
            default=0,
            doc="where an authority's index has it, in thousandths; 0: not stated",
            words="index value",
        ),
        *_LAST,
    ),
    doc="one row is one model",
)

booking = Schema(
    "booking",
    (
        Column("chip", "id", doc="the accelerator: serial number or UUID"),
        Column("run", "id", default="", doc="the training run or job; empty: none"),
        Column("start", "time", doc="when the interval begins, UTC seconds"),
        Column("end", "time", doc="when it ends, not before start"),
        Column("kind", "enum", BOOKINGS, doc="what the accelerator was held for", words="kind of booking"),
        *_LAST,
    ),
    doc="one row is one interval of one accelerator",
    ordered=(("start", "end"),),
)

eval = Schema(
    "eval",
    (
        Column("suite", "id", doc="the benchmark and its version, as task@version"),
        Column("item", "id", doc="the sample's identifier within the suite"),
        Column("epoch", "count", default=1, doc="which pass over the suite, from 1"),
        Column("attempt", "count", default=1, doc="which try at this item in this epoch, from 1"),
        Column("model", "id", doc="the model that was graded"),
        Column("domain", "id", default="", doc="subject or hazard domain; empty: not stated"),
        Column.share("score", "the grade, 0 to 100 %; missing: not graded"),
        Column("grader", "id", default="", doc="scorer or metric, with its filter; empty: not stated"),
        Column("at", "time", doc="when the sample was graded", words="time of grading"),
        Column("group", "id", default="", doc="group of people or inputs that the sample is of; empty: none"),
        Column("limit", "enum", EVAL_LIMITS, "none", doc="which limit cut the attempt short", words="limit reached"),
        Column("status", "enum", EVAL_STATUSES, "success", doc="how the attempt ended"),
        Column(
            "dirty",
            "enum",
            ANSWERED,
            "unknown",
            doc="whether the evaluation's code was changed and not committed",
            words="change of the code",
        ),
        *_LAST,
    ),
    version=2,
    doc="one row is one graded sample, or one attempt at it",
)

answer = Schema(
    "answer",
    (
        Column("suite", "id", doc="the benchmark and its version, as task@version"),
        Column("item", "id", doc="the sample's identifier within the suite"),
        Column("epoch", "count", default=1, doc="which pass over the suite, from 1"),
        Column("attempt", "count", default=1, doc="which try at this item in this epoch, from 1"),
        Column("model", "id", doc="the model that answered"),
        Column("answer", "id", default="", doc="what it answered; empty: nothing"),
        *_LAST,
    ),
    doc="one row is one answer of a model",
)

target = Schema(
    "target",
    (
        Column("suite", "id", doc="the benchmark and its version, as task@version"),
        Column("item", "id", doc="the sample's identifier within the suite"),
        Column("target", "id", doc="the answer that is right"),
        *_LAST,
    ),
    doc="one row is the right answer to one sample, sealed by the benchmark's owner",
)

event = Schema(
    "event",
    (
        Column("serial", "count", doc="number of the event in its register, without gaps", words="serial number"),
        Column("at", "time", doc="when it happened", words="time of the event"),
        Column("kind", "enum", EVENTS, doc="what happened", words="kind of event"),
        Column("model", "id", default="", doc="the model concerned; empty: none in particular"),
        Column(
            "cumulative_flop",
            "flop",
            default=0,
            doc="training FLOP spent on the model until then; 0: not stated",
            words="cumulative FLOP",
        ),
        Column("stage", "count", default=0, doc="stage of a staged release, from 1; 0: none"),
        Column(
            "gate",
            "id",
            default="",
            doc="the evaluation suite that has to be passed for it; empty: none",
            words="gate suite",
        ),
        Column(
            "subject",
            "count",
            default=0,
            doc="serial of the breach or deployment that it answers; 0: none",
            words="answered serial number",
        ),
        *_LAST,
    ),
    version=2,
    doc="one row is one lifecycle step",
)

incident = Schema(
    "incident",
    (
        Column("serial", "count", doc="number of the incident in its register, without gaps", words="serial number"),
        Column("category", "enum", INCIDENTS, doc="which reporting clock applies"),
        Column("occurred", "time", doc="when it happened or began", words="time of occurrence"),
        Column(
            "aware", "time", doc="when the lab became aware of it, not before it occurred", words="time of awareness"
        ),
        Column(
            "reported",
            "time",
            default=0,
            doc="when it was first reported; 0: not yet",
            words="time of the first report",
        ),
        Column(
            "last_update",
            "time",
            default=0,
            doc="when the report was last updated; 0: never",
            words="time of the last update",
        ),
        Column("resolved", "time", default=0, doc="when it was resolved; 0: not yet", words="time of resolution"),
        Column(
            "final_report",
            "time",
            default=0,
            doc="when the final report was made; 0: not yet",
            words="time of the final report",
        ),
        Column(
            "involved",
            "time",
            default=0,
            doc="when the lab knew that its model was involved; 0: not known",
            words="time of known involvement",
        ),
        Column("detected_by", "enum", DETECTORS, "unknown", doc="who found it", words="finder"),
        Column(
            "irreversible",
            "enum",
            ANSWERED,
            "unknown",
            doc="whether what was disrupted cannot be restored",
            words="irreversibility",
        ),
        *_LAST,
    ),
    version=2,
    doc="one row is one incident or near-miss",
    ordered=(("occurred", "aware"),),
)

incident_report = Schema(
    "incident_report",
    (
        Column("serial", "count", doc="number of the incident in its register", words="serial number"),
        Column("at", "time", doc="when the report was made", words="time of the report"),
        Column(
            "kind", "enum", REPORTS, doc="the first report, an update, or the last", ranked=True, words="kind of report"
        ),
        Column("authority", "id", doc="to whom it was made"),
        Column("receipt", "id", default="", doc="the authority's receipt: its number or digest; empty: none"),
        *_LAST,
    ),
    doc="one row is one report of an incident to one authority",
)

chip = Schema(
    "chip",
    (
        Column("chip", "id", doc="the accelerator: serial number or UUID"),
        Column("kind", "enum", DEVICE_KINDS, "other", doc="kind of accelerator", words="kind of device"),
        Column("peak", "flop", default=0, doc="peak FLOP/s; 0: not stated", words="peak speed"),
        Column("site", "id", default="", doc="where it stands; empty: not stated"),
        Column("owner", "id", doc="whose it is"),
        Column("from", "time", doc="when the tenure begins", words="start of tenure"),
        Column(
            "until",
            "time",
            default=STILL,
            doc="when it ends, not before `from`; missing: it has not ended",
            deadline=True,
            words="end of tenure",
        ),
        Column("host", "id", default="", doc="the machine that it is in; empty: not stated"),
        *_LAST,
    ),
    version=2,
    doc="one row is one accelerator's tenure at a site with an owner",
    ordered=(("from", "until"),),
)

dataset = Schema(
    "dataset",
    (
        Column("digest", "id", doc="the source: a digest or a name"),
        Column("licence", "enum", LICENCES, doc="under what right it is used"),
        Column("tokens", "flop", doc="tokens taken from it, exact"),
        Column("region", "enum", REGIONS, "unknown", doc="where it was collected: ISO 3166-1 alpha-2, lower case"),
        Column("synthetic", "bool", doc="made by a model"),
        Column("public", "bool", doc="publicly available"),
        Column("provenance", "enum", PROVENANCES, "unknown", doc="whether it is known where all of it is from"),
        Column("model", "id", default="", doc="the model that was trained on it; empty: none in particular"),
        Column(
            "collected", "time", default=0, doc="when its collection ended; 0: not stated", words="end of collection"
        ),
        Column.share(
            "opted_out",
            "share of it whose rights are reserved against training; missing: not stated",
            words="opted-out share",
        ),
        Column("modality", "enum", MODALITIES, "unknown", doc="what it holds"),
        *_LAST,
    ),
    version=2,
    doc="one row is one training source",
)

audit = Schema(
    "audit",
    (
        Column("layer", "enum", LAYERS, doc="what was audited", words="audited layer"),
        Column("auditor", "id", doc="who audited"),
        Column("model", "id", default="", doc="the model concerned; empty: the whole lab"),
        Column("at", "time", doc="when the audit was completed", words="time of the audit"),
        Column(
            "valid_until", "time", doc="when its validity ends, not before `at`", deadline=True, words="end of validity"
        ),
        Column("outcome", "enum", OUTCOMES, doc="its result", ranked=True),
        Column(
            "serial",
            "count",
            default=0,
            doc="number of the audit in its register; 0: not numbered",
            words="serial number",
        ),
        Column(
            "accredited",
            "enum",
            ANSWERED,
            "unknown",
            doc="whether the auditor was accredited for it",
            words="accreditation",
        ),
        *_LAST,
    ),
    version=2,
    doc="one row is one audit",
    ordered=(("at", "valid_until"),),
)

customer = Schema(
    "customer",
    (
        Column("customer", "id", doc="the customer"),
        Column("verified", "bool", doc="identity verified"),
        Column("flop", "flop", doc="floating-point operations supplied, exact", words="FLOP supplied"),
        Column("region", "enum", REGIONS, "unknown", doc="where the customer is: ISO 3166-1 alpha-2, lower case"),
        Column("beneficial_owner", "id", default="", doc="who owns or controls the customer; empty: not stated"),
        Column(
            "period_from",
            "time",
            default=0,
            doc="when the period of supply begins; 0: from the beginning",
            words="start of the period",
        ),
        Column(
            "period_until",
            "time",
            default=STILL,
            doc="when it ends, not before period_from; missing: it has not ended",
            words="end of the period",
        ),
        *_LAST,
    ),
    version=2,
    doc="one row is one compute customer, in one period",
    ordered=(("period_from", "period_until"),),
)

decision = Schema(
    "decision",
    (
        Column("at", "time", doc="when the decision was flagged", words="time of flagging"),
        Column("risk", "enum", RISKS, doc="its risk class", ranked=True, words="risk class"),
        Column("decided", "time", default=0, doc="when it was taken; 0: not yet", words="time of the decision"),
        Column("reviewed", "time", default=0, doc="when a person reviewed it; 0: not yet", words="time of review"),
        Column("reviewer", "id", default="", doc="who reviewed it; empty: nobody yet"),
        Column(
            "serial",
            "count",
            default=0,
            doc="number of the decision in its register; 0: not numbered",
            words="serial number",
        ),
        Column("model", "id", default="", doc="the model concerned; empty: none in particular"),
        Column(
            "reviewer_kind",
            "enum",
            REVIEWERS,
            "none",
            doc="what reviewed it; none: nothing yet",
            words="kind of reviewer",
        ),
        *_LAST,
    ),
    version=2,
    doc="one row is one flagged decision",
)

note = Schema(
    "note",
    (
        Column("serial", "count", doc="number of the note in its log, without gaps", words="serial number"),
        Column("cap", "id", doc="the joint cap: the digest of the file that states it"),
        Column("giver", "id", doc="the lab that gives a part of its allowance"),
        Column("taker", "id", doc="the lab that takes it"),
        Column("amount", "flop", doc="floating-point operations given, exact", words="FLOP given"),
        *_LAST,
    ),
    doc="one row is a part of one lab's allowance, given to another",
)

EARLIER: tuple[Schema, ...] = ()  # versions that later ones succeeded; logs and claims of them stay what they are
