-- What is known of the trust in a wording beyond what its sources tell; see `StoredEntry.trust`. A wording has at most one row.
CREATE TABLE trust_marks (
    namespace  TEXT      NOT NULL,
    entry_id   TEXT      NOT NULL,        -- of the wording: a revision has another
    trust      TEXT      NOT NULL,        -- own: a person vouched for it; imported: it came by an import; learnt: an import repeats it
    marked_at  TIMESTAMP NOT NULL
);

-- What came from other systems is told by its sources. What came by an export of Midthought is not: it keeps its class.
INSERT INTO trust_marks SELECT namespace, entry_id, 'imported', now()::TIMESTAMP FROM provenance
    GROUP BY namespace, entry_id
    HAVING count(*) = count(*) FILTER (trajectory_id IS NULL AND regexp_matches(source, '^(mem0|ace|skill):'));
