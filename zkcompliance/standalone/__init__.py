"""The one-file verifier: signature checks in plain Python, its main program, and its builder (`python -m`)."""
