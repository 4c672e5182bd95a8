"""The independent verifier: written from docs/spec alone, standard library only. Start at `verifier.py`."""
