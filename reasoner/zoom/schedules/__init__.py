"""When thoughts are chosen anew: a policy a file."""
