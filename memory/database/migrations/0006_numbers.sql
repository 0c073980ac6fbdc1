-- The last sequence number that was given out. It is read and advanced inside each transaction that gives out numbers, so
-- that nothing outside the database can hold another. Entries cannot share a number: see `numbers.forbid_doubles`, which
-- makes that index once no two do.
CREATE TABLE numbers (last BIGINT NOT NULL);
INSERT INTO numbers SELECT coalesce(max(number), 0) FROM (
    SELECT max(seq) AS number FROM entries
    UNION ALL SELECT greatest(max(seq), max(retired_seq)) FROM retired
    UNION ALL SELECT greatest(max(seq), max(entry_seq)) FROM tombstones
    UNION ALL SELECT greatest(max(seq), max(entry_seq)) FROM source_changes
    UNION ALL SELECT max(seq) FROM vectors
    UNION ALL SELECT max(entry_seq) FROM provenance);
