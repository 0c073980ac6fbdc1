"""Memories of other tools, read into entries of ours."""
