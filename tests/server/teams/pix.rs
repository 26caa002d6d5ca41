//! Pix: learners, candidates and accounts are one person; the big tables are left empty.

use super::{SAFE, Team};
use crate::support::pgveil::Pgveil;
use crate::support::process::run;
use crate::support::server::Server;

const PIX: Team = Team {
    preset: "pix",
    fixture: include_str!("../../fixtures/pix.sql"),
    fewer: &[("answers", 0), ("knowledge-elements", 0), ("knowledge-element-snapshots", 0)],
    emptied: &["certification-candidates.extraTimePercentage", "organizations.logoUrl"],
    originals: &[
        "SELECT \"firstName\" FROM users UNION SELECT \"lastName\" FROM users UNION SELECT examiner FROM sessions",
        "SELECT \"preferredLastName\" FROM \"schooling-registrations\" UNION SELECT \"middleName\" FROM \"schooling-registrations\" UNION SELECT \"thirdName\" FROM \"schooling-registrations\"",
        "SELECT email FROM users UNION SELECT email FROM \"schooling-registrations\" UNION SELECT email FROM organizations UNION SELECT email FROM \"organization-invitations\" UNION SELECT email FROM \"reset-password-demands\"",
        "SELECT unnest(string_to_array(\"resultRecipientEmail\", ', ')) FROM \"certification-candidates\" UNION SELECT \"newEmail\" FROM \"account-recovery-demands\"",
        "SELECT username FROM users UNION SELECT \"samlId\" FROM users UNION SELECT password FROM users",
        "SELECT code FROM \"organization-invitations\" UNION SELECT \"temporaryKey\" FROM \"reset-password-demands\" UNION SELECT \"temporaryKey\" FROM \"account-recovery-demands\"",
        "SELECT \"nationalStudentId\" FROM \"schooling-registrations\" UNION SELECT \"studentNumber\" FROM \"schooling-registrations\" UNION SELECT \"participantExternalId\" FROM \"campaign-participations\"",
        "SELECT \"birthCity\" FROM \"certification-candidates\" UNION SELECT birthplace FROM \"certification-courses\" UNION SELECT address FROM sessions",
        "SELECT \"accessCode\" FROM sessions UNION SELECT \"verificationCode\" FROM \"certification-courses\" UNION SELECT \"logoUrl\" FROM organizations",
        "SELECT content FROM feedbacks UNION SELECT \"commentForJury\" FROM \"assessment-results\" UNION SELECT \"customLandingPageText\" FROM campaigns UNION SELECT \"userResponseValue\" FROM \"element-answers\"",
        "SELECT value FROM answers",
    ],
    kept: &[
        // One address, one pseudonym.
        "SELECT count(*) FROM users JOIN \"reset-password-demands\" USING (email)",
        "SELECT count(*) FROM users u JOIN \"schooling-registrations\" s ON s.email = u.email AND s.\"userId\" IS DISTINCT FROM u.id",
        "SELECT count(*) FROM users JOIN \"organization-invitations\" USING (email)",
        "SELECT count(*) FROM users u JOIN \"account-recovery-demands\" d ON d.\"oldEmail\" = u.email AND d.\"userId\" = u.id",
        "SELECT count(*) FROM \"certification-candidates\" WHERE \"resultRecipientEmail\" LIKE '%, ' || email",
        // One number, one pseudonym.
        "SELECT count(*) FROM \"schooling-registrations\" s JOIN \"certification-candidates\" c ON c.\"externalId\" = s.\"studentNumber\" JOIN \"certification-courses\" o ON o.\"externalId\" = c.\"externalId\"",
        "SELECT count(*) FROM \"schooling-registrations\" s JOIN \"organization-learners\" l USING (\"organizationId\", \"nationalStudentId\")",
        "SELECT count(*) FROM \"schooling-registrations\" s JOIN \"organization-learners\" l USING (\"organizationId\", \"firstName\", \"lastName\", birthdate) WHERE s.id = l.id",
        "SELECT count(DISTINCT username), count(DISTINCT \"samlId\"), count(DISTINCT email), count(DISTINCT lower(email)) FROM users",
        // What is of no one.
        "SELECT md5(string_agg(concat_ws('|', s.*), ',' ORDER BY id)) FROM \"badge-partner-competences\" s",
        "SELECT string_agg(date_part('year', birthdate)::text, ',' ORDER BY id) FROM \"schooling-registrations\"",
        "SELECT string_agg(date_part('year', birthdate)::text, ',' ORDER BY id) FROM \"certification-candidates\"",
        "SELECT string_agg(length(\"studentNumber\")::text, ',' ORDER BY id) FROM \"schooling-registrations\"",
        "SELECT string_agg(\"birthProvinceCode\", ',' ORDER BY id) FROM \"schooling-registrations\"",
        "SELECT md5(obj_description('users'::regclass)), (SELECT last_value FROM users_pix_roles_id_seq)",
    ],
    said: &[
        ("SELECT count(*) FROM pg_constraint WHERE contype = 'f'", "51"),
        (
            "SELECT count(*) FROM pg_class WHERE relname = 'certification_partner_acquisitions_certificationcourseid_foreig' OR oid IN (SELECT conindid FROM pg_constraint WHERE length(conname) = 63)",
            "1",
        ),
        (
            "SELECT count(*) FROM users u JOIN \"schooling-registrations\" s ON s.\"userId\" = u.id WHERE (s.\"firstName\", s.\"lastName\") IS DISTINCT FROM (u.\"firstName\", u.\"lastName\")",
            "0",
        ),
        (
            "SELECT count(*) FROM users u JOIN \"certification-candidates\" c ON c.\"userId\" = u.id JOIN \"certification-courses\" o ON o.\"userId\" = u.id WHERE (c.\"firstName\", c.\"lastName\", o.\"firstName\", o.\"lastName\") IS DISTINCT FROM (u.\"firstName\", u.\"lastName\", u.\"firstName\", u.\"lastName\")",
            "0",
        ),
        (
            "SELECT count(*) FROM \"schooling-registrations\" WHERE \"preferredLastName\" = \"lastName\" AND \"middleName\" = \"firstName\"",
            "0",
        ),
        ("SELECT count(*) FROM \"schooling-registrations\" WHERE \"nationalStudentId\" !~ '^([0-9]{10}[A-Z]|[0-9]{9}[A-Z]{2})$'", "0"),
        (
            "SELECT count(*) FROM \"schooling-registrations\" WHERE left(\"birthCityCode\", length(\"birthProvinceCode\")) <> \"birthProvinceCode\"",
            "0",
        ),
        (
            "SELECT count(*) FROM (SELECT FROM \"schooling-registrations\" GROUP BY \"birthCityCode\" HAVING count(DISTINCT \"birthCity\") > 1) x",
            "0",
        ),
        ("SELECT count(*) FROM \"certification-candidates\" WHERE \"extraTimePercentage\" IS NOT NULL", "0"),
        ("SELECT count(DISTINCT password), min(length(password)) FROM users", "1|60"),
        ("SELECT count(*) FROM users WHERE email !~ '^[^@ ]+@[^@ ]+[.]org$' OR username ~ '[0-9]{4}-'", "0"),
        ("SELECT count(*) FROM \"certification-courses\" WHERE \"verificationCode\" !~ '^[0-9A-Z]-[0-9A-Z]{8}$'", "0"),
    ],
    changed: &[
        "SELECT birthdate FROM \"schooling-registrations\" ORDER BY id",
        "SELECT email FROM users WHERE email IS NOT NULL ORDER BY id",
        "SELECT \"nationalStudentId\" FROM \"schooling-registrations\" WHERE \"nationalStudentId\" IS NOT NULL ORDER BY id",
    ],
};

