"""Verifies mutants in a process of its own, as whoever trusts one log key does: the proof file, then its notes.

Argument: the key. stdin: frames `u32 length ‖ bundle`; stdout: a line for each, the error's class and the
pieces of work.
"""

from __future__ import annotations

import sys

from tests.kit.work import Work
from zkcompliance.errors import ZkComplianceError
from zkcompliance.log import note
from zkcompliance.verify.verifier import verify_bundle


def main() -> None:
    key = note.VerifierKey.parse(sys.argv[1])
    while head := sys.stdin.buffer.read(4):
        data = sys.stdin.buffer.read(int.from_bytes(head, "little"))
        with Work() as work:
            try:
                bundle, *_ = verify_bundle(data, program_digests=None)
                for signed in bundle.notes:
                    note.verify(signed, key)
                found = "ACCEPTED"
            except ZkComplianceError as error:
                found = type(error).__name__
            except BaseException as error:
                found = f"ESCAPED {type(error).__name__}"
        print(found, f"{work.pieces:.1f}", sep="\t", flush=True)


if __name__ == "__main__":
    main()
