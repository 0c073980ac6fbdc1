"""Vector indexes behind one small interface, one kind a file; `choose.py` says which kind suits how many rows."""
