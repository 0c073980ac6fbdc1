-- What a trajectory was split into, in order; number counts from 0 inside it. A trajectory that an earlier version stored has
-- no rows here.
CREATE TABLE steps (
    namespace      TEXT    NOT NULL,
    trajectory_id  TEXT    NOT NULL,
    number         INTEGER NOT NULL,
    part           TEXT    NOT NULL,      -- thought or answer
    span_start     BIGINT  NOT NULL,
    span_end       BIGINT  NOT NULL,
    kind           TEXT    NOT NULL,      -- see records/step.py
    goal           TEXT    NOT NULL,      -- empty if the trace says none
    depth          INTEGER NOT NULL
);

-- Passages in which a known entry was carried out. The entry is one of the namespace, under its id now, or one of the starter
-- memory; the trajectory is one of the namespace.
CREATE TABLE links (
    namespace      TEXT    NOT NULL,
    entry_id       TEXT    NOT NULL,
    trajectory_id  TEXT    NOT NULL,
    part           TEXT    NOT NULL,
    span_start     BIGINT  NOT NULL,
    span_end       BIGINT  NOT NULL,
    similarity     DOUBLE  NOT NULL,      -- cosine of the step and the entry's key
    evidence       TEXT    NOT NULL,      -- which rule or words confirmed it
    extractor      TEXT    NOT NULL
);

-- What was learnt and waits for a person. Recall does not serve it, and it has no vectors. Of a rejected draft only the id is
-- kept, so that it does not come back.
CREATE TABLE drafts (
    namespace      TEXT      NOT NULL,
    id             TEXT      NOT NULL,    -- the id of the entry that it will be
    state          TEXT      NOT NULL,    -- waiting, rejected
    content        TEXT      NOT NULL,    -- the entry as canonical JSON; empty if it was rejected
    provenance     STRUCT(source TEXT, trajectory_id TEXT, part TEXT, start BIGINT, "end" BIGINT)[] NOT NULL,
    operation_id   TEXT      NOT NULL,    -- the job that drafted it first
    drafted_at     TIMESTAMP NOT NULL
);
