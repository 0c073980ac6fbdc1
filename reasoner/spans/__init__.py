"""Verbatim spans: copying from the context under constrained decoding, and checking quotes after the fact."""
