"""Names from outside in what is printed: they run nothing, forge no line, hide nothing and begin no line."""

from __future__ import annotations

import ast
import re
import subprocess
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import zkcompliance
from zkcompliance import log
from zkcompliance.attest.keys import PublicKey
from zkcompliance.edge.shown import cells, command, error_lines, escaped, folded, one_line, quoted, visible
from zkcompliance.errors import ClaimDefinitionError, UsageError, ZkComplianceError
from zkcompliance.log import keys
from zkcompliance.policy.subject import parse_subject

PACKAGE = Path(zkcompliance.__file__).parent
NASTY = ["x'; touch pwned; '", "$(touch pwned)", "`touch pwned`", "a b", "x\nhelp: touch pwned", "-rf", "\x1b[31m",
         "\u202egpj", "x\u3164y", "'", "\\", "~", "*", "a\tb", "x\udcffy", "!1", "#x", "=ls", "{a,b}"]  # fmt: skip
names = st.text(st.characters(exclude_characters="\0/", exclude_categories=["Cs"]), min_size=1, max_size=20)


@settings(max_examples=25, deadline=None)
@given(st.lists(names, min_size=20, max_size=20))
@example(NASTY)
def test_a_shell_reads_each_name_as_it_is(given: list[str]) -> None:
    line = command("printf", "%s\\0", *map(Path, given))
    assert line.isprintable()
    done = subprocess.run(["bash", "-c", line], capture_output=True, check=True)
    read = done.stdout.split(b"\0")[:-1]
    wanted = [f"./{name}" if name.startswith("-") and name != "-" else str(Path(name)) for name in given]
    assert [each.decode("utf-8", "surrogateescape") for each in read] == wanted


def test_a_name_behind_what_stands_before_it_is_one_argument() -> None:
    done = subprocess.run(["bash", "-c", f"printf %s {quoted('a b', before='log=')}"], capture_output=True, check=True)
    assert done.stdout == b"log=a b"


def test_what_is_not_seen() -> None:
    for c in "\x00\x1b\x85\xad\u200b\u2028\u202e\u2066\ufeff\u3164\uffa0\u115f\u2800\ufe0f\U000e0100\U000e0041\ue000":
        assert not visible(c) and one_line(c) in (" ", "\ufffd"), f"{ord(c):x}"
    assert all(visible(c) for c in "aé长א\u0301𝒜")
    assert escaped("a\r\nb\tc\x1b") == "a\\r\\nb\\tc\ufffd"


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200), st.integers(12, 80))
def test_folding_leaves_nothing_out_and_begins_no_line(text: str, width: int) -> None:
    line = f"name {one_line(text)}"
    first, *more = folded(line, width)
    assert all(each.startswith("  ") for each in more) and first.startswith("name")
    assert "".join("".join([first, *more]).split()) == "".join(line.split())
    assert all(cells(each) <= width for each in (first, *more))
    assert folded(line, None) == [line]


@pytest.mark.parametrize("width", [None, 20, 40, 60])
@pytest.mark.parametrize("name", [*NASTY, "Accepted: all is met " * 5, "x" * 300])
def test_an_error_has_two_lines_and_what_continues_them(name: str, width: int | None) -> None:
    error = UsageError(f"{name}: no such file", help=command("zkcompliance", "fsck", name))
    lines = error_lines(error, width).split("\n")
    starts = [line for line in lines if not line.startswith(("  ", "'", "$'"))]  # a quote: of a word in pieces
    assert len(starts) == 2 and starts[0].startswith("error[usage]:") and starts[1].startswith("help: ")
    assert all(visible(c) or c == " " for line in lines for c in line)
    assert width is not None or len(lines) == 2


def test_a_message_of_several_lines_is_of_the_class_that_says_so() -> None:
    text = error_lines(ClaimDefinitionError("line 3: total\nAccepted: x\n  help: y"))
    assert [line[:2] for line in text.split("\n")] == ["er", "  ", "  ", "he"]


