"""How entries are used in the middle of a thought: engines and in-thought recall."""
