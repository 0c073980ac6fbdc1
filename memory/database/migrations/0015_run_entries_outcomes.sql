-- What is asked about runs without reading their whole JSON. `outcome` is from here on the one that counts: the latest of the
-- strongest source in `outcomes`, if there is one.
ALTER TABLE runs ADD COLUMN question_hash TEXT;       -- the same question has the same
ALTER TABLE runs ADD COLUMN arm TEXT;                 -- how the memory was used
ALTER TABLE runs ADD COLUMN withheld BOOLEAN;         -- entries were recalled and, by chance, not injected
ALTER TABLE runs ADD COLUMN holdout DOUBLE;           -- the probability of that chance; 0 if it was none
ALTER TABLE runs ADD COLUMN engine TEXT;
ALTER TABLE runs ADD COLUMN cached_tokens BIGINT;     -- of the prompts
UPDATE runs SET
    question_hash = 'q-' || left(sha256(question), 32),
    arm = CASE WHEN json_valid(content) THEN coalesce(content->>'$.arm', 'in-thought') ELSE 'in-thought' END,
    withheld = FALSE,
    holdout = 0,
    engine = CASE WHEN json_valid(content) THEN coalesce(content->>'$.engine', '') ELSE '' END,
    cached_tokens = 0;

-- The entries of a run, in the order in which the run came to them; number counts from 0 inside it.
CREATE TABLE run_entries (
    namespace  TEXT    NOT NULL,
    run_id     TEXT    NOT NULL,
    number     INTEGER NOT NULL,
    entry_id   TEXT    NOT NULL,          -- as it was then: a revision gives another
    version    INTEGER NOT NULL,
    role       TEXT    NOT NULL,          -- injected, withheld, recalled
    position   BIGINT  NOT NULL,          -- characters of the thought before it
    branch     INTEGER NOT NULL,          -- -1 before there is one
    chosen     BOOLEAN NOT NULL,          -- its branch gave the answer
    first      BOOLEAN NOT NULL           -- no hint stands before it in its continuation
);

-- Whether the answer of a run was right, as it was said, one row for each time; number counts from 0 inside the run.
CREATE TABLE outcomes (
    namespace  TEXT      NOT NULL,
    run_id     TEXT      NOT NULL,
    number     INTEGER   NOT NULL,
    outcome    TEXT      NOT NULL,        -- correct, wrong
    source     TEXT      NOT NULL,        -- caller, gold, checker, agreement
    note       TEXT      NOT NULL,
    given_at   TIMESTAMP NOT NULL
);

-- What was decided on entries by their runs, one row for each decision; the last of an entry holds. Recall returns no entry whose
-- last one is `retired`. The entry is one of the namespace or of the starter memory.
CREATE TABLE retirements (
    namespace   TEXT      NOT NULL,
    entry_id    TEXT      NOT NULL,
    number      INTEGER   NOT NULL,       -- counts from 0 for each entry
    state       TEXT      NOT NULL,       -- retired, restored
    reason      TEXT      NOT NULL,       -- the figures that decided it; empty for restored
    run_id      TEXT      NOT NULL,       -- the run whose outcome decided it; empty for restored
    decided_at  TIMESTAMP NOT NULL
);

-- Who said what earlier versions kept is not known; a user's own word was the only way.
INSERT INTO outcomes SELECT namespace, id, 0, outcome, 'caller', '', started_at FROM runs WHERE outcome IN ('correct', 'wrong');
