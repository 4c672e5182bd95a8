"""How models were evaluated, and what came of it."""
