-- Recall reads texts and sources from the derived indexes. A text never changes under its number, but sources come and go;
-- an entry is named here when one of its sources did after it was stored. seq is drawn from the counter of entries and
-- tombstones, so that a checkpoint learns of it by replay.
CREATE TABLE source_changes (
    namespace  TEXT   NOT NULL,
    seq        BIGINT NOT NULL,       -- when the sources changed
    entry_seq  BIGINT NOT NULL        -- of which entry
);

-- Nothing is looked up by these any more, and every write had to keep them.
DROP INDEX entries_seq;
DROP INDEX provenance_entry_seq;
