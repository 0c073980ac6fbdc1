-- What recall returns is looked up by the entries' numbers. A migration of its own: DuckDB makes no index of a table that
-- the same transaction has updated.
CREATE UNIQUE INDEX entries_seq ON entries (seq);
CREATE INDEX provenance_entry_seq ON provenance (entry_seq);
CREATE INDEX entries_lineage ON entries (lineage);
