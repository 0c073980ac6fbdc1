"""Whether an attempt was right, and who says so."""
