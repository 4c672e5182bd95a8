"""What happened to a model, and in which order."""
