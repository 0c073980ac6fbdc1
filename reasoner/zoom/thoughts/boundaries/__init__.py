"""Where thoughts are chosen anew in a text: a policy a file."""