#[test]
fn the_copy_of_pix_is_anonymous_and_whole() {
    PIX.prove();
}

/// The file that the page on presets shows.
#[test]
fn a_file_of_one_s_own_builds_on_a_preset() {
    let page = include_str!("../../../docs/presets.md");
    let rules = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a rules file");
    assert!(rules.contains("include = [\"preset:pix\"]"), "{rules}");
    let (source, target) = (Server::get().database("pix"), Server::get().database("own"));
    source.psql(PIX.fixture);
    source.psql(
        "ALTER TABLE users ADD COLUMN \"phoneNumber\" text; UPDATE users SET \"phoneNumber\" = '06 12 34 5' || lpad(id::text, 3, '0')",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("rules.toml");
    std::fs::write(&path, rules).expect("writes");
    let copy = Pgveil::new(["filter", "-q", "-r"]).arg(&path).run(source.dump(["--no-owner"])).success().stdout;
    target.psql_stdin(&copy, &SAFE).success();
    for (sql, expected) in [
        ("SELECT count(*) FROM users WHERE username IS NOT NULL OR \"phoneNumber\" LIKE '06 12%' OR \"phoneNumber\" IS NULL", "0"),
        ("SELECT count(*) FROM users WHERE email LIKE '%test.fr'", "0"),
        ("SELECT count(*), count(*) FILTER (WHERE value LIKE 'réponse%') FROM answers", "600|0"),
        ("SELECT count(*) FROM \"knowledge-elements\"", "0"),
    ] {
        assert_eq!(target.psql(sql), expected, "{sql}");
    }
}

/// Two audiences, one read: all of it for those inside, nobody in what goes outside.
#[test]
fn one_read_makes_the_copy_for_inside_and_that_for_outside() {
    let source = Server::get().database("pix");
    source.psql(PIX.fixture);
    let folder = tempfile::tempdir().expect("a folder");
    let outside = folder.path().join("externe");
    let also = format!("preset:pix={}", outside.display());
    let script = source.dump(["--no-owner"]);
    let outcome = Pgveil::new(["filter", "-q", "--also", &also]).run(&script).success();
    assert!(outcome.stdout == script, "those inside get all of it");
    let alone = Pgveil::new(["filter", "-q", "-r", "preset:pix"]).run(&script).success();
    let mut externe = std::fs::read(&outside).expect("is there");
    assert!(externe == alone.stdout);
    for (name, text, found) in [("inside", &outcome.stdout, true), ("outside", &externe, false)] {
        let text = String::from_utf8_lossy(text).into_owned();
        for sql in PIX.originals {
            // What the rules leave is not told from what they make where it is short.
            for original in source.psql(sql).lines().filter(|original| original.chars().count() > 3 && !original.contains('\\')) {
                assert_eq!(text.contains(original), found, "{name}: {original:?} of {sql}");
            }
        }
    }
    std::fs::remove_file(&outside).expect("was there");

    let archive = source.dump(["-Fc"]);
    let inside = Pgveil::new(["filter", "-q", "-F", "custom", "--also", &also]).run(&archive).success().stdout;
    assert!(inside == Pgveil::new(["filter", "-q", "-F", "custom"]).run(&archive).success().stdout);
    externe = std::fs::read(&outside).expect("is there");
    let (whole, copy) = (Server::get().database("inside"), Server::get().database("outside"));
    for (db, archive) in [(&whole, &inside), (&copy, &externe)] {
        let mut restore = db.command("pg_restore");
        restore.args(["-1", "-O", "-d", db.name()]);
        run(restore, archive, usize::MAX).success();
    }
    let emails = "SELECT count(*) FROM users WHERE email LIKE '%test.fr'";
    assert_ne!(source.psql(emails), "0");
    assert_eq!((whole.psql(emails), copy.psql(emails)), (source.psql(emails), "0".to_owned()));
    assert_eq!(copy.psql("SELECT count(*) FROM users"), source.psql("SELECT count(*) FROM users"));
}
