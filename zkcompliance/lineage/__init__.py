"""How a log became another: the chain of its generations, and the stream of proofs that rows stayed the same."""
