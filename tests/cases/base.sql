--
-- PostgreSQL database dump
--

\restrict CaseKey

-- Dumped from database version 15.18
-- Dumped by pg_dump version 15.18

SET statement_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);

CREATE TABLE public.users (
    id integer NOT NULL,
    "firstName" character varying(40) NOT NULL,
    email character varying(80),
    phone character varying(20),
    born date,
    ip inet,
    note text
);

CREATE TABLE public.logins (
    id integer NOT NULL,
    user_email character varying(80),
    address text
);

COPY public.users (id, "firstName", email, phone, born, ip, note) FROM stdin;
1	Zoé	zoe@example.com	06 12 34 56 78	1984-02-29	10.0.0.1	first\tnote\\
2	Jean	\N			\N	\N
3	Chloé	CANARY-7f3a@example.com	+33612345678	infinity	2001:db8::1	CANARY-7f3a
\.


COPY public.logins (id, user_email, address) FROM stdin;
1	zoe@example.com	10.0.0.1
2	CANARY-7f3a@example.com	10.0.0.2
\.


ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);


ALTER TABLE ONLY public.users
    ADD CONSTRAINT users_email_key UNIQUE (email);


ALTER TABLE ONLY public.logins
    ADD CONSTRAINT logins_user_fkey FOREIGN KEY (user_email) REFERENCES public.users(email);


--
-- PostgreSQL database dump complete
--

\unrestrict CaseKey

