"""From a witness to a proof: columns, quotients, openings, each step of docs/spec/proof.md in its order."""
