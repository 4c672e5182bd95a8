"""The page as text: well-formed, self-contained, every fact on it, and no text of the verdict's read as markup."""

from __future__ import annotations

import base64
import re
import shlex
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser

import pytest

from tests.kit import verdicts
from zkcompliance import report
from zkcompliance.policy.binding import Subject
from zkcompliance.policy.verdict import Asked, Attested, Margin, Status, Verdict
from zkcompliance.report import markup, words
from zkcompliance.report.picture import picture, scale

KINDS = verdicts.all_kinds()
every = pytest.mark.parametrize("verdict", KINDS.values(), ids=KINDS.keys())
VOID = {"meta", "br", "wbr"}
NAMES = (
    "html head meta title style body header main footer section p h1 h2 h3 h4 span a ul li dl div dt dd table caption "
    "thead tbody tr th td code pre br wbr bdi figure figcaption svg desc text line circle rect"
)
HTML = set(NAMES.split())


class Page(HTMLParser):
    """Elements, their attributes, and the text that a reader sees; AssertionError for what is not well-formed."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.said: list[str] = []
        self.outline: list[int] = []
        self.style = ""
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), tag
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if re.fullmatch("h[1-6]", tag):
            self.outline.append(int(tag[1]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert "svg" in self.open, tag
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open and self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "style":
            self.style += data
        else:
            self.said.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data}")

    @property
    def text(self) -> str:
        return "".join(self.said)


def page(verdict: Verdict) -> Page:
    return Page(report.write(verdict, "html"))


def flat(text: str) -> str:
    return re.sub(r"\s", "", text)


@every
def test_only_elements_and_attributes_of_its_own(verdict: Verdict) -> None:
    made = page(verdict)
    assert {tag for tag, _ in made.elements} <= set(HTML)
    for tag, attributes in made.elements:
        for name, value in attributes.items():
            assert not name.startswith("on") and name not in ("style", "src", "srcset", "action", "xlink:href"), tag
            if name == "href":
                assert re.fullmatch(r"#requirement-[0-9]+", value or "")
    identifiers = [a["id"] for _, a in made.elements if "id" in a]
    assert len(identifiers) == len(set(identifiers))
    referred = [a[name] for _, a in made.elements for name in ("href", "aria-labelledby") if name in a]
    assert {part.lstrip("#") for each in referred for part in (each or "").split()} <= set(identifiers)


@every
def test_nothing_is_loaded_and_nothing_runs(verdict: Verdict) -> None:
    made = page(verdict)
    assert "url(" not in made.style and "@import" not in made.style and "\\" not in made.style
    policy = next(a["content"] for t, a in made.elements if a.get("http-equiv") == "Content-Security-Policy")
    digest = base64.b64encode(sha256(made.style.encode()).digest()).decode()
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert [tag for tag, _ in made.elements].count("style") == 1


@every
def test_headings_stand_in_order_and_tables_have_theirs(verdict: Verdict) -> None:
    made = page(verdict)
    assert made.outline[0] == 1 and made.outline.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(made.outline, made.outline[1:], strict=False))
    tags = [tag for tag, _ in made.elements]
    assert tags.count("table") == tags.count("caption") == tags.count("thead")
    assert all(a.get("scope") in ("row", "col") for tag, a in made.elements if tag == "th")
    assert made.elements[0] == ("html", {"lang": "en"}) and tags.count("main") == 1
    for tag, attributes in made.elements:
        assert tag != "svg" or (attributes["role"] == "img" and attributes["aria-labelledby"])


@every
def test_every_fact_is_on_it(verdict: Verdict) -> None:
    text = flat(page(verdict).text)
    wanted = [words.sentence(verdict), verdict.file_sha256.hex(), f"{verdict.file_bytes:,}"]
    wanted += [words.moment(verdict.judged_at), words.moment(verdict.proved_at), words.reference(verdict.reference)]
    if verdict.policy:
        policy = verdict.policy
        wanted += [policy.id, str(policy.version), policy.digest.hex(), policy.title, policy.jurisdiction]
        wanted += [*policy.sources, words.in_force(policy.valid_from, policy.valid_until), words.checked(policy)]
    if verdict.subject:
        wanted += [verdict.subject.name, verdict.subject.digest.hex()]
    if verdict.attested:
        wanted += [
            verdict.attested.keyid,
            verdict.attested.kind,
            verdict.attested.digest.hex(),
            "--attestation-key PEM",
        ]
    assert ("Attestedsigned" in text) == (verdict.attested is not None)
    for error in verdict.mismatches:
        wanted += [error.code, words.spoken(error), error.help]
        assert text.count(flat(f"Not what was asked: {words.spoken(error)}")) == 1
    for finding in verdict.findings:
        if finding.status is Status.NOT_JUDGED:  # nothing is known of it, and the reason is said above
            wanted += [finding.name, finding.says, finding.claim, "not judged"]
            continue
        wanted += [finding.name, finding.says, finding.claim, finding.program.hex(), finding.proof_sha256.hex()]
        wanted += [*finding.warnings, *finding.not_proven, finding.security_bits, finding.profile]
        wanted += [line.replace("`", "") for line in words.claim_lines(finding)]
        wanted += [finding.status.value if finding.status.value != "undecided" else "not decided"]
        if finding.error is not None:
            wanted += [finding.error.code, finding.error.message, finding.error.help]
        for value in words.shown(finding, "parameter", "revealed"):
            wanted += [
                value.name,
                words.short(value),
                words.exact(value),
                words.doc(value, finding).replace("`", ""),
                value.asked,
            ]
            wanted += ["chosen by the lab"] if value.chosen else []
        wanted += [words.margin_words(finding)] if finding.margin and finding.proof_sha256 else []
        for log in finding.logs:
            wanted += [log.name, log.origin, log.root.hex(), log.key, words.rows(log.rows_log2), *log.sources]
            wanted += [f"at least {log.rows:,}"] if log.rows else []
            wanted += [part for who, at in (log.cosigned or {}).items() for part in (who, words.moment(at))]
    plain = text.replace("`", "")
    missing = [want for want in wanted if flat(words.clean(want)) not in text and flat(words.clean(want)) not in plain]
    assert not missing


@pytest.mark.parametrize("text", verdicts.HOSTILE[:6])
def test_hostile_text_stays_text(text: str) -> None:
    source = report.write(verdicts.hostile(text), "html")
    assert words.clean(text).strip() in page(verdicts.hostile(text)).text
    for part in ("<script", "<img", "</style></svg>", "\x1b", "\u202e", "\u200b", 'javascript:alert(1)"'):
        assert part not in source
    source.encode()


def test_letters_from_right_to_left_are_isolated() -> None:
    assert markup.text("a אבג דה, 1 b") == "a <bdi>אבג דה</bdi>, 1 b"
    assert markup.tag("title", "אבג") == "<title>אבג</title>"
    assert (
        markup.text("x" * 14) == "x" * 14
        and markup.text("a " + "<" * 15) == f'a <span class="long">{"&lt;" * 15}</span>'
    )
    assert markup.text("a < b") == "a &lt; b" and markup.text('"') == "&quot;"


def test_derived_values_are_left_out() -> None:
    assert "carry_7" not in page(KINDS["all met"]).text


def line(verdict: Verdict) -> list[str]:
    """The page's command as a shell splits it."""
    found = re.search(r"zkcompliance verify .*(?:\n  .*)*", page(verdict).text)
    assert found is not None
    return shlex.split(found[0].partition("FILE is the proof file")[0].replace("\\\n", " "))


