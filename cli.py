"""The command line in a source checkout: `python cli.py VERB`."""

from zkcompliance.commands.main import main

if __name__ == "__main__":
    main()
