-- What passed through the proxy and is to be learnt: it waits for a verdict, or for the next batch. A namespace opts in.
CREATE TABLE waiting_traces (
    namespace  TEXT      NOT NULL,
    id         TEXT      NOT NULL,        -- a hash of what passed and of its run
    run_id     TEXT      NOT NULL,        -- empty if the run was not recorded
    awaits     TEXT      NOT NULL,        -- nothing, feedback, agreement
    question   TEXT      NOT NULL,
    content    TEXT      NOT NULL,        -- the trajectory as one line of JSON, without a verdict
    outcome    TEXT      NOT NULL,        -- what the run was said to be
    judged_by  TEXT      NOT NULL,        -- who said so; empty for unknown
    batch      TEXT      NOT NULL,        -- the batch in which it is being ingested; empty before
    taken_at   TIMESTAMP NOT NULL
);

-- How many answers passed and did not become traces, by the reason.
CREATE TABLE traffic_counts (
    namespace  TEXT      NOT NULL,
    reason     TEXT      NOT NULL,
    number     BIGINT    NOT NULL
);
