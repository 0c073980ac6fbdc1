-- A namespace exists from its first write, or from being made by name, until it is forgotten; `default` exists always. Those
-- of an earlier format are there with what they hold.
CREATE TABLE namespaces (
    name       TEXT    PRIMARY KEY,
    created_at TIMESTAMP,             -- NULL for what is older than this format
    starter    BOOLEAN NOT NULL       -- whether it sees the starter memory
);
INSERT INTO namespaces SELECT namespace, NULL, TRUE FROM (
    SELECT namespace FROM entries UNION SELECT namespace FROM retired UNION SELECT namespace FROM trajectories
    UNION SELECT namespace FROM operations UNION SELECT namespace FROM rejections UNION SELECT namespace FROM runs
    UNION SELECT namespace FROM receipts UNION SELECT namespace FROM merges);
INSERT OR IGNORE INTO namespaces VALUES ('default', now()::TIMESTAMP, TRUE);

-- What a namespace has forgotten it does not see in the starter memory either, until the namespace itself is forgotten. The
-- wordings of one entry share a lineage, so that forgotten entries can be counted; NULL for what is older.
ALTER TABLE tombstones ADD COLUMN lineage TEXT;
ALTER TABLE tombstones ADD COLUMN hides BOOLEAN;
UPDATE tombstones SET hides = namespace IN (SELECT name FROM namespaces);
