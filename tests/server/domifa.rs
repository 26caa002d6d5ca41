//! Domifa's anonymous copy: the preset on a database of its shape, from the dump to the restored copy.

use std::collections::BTreeSet;

use crate::support::pgveil::Pgveil;
use crate::support::server::{Database, Server};

const FIXTURE: &str = include_str!("../fixtures/domifa.sql");

/// Where a column holds an agent's id and name: both as expressions, and the rows to look at.
const AGENTS: &[(&str, &str, &str, bool)] = &[
    ("decision->>'userId'", "decision->>'userName'", "usager", true),
    ("h->>'userId'", "h->>'userName'", "usager, jsonb_array_elements(historique) h", true),
    ("rdv->>'userId'", "rdv->>'userName'", "usager", true),
    ("import->>'userId'", "import->>'userName'", "usager", true),
    ("\"createdBy\"->>'userId'", "\"createdBy\"->>'userName'", "usager_notes", true),
    ("\"archivedBy\"->>'userId'", "\"archivedBy\"->>'userName'", "usager_notes", true),
    ("\"lastPasswordResetStructureUser\"->>'userId'", "\"lastPasswordResetStructureUser\"->>'userName'", "user_usager", true),
    ("\"userId\"", "\"userName\"", "interactions", false),
    ("\"userId\"", "\"userName\"", "usager_options_history", false),
    ("\"userStructureId\"", "\"userName\"", "app_log_security", false),
];

/// What must not stand in the copy: e-mail addresses, names of more than three letters, addresses, secrets.
const ORIGINALS: &[&str] = &[
    "SELECT email FROM structure UNION SELECT email FROM user_structure UNION SELECT email FROM user_supervisor UNION SELECT email FROM otp UNION SELECT email FROM usager",
    "SELECT nom FROM user_structure UNION SELECT nom FROM usager UNION SELECT prenom FROM usager UNION SELECT nom FROM user_supervisor",
    "SELECT a->>'nom' FROM usager, jsonb_array_elements(\"ayantsDroits\") a UNION SELECT \"customRef\" FROM usager",
    "SELECT ip FROM app_ip_ban UNION SELECT ip FROM app_log_security UNION SELECT \"currentSession\"->>'ipAddress' FROM user_structure_security",
    "SELECT telephone->>'numero' FROM usager UNION SELECT \"phoneNumber\" FROM message_sms UNION SELECT telephone->>'numero' FROM structure",
    "SELECT login FROM user_usager UNION SELECT salt FROM user_usager UNION SELECT \"fingerprintHash\" FROM otp UNION SELECT path FROM usager_docs",
    "SELECT siret FROM structure UNION SELECT agrement FROM structure UNION SELECT \"smsId\" FROM message_sms UNION SELECT password FROM user_structure",
    "SELECT decision->>'uuid' FROM usager UNION SELECT decision->>'motifDetails' FROM usager UNION SELECT message FROM usager_notes",
];

fn source() -> Database {
    let source = Server::get().database("domifa");
    source.psql(FIXTURE);
    source
}

fn filtered(dump: &[u8], secret: &str) -> Vec<u8> {
    Pgveil::new(["filter", "-q", "-r", "preset:domifa"]).env("PGVEIL_SECRET", secret).run(dump).success().stdout
}

#[test]
fn the_copy_is_anonymous_and_whole() {
    let source = source();
    let dump = source.dump(["--no-owner"]);
    let copy = filtered(&dump, "a secret for Domifa's copy");
    assert_eq!(copy, filtered(&dump, "a secret for Domifa's copy"), "the same secret gives the same copy");
    assert_ne!(copy, filtered(&dump, "another secret for the copy"));
    let target = Server::get().database("anonymous");
    target.psql_stdin(&copy, &["-1", "-v", "ON_ERROR_STOP=1"]).success();

    assert_eq!(target.psql("SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"), "31");
    assert_eq!(target.psql("SELECT count(*) FROM pg_constraint WHERE contype = 'f'"), "28");
    one_agent_has_one_name(&source, &target);
    nothing_is_left(&source, &copy);
    documents_keep_their_shape(&source, &target);
    for (sql, expected) in SAID {
        assert_eq!(target.psql(sql), *expected, "{sql}");
    }
    for sql in KEPT {
        assert_eq!(target.psql(sql), source.psql(sql), "{sql}");
    }
}

