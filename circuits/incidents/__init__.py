"""Incidents, and what was reported of them."""
