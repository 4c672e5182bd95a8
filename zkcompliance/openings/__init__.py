"""Rows that are opened: what asks for them, the draw, the proof that shows them, and what is checked of an answer."""