/// Agent 7 stands 59 times by name in ten columns, 38 of them in documents; the copy has one new name in all of them.
fn one_agent_has_one_name(source: &Database, target: &Database) {
    let (mut places, mut inside) = (0, 0);
    for (id, name, rows, document) in AGENTS {
        let wrong = format!(
            "SELECT count(*) FROM (SELECT ({id})::int AS id, {name} AS name FROM {rows}) x JOIN user_structure a USING (id) WHERE name IS DISTINCT FROM a.prenom || ' ' || a.nom"
        );
        assert_eq!(target.psql(&wrong), "0", "{rows}: {name}");
        let of_seven = format!("SELECT count(*) FROM (SELECT {id} AS id, {name} AS name FROM {rows}) x WHERE id::text = '7'");
        let count: u32 = source.psql(&of_seven).parse().expect("a number");
        let new = format!(
            "SELECT count(*) FROM (SELECT {name} AS name FROM {rows}) x WHERE name = (SELECT prenom || ' ' || nom FROM user_structure WHERE id = 7)"
        );
        let found: u32 = target.psql(&new).parse().expect("a number");
        assert!(found >= count, "{rows}: {name}: {found} of {count}");
        places += count;
        inside += if *document { count } else { 0 };
    }
    assert_eq!((places, inside), (59, 38));
    // The two tables of users share ids, and are not the same people.
    assert_eq!(
        target.psql("SELECT count(*) FROM user_structure a JOIN user_supervisor b USING (id) WHERE a.nom = b.nom AND a.prenom = b.prenom"),
        "0"
    );
}

fn nothing_is_left(source: &Database, copy: &[u8]) {
    let text = String::from_utf8_lossy(copy);
    let words: BTreeSet<&str> = text.split(|c: char| !(c.is_alphanumeric() || "@._-:+$/'".contains(c))).collect();
    for sql in ORIGINALS {
        for original in source.psql(sql).lines().filter(|original| original.chars().count() > 3) {
            // A name that the lists hold too may come out for somebody else.
            let listed = sql.contains("nom FROM user_structure") && !original.contains(['-', '\'']);
            let found = if original.contains(' ') { text.contains(original) } else { words.contains(original) };
            assert!(listed || !found, "{original:?} of {sql}");
        }
    }
}

fn documents_keep_their_shape(source: &Database, target: &Database) {
    let shape = |column: &str, table: &str| {
        format!(
            "WITH RECURSIVE d(uuid, path, value) AS (SELECT uuid, '$', {column}::jsonb FROM {table} UNION ALL SELECT uuid, path || '.' || k, v FROM d, LATERAL (\
             SELECT k, v FROM jsonb_each(CASE jsonb_typeof(value) WHEN 'object' THEN value ELSE '{{}}' END) o(k, v) UNION ALL \
             SELECT (n - 1)::text, v FROM jsonb_array_elements(CASE jsonb_typeof(value) WHEN 'array' THEN value ELSE '[]' END) WITH ORDINALITY e(v, n)) x) \
             SELECT md5(string_agg(path, ',' ORDER BY uuid, path)), count(*) FROM d"
        )
    };
    for (column, table) in [
        ("historique", "usager"),
        ("options", "usager"),
        ("\"ayantsDroits\"", "usager"),
        ("telephone", "structure"),
        ("sources", "app_ip_ban"),
    ] {
        let sql = shape(column, table);
        assert_eq!(source.psql(&sql), target.psql(&sql), "{table}.{column}");
    }
}

