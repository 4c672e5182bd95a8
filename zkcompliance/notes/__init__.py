"""Notes between two labs under a joint cap: made by one, checked and signed by the other (docs/across.md)."""
