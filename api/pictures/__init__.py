"""Pictures of a thought: its quotes, and what it saw of its text."""
