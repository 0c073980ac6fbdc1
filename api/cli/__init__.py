"""The command line: one file per command. Each works on a memory in a directory, or on one behind a URL."""
