"""`python -m zkcompliance VERB`; `python -I -m zkcompliance VERB` is isolated from the start."""

from zkcompliance import start

if __name__ == "__main__":
    start.program("zkcompliance.commands.group")
