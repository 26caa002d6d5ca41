    WITH RECURSIVE gone (class, id) AS (
        SELECT g.class, g.id FROM ROWS FROM (pg_catalog.unnest(classes), pg_catalog.unnest(ids)) AS g (class, id)
        UNION SELECT d.classid, d.objid FROM gone g JOIN pg_catalog.pg_depend d ON d.refclassid = g.class AND d.refobjid = g.id
            WHERE (d.deptype IN ('a', 'i', 'P', 'S') OR d.classid IN ('pg_catalog.pg_cast'::pg_catalog.regclass,
                'pg_catalog.pg_event_trigger'::pg_catalog.regclass, 'pg_catalog.pg_transform'::pg_catalog.regclass,
                'pg_catalog.pg_language'::pg_catalog.regclass, 'pg_catalog.pg_am'::pg_catalog.regclass,
                'pg_catalog.pg_foreign_data_wrapper'::pg_catalog.regclass))
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
