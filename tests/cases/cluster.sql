--
-- PostgreSQL database cluster dump
--

\restrict GlobalKey

SET default_transaction_read_only = off;

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

--
-- Roles
--

CREATE ROLE alice;
ALTER ROLE alice WITH NOSUPERUSER INHERIT LOGIN PASSWORD 'SCRAM-SHA-256$4096:CANARY-7f3a==$x=:y=' VALID UNTIL '2030-01-01 00:00:00+00';
ALTER ROLE alice SET search_path TO 'public';


\unrestrict GlobalKey

\connect template1

--
-- PostgreSQL database dump
--

\restrict Key1

-- Dumped from database version 15.18
-- Dumped by pg_dump version 15.18

-- Started on 2026-01-01 03:00:00 UTC

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

--
-- PostgreSQL database dump complete
--

\unrestrict Key1

--
-- Database "crm" dump
--

--
-- PostgreSQL database dump
--

\restrict Key2

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

CREATE DATABASE crm WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE = 'C.UTF-8';


ALTER DATABASE crm OWNER TO postgres;

\unrestrict Key2
\connect crm
\restrict Key2

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE TABLE public.users (
    id integer NOT NULL,
    email character varying(80),
    photo oid
);

CREATE VIEW public.names AS
 SELECT users.email
   FROM public.users;

--
-- Name: 16401; Type: BLOB; Schema: -; Owner: postgres
--

SELECT pg_catalog.lo_create('16401');


ALTER LARGE OBJECT 16401 OWNER TO postgres;

--
-- Name: LARGE OBJECT 16401; Type: COMMENT; Schema: -; Owner: postgres
--

COMMENT ON LARGE OBJECT 16401 IS 'a photo';


COPY public.users (id, email, photo) FROM stdin;
1	zoe@example.com	16401
2	CANARY-7f3a@example.com	\N
\.


--
-- Data for Name: BLOBS; Type: BLOBS; Schema: -; Owner: -
--

BEGIN;

SELECT pg_catalog.lo_open('16401', 131072);
SELECT pg_catalog.lowrite(0, '\x43414e415259');
SELECT pg_catalog.lo_close(0);

COMMIT;

ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);


--
-- Name: LARGE OBJECT 16401; Type: ACL; Schema: -; Owner: postgres
--

GRANT SELECT ON LARGE OBJECT 16401 TO alice;


--
-- PostgreSQL database dump complete
--

\unrestrict Key2

--
-- Database "My Shop" dump
--

--
-- PostgreSQL database dump
--

\restrict Key3

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;

CREATE DATABASE "My Shop" WITH TEMPLATE = template0 ENCODING = 'UTF8' LOCALE = 'C.UTF-8';


ALTER DATABASE "My Shop" OWNER TO postgres;

\unrestrict Key3
\encoding SQL_ASCII
\connect -reuse-previous=on "dbname='My Shop'"
\restrict Key3

SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE TABLE public.users (
    id integer NOT NULL,
    email character varying(80),
    nick text
);

CREATE TABLE public.orders (
    id integer NOT NULL,
    note text
);

COPY public.orders (id, note) FROM stdin;
1	CANARY-7f3a
\.


COPY public.users (id, email, nick) FROM stdin;
1	zoe@example.com	CANARY-7f3a
\.


--
-- PostgreSQL database dump complete
--

\unrestrict Key3

--
-- PostgreSQL database cluster dump complete
--

