"""Judges policy bundles in a process of its own, with little memory, as a regulator who has the log's key does.

Arguments: the policy file, the key, the time. stdin: frames `u32 length ‖ file`; stdout: for each the
error's class or ACCEPTED, the pieces of work and the peak memory in bytes so far.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

from tests.kit.work import Work
from zkcompliance.errors import ZkComplianceError
from zkcompliance.log.note import VerifierKey
from zkcompliance.policy.judge import judge_policy
from zkcompliance.policy.load import parse_policy

MEMORY = 512 << 20


def main() -> None:
    policy = parse_policy(Path(sys.argv[1]).read_bytes())
    key, now = VerifierKey.parse(sys.argv[2]), int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    while head := sys.stdin.buffer.read(4):
        data = sys.stdin.buffer.read(int.from_bytes(head, "little"))
        with Work() as work:
            try:
                judge_policy(data, policy, now=now, keys={"compute": key}).require()
                found = "ACCEPTED"
            except ZkComplianceError as error:
                found = type(error).__name__
            except BaseException as error:
                found = f"ESCAPED {type(error).__name__}"
        del data
        peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) * 1024
        print(found, f"{work.pieces:.1f}", peak, sep="\t", flush=True)


if __name__ == "__main__":
    main()
