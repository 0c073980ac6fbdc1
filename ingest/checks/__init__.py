"""What a draft must pass before it is stored: one file per check."""
