"""Thoughts while they run, for people who look on."""
