-- Which checkpoint of the derived indexes belongs to this database. A copy of the database restored from elsewhere does not
-- know the checkpoints beside it, and so does not believe them.

CREATE TABLE checkpoints (
    namespace  TEXT PRIMARY KEY,
    token      TEXT NOT NULL      -- SHA-256 of the checkpoint's manifest
);
