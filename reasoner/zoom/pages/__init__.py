"""Zoom by pages of the same size."""
