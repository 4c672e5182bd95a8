"""Logs that are written while something runs: rows go in at once, and seals come by themselves (docs/live.md)."""
