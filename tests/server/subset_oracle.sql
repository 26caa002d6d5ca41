-- The rows of a subset by the obvious way: every foreign key of the catalogue is followed until nothing changes. The rows
-- that it begins with stand in `kept`; rows of the tables in `followed` come along with the rows that they point at.
CREATE FUNCTION pg_temp.follow(down boolean) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    key record;
    more boolean := true;
    found_rows bigint;
BEGIN
    WHILE more LOOP
        more := false;
        FOR key IN
            SELECT conrelid::regclass AS child, confrelid::regclass AS parent, string_agg(format('c.%I = p.%I', a.attname, b.attname), ' AND ') AS cond
            FROM pg_constraint k, unnest(conkey, confkey) AS u(x, y), pg_attribute a, pg_attribute b
            WHERE contype = 'f' AND conparentid = 0 AND a.attrelid = conrelid AND a.attnum = x AND b.attrelid = confrelid AND b.attnum = y
            GROUP BY k.oid
        LOOP
            IF down THEN
                CONTINUE WHEN NOT EXISTS (SELECT FROM followed WHERE name = key.child::text);
                EXECUTE format('INSERT INTO kept SELECT c.tableoid, c.ctid, true FROM %s c JOIN %s p ON %s JOIN kept k ON k.rel = p.tableoid AND k.tid = p.ctid WHERE k.belongs ON CONFLICT DO NOTHING', key.child, key.parent, key.cond);
            ELSE
                EXECUTE format('INSERT INTO kept SELECT p.tableoid, p.ctid, false FROM %s c JOIN %s p ON %s JOIN kept k ON k.rel = c.tableoid AND k.tid = c.ctid ON CONFLICT DO NOTHING', key.child, key.parent, key.cond);
            END IF;
            GET DIAGNOSTICS found_rows = ROW_COUNT;
            more := more OR found_rows > 0;
        END LOOP;
    END LOOP;
END $$;
