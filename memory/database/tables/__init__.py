"""One file per table, with all of its SQL. A statement that joins tables is in the file of the table it is about."""
