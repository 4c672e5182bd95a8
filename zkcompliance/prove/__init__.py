"""From sealed logs to a proof file: one claim or a policy, the budget it spends, and logs sealed anew (reseal)."""
