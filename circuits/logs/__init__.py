"""Families, one claim for every schema: what holds of a log whatever it is about."""
