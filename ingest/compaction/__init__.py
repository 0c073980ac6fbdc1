"""Shortening a trace to a token budget by what its steps add to the answer, before a language model reads it."""
