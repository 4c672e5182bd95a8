"""Commitments: salted Merkle trees over columns, sealed tables, and the budget of openings that each has."""
