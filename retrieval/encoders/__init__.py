"""Texts to vectors behind one small interface; one file per encoder."""
