"""The explorer: pages by which a person looks into the memory, made by the service from the same operations."""
