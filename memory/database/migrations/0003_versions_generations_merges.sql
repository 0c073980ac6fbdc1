-- Versions of entries, generations of vectors, and what was merged.

-- A lineage is the id of an entry's first wording; all its versions share it. learnt_at is NULL for what was learnt before
-- this format: it counts as always known.
ALTER TABLE entries ADD COLUMN lineage TEXT;
ALTER TABLE entries ADD COLUMN learnt_at TIMESTAMP;
ALTER TABLE entries ADD COLUMN tags TEXT[];
UPDATE entries SET lineage = id, tags = coalesce(from_json(content->'tags', '["VARCHAR"]'), []);

-- What recall returns is looked up by the entries' numbers (indexed by the next migration).
ALTER TABLE provenance ADD COLUMN entry_seq BIGINT;
UPDATE provenance SET entry_seq = e.seq FROM entries e
    WHERE e.namespace = provenance.namespace AND e.id = provenance.entry_id;

-- Wordings that were replaced: out of recall, kept for history and for recall as of a time. retired_seq is drawn from the
-- counter of entries and tombstones, so that a checkpoint learns of it by replay.
CREATE TABLE retired (
    namespace   TEXT      NOT NULL,
    id          TEXT      NOT NULL,
    seq         BIGINT    NOT NULL,
    kind        TEXT      NOT NULL,
    version     INTEGER   NOT NULL,
    domain      TEXT      NOT NULL,
    key         TEXT      NOT NULL,
    content     TEXT      NOT NULL,
    lineage     TEXT      NOT NULL,
    learnt_at   TIMESTAMP,
    tags        TEXT[],
    retired_seq BIGINT    NOT NULL,
    retired_at  TIMESTAMP NOT NULL
);

-- A generation is one complete set of vectors. One is current, one may be building, and earlier ones stay until compacted.
CREATE TABLE generations (
    number         BIGINT    PRIMARY KEY,
    encoder_digest TEXT      NOT NULL,
    state          TEXT      NOT NULL,  -- building, current, earlier
    started_at     TIMESTAMP NOT NULL,
    switched_at    TIMESTAMP
);
INSERT INTO generations
    SELECT row_number() OVER (), digest, 'current', now()::TIMESTAMP, now()::TIMESTAMP FROM encoders;

-- Pairs that looked alike: merged into one entry, or kept apart by the literals in them.
CREATE TABLE merges (
    namespace  TEXT      NOT NULL,
    entry_id   TEXT      NOT NULL,      -- the entry that was there
    other_id   TEXT      NOT NULL,      -- the one that came
    content    TEXT      NOT NULL,      -- the one that came, as canonical JSON; empty where it is stored itself
    similarity DOUBLE    NOT NULL,      -- cosine of the keys
    verdict    TEXT      NOT NULL,      -- merged, refused
    reason     TEXT      NOT NULL,
    decided_at TIMESTAMP NOT NULL,
    PRIMARY KEY (namespace, entry_id, other_id)
);
