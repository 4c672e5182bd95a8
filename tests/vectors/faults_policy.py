"""Writes policies.json: a sound policy, and edits of it that are one fault each, with the key that must be named.

    python -m tests.vectors.faults_policy

An edit replaces one text, which stands in the policy once, by another. `@CARD claim@1@` stands for the digest of the
claim's card, so that the vectors outlive a change of it. Keys are public keys of nobody.
"""

from __future__ import annotations

import json
from pathlib import Path

from zkcompliance.log.cosignature import CosignerKey
from zkcompliance.log.note import VerifierKey

OUTPUT = Path(__file__).with_name("policies.json")
LAB, REGISTRY = (VerifierKey(f"{name}.example", bytes([n]) * 32).text for n, name in enumerate(("lab", "registry"), 1))
NEXT = VerifierKey("registry.example", bytes([3]) * 32).text
WITNESS = [CosignerKey(f"witness-{n}.example", 4, bytes([16 + n]) * 32).text for n in range(3)]
LARGE = CosignerKey("large.example", 6, bytes(1312)).text
AS_WITNESS = CosignerKey("lab.example", 4, bytes([1]) * 32).text

SOUND = f"""\
format = "zkcompliance-policy/v1"
id = "example"
version = 3
title = "An example"
jurisdiction = "Nowhere"
sources = ["Example Act, section 1", "Example Act, section 2"]
valid_from = 2025-08-02
valid_until = 2027-08-02
subject = "required"

[freshness]
proof = "7 days"
checkpoint = "30 days"

[cosigners]
quorum = 2
operators = {{ first = ["{WITNESS[0]}", "{WITNESS[1]}"], second = ["{WITNESS[2]}"], third = ["{LARGE}"] }}

[logs.compute]
schema = "compute"
keys = ["{LAB}"]
rows = 5
sources = ["signed", "hardware_attested"]
meterer = "Example Metering"

[logs.events]
schema = "event"

[logs.evals]
schema = "eval"

[logs.used]
schema = "booking"

[logs.registry]
schema = "chip"
keys = [
  {{ key = "{REGISTRY}", until = 2026-06-01 }}, {{ key = "{NEXT}", from = 2026-03-01, until = 2027-01-01 }},
]

[[requirements]]
name = "band"
says = "How close to the limit."
claim = "compute-band@2"
card = "@CARD compute-band@2@"
logs = {{ compute = "compute" }}
params.limit = "1e25"
params.at_least = {{ at_least = "1%", at_most = "50%" }}
params.at_most = {{ free = true }}
params.phases = {{ includes = "pretraining, fine_tuning" }}
params.model = "base-1"
params.before = 0
params.outside = "10%"
reveals.total = {{ at_most = "9e24" }}

[[requirements]]
name = "cadence"
says = "Evaluated often enough."
claim = "evals-cadence@2"
card = "@CARD evals-cadence@2@"
logs = {{ events = "events", evals = "evals" }}
params.model = {{ subject = true }}
params.since = {{ at_most = "2025-01-01" }}
params.until = {{ within = "1 hour" }}
params.suites = "gpqa@2"
params.items = 20
params.gap = {{ one_of = ["90 days", "180 days"] }}
params.growth = 4
params.flop_before = {{ at_most = "1e27" }}

[[requirements]]
name = "chips"
says = "Registered."
claim = "chips-registered@2"
card = "@CARD chips-registered@2@"
logs = {{ used = "used", registry = "registry" }}
params.cap = {{ at_most = 1000 }}
params.since = "2025-02-02"
"""
BAND, CADENCE = "requirements.band", "requirements.cadence"
DIGEST, LEVELS = "@CARD compute-band@2@", 'params.at_least = { at_least = "1%", at_most = "50%" }'
OPERATORS = f'third = ["{LARGE}"]'
GAP = 'params.gap = { one_of = ["90 days", "180 days"] }'

