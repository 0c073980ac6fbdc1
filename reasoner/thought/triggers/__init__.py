"""When recall happens in a thought, one file per trigger."""
