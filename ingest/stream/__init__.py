"""Sources of records: decompressed, divided into lines and read in batches."""
