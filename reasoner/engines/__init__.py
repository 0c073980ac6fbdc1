"""Language models behind one small interface; one engine a file."""
