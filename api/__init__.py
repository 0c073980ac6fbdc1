"""How others reach all of it: the embedded library, the command line and the REST service."""
