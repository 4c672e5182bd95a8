"""What stands for `zkcompliance.log.signatures` in the one-file verifier: the same functions, without a library."""

from __future__ import annotations

from zkcompliance.standalone.ed25519 import verifies as ed25519_verifies
from zkcompliance.standalone.mldsa44 import verifies as mldsa44_verifies
from zkcompliance.standalone.p256 import verifies as p256_verifies

__all__ = ["ed25519_verifies", "mldsa44_verifies", "p256_verifies"]
