"""A cap over several labs: the file that states it, and how the labs' proofs are judged together (docs/across.md)."""
