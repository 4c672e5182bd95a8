"""A process that dies at a file operation that is chosen."""

from __future__ import annotations

import os

CALLS = ("open", "write", "fsync", "ftruncate", "rename", "replace", "unlink", "rmdir", "mkdir")
KILLED = 9


def arm(countdown: int, torn: bool) -> None:
    """From now on the process dies at its countdown-th file operation; a write gets half way when torn."""
    left = [countdown]

    def deadly(name, real):
        def call(*args, **kwargs):
            left[0] -= 1
            if left[0] == 0:
                if torn and name == "write":
                    real(args[0], bytes(args[1])[: len(args[1]) // 2])
                os._exit(KILLED)
            return real(*args, **kwargs)

        return call

    for name in CALLS:
        setattr(os, name, deadly(name, getattr(os, name)))
