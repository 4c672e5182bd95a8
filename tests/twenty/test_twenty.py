"""Twenty claims that were written from the documentation alone: true examples, short bodies, sentences, and proofs."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

import zkcompliance as zk
from tests.kit import command_line
from zkcompliance.claim import catalogue

HERE = Path(__file__).parent
NAMES = sorted(path.stem for path in HERE.glob("*.py") if path.stem not in {"__init__", "test_twenty"})
PINNED = HERE / "sentences.txt"


def written(name: str):
    """The module of a claim and the claim in it, which has the module's name."""
    module = importlib.import_module(f"tests.twenty.{name}")
    return module, getattr(module, name)


def body_lines(name: str) -> int:
    """Lines from the decorator to the end of the claim: no empty ones, and none of its docstring."""
    text = (HERE / f"{name}.py").read_text(encoding="utf-8")
    (made,) = (each for each in ast.parse(text).body if isinstance(each, ast.FunctionDef) and each.name == name)
    said = made.body[0]
    numbers = set(range(made.decorator_list[0].lineno, made.end_lineno + 1)) - set(
        range(said.lineno, said.end_lineno + 1)
    )
    return sum(bool(line.strip()) for i, line in enumerate(text.splitlines(), 1) if i in numbers)


def sentences(name: str) -> str:
    """What `explain` says that the claim says: from its title to what is revealed, without digests and costs."""
    text = command_line.ok("explain", HERE / f"{name}.py")["text"]
    return text[: text.index("\nNot proven:")]


def test_there_are_twenty() -> None:
    assert len(NAMES) == 20


@pytest.mark.parametrize("name", NAMES)
def test_a_claim_is_twenty_lines_at_most(name: str) -> None:
    assert body_lines(name) <= 20
    assert f"| {name} | {body_lines(name)} |" in (HERE / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_every_example_is_true(name: str) -> None:
    module, definition = written(name)
    for example in module.EXAMPLES:
        assert not example.complaint(definition), f"{example.text}: {example.complaint(definition)}"


def test_every_requirement_that_was_written_has_an_example_in_which_it_fails() -> None:
    for name in NAMES:
        module, _ = written(name)
        failing = {each for example in module.EXAMPLES for each in example.failing}
        text = (HERE / f"{name}.py").read_text(encoding="utf-8")
        asked = {
            call.args[0].value
            for call in ast.walk(ast.parse(text))
            if isinstance(call, ast.Call)
            and getattr(call.func, "id", "") == "require"
            and isinstance(call.args[0], ast.Constant)
        }
        assert asked <= failing, f"{name}: {sorted(asked - failing)}"


def test_sentences_are_those_that_were_read() -> None:
    """Whoever changes one reads the new one, and writes the file anew with `python -m tests.twenty.test_twenty`."""
    assert all_sentences() == PINNED.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_the_first_example_is_sealed_proved_and_verified(name: str, tmp_path: Path) -> None:
    module, _ = written(name)
    example = next(each for each in module.EXAMPLES if not each.failing)
    path, keys = str(HERE / f"{name}.py"), {}
    slots = catalogue.load(path).slots
    params = {key: value for key, value in example.given.items() if key not in slots}
    for slot, schema in slots.items():
        keys[slot] = zk.keygen(tmp_path / f"{slot}.key", f"lab.example/{slot}")
        with zk.open_log(tmp_path / slot, schema=schema, key=tmp_path / f"{slot}.key") as log:
            log.append(example.given[slot])
            log.seal()
    proof = zk.prove(path, {slot: tmp_path / slot for slot in slots}, **params)
    assert zk.verify(proof, claim=path, params=params, log_keys=keys).accepted


def all_sentences() -> str:
    """Of all claims, one after the other."""
    return "\n".join(sentences(name) for name in NAMES)


if __name__ == "__main__":
    PINNED.write_text(all_sentences(), encoding="utf-8")
