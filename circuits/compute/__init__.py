"""What training took: FLOP, chips, methods."""
