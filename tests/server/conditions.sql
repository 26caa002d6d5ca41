-- One condition a line: what the rows of tests/server/filter.rs are asked.
-- Text
txt = 'Zoé'
txt = short
short = 'open' OR short = 'closed'
((short)::text = ANY ((ARRAY['open'::character varying, 'closed'::character varying])::text[]))
((short)::text = ANY (ARRAY[('open'::character varying)::text, ('Open'::character varying)::text]))
(short)::text <> ''::text
short = ANY ('{open,closed}'::text[])
short <> ALL ('{open,closed}'::text[])
short <> ALL ('{open,NULL}'::text[])
short = ALL ('{}'::text[])
short = ANY ('{}'::text[])
short = ANY (NULL::text[])
short LIKE ANY (ARRAY['o%', '%d'])
short NOT LIKE ALL (ARRAY['o%', '%d'])
txt LIKE '%o%'
txt LIKE '_o_'
txt LIKE '50\%'
txt LIKE '50!%' ESCAPE '!'
txt LIKE 'a\\b'
txt LIKE 'a\b' ESCAPE ''
txt NOT LIKE 'Z%'
txt ILIKE 'ZOÉ'
txt ILIKE 'été%'
txt NOT ILIKE 'Z%'
txt ~~ '%@%.org'
txt !~~ '%@%'
txt ~~* 'ZO%'
txt !~~* 'ZO%'
txt LIKE NULL
txt LIKE short
txt LIKE '%' || short || '%'
txt LIKE ''
fix LIKE 'ab%'
fix LIKE 'ab'
fix LIKE 'ab   '
fix ~ '^ab$'
fix ~ 'ab +$'
fix = 'ab'
fix = 'ab   '
fix = 'ab '::text
fix::text = 'ab'
fix = short
fix IN ('ab', 'Zoé')
fix = ANY (ARRAY['ab'::bpchar, 'abcde'::bpchar])
fix COLLATE "C" < 'abc'
fix COLLATE "C" > short
fix BETWEEN ('a' COLLATE "C") AND ('b' COLLATE "C")
length(fix) = 2
octet_length(fix) = 5
char_length(fix) > 3
fix || 'x' = 'abx'
upper(fix) = 'AB'
nom < 'a'
nom <= 'open'
nom = short
nom IN ('a', 'B')
txt COLLATE "C" < 'a'
txt COLLATE "C" BETWEEN 'A' AND 'a'
txt COLLATE "C" NOT BETWEEN SYMMETRIC 'z' AND 'A'
txt ~ '^[A-Z]'
txt ~ '^\w+$'
txt ~ '\d'
txt ~ '\s'
txt ~ '^\S+$'
txt ~ '^.*$'
txt ~ 'e.b'
txt ~ '^break'
txt ~ '\mb'
txt ~ 'b\M'
txt ~ '\yb\y'
txt ~ '[[:upper:]]'
txt ~ '^[[:alpha:]]+$'
txt ~ '[[:punct:]]'
txt ~ '[^[:alnum:]]'
txt ~ '^[^@\s]+@[^@\s]+\.[a-z]{2,}$'
txt ~* 'zoÉ'
txt !~ 'o'
txt !~* 'O'
txt ~ '(?i)ZOÉ'
txt ~ '^(a|z)'
txt ~ '\\'
txt ~ 'x{1,2}'
txt ~ ''
txt ~ '[]%]'
txt ~ '[a\-b]'
txt ~ '\u00e9'
txt ~ '(o)(é)?$'
txt ~ '^(?:50|42)%?$'
txt ~ 'a{,2}'
txt ~ '\A\Z'
txt ~ '[[:<:]]b'
txt ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
txt SIMILAR TO '%o%'
txt SIMILAR TO '(a|5)%'
txt SIMILAR TO '_{3}'
txt SIMILAR TO '[a-z@.]+'
txt NOT SIMILAR TO 'Z%'
txt SIMILAR TO '50!%' ESCAPE '!'
txt SIMILAR TO 'a.b'
lower(txt) = 'zoé'
upper(txt) = 'ÉTÉ_1'
lower(txt) LIKE 'été%'
length(txt) = 3
char_length(txt) <= 3
character_length(txt) >= 5
octet_length(txt) = 4
btrim(txt) = 'x'
trim(txt) = 'x'
trim(both 'Z' from txt) = 'oé'
trim(leading 'éZ' from txt) = 'oé'
ltrim(txt) = 'x '
rtrim(txt) = '  x'
ltrim(txt, 'aZ ') = 'oé'
rtrim(txt, 'é') = 'Zo'
substr(txt, 2) = 'oé'
substr(txt, 2, 1) = 'o'
substr(txt, -1, 3) = 'Z'
substring(txt, 1, 2) = 'Zo'
substring(txt from 2 for 2) = 'oé'
substring(txt from 2) = 'oé'
substring(txt for 1) = 'Z'
substr(txt, 1, small) = 'Zoé'
left(txt, 2) = 'Zo'
left(txt, -1) = 'Zo'
right(txt, 2) = 'oé'
right(txt, -1) = 'oé'
left(txt, small) = ''
txt || short = 'Zoéopen'
txt || 1 = '421'
int || '' = '42'
flag || txt = 'trueZoé'
num || '' = '1.500000'
double || 'x' = '1e+300x'
real || '' = '0.1'
coalesce(txt, short, '-') = '-'
coalesce(NULL, short) = 'open'
nullif(txt, '') IS NULL
nullif(short, 'open') = 'closed'
nullif(int, 42) IS NULL
txt::int = 42
txt::numeric > 41.5
txt::date = '2024-02-29'
txt::boolean
CASE WHEN txt ~ '^\d+$' THEN txt::int > 40 ELSE false END
txt ~ '^\d+$' AND txt::int > 40
short::varchar(2) = 'op'
short::char(2) = 'ab'
short::char(6) = 'open'
txt = 'Zoé' COLLATE "C"
'' = txt
txt IS DISTINCT FROM short
length(txt || coalesce(short, '')) > 5
-- Numbers
int = 42.0
int = 42.5
int < 1.5
int + 1 = 43
int * 2 > 10
int / 2 = 21
int / 5 = -1
int % 5 = 2
-int = 5
- small < 0
+int = 42
int / small = 6
int % small = 0
int + int > 0
small + small > 0
small * small > 100
small + 1 > 0
big + 1 > 0
big - 1 < 0
big * 2 = 84
big = 9007199254740993
big = double
big > double
int > big
small = int
int = real
real = 0.1
real = '0.1'
real = 0.1::real
real < 1.5
real + real = 0.2::real
real * 2 = 3
real > double
real = double
real::double precision = 0.1
double = 0.1
double * 10 = 1
double + 0.2 = 0.30000000000000004
double / 3 > 0.03
double * double > 1
double / int > 0
double::numeric = 0.1
double::int = 7
double::bigint > 7
real::numeric = 0.1
real::int = 2
num = 1.5
num = 1.50
num > free
num + free > 1
num - free = 0
num * free > 0
num / free > 1
num / 3 = 0.5
free / 7 > 0.2
num % 2 = 0
free % 0.7 = 0
free = 1.5
free::text = '1.50'
num::text = '1.500000'
(num * free)::text = '2.2500000'
(num / 7)::text = '0.21428571428571428571'
(free / 3)::text = '0.50000000000000000000'
(free / 3)::text = '0.03333333333333333333'
(num + free)::text = '3.000000'
(free * free * free)::text = '3.375000'
num::int = 2
num::int = -2
free::int = 0
free::numeric(5,1) = 1.5
num::numeric(3) = 2
free::numeric(40,2) > 1
free::double precision > 1
free::real = 0.1
free::bigint > 1
abs(int) = 5
abs(num) = 2.25
abs(double) < 1
abs(small) = 1
floor(num) = 1
floor(num) = -3
ceil(num) = 2
ceiling(num) = -2
floor(double) = -1
ceil(double) = 1
floor(int) = 42
round(num) = 2
round(num, 1) = -2.3
round(num, 1)::text = '1.5'
round(free, -1) = 10
round(double) = 7
round(real) = 2
round(int, -1) = 40
round(int) = 42
round(0.5) = 1
round(-2.5) = -3
round(2.5::double precision) = 2
int BETWEEN 0 AND 42
int NOT BETWEEN 0 AND 42
int BETWEEN SYMMETRIC 42 AND 0
int BETWEEN small AND big
int IN (1, 42, 7)
int NOT IN (1, 42)
int IN (1.0, 42.5)
int IN (small, big)
int IN (1, small, 7)
int IN (NULL, 1)
int IN (42)
real IN (0.1, 1.5)
real IN (0.1)
double IN (0.1, 7)
num IN (1.5, 42)
int = ANY (ARRAY[1, 42])
int = ANY ('{1,42}')
int = ANY ('{1,42}'::int[])
int <> ALL (ARRAY[1, 42])
int > ANY (ARRAY[1, 40])
int > ALL (ARRAY[1, 40])
int >= ALL ('{}'::int[])
int = ANY (nums)
int > ANY (nums)
int <= ALL (nums)
7 = ANY (nums)
int = ANY (ARRAY[small, 42])
int::text = '42'
int::bigint = 42
int::smallint = 42
int::boolean
flag::int = 1
-1 = small
1 = 1.0
1e3 > int
.5 < num
int = -2147483648
big = -9223372036854775808
9223372036854775808 > big
0.1 + 0.2 = 0.3
1 / 2 = 0
1.0 / 2 = 0.5
7 / -2 = -3
-7 % 3 = -1
1 / 0 = 1
int / 0 = 1
num / 0 = 1
num % 0 = 1
double / 0 = 1
2147483647 + 1 > 0
-- Truth
flag
NOT flag
flag IS TRUE
flag IS NOT TRUE
flag IS FALSE
flag IS NOT FALSE
flag IS UNKNOWN
flag IS NOT UNKNOWN
flag = true
flag <> (int > 0)
flag > false
flag AND NULL
flag OR NULL
NOT NULL
NULL
NULL = NULL
NULL IS NULL
flag = 't'
flag IN ('yes', 'no')
flag = 'on' AND txt IS NOT NULL
(int > 0) = flag
(int > 0) IS DISTINCT FROM flag
flag::text = 'true'
't'
true AND false OR NOT false
CASE WHEN flag THEN int > 0 WHEN NOT flag THEN int < 0 END
CASE flag WHEN true THEN 'yes' ELSE 'no' END = 'yes'
CASE int WHEN 42 THEN 1 WHEN 7 THEN 2.5 ELSE NULL END > 1
CASE WHEN small <> 0 THEN int / small > 5 ELSE false END
-- Dates and times
day = '2024-02-29'
day = date '2024-02-29'
day > '2000-01-01'
day < stamp
day = stamp
day < moment
stamp < moment
stamp >= day
moment > stamp
day + 1 = '2024-03-01'
1 + day > '2024-01-01'
day - 1 = '2024-02-28'
day - date '2024-01-01' = 59
day - '2024-01-01' = 59
'2024-12-31' - day > 100
day - day = 0
day + interval '1 month' = '2024-03-29'
day - interval '1 year' = '2023-02-28'
interval '1 day' + day > stamp
day + int > '2024-01-01'
stamp + interval '1 month 2 days 03:04:05' > '2024-04-02'
stamp - interval '1.5 hours' < '2024-02-29 11:00:45.7'
stamp + '1 day' > '2024-03-01'
stamp - stamp = interval '0'
stamp - '2024-02-28' > interval '1 day'
stamp - '2024-01-01' = '59 days 12:30:45.678901'
moment - stamp < interval '1 day'
(stamp - '2024-01-01')::text = 'infinity'
-(stamp - '2024-01-01') < interval '0'
extract(epoch from stamp - '2024-01-01') > 0
extract(day from stamp - '2024-01-01') = 59
extract(second from stamp - '2024-01-01') IS NULL
moment + (stamp - '2024-01-01') > now()
moment - (stamp - '2024-01-01') < now()
(stamp - '2024-01-01') + (moment - '2024-01-01') > interval '1 day'
moment > now() - interval '6 months'
moment >= now()
moment = now()
moment < current_timestamp
moment > '2024-02-29 10:30:45.678901+00'
moment = '2024-02-29T10:30:45.678901Z'
moment = '2024-06-30 22:00 UTC'
moment > '2024-06-30 18:00'
moment = '2024-07-01 00:00:00 Europe/Paris'
moment + interval '1 month' > '2024-03-29 12:00'
moment - interval '1 day' < '2024-06-30 00:00'
moment::date = '2024-02-29'
moment::date = '2024-06-30'
moment::date = current_date
moment::timestamp = '2024-06-30 22:00:00'
moment::time = '22:00'
stamp::date = '2024-02-29'
stamp::time > '12:30'
day::timestamp = '2024-02-29'
day::timestamptz > '2024-02-28 23:00+00'
stamp::timestamptz > '2024-02-29 12:00+00'
stamp < localtimestamp
day <= current_date
day < now()
day IN ('2024-02-29', '2000-01-01')
day = ANY (ARRAY['2024-02-29'::date, '2000-01-01'::date])
day BETWEEN '2000-01-01' AND '2024-12-31'
day = 'infinity'
day > '-infinity'
day < '0001-01-01'
day = '0044-03-15 BC'
stamp BETWEEN '2024-01-01' AND '2024-12-31 23:59:59.999999'
day::text = '0044-03-15 BC'
stamp::text = '2024-02-29 12:30:45.678901'
stamp::text = '2024-07-01 00:00:00'
moment::text = '2024-02-29 10:30:45.678901+00'
moment::text LIKE '%05:30'
clock > '12:00'
clock = '24:00:00'
clock::text = '23:59:59.5'
clock BETWEEN '00:00' AND '12:30:00'
span = '1 day'
span = interval '24 hours'
span > interval '29 days'
span < '1 mon'
span + interval '1 hour' = '25:00:00'
span - interval '1 day' = '0'
-span < interval '0'
span::text = '-1 years +2 days -03:04:05.6'
span = interval '1' day
interval '1 week' = '7 days'
interval '1 year' > '364 days'
extract(year from day) = 2024
extract(year from day) = -44
extract(month from day) IN (2, 7)
extract(day from day) = 29
extract(quarter from day) = 1
extract(week from day) = 9
extract(isoyear from day) = 1999
extract(dow from day) = 4
extract(isodow from day) = 6
extract(doy from day) = 60
extract(decade from day) = 202
extract(century from day) = 21
extract(century from day) = -1
extract(millennium from day) = 2
extract(epoch from day) = 1709164800
extract(hour from stamp) = 12
extract(minute from stamp) = 30
extract(second from stamp) = 45.678901
extract(second from stamp)::text = '45.678901'
extract(milliseconds from stamp) = 45678.901
extract(microseconds from stamp) = 45678901
extract(epoch from stamp) > 1709209845
extract(year from stamp) IS NULL
extract(month from stamp) IS NULL
extract(year from moment) = 2024
extract(hour from moment) = 10
extract(hour from moment) = 22
extract(day from moment) = 1
extract(epoch from moment) < 0
extract(day from moment at time zone 'UTC') = 30
extract(hour from moment at time zone 'Europe/Paris') = 0
(moment at time zone 'Asia/Tokyo')::date = '2024-07-01'
(stamp at time zone 'Europe/Paris') < moment
(stamp at time zone 'UTC') = moment
extract(epoch from span) = 86400
extract(day from span) = 30
extract(hour from span) = -3
extract(second from span) = -5.6
extract(year from span) = -1
date_trunc('month', stamp) = '2024-02-01'
date_trunc('year', stamp) = '2024-01-01'
date_trunc('day', stamp) = '2024-02-29'
date_trunc('hour', stamp) = '2024-02-29 12:00'
date_trunc('minute', stamp) = '2024-02-29 12:30'
date_trunc('second', stamp) = '2024-02-29 12:30:45'
date_trunc('milliseconds', stamp) = '2024-02-29 12:30:45.678'
date_trunc('week', stamp) = '2024-02-26'
date_trunc('quarter', stamp) = '2024-01-01'
date_trunc('decade', stamp) = '1990-01-01'
date_trunc('century', stamp) = '1901-01-01'
date_trunc('century', stamp) = '2001-01-01'
date_trunc('millennium', stamp) < '2000-01-01'
date_trunc('month', moment) = '2024-06-01'
date_trunc('month', moment) = '2024-07-01'
date_trunc('day', moment) = '2024-06-30'
date_trunc('hour', moment) = '2024-06-30 22:00'
date_trunc('month', day) = '2024-02-01'
date_trunc('year', day) <= now()
day = 'today'
moment > 'yesterday'
-- Others
id = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'
id = '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'::uuid
id > '00000000-0000-0000-0000-000000000001'
id::text LIKE 'a0%'
id IN ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '00000000-0000-0000-0000-000000000001')
ip = '10.1.2.3'
ip = inet '10.1.2.3/32'
ip << '10.0.0.0/8'
ip <<= '10.0.0.0/8'
ip >> '10.1.2.3'
ip >>= '10.1.2.3'
ip && '10.0.0.0/8'
ip << net
net >>= ip
ip = net
ip > net
ip < '192.168.1.7'
ip::text = '10.1.2.3/32'
ip::text = '2001:db8::1/128'
ip::text LIKE '%ffff%'
net = '10.0.0.0/8'
net::text = '192.168.1.0/24'
net && '10.1.2.3'
mood = 'ok'
mood > 'sad'
mood >= 'ok'::public.mood
mood <> 'Happy'
mood IN ('sad', 'Happy')
mood = ANY (ARRAY['sad'::public.mood, 'ok'::public.mood])
mood = ANY ('{sad,ok}')
mood::text = 'Happy'
mood BETWEEN 'sad' AND 'ok'
mood IS DISTINCT FROM 'sad'
pair IS NULL
pair IS NOT NULL
NOT (pair IS NULL)
pair::text = '(1,)'
shape IS NULL
shape::text LIKE '(1%'
tags::text = '{a,b}'
tags IS NOT NULL
-- Documents and arrays
doc->>'kind' = 'x'
doc->>'kind' IS NULL
doc->'kind' IS NULL
doc->'a'->>'b' = '[1, "two", null]'
doc->'a'->'b'->>1 = 'two'
doc->'a'->'b'->>-2 = 'two'
doc->'a'->'b'->>2 IS NULL
doc->>0 = '1'
doc->-1 IS NOT NULL
doc->1 IS NULL
doc->'kind'->>0 = 'x'
raw->0 IS NULL
raw->'kind'->0 IS NULL
doc #>> '{0}' IS NULL
doc->2->>'k' = 'v'
doc #>> '{a,b,1}' = 'two'
doc #>> '{2,k}' = 'v'
doc #>> '{a,b,-2}' = 'two'
doc #>> '{}' IS NOT NULL
doc #>> '{}' = 'kind'
doc #> '{a,b}' IS NOT NULL
doc #>> ARRAY['a','b','0'] = '1'
doc ? 'kind'
doc ? 'two'
doc ?| ARRAY['zzz', 'kind']
doc ?| '{n,t}'
doc ?& ARRAY['n', 'kind']
doc ?& '{}'
doc @> '{"kind": "x"}'
doc @> '{"n": 3.5}'
doc @> '[2]'
doc @> '2'
doc @> '"two"'
doc @> '{"a": {"b": [null]}}'
doc @> '{}'
'{"kind": "x", "n": 3.5, "a": {"b": [1, "two", null]}}' @> doc
doc <@ '{"n": -1000, "t": true}'
doc = '{"n": -1000, "t": true}'
doc = '{}'::jsonb
doc <> 'null'
doc::text = '{"n": -1000, "t": true}'
doc->>'n' = '3.50'
(doc->>'n')::numeric > 3
(doc->>'n')::int = 12
doc->>'é' = E'è\x01"\\/'
(doc->'t')::text = 'true'
doc::json->>'kind' = 'x'
(doc->'a')::text = '{"b": [1, "two", null]}'
raw->>'a' = '{"b":[ 1 ,2 ]}'
raw->'a'->'b'->>1 = '2'
raw->>'kind' = E'é\n'
raw::jsonb->>'a' = '{"b": [1, 2]}'
raw::jsonb = '{"kind": "x", "a": {"b": [1, 2.0]}}'
raw::jsonb ? 'kind'
raw::text LIKE ' %'
raw #>> '{a,b,0}' = '1'
'a' = ANY (tags)
'a' <> ALL (tags)
'c d' = ANY (tags)
'x"y' = ANY (tags)
txt = ANY (tags)
tags @> ARRAY['a']
tags @> '{a,b}'
tags @> '{}'
tags @> ARRAY[NULL]::text[]
tags <@ ARRAY['a','b','c']
tags && ARRAY['b','z']
tags = '{a,b}'
tags = '{}'
tags = '{a,b,c,d}'
tags = '{{a,b},{c,d}}'
tags = '{{a},{b},{c},{d}}'
tags = '[1:2]={a,b}'
tags = '[2:3]={a,z}'
tags = '{a,z}'
'z' = ANY (tags)
'd' = ANY (tags)
tags <> ARRAY['a','b']
nums = '{1,2,3}'
nums = ARRAY[1,2,3]
nums && '{7,8}'
nums @> ARRAY[2]
nums IS DISTINCT FROM '{}'
-- Deep and odd
((((int))) > ((0)))
NOT NOT flag
int > 0 /* a comment */ -- and another
"int" = 42
"double" > 1 AND "real" > 1
E'a\\b' = txt
U&'Zo\00e9' = txt
$$Zoé$$ = txt
CAST (int AS text) = '42'
text 'Zoé' = txt
int::numeric / 5 = 8.4
int::double precision / 5 = 8.4
int ISNULL
int NOTNULL
int != 42
int operator(pg_catalog.=) 42
