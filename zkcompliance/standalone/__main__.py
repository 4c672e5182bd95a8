"""`python -m zkcompliance.standalone -o zkcompliance-verify.pyz`: make the one-file verifier and say its SHA-256."""

from zkcompliance import start

if __name__ == "__main__":
    start.program("zkcompliance.standalone.making")
