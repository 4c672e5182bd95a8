"""0 is accepted and 1 is not met: no crash, signal, broken pipe, or full or closed output is either."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.kit.regulated_lab import MODEL, Lab
from tests.kit.starting import CLEAN, MOSTLY_INSTALLED, MOSTLY_ONE_FILE, Started, installed, seldom
from zkcompliance.commands.group import cli
from zkcompliance.decide import Request
from zkcompliance.standalone import main as one_file


def accepted(lab: Lab) -> list[object]:
    return [lab.single, *lab.asked_of_single()]


def refused(lab: Lab) -> list[object]:
    return [lab.single, *lab.asked_of_single()[:-1], "ref 8"]


@MOSTLY_INSTALLED
def test_what_the_other_tests_disturb(verify: Started, lab: Lab) -> None:
    assert verify.run(*accepted(lab)).returncode == 0
    assert verify.run(*refused(lab)).returncode == 1


@pytest.mark.parametrize("form", ["text", *seldom("json")])
def test_an_output_that_is_full(verify: Started, lab: Lab, form: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = verify.run(*accepted(lab), "--format", form, stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert done.returncode == 2 and b"what is printed cannot be written: No space left" in done.stderr
    assert done.stderr.count(b"\n") == 2 and b"help: " in done.stderr


def closing(*numbers: int) -> Callable[[], None]:
    return lambda: [os.close(number) for number in numbers] and None


@MOSTLY_INSTALLED
def test_an_output_that_is_closed(verify: Started, lab: Lab) -> None:
    done = verify.run(*accepted(lab), capture_output=False, stderr=subprocess.PIPE, preexec_fn=closing(1))
    assert done.returncode == 2 and b"what is printed cannot be written: Bad file descriptor" in done.stderr


@pytest.mark.parametrize(("asked", "status"), [(accepted, 0), (refused, 1)])
@pytest.mark.parametrize("number", [0, 2])
@MOSTLY_INSTALLED
def test_a_closed_input_or_error_stream(
    verify: Started, lab: Lab, number: int, asked: Callable[[Lab], list[object]], status: int
) -> None:
    """The verdict is told all the same; no file takes the place of the stream."""
    done = verify.run(
        *asked(lab), capture_output=False, stdin=None, stdout=subprocess.PIPE, preexec_fn=closing(number)
    )  # fmt: skip
    assert done.returncode == status and b"ccepted: " in done.stdout


@MOSTLY_INSTALLED
def test_an_error_stream_that_is_full_or_broken(verify: Started, lab: Lab) -> None:
    with Path("/dev/full").open("wb") as full:
        for asked, status in ((accepted(lab), 0), (refused(lab), 1), ([lab.key], 2)):
            done = verify.run(*asked, capture_output=False, stdout=subprocess.PIPE, stderr=full)
            assert done.returncode == status
            end, broken = os.pipe()
            os.close(end)
            done = verify.run(*asked, capture_output=False, stdout=subprocess.PIPE, stderr=broken)
            os.close(broken)
            assert done.returncode == status


@pytest.mark.parametrize("form", ["text", *seldom("json")])
@MOSTLY_INSTALLED
def test_a_pipe_that_nobody_reads(verify: Started, lab: Lab, form: str) -> None:
    for asked in (accepted(lab), refused(lab)):
        end, broken = os.pipe()
        os.close(end)
        done = verify.run(
            *asked, "--format", form, capture_output=False, stdout=broken, stderr=subprocess.PIPE
        )  # fmt: skip
        os.close(broken)
        assert done.returncode == 141 and b"Traceback" not in done.stderr


@pytest.mark.parametrize("verb", ["policies", "--help", *seldom("claims", "formats", "--version")])
def test_pipes_and_outputs_of_other_verbs(verb: str) -> None:
    end, broken = os.pipe()
    os.close(end)
    done = installed().run(verb, capture_output=False, stdout=broken, stderr=subprocess.PIPE)
    os.close(broken)
    assert done.returncode == 141, done.stderr
    with Path("/dev/full").open("wb") as full:
        done = installed().run(verb, stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert done.returncode == 2 and b"cannot be written" in done.stderr


def interruptible() -> None:
    """In the process that is started: also where these tests run in the background, which ignores interrupts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def reads(pid: int, path: Path) -> Iterator[bool]:
    """Whether each file that a process has open is this one."""
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            yield descriptor.readlink() == path


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, *seldom(signal.SIGSEGV)])
def test_a_signal(verify: Started, lab: Lab, number: signal.Signals, tmp_path: Path) -> None:
    """Sent while a model's file is hashed, to the process that was started: it is the one that decides."""
    model = tmp_path / "model"
    with model.open("wb") as file:
        file.truncate(1 << 36)
    running = verify.start(
        *accepted(lab), "--subject", f"{MODEL.partition('=')[0]}={model}", stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=interruptible,
    )  # fmt: skip
    while not any(reads(running.pid, model)):
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(number)
    said, errors = running.communicate(timeout=60)
    assert running.returncode == (130 if number == signal.SIGINT else -number), errors
    assert not said and b"Traceback" not in errors