/// Answers in the copy.
const SAID: &[(&str, &str)] = &[
    (
        "SELECT count(*) FROM structure s JOIN open_data_places p ON p.\"domifaStructureId\" = s.id WHERE (s.email, s.siret, s.nom, s.adresse) IS DISTINCT FROM (p.mail, p.siret, p.nom, p.adresse)",
        "0",
    ),
    // The application's formula on the new values.
    (
        "SELECT count(*) FROM usager WHERE nom_prenom_surnom_ref <> trim(regexp_replace(lower(translate(replace(replace(concat_ws(' ', nom, prenom, nullif(surnom, ''), coalesce(\"customRef\", ref::text)), 'œ', 'oe'), 'Œ', 'OE'), 'ÀÂÄÉÈÊËÎÏÔÖÙÛÜÇàâäéèêëîïôöùûüçñÿ', 'AAAEEEEIIOOUUUCaaaeeeeiioouuucny')), '[^a-z0-9]+', ' ', 'g'))",
        "0",
    ),
    // The first of the month, in three encodings: a moment, a date, a text in a document.
    (
        "SELECT count(*) FROM usager WHERE (\"dateNaissance\" AT TIME ZONE 'UTC') <> date_trunc('month', \"dateNaissance\" AT TIME ZONE 'UTC')",
        "0",
    ),
    ("SELECT count(*) FROM usager_options_history WHERE extract(day FROM \"dateNaissance\") <> 1", "0"),
    (
        "SELECT count(*) FROM usager, jsonb_array_elements(\"ayantsDroits\") a WHERE a->>'dateNaissance' !~ '^[0-9]{4}-[0-9]{2}-01T00:00:00.000Z$'",
        "0",
    ),
    ("SELECT count(*) FROM usager_history_states, jsonb_array_elements(\"ayantsDroits\") a WHERE a->>'dateNaissance' !~ '-01T'", "0"),
    ("SELECT count(*) FROM message_sms WHERE status = 'TO_SEND'", "0"),
    ("SELECT count(*) FROM usager WHERE migrated IS NOT TRUE", "0"),
    ("SELECT count(*) FROM user_structure WHERE email <> role || '-' || \"structureId\" || '-' || id || '@domifa.example'", "0"),
    ("SELECT count(*) FROM app_log WHERE \"createdAt\" < now() - interval '7 months'", "0"),
    (
        "SELECT (SELECT count(*) FROM contact_support), (SELECT count(*) FROM expired_token), (SELECT count(*) FROM monitor_batch_process)",
        "0|0|0",
    ),
    ("SELECT count(*) FROM user_structure_security WHERE \"fingerprintHash\" IS DISTINCT FROM \"currentSession\"->>'fingerprintHash'", "0"),
    ("SELECT count(*) FROM app_log WHERE context::text LIKE '%headers%' OR context::text LIKE '%Bearer%'", "0"),
];

/// Questions that the copy answers as the original does.
const KEPT: &[&str] = &[
    "SELECT count(*) FROM usager u JOIN usager_history_states h ON h.\"usagerUUID\" = u.uuid AND h.decision->>'uuid' = u.decision->>'uuid'",
    "SELECT count(*) FILTER (WHERE surnom IS NULL), count(*) FILTER (WHERE surnom = ''), count(*) FILTER (WHERE email IS NULL), count(*) FILTER (WHERE email = ''), count(*) FILTER (WHERE telephone->>'numero' = '') FROM usager",
    "SELECT count(*), count(DISTINCT login) FROM user_usager",
    "SELECT count(*), count(DISTINCT ip) FROM app_ip_ban",
    "SELECT count(*) FROM app_log_security l JOIN app_ip_ban b USING (ip)",
    "SELECT string_agg(date_trunc('month', \"dateNaissance\" AT TIME ZONE 'UTC')::date::text, ',' ORDER BY uuid) FROM usager",
    "SELECT count(*) FROM usager_options_history o WHERE type = 'transfert' AND prenom IS NULL",
    "SELECT count(*) FROM migrations",
];

#[test]
fn a_rule_that_cannot_hold_stops_before_the_first_byte() {
    let source = source();
    let dump = source.dump(["--no-owner"]);
    for (rule, said) in [
        ("[tables.usager.columns]\nnon = \"last_name\"", "has no column \"non\""),
        ("[tables.usager.columns]\nnom_prenom_surnom_ref = \"null\"", "the column is NOT NULL"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("rules.toml");
        std::fs::write(&path, format!("version = 1\ninclude = [\"preset:domifa\"]\n{rule}\n")).expect("writes");
        let outcome = Pgveil::new(["filter", "-q", "-r"]).arg(&path).run(&dump);
        assert_eq!((outcome.code(), outcome.stdout.len()), (2, 0), "{}", outcome.err());
        assert!(outcome.err().contains(said), "{}", outcome.err());
    }
    source.psql("ALTER TABLE usager ADD COLUMN \"nomDeFamille2\" text");
    let dump = source.dump(["--no-owner"]);
    let outcome = Pgveil::new(["filter", "-q", "-r", "preset:domifa"]).run(&dump);
    assert_eq!((outcome.code(), outcome.stdout.len()), (4, 0), "{}", outcome.err());
    assert!(outcome.err().contains("nomDeFamille2"), "{}", outcome.err());
}
