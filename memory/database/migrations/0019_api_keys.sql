-- The keys that a service accepts, beside those of its settings. Of a secret only a hash is kept.
CREATE TABLE api_keys (
    id            TEXT      NOT NULL,
    name          TEXT      NOT NULL,
    digest        TEXT      NOT NULL,        -- SHA-256 of the whole key, as hexadecimal digits
    namespaces    TEXT[]    NOT NULL,        -- * stands for all
    scope         TEXT      NOT NULL,        -- read, write, admin
    created_at    TIMESTAMP NOT NULL,
    expires_at    TIMESTAMP,
    revoked_at    TIMESTAMP,
    last_used_at  TIMESTAMP,                 -- written once a minute
    replaced_by   TEXT                       -- the id of the key that it was rotated to
);
