"""Backup, reindex and repair."""
