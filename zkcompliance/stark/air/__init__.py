"""Programs: expressions, tables, buses and equations; their shape, their checker, and the machine that runs them."""
