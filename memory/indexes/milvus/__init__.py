"""Milvus as the home of the derived indexes: vectors and words on a server, their statistics in one file here."""
