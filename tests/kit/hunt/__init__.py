"""The hunt for what a compiled claim's constraints leave open: cases, and every lie that is tried on them."""
