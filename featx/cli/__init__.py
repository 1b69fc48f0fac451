"""The command line: `main.py` has the list of commands, `commands/` a file for each."""
