"""The verbs of the command line, one a file, each loaded when it is asked for; `group` lists them."""
