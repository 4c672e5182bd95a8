"""How a command line starts, so that the proof, the policy and the arguments alone decide.

    program(module)   for `zkcompliance`, `python -m zkcompliance` and their like: module.run() in an isolated Python
    one_file(module)  the same for the one-file verifier
    settle()          what both do then: no variable of the environment but KEPT, the account's own home, no core dump,
                      three open streams

Python is started again as `python -I`, before anything is imported that a folder named by PYTHONPATH, or the one that
the command is run in, could hold under the same name: this file imports what is frozen into Python, and nothing else
until that is so. It is also what then runs: `python -I …/start.py MODULE ARGUMENTS`. A library's caller is left alone.

Python 3.6 and later can read this file, so that an old one is told what is missing rather than failing with 1, which
means that a proof was refused.
"""

import _signal  # type: ignore[import-not-found]  # built in, as signal is not
import io
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

OLDEST = (3, 11)
USAGE, INTERNAL, INTERRUPTED = 2, 70, 130  # exit statuses, as in zkcompliance/errors.py
# What may stay of the environment: where temporary files lie, and how a terminal draws. All else is removed, since
# nothing there is to say what is verified, sealed or printed. A folder that a variable names would be code that it
# names: compiled kernels are kept in one (NUMBA_CACHE_DIR, XDG_CACHE_HOME, HOME), programs in another (PATH), and what
# argparse and click print is translated by a file that a language may name with a path (LANG, LC_*).
KEPT = frozenset({"TMPDIR", "TERM", "COLORTERM", "NO_COLOR", "COLUMNS", "LINES"})
if sys.platform == "win32":
    KEPT |= {"TEMP", "TMP", "SYSTEMROOT"}  # the last is where Windows' own libraries lie, without which Python is lame
_PR_SET_DUMPABLE = 4


def unsupported() -> str:
    """What is wrong with this Python; empty where nothing is."""
    if sys.version_info >= OLDEST:
        return ""
    this = ".".join(map(str, sys.version_info[:3]))
    return f"zkcompliance needs Python {OLDEST[0]}.{OLDEST[1]} or newer, this is Python {this}"


def program(module: str) -> None:
    """Run `module.run()`, which leaves with its status; first start again where Python is not isolated."""
    _check_python()
    _guarded(_program, module)


def _program(module: str) -> None:
    if not _isolated():
        _again([os.path.abspath(__file__), module])
    settle()
    _run(module)


def one_file(module: str) -> None:
    """The same in a Python that knows no installed package either; the file is the first in `sys.path`."""
    _check_python()
    _guarded(_one_file, module)


def _one_file(module: str) -> None:
    if not (_isolated() and sys.flags.no_site):
        _again(["-S", os.path.abspath(sys.argv[0])])
    settle()
    _run(module)


def _run(module: str) -> None:
    import gc
    from importlib import import_module

    # Nearly all that a command makes while it starts stays: to look for what does not, after each 700 things, as Python
    # does by itself, is a twentieth of a short command, which ends before there are this many.
    gc.set_threshold(100_000, 20, 20)
    import_module(module).run()


def _guarded(begin: "Callable[..., None]", *given: str) -> None:
    """Leave as begin(*given) does; what happens before a verb has begun is no verdict either."""
    status = INTERNAL
    try:
        begin(*given)
    except SystemExit:
        raise
    except KeyboardInterrupt:
        status = INTERRUPTED
    except ModuleNotFoundError as error:
        _say("usage", f"{error.name} is not installed for this Python", "python3 -m pip install zkcompliance")
        status = USAGE
    except BaseException as error:
        _say("internal", f"unexpected {type(error).__name__} while starting; nothing was accepted, sealed or proved")
    sys.exit(status)


def settle() -> None:
    """Make this process, which is the command line's own, independent of what it was started in."""
    for name in [name for name in os.environ if name not in KEPT]:
        del os.environ[name]
    os.environ["HOME"] = home()
    _no_core_dump()
    _open_streams()
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
    if sys.platform != "win32" or not os.isatty(1):  # bytes of UTF-8 are not what a console of Windows shows
        output = io.BufferedWriter(Output(1, "w", closefd=False))
        sys.stdout = io.TextIOWrapper(output, "utf-8", "backslashreplace", line_buffering=os.isatty(1))
    _interrupts(True)


def _interrupts(wanted: bool) -> None:
    """Whether Ctrl-C reaches this process; nothing where signals cannot be held back."""
    if hasattr(_signal, "pthread_sigmask"):
        _signal.pthread_sigmask(_signal.SIG_UNBLOCK if wanted else _signal.SIG_BLOCK, {_signal.SIGINT})


def home() -> str:
    """The home of the account that this process runs as, by its entry; where it has none, a place that holds nothing.

    Left out, `~` would be a folder of that name in the one that the command is run in.
    """
    try:
        import pwd

        found = pwd.getpwuid(os.geteuid()).pw_dir
    except (KeyError, ModuleNotFoundError):  # the second where the system has no such accounts
        found = ""
    return found if found.startswith("/") else os.devnull


