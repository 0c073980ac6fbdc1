"""Rows and files of exports."""
