"""Reranking: a model reads the query and each hit together, and orders the first hits anew."""
