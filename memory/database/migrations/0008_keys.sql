-- The keys of an entry beside its main one, whose number is the entry's. Each has a number of its own, drawn from the counter
-- of entries and tombstones, under which `vectors` holds its vector; a checkpoint learns of it by replay. Only current wordings
-- have such keys. No text is repeated here: it is in the entry.
CREATE TABLE keys (
    namespace  TEXT   NOT NULL,
    number     BIGINT NOT NULL,
    seq        BIGINT NOT NULL,       -- of the entry
    field      TEXT   NOT NULL        -- which of its fields; see records/keys.py
);

-- The keys of what is stored; they are searched once they are encoded. A text of white space alone is no key.
INSERT INTO keys
    SELECT namespace, (SELECT last FROM numbers) + row_number() OVER (ORDER BY seq), seq, field FROM (
        SELECT namespace, seq, key, 'applicability' AS field, content->>'applicability' AS text
            FROM entries WHERE kind = 'procedure'
        UNION ALL SELECT namespace, seq, key, 'name', array_to_string(list_prepend(content->>'name', coalesce(tags, [])), ', ')
            FROM entries WHERE kind = 'concept'
        UNION ALL SELECT namespace, seq, key, 'example', content->'check'->>'example'
            FROM entries WHERE content->>'applicability' IS DISTINCT FROM content->'check'->>'example')
    WHERE text <> key AND regexp_matches(text, '[^\p{Z}\t\n\x0b\f\r\x1c-\x1f\x{85}]');
UPDATE numbers SET last = greatest(last, (SELECT coalesce(max(number), 0) FROM keys));
