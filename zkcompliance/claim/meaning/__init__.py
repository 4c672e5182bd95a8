"""What a claim says: its nodes, the range of each, its value over plain rows, and its sentences."""
