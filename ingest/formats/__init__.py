"""Turning files and standard input into trajectories, one record at a time."""
