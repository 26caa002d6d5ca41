-- Random values that hold values: what quoting, NULL and nesting can do to them, as the server itself writes them.
CREATE EXTENSION hstore;
SELECT setseed(0.42) \gset
CREATE TYPE person AS (name text, age integer, tags text[]);
CREATE TYPE team AS (label text, lead person, members person[]);

-- A text of a few pieces, each of which some format must quote; NULL now and then.
CREATE FUNCTION word() RETURNS text VOLATILE LANGUAGE plpgsql AS $$
DECLARE
    pieces text[] := ARRAY['Zoé', 'x', '7', ' ', '  ', ',', ';', '"', '""', '''', '\', '\\', '\N', '\.', '{', '}', '(', ')', '[', ']', '=>', ':',
        'NULL', 'null', E'\t', E'\n', E'\r', E'\x01', E'\x7f', '&', '<', '>', ']]>', '&amp;', '日本', '😀', 'é', 'ß', '/', '$', '@', '%', '-0', '1e5'];
    made text := '';
BEGIN
    IF random() < 0.08 THEN RETURN NULL; END IF;
    FOR i IN 1..floor(random() * 6)::int LOOP
        made := made || pieces[1 + floor(random() * array_length(pieces, 1))::int];
    END LOOP;
    RETURN made;
END $$;

CREATE FUNCTION words(most int) RETURNS text[] VOLATILE LANGUAGE plpgsql AS $$
DECLARE made text[] := '{}';
BEGIN
    IF random() < 0.05 THEN RETURN NULL; END IF;
    FOR i IN 1..floor(random() * (most + 1))::int LOOP made := made || ARRAY[word()]; END LOOP;
    RETURN made;
END $$;

-- Two or three dimensions; bounds that do not begin at 1.
CREATE FUNCTION deep() RETURNS text[] VOLATILE LANGUAGE plpgsql AS $$
DECLARE made text[];
BEGIN
    IF random() < 0.3 THEN RETURN ARRAY[[[word(), word()], [word(), NULL]], [['', word()], [word(), word()]]]; END IF;
    made := array_fill(''::text, ARRAY[2, 3], ARRAY[floor(random() * 5)::int - 2, floor(random() * 3)::int]);
    FOR i IN array_lower(made, 1)..array_upper(made, 1) LOOP
        FOR j IN array_lower(made, 2)..array_upper(made, 2) LOOP made[i][j] := word(); END LOOP;
    END LOOP;
    RETURN made;
END $$;

CREATE FUNCTION someone() RETURNS person VOLATILE LANGUAGE sql AS
$$ SELECT CASE WHEN random() < 0.1 THEN NULL ELSE ROW(word(), CASE WHEN random() < 0.2 THEN NULL ELSE floor(random() * 90)::int END, words(3))::person END $$;

CREATE FUNCTION people() RETURNS person[] VOLATILE LANGUAGE plpgsql AS $$
DECLARE made person[] := '{}';
BEGIN
    FOR i IN 1..floor(random() * 4)::int LOOP made := made || ARRAY[someone()]; END LOOP;
    RETURN made;
END $$;

CREATE FUNCTION pairs() RETURNS hstore VOLATILE LANGUAGE plpgsql AS $$
DECLARE made hstore := '';
BEGIN
    FOR i IN 1..floor(random() * 5)::int LOOP made := made || hstore(coalesce(word(), 'none'), word()); END LOOP;
    IF random() < 0.5 THEN made := made || hstore('name', word()); END IF;
    RETURN made;
END $$;

CREATE FUNCTION tree(depth int) RETURNS jsonb VOLATILE LANGUAGE plpgsql AS $$
DECLARE
    kind float := random();
    made jsonb;
    key text;
BEGIN
    IF depth = 0 OR kind < 0.35 THEN
        RETURN CASE floor(random() * 6)::int
            WHEN 0 THEN 'null' WHEN 1 THEN to_jsonb(random() < 0.5) WHEN 2 THEN to_jsonb(floor(random() * 1e6)::bigint)
            WHEN 3 THEN to_jsonb((random() * 1e4)::numeric(9, 3)) ELSE coalesce(to_jsonb(word()), 'null') END;
    ELSIF kind < 0.6 THEN
        made := '[]';
        FOR i IN 1..floor(random() * 4)::int LOOP made := made || jsonb_build_array(tree(depth - 1)); END LOOP;
    ELSE
        made := '{}';
        FOR i IN 1..floor(random() * 4)::int LOOP
            key := (ARRAY['name', 'list', 'a"b', 'é', '', 'x.y', '\'])[1 + floor(random() * 7)::int];
            made := made || jsonb_build_object(key, CASE key
                WHEN 'name' THEN coalesce(to_jsonb(word()), 'null') WHEN 'list' THEN coalesce(to_jsonb(words(3)), '[]') ELSE tree(depth - 1) END);
        END LOOP;
    END IF;
    RETURN made;
END $$;

CREATE FUNCTION page() RETURNS xml VOLATILE LANGUAGE plpgsql AS $$
DECLARE made xml := '';
BEGIN
    FOR i IN 1..floor(random() * 4)::int LOOP
        made := xmlconcat(made, xmlelement(name item, xmlattributes(translate(word(), E'\x01\x7f', '') AS kind),
            xmlelement(name name, translate(word(), E'\x01\x7f\r', '')), xmlelement(name empty), xmlcomment('no - name')));
    END LOOP;
    RETURN xmlelement(name page, made);
END $$;

CREATE TABLE boxes (id int PRIMARY KEY, words text[], codes varchar(40)[], deep text[], numbers integer[], one person, people person[], team team,
    pairs hstore, period daterange, span int8range, price numrange, seen tstzrange, several datemultirange, doc json, docb jsonb, note text, page xml);
INSERT INTO boxes SELECT i, words(6), words(4), deep(), (SELECT array_agg(CASE WHEN random() < 0.2 THEN NULL ELSE floor(random() * 1e5)::int + g * 0 END) FROM generate_series(1, i % 5) g),
    someone(), people(), ROW(word(), someone(), people())::team, pairs(),
    daterange(CASE WHEN i % 5 > 0 THEN date '2024-01-01' + i END, CASE WHEN i % 7 > 0 THEN date '2024-01-01' + i + i % 9 END, (ARRAY['[]', '(]', '[)', '()'])[1 + i % 4]),
    int8range(i, CASE WHEN i % 7 > 0 THEN i + 10 END), numrange(i / 8.0, i + 1, (ARRAY['[]', '(]', '[)', '()'])[1 + i % 4]),
    tstzrange('2024-01-01 00:00+02', timestamptz '2024-01-01' + i * interval '1.5 hours' + interval '1 day'),
    datemultirange(daterange('2020-01-01', '2020-01-05'), daterange(date '2021-01-01' + i % 100, date '2021-06-01' + i % 100), daterange('2025-01-01', NULL)),
    CASE i % 3 WHEN 0 THEN tree(4)::text::json WHEN 1 THEN jsonb_pretty(tree(4))::json ELSE row_to_json(ROW(word(), tree(2))) END,
    tree(5), CASE WHEN i % 2 = 0 THEN tree(3)::text END, page()
    FROM generate_series(1, {rows}) i;