class Output(io.FileIO):
    """Standard output, which remembers why it could not be written to: whoever tried may have given up since."""

    failed = ""

    def write(self, data: "Any") -> int:
        try:
            return super().write(data)
        except OSError as error:
            self.failed = error.strerror or "an error"
            raise


def _check_python() -> None:
    if unsupported():
        _leave(unsupported(), "install it for a later Python, such as with: python3.11 -m venv .venv")


def _isolated() -> bool:
    """Whether neither PYTHON* variables nor folders decide what is imported, nor a locale how arguments are read.

    And no -O: claims and verbs are described in their docstrings.
    """
    return bool(sys.flags.isolated) and not sys.flags.optimize and sys.getfilesystemencoding() == "utf-8"


def _flags() -> "list[str]":
    """How an isolated Python is started; -B is passed on."""
    return ["-I", "-X", "utf8", *(["-B"] if sys.flags.dont_write_bytecode else [])]


def command(module: str) -> "list[str]":
    """What starts another process of this Python, isolated, that runs `module.run()` and nothing of its caller's."""
    return [sys.executable, *_flags(), os.path.abspath(__file__), module]


def _again(rest: "list[str]") -> None:
    """This process becomes an isolated Python that runs `rest` on the same arguments."""
    _open_streams()
    try:
        if not sys.executable:
            raise OSError("it does not say where it lies")
        _become([sys.executable, *_flags(), *rest, *sys.argv[1:]])
    except OSError as error:
        _leave(f"this Python cannot be started again: {error}", "start it isolated: python3 -I -m zkcompliance")


def _become(words: "list[str]") -> None:
    """Another program in this one's place; where a process cannot become another, it waits and leaves as that does."""
    if sys.platform == "win32":
        sys.exit(os.spawnv(os.P_WAIT, words[0], [_in_one_line(word) for word in words]))
    _interrupts(False)  # a Python that is not up yet would leave with 1
    os.execv(words[0], words)


def _in_one_line(word: str) -> str:
    """As Windows, which hands a program one line, has its words told apart again: in quotes where it has a space, and
    with a backslash before each quote, and before each backslash that a quote follows."""
    made, slashes = "", 0  # slashes: how many backslashes `made` ends with
    for character in word:
        if character == '"':
            made += "\\" * (slashes + 1)
        made, slashes = made + character, slashes + 1 if character == "\\" else 0
    return made if word and not {" ", "\t"} & set(word) else f'"{made}' + "\\" * slashes + '"'


def _no_core_dump() -> None:
    """The memory of these processes holds keys and rows: it is not written to a file when one crashes."""
    import contextlib

    try:
        import resource
    except ModuleNotFoundError:  # where the system has no such limits
        return
    for limits in ((0, 0), (0, resource.getrlimit(resource.RLIMIT_CORE)[1])):
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_CORE, limits)
            break


def not_dumpable() -> None:
    """On Linux the kernel also hands no dump to a program, and lets no other process of the user read the memory."""
    if sys.platform == "linux":
        import contextlib

        with contextlib.suppress(ImportError, OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def _open_streams() -> None:
    """Where standard input, output or error is closed, no file that is opened later takes its place.

    Output that is closed cannot be written to, and a verb says so; what is said on a closed error stream is lost.
    """
    for number, mode in ((0, os.O_WRONLY), (1, os.O_RDONLY), (2, os.O_RDWR)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # the lowest that is free, which is this one
            os.set_inheritable(number, True)


def _say(code: str, message: str, help: str = "zkcompliance explain internal") -> None:
    try:
        sys.stderr.write(f"error[{code}]: {message}\nhelp: {help}\n")
        sys.stderr.flush()
    except (OSError, AttributeError, ValueError):
        sys.stderr = None


def _leave(message: str, help: str) -> None:
    _say("usage", message, help)
    sys.exit(USAGE)


def _launch() -> None:
    """Run by its path, this file makes the package that it lies in the one that is imported, wherever that is."""
    module = sys.argv.pop(1)
    _check_python()
    if not _isolated():
        _again([os.path.abspath(__file__), module])
    from importlib import util

    folder = os.path.dirname(os.path.abspath(__file__))
    spec = util.spec_from_file_location(
        "zkcompliance", os.path.join(folder, "__init__.py"), submodule_search_locations=[folder]
    )
    if spec is None or spec.loader is None:
        _leave(f"{folder} is not a package", "install zkcompliance again")
        return
    sys.modules["zkcompliance"] = package = util.module_from_spec(spec)
    spec.loader.exec_module(package)
    beside = os.path.dirname(folder)
    if beside not in sys.path:
        sys.path.append(beside)  # what was installed beside it, as for one user: isolated, Python leaves that out
    program(module)


if __name__ == "__main__":
    _guarded(_launch)
