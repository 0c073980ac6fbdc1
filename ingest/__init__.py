"""How trajectories become entries: read, split, abstract, check, store."""
