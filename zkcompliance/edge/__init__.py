"""Where the program meets its environment: files that may be anything, a terminal, signals, texts of others."""
