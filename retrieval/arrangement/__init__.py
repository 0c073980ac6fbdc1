"""What recall returns beyond the ranking: parts that reorder the first hits, each with a switch."""
