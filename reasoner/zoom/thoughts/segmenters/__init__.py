"""How a text is cut into thoughts: one file per segmenter."""
