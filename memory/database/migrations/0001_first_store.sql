-- The first format: trajectories, entries with provenance and vectors, operations, runs, receipts.

CREATE TABLE trajectories (
    namespace  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    question   TEXT    NOT NULL,
    thought    TEXT    NOT NULL,
    answer     TEXT    NOT NULL,
    gold       TEXT,
    outcome    TEXT    NOT NULL,
    finished   BOOLEAN NOT NULL,
    source     TEXT    NOT NULL,
    model      TEXT    NOT NULL,
    metadata   TEXT    NOT NULL,
    extractor  TEXT    NOT NULL,      -- which extractor read it; empty where none did
    PRIMARY KEY (namespace, id)
);

-- seq is the stable number FAISS and BM25 know an entry by. Entries and tombstones draw from one counter,
-- so "everything after seq N" is a complete log of what a checkpoint has not seen.
CREATE TABLE entries (
    namespace  TEXT    NOT NULL,
    id         TEXT    NOT NULL,
    seq        BIGINT  NOT NULL,
    kind       TEXT    NOT NULL,
    version    INTEGER NOT NULL,
    domain     TEXT    NOT NULL,
    key        TEXT    NOT NULL,      -- what is embedded and matched
    content    TEXT    NOT NULL,      -- the whole entry as canonical JSON
    PRIMARY KEY (namespace, id)
);

CREATE TABLE provenance (
    namespace     TEXT NOT NULL,
    entry_id      TEXT NOT NULL,
    source        TEXT NOT NULL,
    trajectory_id TEXT,
    part          TEXT,               -- thought or answer; NULL where there is no span
    span_start    BIGINT,
    span_end      BIGINT
);

CREATE TABLE encoders (
    digest     TEXT    PRIMARY KEY,
    name       TEXT    NOT NULL,
    dimension  INTEGER NOT NULL
);

CREATE TABLE vectors (
    namespace      TEXT    NOT NULL,
    seq            BIGINT  NOT NULL,
    encoder_digest TEXT    NOT NULL,
    vector         FLOAT[] NOT NULL
);

CREATE TABLE tombstones (
    namespace  TEXT   NOT NULL,
    seq        BIGINT NOT NULL,       -- when it was forgotten
    entry_seq  BIGINT NOT NULL,       -- what was forgotten
    id         TEXT   NOT NULL
);

CREATE TABLE operations (
    namespace   TEXT      NOT NULL,
    id          TEXT      NOT NULL,
    kind        TEXT      NOT NULL,   -- ingest, starter
    source      TEXT      NOT NULL,
    state       TEXT      NOT NULL,   -- running, finished, failed
    position    BIGINT    NOT NULL,   -- records of the source already committed
    counts      TEXT      NOT NULL,   -- JSON: read, stored, merged, rejected ...
    error       TEXT,
    started_at  TIMESTAMP NOT NULL,
    updated_at  TIMESTAMP NOT NULL,
    PRIMARY KEY (namespace, id)
);

CREATE TABLE rejections (
    namespace     TEXT NOT NULL,
    operation_id  TEXT NOT NULL,
    place         TEXT NOT NULL,
    reason        TEXT NOT NULL
);

CREATE TABLE runs (
    namespace   TEXT      NOT NULL,
    id          TEXT      NOT NULL,
    started_at  TIMESTAMP NOT NULL,
    question    TEXT      NOT NULL,
    outcome     TEXT      NOT NULL,
    tokens      BIGINT    NOT NULL,
    seconds     DOUBLE    NOT NULL,
    content     TEXT      NOT NULL,   -- the whole run as JSON
    PRIMARY KEY (namespace, id)
);

CREATE TABLE receipts (
    namespace  TEXT      NOT NULL,
    id         TEXT      NOT NULL,
    run_id     TEXT,
    kind       TEXT      NOT NULL,    -- recall, injection
    query      TEXT      NOT NULL,
    content    TEXT      NOT NULL,
    written_at TIMESTAMP NOT NULL,
    PRIMARY KEY (namespace, id)
);
