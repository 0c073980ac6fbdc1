"""Plain data of the memory: entries, trajectories, batches, jobs, runs, filters and ids."""
