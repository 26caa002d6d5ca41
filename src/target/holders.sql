    WITH RECURSIVE again (class, id) AS (
        SELECT 'pg_catalog.pg_cast'::pg_catalog.regclass::pg_catalog.oid, c.oid FROM pg_catalog.pg_cast c
            WHERE EXISTS (SELECT FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
                WHERE t.oid IN (c.castsource, c.casttarget) AND n.nspname = ANY (spaces))
            OR (c.castsource, c.casttarget) IN (SELECT pg_catalog.to_regtype(m.one)::pg_catalog.oid, pg_catalog.to_regtype(m.other)::pg_catalog.oid
                FROM made m WHERE m.kind = 'cast')
        UNION ALL SELECT 'pg_catalog.pg_transform'::pg_catalog.regclass::pg_catalog.oid, f.oid FROM pg_catalog.pg_transform f
            JOIN pg_catalog.pg_language l ON l.oid = f.trflang
            WHERE EXISTS (SELECT FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
                WHERE t.oid = f.trftype AND n.nspname = ANY (spaces))
            OR (f.trftype, l.lanname) IN (SELECT pg_catalog.to_regtype(m.one)::pg_catalog.oid, m.other::pg_catalog.name
                FROM made m WHERE m.kind = 'transform')
        UNION ALL SELECT 'pg_catalog.pg_event_trigger'::pg_catalog.regclass::pg_catalog.oid, e.oid FROM pg_catalog.pg_event_trigger e
            JOIN pg_catalog.pg_proc p ON p.oid = e.evtfoid JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
            JOIN made m ON m.kind = 'event trigger' AND m.one = n.nspname AND m.other = p.proname
        UNION ALL SELECT 'pg_catalog.pg_language'::pg_catalog.regclass::pg_catalog.oid, l.oid FROM pg_catalog.pg_language l
            JOIN made m ON m.kind = 'language' AND m.one = l.lanname
        UNION ALL SELECT 'pg_catalog.pg_am'::pg_catalog.regclass::pg_catalog.oid, a.oid FROM pg_catalog.pg_am a
            JOIN made m ON m.kind = 'access method' AND m.one = a.amname
        UNION ALL SELECT 'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass::pg_catalog.oid, w.oid
            FROM pg_catalog.pg_foreign_data_wrapper w JOIN made m ON m.kind = 'foreign data wrapper' AND m.one = w.fdwname
    ), made (kind, one, other) AS (
        SELECT {made}
    ), gone (class, id) AS (
        SELECT g.class, g.id FROM ROWS FROM (pg_catalog.unnest(classes), pg_catalog.unnest(ids)) AS g (class, id)
        UNION SELECT d.classid, d.objid FROM gone g JOIN pg_catalog.pg_depend d ON d.refclassid = g.class AND d.refobjid = g.id
            WHERE (d.deptype IN ('a', 'i', 'P', 'S') AND NOT EXISTS (SELECT FROM pg_catalog.pg_statistic_ext s
                JOIN pg_catalog.pg_namespace n ON n.oid = s.stxnamespace
                WHERE d.classid = 'pg_catalog.pg_statistic_ext'::pg_catalog.regclass AND s.oid = d.objid AND n.nspname <> ALL (spaces))
            OR EXISTS (SELECT FROM again a WHERE a.class = d.classid AND a.id = d.objid))
            AND NOT EXISTS (SELECT FROM pg_catalog.pg_class c WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
                AND c.oid = d.objid AND c.relkind IN ('r', 'p', 'f'))
    ), holder (class, id, part, needed) AS (
        SELECT d.classid, d.objid, d.objsubid, pg_catalog.pg_describe_object(g.class, g.id, 0)
            FROM gone g JOIN pg_catalog.pg_depend d ON d.refclassid = g.class AND d.refobjid = g.id
            WHERE d.deptype IN ('n', 'a')
            AND NOT EXISTS (SELECT FROM gone o WHERE o.class = d.classid AND o.id = d.objid)
    )
    SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('%s needs %s',
        pg_catalog.regexp_replace(pg_catalog.pg_describe_object(h.class, h.id, h.part), '^rule "?_RETURN"? on ', ''), h.needed), E'\n')
        INTO holders FROM holder h;
    IF holders IS NOT NULL THEN
        RAISE EXCEPTION 'pgveil: --reset={reset} would take along what it must not touch' USING DETAIL = holders,
            HINT = 'Drop these by hand, or load into another database; --reset=objects can spare what they need: --keep-in-target, and leave it out of the stream.',
            ERRCODE = 'dependent_objects_still_exist';
    END IF;
