-- What was answered to requests that came with an idempotency key: for a day, the same key is answered the same.
CREATE TABLE kept_answers (
    namespace  TEXT      NOT NULL,
    key        TEXT      NOT NULL,        -- as the caller gave it
    digest     TEXT      NOT NULL,        -- a hash of what was asked
    status     INTEGER   NOT NULL,
    headers    TEXT      NOT NULL,        -- JSON
    body       TEXT      NOT NULL,
    kept_at    TIMESTAMP NOT NULL
);
