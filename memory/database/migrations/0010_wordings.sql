-- No table changes. From this format on the content of an entry may have `asked_as`, other wordings of its need, and `keys` a
-- row for each, with the fields asked-1 to asked-20; earlier versions know neither, and must not open such a store.
SELECT 1;
