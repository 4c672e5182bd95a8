"""Policies: what a regulator asks of a lab's logs, how a bundle of proofs is judged against it, and the verdict."""