# (name, what it replaces, by what, the key that is named; empty: the file as a whole)
INDEX = '[indices.frontier]\nrequirement = "{}"\nvalue = "{}"\nper = 1000\nat_least = 1\nat_most = 2000\n\n[freshness]'
FAULTS = [
    ("not UTF-8 but cut short", '"required"', '"requir', ""),
    ("a key twice", 'title = "An example"', 'title = "An example"\ntitle = "Another"', ""),
    ("a table twice", "[logs.events]\n", "[logs.compute]\n", ""),
    ("a multi-line string", '"An example"', '"""An example"""', ""),
    ("nested too deep", '["Example Act, section 1", "Example Act, section 2"]', "[" * 9 + "]" * 9, ""),
    ("a key of too many parts", "version = 3", "version = 3\na.b.c.d.e.f.g.h.i.j.k.l.m.n = 1", ""),
    ("another format", "zkcompliance-policy/v1", "zkcompliance-policy/v2", "format"),
    ("no format", 'format = "zkcompliance-policy/v1"\n', "", "format"),
    ("a key in another case", 'title = "An example"', 'Title = "An example"', "title"),
    ("an unknown key", 'title = "An example"', 'title = "An example"\nTitle = "x"', "Title"),
    ("an unknown table", "[freshness]", "[fresh]\nproof = 1\n[freshness]", "fresh"),
    ("an id in capitals", 'id = "example"', 'id = "Example"', "id"),
    ("an id that is too long", 'id = "example"', f'id = "{"e" * 64}"', "id"),
    ("version 0", "version = 3", "version = 0", "version"),
    ("a version past 32 bits", "version = 3", f"version = {2**32}", "version"),
    ("a version in quotes", "version = 3", 'version = "3"', "version"),
    ("a version that is a float", "version = 3", "version = 3.0", "version"),
    ("a version that is true", "version = 3", "version = true", "version"),
    ("a title with a control character", '"An example"', '"An\\u202e example"', "title"),
    ("a title of nothing", '"An example"', '""', "title"),
    ("a title of too many bytes", '"An example"', f'"{"x" * 1001}"', "title"),
    ("no sources", '["Example Act, section 1", "Example Act, section 2"]', "[]", "sources"),
    ("a source twice", "Example Act, section 2", "Example Act, section 1", "sources"),
    ("a source that is no text", '"Example Act, section 2"', "2", "sources[2]"),
    ("a date in quotes", "2025-08-02", '"2025-08-02"', "valid_from"),
    ("a date with a time", "2025-08-02", "2025-08-02T00:00:00Z", "valid_from"),
    ("a date that is none", "2025-08-02", "2025-02-30", ""),
    ("a date before 1970", "2025-08-02", "1969-12-31", "valid_from"),
    ("an end at the beginning", "2027-08-02", "2025-08-02", "valid_until"),
    ("another word for the subject", '"required"', '"optional"', "subject"),
    ("a subject that is asked of nobody", '"required"', '"none"', f"{CADENCE}.params.model.subject"),
    ("an age without a unit", '"7 days"\ncheckpoint', '"604800"\ncheckpoint', "freshness.proof"),
    ("an age of nothing", '"7 days"\ncheckpoint', '"0 days"\ncheckpoint', "freshness.proof"),
    ("an age of centuries", '"30 days"', '"99999 days"', "freshness.checkpoint"),
    ("freshness of nothing", 'proof = "7 days"\ncheckpoint = "30 days"', "", "freshness"),
    ("freshness of something else", 'checkpoint = "30 days"', 'log = "30 days"', "freshness.log"),
    ("within, and no age of the proof", 'proof = "7 days"\n', "", f"{CADENCE}.params.until.within"),
    ("an index that no requirement shows", "[freshness]", INDEX.format("none", "x"), "indices.frontier.requirement"),
    ("an index that is revealed rounded", "[freshness]", INDEX.format("band", "total"), "indices.frontier.value"),
    (
        "an index without ends", "[freshness]", INDEX.format("band", "x").replace("at_least = 1\n", ""),
        "indices.frontier.at_least",
    ),
    (
        "an index between equal ends", "[freshness]", INDEX.format("band", "x").replace("= 1\n", "= 2000\n"),
        "indices.frontier.at_most",
    ),
    (
        "a product of no index", 'params.limit = "1e25"', 'params.limit = "1e25 * frontier"',
        "requirements.band.params.limit",
    ),
    ("quorum 0", "quorum = 2", "quorum = 0", "cosigners.quorum"),
    ("a quorum over the operators", "quorum = 2", "quorum = 4", "cosigners.quorum"),
    ("no quorum", "quorum = 2\n", "", "cosigners.quorum"),
    ("an operator without a key", OPERATORS, "third = []", "cosigners.operators.third"),
    ("a key that is none", OPERATORS, 'third = ["third.example"]', "cosigners.operators.third[1]"),
    ("a key whose id is another's", WITNESS[2].split("+")[1], "00000000", "cosigners.operators.second[1]"),
    ("a log's key as a cosigner's", OPERATORS, f'third = ["{LAB}"]', "cosigners.operators.third[1]"),
    ("a key of two operators", OPERATORS, f'third = ["{WITNESS[0]}"]', "cosigners.operators.third[1]"),
    ("a log that cosigns itself", OPERATORS, f'third = ["{AS_WITNESS}"]', "logs.compute.keys[1]"),
    ("an unknown schema", 'schema = "event"', 'schema = "events"', "logs.events.schema"),
    ("another schema than the claim's", 'schema = "event"', 'schema = "eval"', f"{CADENCE}.logs.events"),
    ("an empty list of keys", f'keys = ["{LAB}"]', "keys = []", "logs.compute.keys"),
    ("one key for two logs", REGISTRY, LAB, "logs.registry.keys[1]"),
    ("one log key with dates and without", NEXT, LAB, "logs.registry.keys[2]"),
    ("a key that ends before it begins", "2027-01-01", "2026-02-28", "logs.registry.keys[2].until"),
    ("a key that ends when it begins", "2027-01-01", "2026-03-01", "logs.registry.keys[2].until"),
    ("a key's date in quotes", "from = 2026-03-01", 'from = "2026-03-01"', "logs.registry.keys[2].from"),
    ("a key's date with a time", "2027-01-01", "2027-01-01T00:00:00Z", "logs.registry.keys[2].until"),
    ("a key with an unknown date", "from = 2026-03-01", "since = 2026-03-01", "logs.registry.keys[2].since"),
    ("a key in a table without a date", ", until = 2026-06-01", "", "logs.registry.keys[1]"),
    ("dates without a key", f'key = "{NEXT}", ', "", "logs.registry.keys[2].key"),
    ("a key in a table that is none", NEXT, "registry", "logs.registry.keys[2].key"),
    ("a key that is a number", f'keys = ["{LAB}"]', "keys = [7]", "logs.compute.keys[1]"),
    ("keys that are no list", f'keys = ["{LAB}"]', f'keys = "{LAB}"', "logs.compute.keys"),
    ("no row asked", "rows = 5", "rows = 0", "logs.compute.rows"),
    ("rows below 0", "rows = 5", "rows = -1", "logs.compute.rows"),
    ("rows as a float", "rows = 5", "rows = 5e0", "logs.compute.rows"),
    ("an empty list of row sources", '["signed", "hardware_attested"]', "[]", "logs.compute.sources"),
    ("an unknown row source", "hardware_attested", "attested", "logs.compute.sources[2]"),
    ("row sources that are the lab's own word", 'meterer = "Example Metering"\n', "", "logs.compute.sources"),
    ("a meterer whose key is not named", f'keys = ["{LAB}"]\n', "", "logs.compute.meterer"),
    ("a lab whose key is not named", '[logs.events]\n', '[logs.events]\nlab = "Example Lab"\n', "logs.events.lab"),
    ("a lab and a meterer", '"Example Metering"\n', '"Example Metering"\nlab = "Example Lab"\n', "logs.compute.lab"),
    ("a lab without a name", '"Example Metering"\n', '"Example Metering"\nlab = ""\n', "logs.compute.lab"),
    ("a meterer without a name", '"Example Metering"', '""', "logs.compute.meterer"),
    ("every row source", '["signed", "hardware_attested"]',
     '["self_declared", "signed", "hardware_attested", "vendor_countersigned"]', "logs.compute.sources"),
    ("a log that nothing is about", "[logs.events]", '[logs.more]\nschema = "eval"\n[logs.events]', "logs.more"),
    ("a log of no name", "[logs.events]", '[logs.""]', "logs.''"),
    ("two requirements of one name", 'name = "chips"', 'name = "band"', "requirements[3].name"),
    ("a name as floors have", 'name = "chips"', 'name = "floor: compute"', "requirements[3].name"),
    ("an unknown claim", 'claim = "compute-band@2"', 'claim = "compute-bound@1"', f"{BAND}.claim"),
    ("a claim without a version", 'claim = "compute-band@2"', 'claim = "compute-band"', f"{BAND}.claim"),
    ("another version", 'claim = "compute-band@2"', 'claim = "compute-band@3"', f"{BAND}.claim"),
    ("another card", DIGEST, "00" * 32, f"{BAND}.card"),
    ("another claim's card", DIGEST, "@CARD evals-cadence@2@", f"{BAND}.card"),
    ("a card in capitals", DIGEST, "AB" * 32, f"{BAND}.card"),
    ("no card", f'card = "{DIGEST}"\n', "", f"{BAND}.card"),
    ("an unknown slot", "{ compute = ", "{ computer = ", f"{BAND}.logs.computer"),
    ("an unknown log", '{ compute = "compute" }', '{ compute = "comp" }', f"{BAND}.logs.compute"),
    ("a slot without a log", '{ used = "used", registry', "{ registry", "requirements.chips.logs.used"),
    ("one log in two slots", 'registry = "registry" }', 'registry = "used" }', "requirements.chips.logs.registry"),
    ("one log twice in a slot", 'registry = "registry" }', 'registry = ["registry", "registry"] }',
     "requirements.chips.logs.registry"),
    ("an empty list of logs", 'registry = "registry" }', "registry = [] }", "requirements.chips.logs.registry"),
    ("an unknown log among several", 'registry = "registry" }', 'registry = ["registry", "more"] }',
     "requirements.chips.logs.registry"),
    ("a log of another slot among several", 'registry = "registry" }', 'registry = ["registry", "used"] }',
     "requirements.chips.logs.registry"),
    ("a log that is a number", 'registry = "registry" }', "registry = 7 }", "requirements.chips.logs.registry"),
    ("a log among several that is a number", 'registry = "registry" }', 'registry = ["registry", 7] }',
     "requirements.chips.logs.registry[2]"),
    ("further logs alone", '{ used = "used"', '{ used = { further = ["used"] }', "requirements.chips.logs.used.all"),
    ("a table of one log", '{ used = "used"', '{ used = { all = ["used"] }', "requirements.chips.logs.used.further"),
    ("a table with another key", '{ used = "used"', '{ used = { all = ["used"], further = ["more"], most = 2 }',
     "requirements.chips.logs.used.most"),
    ("further logs where more rows could help", 'registry = "registry" }',
     'registry = { all = ["registry"], further = ["more"] } }', "requirements.chips.logs.registry"),
    ("several logs where the order of rows counts", 'events = "events", ', 'events = ["events", "more"], ',
     f"{CADENCE}.logs.events"),
    ("an unknown parameter", "params.growth = 4", "params.growth = 4\nparams.factor = 4", f"{CADENCE}.params.factor"),
    ("a parameter that is not stated", "params.growth = 4\n", "", f"{CADENCE}.params.growth"),
    ("a parameter that is a float", 'limit = "1e25"', "limit = 1e25", f"{BAND}.params.limit"),
    ("a parameter that is no whole number", "growth = 4", 'growth = "4.5"', f"{CADENCE}.params.growth"),
    ("a parameter out of range", "growth = 4", "growth = 0", f"{CADENCE}.params.growth"),
    ("a share without its sign", 'at_most = "50%" }', 'at_most = "50" }', f"{BAND}.params.at_least.at_most"),
    ("a share as an integer", 'at_most = "50%" }', "at_most = 50 }", f"{BAND}.params.at_least.at_most"),
    ("a length without a unit", '["90 days", ', '["90", ', f"{CADENCE}.params.gap.one_of[1]"),
    ("a time as a number", '"2025-01-01"', '"1735689600"', f"{CADENCE}.params.since.at_most"),
    ("a bound of an unknown kind", 'at_most = "1e27"', 'below = "1e27"', f"{CADENCE}.params.flop_before"),
    ("two kinds of bound", 'at_most = "1e27"', 'at_most = "1e27", free = true', f"{CADENCE}.params.flop_before"),
    ("a bound of nothing", '{ at_most = "1e27" }', "{ }", f"{CADENCE}.params.flop_before"),
    ("bounds the wrong way round", LEVELS, LEVELS.replace("1%", "60%"), f"{BAND}.params.at_least"),
    ("bounds of one value", LEVELS, LEVELS.replace("1%", "50%"), f"{BAND}.params.at_least"),
    ("a bound that every value meets", "{ at_most = 1000 }", "{ at_least = 0 }", "requirements.chips.params.cap"),
    ("free, and false", "{ free = true }", "{ free = false }", f"{BAND}.params.at_most.free"),
    ("subject of a number", "growth = 4", "growth = { subject = true }", f"{CADENCE}.params.growth"),
    ("within, over an hour", "1 hour", "61 minutes", f"{CADENCE}.params.until.within"),
    ("now, any time", '{ within = "1 hour" }', "{ free = true }", f"{CADENCE}.params.until"),
    ("now, not before", '{ within = "1 hour" }', '{ at_least = "2025-08-02" }', f"{CADENCE}.params.until"),
    ("a clock that runs out while a proof is taken", GAP, 'params.gap = "6 days"', f"{CADENCE}.params.until.within"),
    ("another reference", "[freshness]", 'reference = "optional"\n[freshness]', "reference"),
    ("within, of a number", "growth = 4", 'growth = { within = "4 days" }', f"{CADENCE}.params.growth"),
    ("includes, of a number", "growth = 4", 'growth = { includes = "4" }', f"{CADENCE}.params.growth"),
    ("at most, of a set", "includes = ", "at_most = ", f"{BAND}.params.phases"),
    ("an unknown choice", "pretraining, fine_tuning", "pretraining, tuning", f"{BAND}.params.phases.includes"),
    ("a list of one", '["90 days", "180 days"]', '["90 days"]', f"{CADENCE}.params.gap.one_of"),
    ("a list that repeats itself", '"180 days"', '"2160 hours"', f"{CADENCE}.params.gap.one_of"),
    ("an unknown revealed value", "reveals.total", "reveals.sum", f"{BAND}.reveals.sum"),
    ("a revealed value that is free", '{ at_most = "9e24" }', "{ free = true }", f"{BAND}.reveals.total"),
    ("a revealed value that every one meets", '{ at_most = "9e24" }', "{ at_least = 0 }", f"{BAND}.reveals.total"),
    ("vacuous: a limit of the world", 'limit = "1e25"', 'limit = "1e28"', f"{BAND}.params.limit"),
    ("vacuous: a free limit", 'params.limit = "1e25"', "params.limit = { free = true }", f"{BAND}.params.limit"),
    ("vacuous: no phase", '{ includes = "pretraining, fine_tuning" }', '"evaluation"', f"{BAND}.params.phases"),
    ("vacuous: a lower edge of nothing", LEVELS, 'params.at_least = { at_most = "50%" }', f"{BAND}.params.at_least"),
    ("vacuous: the whole period", GAP, 'params.gap = "206 days"', f"{CADENCE}.params.gap"),
    ("vacuous: no beginning", '{ at_most = "2025-01-01" }', "{ free = true }", f"{CADENCE}.params.gap"),
    ("vacuous: any number of chips", "{ at_most = 1000 }", "{ free = true }", "requirements.chips.params.cap"),
    ("no requirement", SOUND[SOUND.index("[[requirements]]") :], "", "requirements"),
]  # fmt: skip


def document() -> str:
    for name, old, _, _ in FAULTS:
        if SOUND.count(old) != 1:
            raise ValueError(f"{name}: {old!r} stands there {SOUND.count(old)} times")
    vectors = [
        {"name": name, "code": "malformed-policy", "key": key, "edit": [old, new]} for name, old, new, key in FAULTS
    ]
    return json.dumps({"sound": SOUND, "vectors": vectors}, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    OUTPUT.write_text(document())
