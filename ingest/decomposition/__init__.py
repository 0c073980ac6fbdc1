"""Decomposition: a language model splits a trace into general subquestions, and words a subroutine for each."""
