-- How long a namespace keeps what it records, as JSON; see records/retention.py. NULL for the rules that hold by default.
ALTER TABLE namespaces ADD COLUMN retention TEXT;

-- When a trajectory came into this store. What is older than this format counts from here on.
ALTER TABLE trajectories ADD COLUMN stored_at TIMESTAMP;
UPDATE trajectories SET stored_at = now()::TIMESTAMP;

-- What runs that retention removed say of entries: one row for each entry that was injected or, by chance, withheld. No text.
CREATE TABLE run_evidence (
    namespace   TEXT      NOT NULL,
    run_id      TEXT      NOT NULL,       -- of a run that is not stored any more
    entry_id    TEXT      NOT NULL,       -- as it was then
    role        TEXT      NOT NULL,       -- injected, withheld
    first       BOOLEAN   NOT NULL,       -- no hint stands before it in its continuation
    holdout     DOUBLE    NOT NULL,       -- of the run, as in `runs`
    outcome     TEXT      NOT NULL,       -- the one that counted when it was removed
    started_at  TIMESTAMP NOT NULL
);

-- What a job of retention removed so far; written in the transaction that removes it.
CREATE TABLE retention_reports (
    namespace  TEXT NOT NULL,
    job_id     TEXT NOT NULL,
    content    TEXT NOT NULL              -- JSON; see records/retention_report.py
);
