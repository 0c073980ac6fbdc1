"""Harvest: a language model attempts tasks that have a checker, and its attempts become trajectories."""
