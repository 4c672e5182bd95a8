"""Cosignatures over HTTP, as C2SP tlog-witness has it: asking witnesses for theirs, and being one.

A witness is a cosigner that is asked by whoever has a checkpoint. What it signs is for `zkcompliance.log` to say.
"""