@MOSTLY_INSTALLED
def test_an_interrupt_at_any_time(verify: Started, lab: Lab) -> None:
    """Also while Python starts: one that is interrupted before it is up says so, and runs nothing of ours."""
    statuses = set()
    for delay in range(0, 200, 40):
        running = verify.start(
            *refused(lab), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            preexec_fn=interruptible,
        )  # fmt: skip
        time.sleep(delay / 1000)
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=60)
        statuses.add(running.returncode)
        early = b"Fatal Python error: init" in errors
        assert running.returncode != 1 or early or b"error[statement-mismatch]" in errors, errors
    assert statuses <= {1, 130, -signal.SIGINT}


RAISED = [
    MemoryError(), RecursionError(), KeyboardInterrupt(), SystemExit(0), SystemExit(1), SystemExit(None),
    SystemExit("text"), GeneratorExit(), ValueError("x"), OSError(28, "No space left on device"), BrokenPipeError(),
    AssertionError(), StopIteration(), EOFError(), UnicodeDecodeError("utf-8", b"", 0, 1, "x"), BaseException(),
]  # fmt: skip


@pytest.mark.parametrize("raised", RAISED, ids=[f"{type(e).__name__} {e}" for e in RAISED])
def test_whatever_is_raised(raised: BaseException, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise raised

    monkeypatch.setattr(Request, "decide", fail)
    expected = {KeyboardInterrupt: 130, BrokenPipeError: 141}.get(type(raised), 70)
    done = CliRunner().invoke(cli, ["verify", *map(str, accepted(lab))], prog_name="zkcompliance")
    assert done.exit_code == expected, done.output
    with pytest.raises(SystemExit) as left:
        one_file.main([str(each) for each in accepted(lab)])
    assert left.value.code == expected


@pytest.mark.parametrize(
    "ending", ["sys.exit(0)", "sys.exit(1)", *seldom("raise KeyboardInterrupt", "raise MemoryError")]
)
@MOSTLY_INSTALLED
def test_a_claim_file_that_leaves(verify: Started, lab: Lab, ending: str, tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(f"import sys\n{ending}\n")
    asked = [lab.own, "--policy", lab.own_policy, "--claim-file", tmp_path / "own.py", "--log-key", lab.key]
    done = verify.run(*asked)
    assert done.returncode not in (0, 1) and not done.stdout, done


@pytest.mark.parametrize("megabytes", [40, 80, 130])
@MOSTLY_ONE_FILE
def test_too_little_memory(verify: Started, lab: Lab, megabytes: int) -> None:
    """A Python that cannot start leaves with 1 itself, and says so; nothing here is run then."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (megabytes << 20, megabytes << 20))

    done = verify.run(*accepted(lab), preexec_fn=limit)
    assert done.returncode != 0 or b"Accepted: " in done.stdout
    assert done.returncode != 1 or b"Fatal Python error" in done.stderr, done.stderr


@pytest.mark.parametrize("descriptors", [3, 4, 5])
@MOSTLY_ONE_FILE
def test_too_few_descriptors(verify: Started, lab: Lab, descriptors: int) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))

    done = verify.run(*accepted(lab), preexec_fn=limit)
    assert done.returncode != 0 or b"Accepted: " in done.stdout
    assert done.returncode != 1 or b"Fatal Python error" in done.stderr, done.stderr


def test_an_accident_before_a_verb_has_begun(pyz: Path) -> None:
    """Such as a standard input that is closed where there is no /dev/null to take its place."""
    for way in (
        "from zkcompliance.commands.main import main; main()",
        f"import runpy; runpy.run_path({str(pyz)!r}, run_name='__main__')",
    ):
        code = f"import os, sys; os.devnull = '/nonexistent'; {way}"
        done = subprocess.run(
            [sys.executable, "-c", code], env=CLEAN, capture_output=True, preexec_fn=lambda: os.close(0)
        )  # fmt: skip
        assert done.returncode == 70 and done.stderr.startswith(b"error[internal]: unexpected ")
