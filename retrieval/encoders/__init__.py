"""Texts to vectors behind one small interface; one encoder a file."""
