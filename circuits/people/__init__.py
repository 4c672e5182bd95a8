"""Whom compute is supplied to, and who looks at decisions."""
