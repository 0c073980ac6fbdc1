"""Where a text is cut into thoughts: a way a file."""
