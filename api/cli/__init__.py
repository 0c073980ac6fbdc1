"""The command line: one file a command, all of them over the same library, embedded or behind a URL."""
