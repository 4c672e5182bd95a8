"""A case for the shelf: a proof, all that it was held against, the verdict, and the verifier that came to it."""
