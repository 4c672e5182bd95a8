"""A regulator's desk: requests, what came of them, and names for keys, in one file of SQLite."""
