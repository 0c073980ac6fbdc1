-- What a language model answered, kept so that a job that was stopped does not ask again. The trajectory may not be stored yet.
CREATE TABLE completions (
    namespace      TEXT      NOT NULL,
    digest         TEXT      NOT NULL,    -- content id of the model and the request
    trajectory_id  TEXT      NOT NULL,    -- what the request was about
    model          TEXT      NOT NULL,
    text           TEXT      NOT NULL,
    finish         TEXT      NOT NULL,    -- stop, length
    tokens_in      BIGINT    NOT NULL,
    tokens_cached  BIGINT    NOT NULL,    -- of tokens_in
    tokens_out     BIGINT    NOT NULL,
    seconds        DOUBLE    NOT NULL,
    kept_at        TIMESTAMP NOT NULL
);

-- What a job could not make anything of, with the model's last output, until a retry cures it.
CREATE TABLE dead_letters (
    namespace      TEXT    NOT NULL,
    operation_id   TEXT    NOT NULL,      -- the job
    trajectory_id  TEXT    NOT NULL,
    stage          TEXT    NOT NULL,      -- subquestions, subroutine, ...
    key            TEXT    NOT NULL,      -- the subquestion, or empty
    cause          TEXT    NOT NULL,
    raw            TEXT    NOT NULL,      -- the model's last output, or empty
    attempts       INTEGER NOT NULL
);
