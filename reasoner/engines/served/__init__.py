"""Thoughts that a server thinks: what it can do, asked once, and one file per way to continue a thought there."""