def test_a_folded_command_is_still_one(tmp_path: Path) -> None:
    (tmp_path / "printf-it").write_text("")
    said = f"{command('cat', *['a b', 'c'] * 9)}  # when you know what comes of it, and not before"
    lines = error_lines(UsageError("x", help=said), 40).split("\n")
    pasted = "\n".join(lines)[len("error[usage]: x\nhelp: ") :].replace("cat ", "printf '%s,' ", 1)
    done = subprocess.run(["bash", "-c", pasted], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert done.stdout == "a b,c," * 9


@pytest.mark.parametrize("width", [12, 20, 79])
def test_a_name_that_no_line_has_room_for_stays_one_word(width: int) -> None:
    """Broken behind spaces it was two words where it was pasted: `rm` of two other files."""
    words = [
        f"/home/{name}{part}/b" for name in NASTY for part in ("", "a" * 90, " b" * 50, "\x1b'" * 30, "\u957f" * 50)
    ]
    for word in words:
        said = f"{command('rm', word, 'KEY')}  # when nobody needs it"
        _, _, pasted = error_lines(UsageError("x", help=said), width).partition("\nhelp: ")
        assert all(cells(line) <= width for line in f"help: {pasted}".split("\n")), pasted
        script = f"rm() {{ printf '%s\\0' \"$@\"; }}\n{pasted}"
        done = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
        assert done.stdout == f"{word}\0KEY\0".encode("utf-8", "surrogateescape"), pasted


def raised(make: object) -> ZkComplianceError:
    with pytest.raises(ZkComplianceError) as caught:
        make()  # type: ignore[operator]
    return caught.value


def test_help_lines_about_files_run_nothing(tmp_path: Path) -> None:
    """Every remedy with a file's name, for a hostile name: bash reads the words, and the name is one of them."""
    folder = tmp_path / "it's; touch pwned"
    folder.mkdir()
    (folder / "key").write_text("x")
    (folder / "key").chmod(0o644)
    (folder / "link").symlink_to(folder / "key")
    (folder / "secret.pem").write_text("-----BEGIN PRIVATE KEY-----\n")
    for make in (
        lambda: keys.load_private(folder / "none"), lambda: keys.load_private(folder / "key"),
        lambda: keys.load_private(folder / "key.pub"), lambda: log.open_log(folder),
        lambda: parse_subject(f"m={folder / 'link'}"), lambda: PublicKey.load(folder / "none"),
        lambda: PublicKey.load(folder / "secret.pem"),
    ):  # fmt: skip
        said = raised(make).help.partition("  # ")[0]
        done = subprocess.run(
            ["bash", "-c", f"for word in {said}; do printf '%s\\0' \"$word\"; done"], capture_output=True, text=True,
            cwd=tmp_path, check=True,
        )  # fmt: skip
        assert any(str(folder) in word for word in done.stdout.split("\0")), said
    assert not (tmp_path / "pwned").exists()


# What may stand in a command as it is: names of one form that no shell reads otherwise, and constants.
PLAIN = {
    "policy.id", "newest.id", "schema.name", "old.name", "bare", "_WHOLE", "_ATTESTATION", "identity", "name",
    "wanted", "shown", "METRIC",
    "key", "stated.digest.hex()", "','.join((*_COLUMNS, *_OPTIONAL))", "context.command_path",
    "self.code", "claim.id", "_day(now)", "again", "question.key", "epochs", "len(value) - 1",
    "stated", "_AGAIN", "help", "_CHANGED", "record.help", "self.schemas[0]", "self.schema", "_DATED",
    "received.how_to_receive(log.path)", "log.signed_by", "lab", "behind", "size", "self._called('context')",
    "self._called('drawn')",
}  # fmt: skip
MAKERS = ("command", "shown_command", "say", "quoted", "_again", "how_to_refresh", "how_to_receive")


def unquoted(node: ast.AST) -> list[str]:
    """What an expression puts into a text as it is."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
        return []
    inside = [said for child in ast.iter_child_nodes(node) for said in unquoted(child)]
    named = isinstance(node, ast.FormattedValue) and not (
        isinstance(node.value, ast.Call) and isinstance(node.value.func, ast.Name) and node.value.func.id in MAKERS
    )
    return [*inside, ast.unparse(node.value)] if named and isinstance(node, ast.FormattedValue) else inside


def remedies(node: ast.AST) -> list[ast.expr]:
    """What becomes the `help` of an error: a keyword, the third argument of `fault`, or what is named so."""
    if isinstance(node, ast.Assign):
        named = [getattr(each, "attr", getattr(each, "id", "")) for each in node.targets]
        return [node.value] if "help" in named else []
    if not isinstance(node, ast.Call) or (isinstance(node.func, ast.Attribute) and node.func.attr == "option"):
        return []
    found = [keyword.value for keyword in node.keywords if keyword.arg == "help"]
    return found + (node.args[2:3] if isinstance(node.func, ast.Name) and node.func.id == "fault" else [])


def test_no_command_in_a_remedy_holds_text_that_is_not_quoted() -> None:
    """Every remedy that is made of parts: each part is quoted, or one of those that need it not."""
    wrong = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            for value in remedies(node):
                wrong += [f"{path.name}: {said}" for said in unquoted(value) if said not in PLAIN]
    assert not wrong


def test_every_command_of_the_guides_is_one_that_a_shell_reads() -> None:
    """Nothing in angle brackets, which would open a file, and no word that a shell would take apart."""
    root = PACKAGE.parent
    blocks = []
    for page in (
        root / "README.md",
        root / "SECURITY.md",
        root / "CONTRIBUTING.md",
        *sorted((root / "docs").glob("*.md")),
    ):
        for kind, text in re.findall(r"```(\w*)\n(.*?)```", page.read_text("utf-8"), re.DOTALL):
            if kind in ("sh", "bash", "console"):
                blocks.append((page.name, text.replace("\n$ ", "\n").removeprefix("$ ")))
    assert len(blocks) > 10
    for name, text in blocks:
        done = subprocess.run(["bash", "-n"], input=text, capture_output=True, text=True)
        assert done.returncode == 0 and not re.search(r"<[A-Za-z][^<>\n]*>", text), (name, text, done.stderr)


def test_the_widths_are_those_of_unicode() -> None:
    assert cells("长a\u0301") == 3 and unicodedata.east_asian_width("长") == "W"
