"""Concepts and lessons: a language model abstracts solutions with the memory in view (arXiv 2509.04439)."""
