"""Ways to decide that nothing found is worth returning."""
