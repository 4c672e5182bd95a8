"""Thirty slips and what their authors read: what is wrong, the line, a remedy. None is an error of Python's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from zkcompliance.claim import catalogue
from zkcompliance.errors import ClaimDefinitionError, UsageError

HEAD = '''from zkcompliance.claim.language import *


@claim("slip", version=1)
def slip(compute: ComputeLog, registry: ChipLog, limit: Param[Flop]) -> None:
    """A slip."""
    jobs = compute.where(compute.phase != "failed")
    runs = jobs.group_by(jobs.run)
    require("used", (compute.flop.sum() <= limit) & (registry.count() != 98_765_432))
'''
LINE = HEAD.count("\n") + 1

# What an author writes → how the refusal begins, and what the remedy says.
SLIPS = {
    'require("a", jobs.every(jobs.start > jobs.end.previous()))': ("previous: missing", "x.previous(default=…, per=…)"),
    'require("a", jobs.every(jobs.start > jobs.end.prevous(default=0)))': ("an expression has no word", ".previous"),
    'require("a", jobs.evry(jobs.flop > 5))': ("a compute@2 log has no column 'evry'", "every"),
    'require("a", jobs.every(jobs.flops > 5))': ("a compute@2 log has no column 'flops'", "flop"),
    'require("a", len(jobs) > 5)': ("len of a table", "table.count()"),
    'require("a", jobs.count > 5)': ("> of the word count", "x.count()"),
    'require("a", jobs.count == 0)': ("== of the word count", "x.count()"),
    'require("a", jobs.flop.mean() * 2 <= limit)': ("* of a mean or a share", "x.sum() <= limit * n"),
    'require("a", limit - jobs.flop.mean() > 0)': ("a mean or a share where a Flop belongs", "only ever compared"),
    'require("a", jobs.share(jobs.flop > 5) + "5%" > "10%")': ("+ of a mean or a share", "only ever compared"),
    'require("a", larger(0, 5) > 5)': ("the larger of two literals", "one side is a column or a parameter"),
    'require("a", jobs.every(within("oslo", registry.owner)))': ("a comparison of columns: the text", "table.column"),
    'require("a", runs.every(runs.flop > 5))': ("groups have no key 'flop'", "groups.sum(table.x)"),
    'require("a", runs.every(runs.count() > 5))': ("count() in a condition on groups", "groups.size()"),
    'require("a", jobs.group_by("run").every(jobs.flop > 5))': ("groups by columns: the text 'run'", "without quotes"),
    'require("a", jobs.every(jobs.run in {"a", "b"}))': ("hash of a Id", "x.is_in((a, b))"),
    'require("a", jobs.every(jobs.run == ("a", "b")))': ("a tuple where an id, a text, belongs", "x.is_in((…))"),
    'require("a", jobs.every(jobs.run.is_in("a")))': ("is_in of what is no set", 'x.is_in(("a", "b"))'),
    'require("a", jobs.every(jobs.phase == "pretrainning"))': ("'pretrainning' is none of", "the name of a choice"),
    'require("a", jobs.every(jobs.flop > "lots"))': ("'lots' is not", "'2.5e25'"),
    'require("a", jobs.every(jobs.end - jobs.start > days("x")))': ("'x' is not", "whole number"),
    'require(jobs.every(jobs.flop > 5), "a")': ("require without a name", "the name comes first"),
    'require(jobs.every(jobs.flop > 5))': ("require: missing a required argument", "require(name, condition)"),
    'require("a")': ("require: missing a required argument", "require(name, condition)"),
    'require("a", jobs.flop > 5)': ("'a' is a condition on each row", "table.every(…)"),
    'require("a", jobs[0].flop > 5)': ("[ ] of a table", "table.where(condition)"),
    'require("a", jobs.flop[0] > 5)': ("[ ] of a Flop", "table.where(condition)"),
    'require(f"at most {limit}", jobs.every(jobs.flop <= limit))': ("str of a Flop", "names of requirements"),
    'require("a", max(jobs.flop.sum(), limit) > 5)': ("a Python built-in", "larger(a, b)"),
    'require("a", jobs.flop.max() <= limit)': ("max: missing a required argument: 'empty'", "x.max(empty=…)"),
    'require("a", jobs.every(jobs.flop <= limit), 5)': ("require: too many positional arguments", "require(name, c"),
    'require("a", jobs.every(lookup(jobs.run, registry.owner) > 5))': ("lookup: missing", "lookup(keys, among, value"),
    'require("a", jobs.where("phase").count() > 5)': ("a selection needs a condition", "where(table.column == …)"),
    'require("a", jobs.every(jobs.phase.pick("other") > 5))': ("pick: missing", "x.pick(table, otherwise=…)"),
    'require("a", jobs.every(jobs.flop ** 2 > 5))': ("no powers", "multiply"),
    'require("a", jobs.every(-jobs.start > 5))': ("a Time has no -", "end - start"),
    'jobs.flop = 5': (".flop = … sets what is no variable", "a name of its own"),
    'jobs["flop"] = 5': ("[ ] of a table", "table.where(condition)"),
    'require("a", jobs.every(jobs.flop > 5) == True)': ("a truth value compared with", "write the condition itself"),
    'require("a", jobs.every(jobs.flop > 5) and limit > 5)': ("`and` asks", "(a) & (b)"),
    'require("a", jobs.every((jobs.flop > 5) + (jobs.flop > 6) > 1))': ("Bool + Bool has no meaning", "as_count()"),
    'require("a", [] + jobs.every)': ("+ of the word every", "x.every(condition)"),
    'require("a", jobs.every(None))': ("a selection needs a condition, and Python's None", "where(table.column == …)"),
    'require("a", {"x": 1}["y"])': ("KeyError: 'y'", "it is Python that stops here"),
    'require("a", (5).every(jobs))': ("AttributeError: 'int' object", "it is Python that stops here"),
    'require("a", "x" + 5)': ("TypeError: ", "(a) & (b)"),
    'require("a", jobs.every(somewhat(jobs.flop)))': ("NameError: name 'somewhat'", "import somewhat, if it is a word"),
    'require("a", 5 // 0)': ("ZeroDivisionError: ", "it is Python that stops here"),
}  # fmt: skip
# Outside a body, where the claim's file is run
ARGUMENTS = {
    'x: Param[Flop] = param("x", default="lots")': ("x: 'lots' is not", "--param x=…"),
    'x: Param[Flop] = param("x", default=5, at_most=4)': ("x is from 0 FLOP to 4 FLOP", "--param x=…"),
    'x: Param[Flop] = param("x", dflt=5)': ("param: got an unexpected keyword argument 'dflt'", "param(default=…"),
    'x: Param[SetOf[Id]] = ("a", 5.5)': ("x: 5.5 is a float", "--param x=…"),
    "x: int": ("x is neither a log nor a Param", "x: ComputeLog or x: Param[Flop]"),
    "x: Param[int]": ("x is a Param of no type of the language", "Param[Flop], Param[Time], …"),
}


def refusal(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    with pytest.raises((ClaimDefinitionError, UsageError)) as caught:
        catalogue.load(str(path))
    return caught.value.message


@pytest.mark.parametrize("line", SLIPS)
def test_a_slip_comes_with_line_and_remedy(line: str, tmp_path: Path) -> None:
    message = refusal(tmp_path / "slip.py", f"{HEAD}    {line}\n")
    first, place, remedy = message.split("\n")
    begins, says = SLIPS[line]
    assert first.startswith(begins), message
    assert place == f"  at slip.py:{LINE}: {line}"
    assert remedy.startswith("  remedy: ") and says in remedy, message


@pytest.mark.parametrize("argument", ARGUMENTS)
def test_a_slip_among_the_arguments_does_too(argument: str, tmp_path: Path) -> None:
    text = HEAD.replace("limit: Param[Flop]", f"limit: Param[Flop], {argument}")
    message = refusal(tmp_path / "slip.py", text)
    first, place, remedy = message.split("\n")
    begins, says = ARGUMENTS[argument]
    assert first.startswith(begins), message
    assert place.startswith("  at slip.py:")
    assert remedy.startswith("  remedy: ") and says in remedy, message


@pytest.mark.parametrize(
    ("text", "begins", "number"),
    [
        ('from zkcompliance.claim.language import *\nEXAMPLES = (fails("x"),)\n', "fails: missing", 2),
        ("x = 1\nimport no_such_module\n", "import no_such_module, which is no word of the claim language", 2),
        ("x = 1\nx.y\n", "slip.py cannot be run: AttributeError", 2),
        (
            "from zkcompliance.claim.language import *\n\n@claim\ndef f(c: ComputeLog): pass\n",
            "@claim without an id",
            3,
        ),
    ],
)
def test_a_slip_in_the_file_does_too(text: str, begins: str, number: int, tmp_path: Path) -> None:
    message = refusal(tmp_path / "slip.py", text)
    first, place, remedy = message.split("\n")
    assert first.replace(str(tmp_path) + "/", "").startswith(begins)
    assert place.startswith(f"  at slip.py:{number}: ")
    assert remedy.startswith("  remedy: ")


@pytest.mark.parametrize(
    "given", ['("m1", "m2")', '["m1", "m2"]', '{"m1", "m2"}', 'frozenset(["m1", "m2"])', '("m2", "m1")']
)
def test_a_set_is_any_of_pythons(given: str, tmp_path: Path) -> None:
    """In the text of a claim, as a default, and as a parameter from Python."""
    path = tmp_path / "listed.py"
    path.write_text(
        HEAD.replace("limit: Param[Flop]", f"limit: Param[Flop], x: Param[SetOf[Id]] = {given}")
        + f"    require('a', jobs.every(jobs.run.is_in({given}) | jobs.run.is_in(x)))\n",
        encoding="utf-8",
    )
    made = catalogue.load(str(path))
    listed = made.params[1]
    assert listed.show(listed.default or 0) in ("m1, m2", "m2, m1")
    assert listed.parse(eval(given)) == listed.default  # noqa: S307
