"""Zoom by thoughts: segments of the text, each with a coarse key."""
