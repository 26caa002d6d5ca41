"""Writes a plain dump of two tables to standard output: users (thirteen columns, a third of the bytes) and answers.

    generate.py USERS      the number of users; five times as many answers. 1 000 000 give about 710 MB.

What it writes has the form of pg_dump 15's output and restores into any PostgreSQL from 10 on.
"""
import hashlib
import sys

USERS = int(sys.argv[1])
FIRST = ["Jean", "Marie", "Pierre", "Zoé", "François", "Chloé", "Lucas", "Inès"]
LAST = ["Martin", "Bernard", "Dubois", "Lefèvre", "Moreau", "Garçon"]
HOSTS = ["gmail.com", "orange.fr", "laposte.net", "ac-paris.fr"]
STREETS = ["de la Paix", "Victor Hugo", "des Écoles", "du Général Leclerc"]
TOWNS = ["Paris", "Lyon", "Lille"]
RESULTS = ["ok", "ko", "partially", "aband"]


def md5(value):
    return hashlib.md5(str(value).encode()).hexdigest()


def day(number):
    """The number-th day after 1950-01-01, in a calendar of 28-day months: any valid date will do."""
    return f"{1950 + number // 336 % 55:04}-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}"


def moment(year, seconds):
    d, rest = divmod(seconds, 86400)
    return f"{year + d // 336:04}-{d // 28 % 12 + 1:02}-{d % 28 + 1:02} {rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}+00"


def users():
    for i in range(1, USERS + 1):
        digest = md5(i)
        phone = r"\N" if i % 5 == 0 else f"06{i * 7919 % 100000000:08}"
        notes = rf"Appeler M. {digest} au 0612345678\tvoir c:\\dossiers" if i % 10 == 0 else r"\N"
        yield (f"{i}\t{FIRST[i % 8]}{digest[:3]}\t{LAST[i % 6]}{digest[4:8]}\tuser{i}.{digest[8:14]}@{HOSTS[i % 4]}\t{phone}\t"
               f"{day(i * 37 % 18000)}\t{i % 200} rue {STREETS[i % 4]}\\n{i % 95 + 1:02}000 {TOWNS[i % 3]}\t"
               f"10.{i % 256}.{i // 256 % 256}.{i // 65536 % 256}\t{moment(2020, i)}\t{'tf'[i % 2]}\tfr\t{notes}\t"
               f'{{"age": {i % 90}, "tags": ["a", "b"], "email": "user{i}@corp.fr"}}\n')


def answers():
    for i in range(1, 5 * USERS + 1):
        digest = md5(i)
        value = "ok" if i % 4 == 0 else f"{digest} réponse"
        yield f"{i}\t{i % USERS + 1}\trec{digest[:14]}\t{value}\t{RESULTS[i % 4]}\t{moment(2021, i)}\t{i % 600}\n"


def main():
    write = sys.stdout.write
    write("--\n-- PostgreSQL database dump\n--\n\n-- Dumped from database version 15.18\n-- Dumped by pg_dump version 15.18\n\n")
    write("SET statement_timeout = 0;\nSET client_encoding = 'UTF8';\nSET standard_conforming_strings = on;\n")
    write("SELECT pg_catalog.set_config('search_path', '', false);\n\n")
    write('CREATE TABLE public.users (\n    id bigint NOT NULL,\n    "firstName" character varying(255) NOT NULL,\n'
          '    "lastName" character varying(255) NOT NULL,\n    email character varying(255),\n    phone character varying(30),\n'
          '    "birthDate" date,\n    address text,\n    "lastIp" inet,\n    "createdAt" timestamp with time zone DEFAULT now() NOT NULL,\n'
          "    cgu boolean,\n    lang character(2),\n    notes text,\n    meta jsonb\n);\n\n")
    write('CREATE TABLE public.answers (\n    id bigint NOT NULL,\n    "userId" bigint,\n    "challengeId" character varying(40),\n'
          '    value text,\n    result character varying(20),\n    "createdAt" timestamp with time zone,\n    "timeSpent" integer\n);\n\n')
    write('COPY public.answers (id, "userId", "challengeId", value, result, "createdAt", "timeSpent") FROM stdin;\n')
    sys.stdout.writelines(answers())
    write('\\.\n\n\nCOPY public.users (id, "firstName", "lastName", email, phone, "birthDate", address, "lastIp", "createdAt", cgu, lang, notes, meta) FROM stdin;\n')
    sys.stdout.writelines(users())
    write("\\.\n\n\nALTER TABLE ONLY public.answers\n    ADD CONSTRAINT answers_pkey PRIMARY KEY (id);\n\n\n")
    write("ALTER TABLE ONLY public.users\n    ADD CONSTRAINT users_email_key UNIQUE (email);\n\n\n")
    write("ALTER TABLE ONLY public.users\n    ADD CONSTRAINT users_pkey PRIMARY KEY (id);\n\n\n")
    write('ALTER TABLE ONLY public.answers\n    ADD CONSTRAINT answers_user_fk FOREIGN KEY ("userId") REFERENCES public.users(id);\n\n\n')
    write("--\n-- PostgreSQL database dump complete\n--\n\n")


main()
