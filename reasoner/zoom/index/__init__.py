"""Coarse keys of segments: what is read to choose which are opened."""
