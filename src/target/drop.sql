DECLARE
    spaces CONSTANT pg_catalog.name[] := {schemas};
    classes pg_catalog.oid[];
    ids pg_catalog.oid[];
    drops pg_catalog.text[];
    holders pg_catalog.text;
    present pg_catalog.bool;
    unknown pg_catalog.text;
BEGIN
    WITH RECURSIVE thing (class, id, name, space, owner, kind) AS (
        SELECT 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid, c.oid, c.relname, c.relnamespace, c.relowner,
            CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE'
                WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END
            FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S', 'f')
        UNION ALL SELECT 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid, t.oid, t.typname, t.typnamespace, t.typowner, 'TYPE'
            FROM pg_catalog.pg_type t
        UNION ALL SELECT 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid, p.oid, p.proname, p.pronamespace, p.proowner, 'ROUTINE'
            FROM pg_catalog.pg_proc p
        UNION ALL SELECT 'pg_catalog.pg_operator'::pg_catalog.regclass::pg_catalog.oid, o.oid, o.oprname, o.oprnamespace, o.oprowner, 'OPERATOR'
            FROM pg_catalog.pg_operator o
        UNION ALL SELECT 'pg_catalog.pg_opfamily'::pg_catalog.regclass::pg_catalog.oid, o.oid, o.opfname, o.opfnamespace, o.opfowner, 'OPERATOR FAMILY'
            FROM pg_catalog.pg_opfamily o
        UNION ALL SELECT 'pg_catalog.pg_opclass'::pg_catalog.regclass::pg_catalog.oid, o.oid, o.opcname, o.opcnamespace, o.opcowner, 'OPERATOR CLASS'
            FROM pg_catalog.pg_opclass o
        UNION ALL SELECT 'pg_catalog.pg_collation'::pg_catalog.regclass::pg_catalog.oid, c.oid, c.collname, c.collnamespace, c.collowner, 'COLLATION'
            FROM pg_catalog.pg_collation c
        UNION ALL SELECT 'pg_catalog.pg_conversion'::pg_catalog.regclass::pg_catalog.oid, c.oid, c.conname, c.connamespace, c.conowner, 'CONVERSION'
            FROM pg_catalog.pg_conversion c
        UNION ALL SELECT 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass::pg_catalog.oid, s.oid, s.stxname, s.stxnamespace, s.stxowner, 'STATISTICS'
            FROM pg_catalog.pg_statistic_ext s
        UNION ALL SELECT 'pg_catalog.pg_ts_config'::pg_catalog.regclass::pg_catalog.oid, c.oid, c.cfgname, c.cfgnamespace, c.cfgowner,
            'TEXT SEARCH CONFIGURATION' FROM pg_catalog.pg_ts_config c
        UNION ALL SELECT 'pg_catalog.pg_ts_dict'::pg_catalog.regclass::pg_catalog.oid, d.oid, d.dictname, d.dictnamespace, d.dictowner,
            'TEXT SEARCH DICTIONARY' FROM pg_catalog.pg_ts_dict d
        UNION ALL SELECT 'pg_catalog.pg_ts_parser'::pg_catalog.regclass::pg_catalog.oid, p.oid, p.prsname, p.prsnamespace, NULL,
            'TEXT SEARCH PARSER' FROM pg_catalog.pg_ts_parser p
        UNION ALL SELECT 'pg_catalog.pg_ts_template'::pg_catalog.regclass::pg_catalog.oid, t.oid, t.tmplname, t.tmplnamespace, NULL,
            'TEXT SEARCH TEMPLATE' FROM pg_catalog.pg_ts_template t
    ), here (class, id, name, space, owner, kind) AS (
        SELECT t.class, t.id, t.name, n.nspname, t.owner, t.kind FROM thing t JOIN pg_catalog.pg_namespace n ON n.oid = t.space
            WHERE n.nspname = ANY (spaces)
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = t.class AND d.objid = t.id AND d.objsubid = 0
                AND d.deptype IN ('i', 'e'))
    ), kept (class, id) AS (
        SELECT t.class, t.id FROM here t WHERE {kept}
        UNION SELECT d.classid, d.objid FROM kept k JOIN pg_catalog.pg_depend d ON d.refclassid = k.class AND d.refobjid = k.id
            WHERE d.deptype IN ('a', 'i', 'P', 'S')
    )
    SELECT pg_catalog.array_agg(t.class ORDER BY t.class, t.id), pg_catalog.array_agg(t.id ORDER BY t.class, t.id),
        pg_catalog.array_agg(pg_catalog.format('DROP %s %s CASCADE', t.kind, (pg_catalog.pg_identify_object(t.class, t.id, 0)).identity)
            ORDER BY t.class, t.id)
        INTO classes, ids, drops FROM here t
        WHERE {owned} AND NOT EXISTS (SELECT FROM kept k WHERE k.class = t.class AND k.id = t.id);
    SELECT pg_catalog.string_agg(k.pattern, ', ') INTO unknown FROM (
        SELECT {exact}
    ) k (pattern, known) WHERE NOT k.known;
    IF unknown IS NOT NULL AND EXISTS (SELECT FROM pg_catalog.pg_class c
        WHERE c.oid = ANY (ids) AND c.relkind IN ('r', 'p', 'f')) THEN
        RAISE EXCEPTION 'pgveil: --keep-in-target names what the target has not: %', unknown
            USING HINT = 'Nothing was dropped. Name a table that is there, or leave the flag out.', ERRCODE = 'undefined_table';
    ELSIF unknown IS NOT NULL THEN
        RAISE NOTICE 'pgveil: --keep-in-target names what the target has not: %', unknown;
    END IF;
{holders}    FOR i IN 1 .. COALESCE(pg_catalog.array_length(ids, 1), 0) LOOP
        EXECUTE pg_catalog.format('SELECT EXISTS (SELECT FROM %s WHERE oid = $1)', classes[i]::pg_catalog.regclass) INTO present USING ids[i];
        IF present THEN
            EXECUTE drops[i];
        END IF;
    END LOOP;
END
