"""Runs the one file as on a system without what POSIX has: python -I -S -X utf8 elsewhere.py FILE ARGUMENTS.

What Windows' Python lacks is taken away before anything of the file is imported: the modules, the flags and functions
of `os`, everything below /dev. It is no Windows: paths, line ends and consoles are this system's.
"""

from __future__ import annotations

import contextlib
import os
import runpy
import sys
from pathlib import Path

MODULES = ("fcntl", "pwd", "grp", "resource", "termios", "posixshmem", "_posixsubprocess", "readline", "syslog")
FLAGS = ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY", "O_DIRECTORY", "O_SYNC")
CALLS = (
    "pread", "preadv", "pwrite", "fchmod", "fchown", "chown", "geteuid", "getuid", "getegid", "getgid", "fork",
    "statvfs", "mkfifo", "posix_fadvise", "posix_fallocate", "sched_getaffinity", "umask",
)  # fmt: skip


def hide() -> None:
    import _signal

    for name in MODULES:
        sys.modules[name] = None  # type: ignore[assignment]
    posix = sys.modules["posix"]
    for name in (*FLAGS, *CALLS):
        for module in (os, posix):
            with contextlib.suppress(AttributeError):
                delattr(module, name)
    del _signal.pthread_sigmask  # type: ignore[attr-defined]
    os.supports_dir_fd.clear()
    os.supports_fd.clear()
    os.supports_follow_symlinks.clear()
    opened = os.open

    def open_none_of_folders(path: object, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        assert dir_fd is None
        if isinstance(path, str | os.PathLike) and Path(path).is_dir():
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, flags, mode)  # type: ignore[arg-type]

    os.open = open_none_of_folders  # type: ignore[assignment]
    sys.addaudithook(no_devices)


def no_devices(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and isinstance(arguments[0], str) and arguments[0].startswith("/dev"):
        raise FileNotFoundError(2, "No such file or directory", arguments[0])


if __name__ == "__main__":
    del sys.argv[0]
    hide()
    runpy.run_path(sys.argv[0], run_name="__main__")  # an archive becomes the first place to look for modules
