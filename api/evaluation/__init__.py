"""Evaluation: what recall in a thought gains, on tasks whose right answers are known."""
