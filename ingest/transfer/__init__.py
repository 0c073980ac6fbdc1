"""Exports: everything of a namespace as files, and back."""
