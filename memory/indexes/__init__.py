"""The indexes that are derived from the database: vectors and words."""
