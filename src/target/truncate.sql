DECLARE
    tables pg_catalog.regclass[] := ARRAY[
{tables}
    ]::pg_catalog.regclass[];
    holders pg_catalog.text;
BEGIN
    WITH RECURSIVE tree (root, id) AS (
        SELECT c.oid, c.oid FROM pg_catalog.pg_class c WHERE c.relkind = 'p'
        UNION ALL SELECT t.root, i.inhrelid FROM tree t JOIN pg_catalog.pg_inherits i ON i.inhparent = t.id
    ), whole (root) AS (
        SELECT t.root FROM tree t JOIN pg_catalog.pg_class c ON c.oid = t.id GROUP BY t.root
            HAVING t.root = ANY (tables) OR pg_catalog.bool_and(c.relkind = 'p' OR c.oid = ANY (tables)) AND pg_catalog.bool_or(c.relkind <> 'p')
    )
    SELECT tables || COALESCE(pg_catalog.array_agg(DISTINCT t.id::pg_catalog.regclass), '{}') INTO tables
        FROM tree t JOIN whole w ON w.root = t.root WHERE t.id <> ALL (tables);
    SELECT pg_catalog.string_agg(pg_catalog.format('%s references %s (foreign key %I)', k.conrelid::pg_catalog.regclass,
        k.confrelid::pg_catalog.regclass, k.conname), E'\n' ORDER BY k.conrelid, k.conname) INTO holders
        FROM pg_catalog.pg_constraint k WHERE k.contype = 'f' AND k.confrelid = ANY (tables) AND k.conrelid <> ALL (tables);
    IF holders IS NOT NULL THEN
        RAISE EXCEPTION 'pgveil: --reset=truncate: tables that the stream does not fill reference tables that it does' USING DETAIL = holders,
            HINT = 'Put these tables into the stream too, or drop the foreign keys.', ERRCODE = 'feature_not_supported';
    END IF;
    EXECUTE (SELECT 'TRUNCATE TABLE ' || pg_catalog.string_agg(CASE c.relkind WHEN 'p' THEN '' ELSE 'ONLY ' END || c.oid::pg_catalog.regclass,
        ', ') || ' RESTART IDENTITY' FROM pg_catalog.pg_class c WHERE c.oid = ANY (tables));
END
