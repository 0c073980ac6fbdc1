"""What is remembered, and where it lies: DuckDB is the truth, FAISS and BM25 are derived from it."""
