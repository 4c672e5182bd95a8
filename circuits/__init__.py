"""The claims of the catalogue, one a file, in folders by subject. `REGISTRY.lock` pins the digest of each program."""
