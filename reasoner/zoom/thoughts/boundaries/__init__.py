"""When thoughts are selected again: one file per boundary."""
