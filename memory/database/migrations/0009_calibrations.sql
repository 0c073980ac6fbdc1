-- When recall answers, as fitted to a namespace's own judged queries: one calibration per set of vectors, because the signals
-- that it weighs change with the encoder.
CREATE TABLE calibrations (
    namespace       TEXT      NOT NULL,
    encoder_digest  TEXT      NOT NULL,   -- of the generation
    content         JSON      NOT NULL,   -- see retrieval/abstention/calibration.py
    made_at         TIMESTAMP NOT NULL,
    PRIMARY KEY (namespace, encoder_digest)
);
