"""Audits of models, of information security and of governance."""
