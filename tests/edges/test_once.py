"""An option that holds one value, or none, is given once: of two, one would be passed over in silence."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from tests.kit.regulated_lab import CLAIM, Lab
from tests.kit.starting import Started
from zkcompliance.commands.group import FOR_SHELLS, VERBS, cli
from zkcompliance.errors import UsageError
from zkcompliance.standalone import main as one_file


def options() -> Iterator[tuple[str, click.Option]]:
    for verb in (*VERBS, *FOR_SHELLS):
        command = cli.get_command(click.Context(cli), verb)
        assert command is not None
        for parameter in command.get_params(click.Context(command)):
            if isinstance(parameter, click.Option):
                yield verb, parameter


def twice(option: click.Option, spelled: str) -> list[str]:
    """The option given two times; the second with another value, or by its other name."""
    other = option.opts[-1] if spelled == option.opts[0] else option.opts[0]
    if option.is_flag:
        return [spelled, other]
    joined = f"{other}=b" if other.startswith("--") else f"{other}b"
    return [spelled, "a", joined]


CASES = [(verb, option, name) for verb, option in options() for name in option.opts]


@pytest.mark.parametrize(("verb", "option", "name"), CASES, ids=[f"{v} {n}" for v, _, n in CASES])
def test_of_every_verb(verb: str, option: click.Option, name: str) -> None:
    done = CliRunner().invoke(cli, [verb, *twice(option, name)], prog_name="zkcompliance")
    refused = f"{max(option.opts, key=len)} is given 2 times, and can be given once" in done.stderr
    assert refused == (not option.multiple), done.stderr
    if refused:
        assert done.exit_code == 2 and f"help: zkcompliance {verb} --help" in done.stderr


def test_there_are_many() -> None:
    assert len(CASES) > 80 and {verb for verb, _, _ in CASES} == {*VERBS, *FOR_SHELLS}


def test_of_the_one_file_verifier() -> None:
    """The same options may be repeated as in the installed one, and no other."""
    repeated = {name for verb, option in options() if verb == "verify" and option.multiple for name in option.opts}
    for action in one_file.parser()._actions:
        for name in action.option_strings:
            given = [name, name] if action.nargs == 0 else [name, "text", f"{name}=text"]
            if name == "-p":
                given = [name, "text", "-ptext"]
            if name in repeated:
                one_file._joined(given)
                continue
            with pytest.raises(UsageError, match=r"is given 2 times, and can be given once"):
                one_file.run(["file", *given])


def test_two_policies_two_models_and_two_formats(lab: Lab) -> None:
    """What a gate's author could believe to be judged together."""
    for twice_given in (
        ["--policy", "eu-ai-act", "--policy", str(lab.policy)],
        ["--policy", str(lab.policy), "--subject", "other=sha256:" + "00" * 32, "--subject", "model-7=x"],
        ["--policy", str(lab.policy), "--json", "--json"],
        ["--claim", "compute-band", "--claim", CLAIM],
    ):
        done = CliRunner().invoke(cli, ["verify", str(lab.bundle), *twice_given], prog_name="zkcompliance")
        assert done.exit_code == 2 and "is given 2 times" in done.stderr
        if "--json" in twice_given:
            assert json.loads(done.stdout)["error"]["code"] == "usage"


def test_a_value_is_no_option(lab: Lab) -> None:
    """A value, or a file behind --, that looks like an option is not counted."""
    asked = ["--claim", CLAIM, "-p", "limit=1e20", "--log-key", str(lab.key), "--context", "--claim"]
    done = CliRunner().invoke(cli, ["verify", *asked, "--", str(lab.single)], prog_name="zkcompliance")
    assert done.exit_code == 1 and "statement-mismatch" in done.stderr


@pytest.mark.parametrize("given", [["-o", "a", "--output", "b"], ["--json", "--json"]])
def test_of_the_builder(given: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from zkcompliance.standalone import making

    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="is given 2 times"):
        making.make(given)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("text", ["limit", "log key"])
def test_what_may_be_repeated_names_nothing_twice(text: str, lab: Lab) -> None:
    asked = ["--claim", CLAIM, "-p", "limit=1e20", "--log-key", f"compute={lab.key}"]
    more = ["-p", "limit=1e21"] if text == "limit" else ["--log-key", f"compute={lab.key}"]
    done = CliRunner().invoke(cli, ["verify", str(lab.single), *asked, *more], prog_name="zkcompliance")
    assert done.exit_code == 2 and "error[usage]" in done.stderr


EMPTY = ("policy", "claim", "claim-file", "param", "log-key", "subject", "context", "lineage", "new-key", "at")


@pytest.mark.parametrize("name", EMPTY)
def test_an_empty_value_is_none(verify: Started, lab: Lab, name: str) -> None:
    """As a script passes a variable that is not set: a proof without a reference would meet an empty one."""
    done = verify.run(lab.single, f"--{name}=")
    assert done.returncode == 2 and f"--{name} is empty" in done.stderr.decode()
