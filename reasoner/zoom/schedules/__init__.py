"""Which queries select pages again: one file per schedule."""
