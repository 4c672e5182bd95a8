"""Cards: what a verdict needs of a claim, as data. Whoever reads one needs no claim language and no compiler."""
