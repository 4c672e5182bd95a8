"""What whoever judges asks of a lab: one signed file in TOML, with a table for each thing that is asked."""
