-- How a job was asked for, so that it can be run again by its id, and found by the key that its caller gave. A job has a row
-- for each key.
CREATE TABLE job_requests (
    namespace        TEXT    NOT NULL,
    job_id           TEXT    NOT NULL,
    idempotency_key  TEXT    NOT NULL,    -- empty if there is none
    digest           TEXT    NOT NULL,    -- of what is to be read, and of the choices; empty if there is no key
    content          TEXT    NOT NULL,    -- source and choices as JSON
    upload           TEXT    NOT NULL,    -- the file in `uploads` with what is to be read; empty if it lies elsewhere
    waits            BOOLEAN NOT NULL     -- accepted, and not ended: it is run without being asked for again
);

-- The last run of a job: its progress is told from the commits since.
CREATE TABLE job_runs (
    namespace  TEXT      NOT NULL,
    job_id     TEXT      NOT NULL,
    stage      TEXT      NOT NULL,
    total      BIGINT,                    -- records of the source; null if that is not known
    position   BIGINT    NOT NULL,        -- how many were done when it began
    begun_at   TIMESTAMP NOT NULL
);