def test_the_command_is_the_one_that_verifies_it() -> None:
    assert line(KINDS["all met"]) == [
        "zkcompliance", "verify", "FILE", "--policy", "eu-ai-act-systemic-risk@1",
        "--log-key", "compute=PUB", "--log-key", "incidents=PUB",
        "--subject", f"asteria-3-large=sha256:{verdicts.SUBJECT.digest.hex()}", "--context", "AIO-2026-0417",
        "--at", "2026-11-21T12:00:00Z",
    ]  # fmt: skip
    assert line(KINDS["single band"]) == [
        "zkcompliance", "verify", "FILE", "--claim", "compute-band", "--log-key", "PUB",
        "--param", "limit=1e25", "--param", "at_least=50%", "--param", "at_most=75%",
        "--param", "phases=pretraining, fine_tuning, reinforcement", "--at", "2026-11-21T12:00:00Z",
    ]  # fmt: skip


def test_a_hostile_name_is_one_argument_of_the_command() -> None:
    name = "$(rm -rf ~); `id` 'x' \"y\" && z | w > v"
    verdict = replace(verdicts.hostile(name), reference=name.encode())
    found = line(verdict)
    assert found[found.index("--policy") + 1] == f"{name}@1"
    assert found[found.index("--context") + 1] == name
    assert found[found.index("--subject") + 1] == f"{name}=sha256:{verdicts.SUBJECT.digest.hex()}"


