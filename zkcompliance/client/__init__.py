"""The Python API: logs that are written and proved over, proofs that are saved and verified."""
