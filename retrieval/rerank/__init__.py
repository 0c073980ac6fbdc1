"""Reranking: a model reads the query and each hit together, and reorders the first hits."""