def test_the_command_has_every_option_that_decided() -> None:
    subject = Subject("m", bytes(32), b"\1" * 32)
    put = Asked(
        subject, b"\xff\n", trust=True, state=True, claim_files=2, ready=False, keys=("incidents",),
        lineages=("incidents",),
    )  # fmt: skip
    found = line(replace(KINDS["all met"], asked=put, attested=Attested(bytes(32), "ed25519", "ab")))
    assert found[3:] == [
        "--policy", "POLICY.toml", "--log-key", "PUB", "--claim-file", "CLAIM.py", "--claim-file", "CLAIM.py",
        "--subject", f"m=sha256:{'00' * 32},tree:{'01' * 32}", "--context", "$\\377\\012", "--trust", "TRUST",
        "--state", "STATE", "--lineage", "incidents=LINEAGE",
        "--attestation", "ATTESTATION", "--attestation-key", "PEM", "--at", "2026-11-21T12:00:00Z",
    ]  # fmt: skip
    left = line(replace(KINDS["all met"], asked=Asked(keys=())))
    assert not {"--subject", "--context", "--log-key", "--trust", "--state", "--lineage"} & set(left)


# The picture


@every
def test_a_picture_stands_only_where_something_was_revealed_beside_a_limit(verdict: Verdict) -> None:
    wanted = sum(f.margin is not None and f.margin.limit > 0 and bool(f.proof_sha256) for f in verdict.findings)
    assert [tag for tag, _ in page(verdict).elements].count("svg") == wanted


@pytest.mark.parametrize(
    ("value", "limit"),
    [(63 * 10**23, 10**25), (10**25, 10**25), (3 * 10**25, 10**25), (0, 10**25), (1, 2**512 - 1), (3, 12), (0, 1),
     (1, 1), (999_999, 10**6), (5, 7), (123_456, 999_999)],
)  # fmt: skip
def test_the_picture_keeps_order_and_place(value: int, limit: int) -> None:
    axis = scale([value, limit])
    assert 16 <= axis.x(value) <= 444 and 16 <= axis.x(limit) <= 444
    assert (axis.x(value) < axis.x(limit)) == (value < limit) or value / limit > 0.99
    at = [axis.x(tick) for tick, _ in axis.ticks]
    assert at == sorted(at) and 2 <= len(at) <= 8
    drawn = picture(replace(verdicts.CLOCK, margin=Margin("a", value, "b", limit)), "p")
    assert (
        drawn is not None
        and words.margin_words(replace(verdicts.CLOCK, margin=Margin("a", value, "b", limit))) in drawn
    )


def test_the_band_is_the_one_that_was_shown() -> None:
    drawn = picture(verdicts.BAND, "p")
    assert drawn is not None and "Shown to lie between 5e24 and 7.5e24" in drawn and 'class="band"' in drawn
    assert verdicts.BAND.margin is not None
    drawn = picture(replace(verdicts.BAND, margin=replace(verdicts.BAND.margin, low=None, high=None)), "p")
    assert drawn is not None and "Shown to lie" not in drawn and 'class="band"' not in drawn
