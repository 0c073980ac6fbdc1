"""How entries are found: encode, search, fuse, abstain."""
