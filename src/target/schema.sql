DECLARE
    spaces CONSTANT pg_catalog.name[] := {schemas};
    classes pg_catalog.oid[];
    ids pg_catalog.oid[];
    holders pg_catalog.text;
    space pg_catalog.record;
    privilege pg_catalog.record;
    anew pg_catalog.text[];
    statement pg_catalog.text;
BEGIN
    SELECT pg_catalog.string_agg(DISTINCT pg_catalog.format('extension %I has objects in schema %I', e.extname, o.schema), E'\n') INTO holders
        FROM pg_catalog.pg_extension e
        JOIN pg_catalog.pg_depend d ON d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid = e.oid AND d.deptype = 'e'
        CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, 0) o WHERE o.schema = ANY (spaces::pg_catalog.text[]);
    IF holders IS NOT NULL THEN
        RAISE EXCEPTION 'pgveil: --reset=schema would drop extensions with their schema' USING DETAIL = holders,
            HINT = 'Use --reset=objects, which spares them, or move them: ALTER EXTENSION ... SET SCHEMA.',
            ERRCODE = 'dependent_objects_still_exist';
    END IF;
    SELECT pg_catalog.array_agg(d.classid), pg_catalog.array_agg(d.objid) INTO classes, ids
        FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_namespace n ON d.refobjid = n.oid
        WHERE d.refclassid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND n.nspname = ANY (spaces);
{holders}    FOR space IN SELECT n.oid, n.nspname, n.nspowner, n.nspacl, pg_catalog.obj_description(n.oid, 'pg_namespace') AS remark
        FROM pg_catalog.pg_namespace n WHERE n.nspname = ANY (spaces) LOOP
        SELECT pg_catalog.array_agg(pg_catalog.format('ALTER DEFAULT PRIVILEGES FOR ROLE %I IN SCHEMA %I GRANT %s ON %s TO %s%s',
            pg_catalog.pg_get_userbyid(p.defaclrole), space.nspname, a.privilege_type, CASE p.defaclobjtype WHEN 'r' THEN 'TABLES'
            WHEN 'S' THEN 'SEQUENCES' WHEN 'f' THEN 'FUNCTIONS' ELSE 'TYPES' END,
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END,
            CASE WHEN a.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END)) INTO anew
            FROM pg_catalog.pg_default_acl p CROSS JOIN LATERAL pg_catalog.aclexplode(p.defaclacl) a WHERE p.defaclnamespace = space.oid;
        IF pg_catalog.to_regclass('pg_catalog.pg_publication_namespace') IS NOT NULL THEN
            EXECUTE 'SELECT $1 || pg_catalog.array_agg(pg_catalog.format(''ALTER PUBLICATION %I ADD TABLES IN SCHEMA %I'', p.pubname, $2))
                FROM pg_catalog.pg_publication_namespace s JOIN pg_catalog.pg_publication p ON p.oid = s.pnpubid WHERE s.pnnspid = $3'
                INTO anew USING anew, space.nspname, space.oid;
        END IF;
        EXECUTE pg_catalog.format('DROP SCHEMA %I CASCADE', space.nspname);
        EXECUTE pg_catalog.format('CREATE SCHEMA %I AUTHORIZATION %I', space.nspname, pg_catalog.pg_get_userbyid(space.nspowner));
        IF space.remark IS NOT NULL THEN
            EXECUTE pg_catalog.format('COMMENT ON SCHEMA %I IS %L', space.nspname, space.remark);
        END IF;
        FOR privilege IN SELECT a.privilege_type, a.is_grantable,
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE pg_catalog.quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS grantee
            FROM pg_catalog.aclexplode(space.nspacl) a WHERE a.grantee <> space.nspowner LOOP
            EXECUTE pg_catalog.format('GRANT %s ON SCHEMA %I TO %s%s', privilege.privilege_type, space.nspname, privilege.grantee,
                CASE WHEN privilege.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
        END LOOP;
        FOREACH statement IN ARRAY COALESCE(anew, '{}') LOOP
            EXECUTE statement;
        END LOOP;
    END LOOP;
END
