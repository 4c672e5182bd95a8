"""The tests, a room for each kind; what they share is in `kit`."""
