"""The table of techniques: one row each, by field."""
