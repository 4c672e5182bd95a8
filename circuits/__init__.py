"""The claims of the catalogue, one a file. `REGISTRY.lock` pins the digest of each one's program."""
