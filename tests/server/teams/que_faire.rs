//! Que faire de mes objets: one shop is one shop in tables and JSON; places are near; '' stays ''.

use std::fs;

use super::{Copied, Team};
use crate::support::pgveil::Pgveil;
use crate::support::server::Server;

const QUE_FAIRE: Team = Team {
    preset: "que-faire",
    fixture: include_str!("../../fixtures/que-faire.sql"),
    fewer: &[("django_session", 0)],
    emptied: &[
        "qfdmo_acteur.adresse_complement",
        "qfdmo_revisionacteur.adresse_complement",
        "qfdmo_vueacteur.adresse_complement",
        "qfdmo_displayedacteur.adresse_complement",
    ],
    originals: &[
        "SELECT nom FROM qfdmo_acteur WHERE nom !~ '^ANONYMISE' UNION SELECT nom_officiel FROM qfdmo_acteur WHERE nom !~ '^ANONYMISE' UNION SELECT nom_commercial FROM qfdmo_acteur WHERE nom !~ '^ANONYMISE'",
        "SELECT \"nomUniteLegale\" FROM unite_legale WHERE \"nomUniteLegale\" <> '[ND]' UNION SELECT \"prenom1UniteLegale\" FROM unite_legale WHERE \"prenom1UniteLegale\" <> '[ND]' UNION SELECT \"denominationUniteLegale\" FROM unite_legale",
        "SELECT pseudonyme FROM (SELECT \"pseudonymeUniteLegale\" AS pseudonyme FROM unite_legale) x WHERE pseudonyme <> '[ND]' UNION SELECT \"identifiantAssociationUniteLegale\" FROM unite_legale",
        "SELECT adresse FROM qfdmo_acteur WHERE nom !~ '^ANONYMISE' UNION SELECT adresse_complement FROM qfdmo_acteur WHERE nom !~ '^ANONYMISE'",
        "SELECT email FROM qfdmo_acteur UNION SELECT telephone FROM qfdmo_acteur UNION SELECT url FROM qfdmo_acteur UNION SELECT location::text FROM qfdmo_acteur",
        "SELECT siren FROM unite_legale UNION SELECT siret FROM qfdmo_acteur",
        "SELECT email FROM auth_user UNION SELECT username FROM auth_user UNION SELECT password FROM auth_user UNION SELECT first_name FROM auth_user UNION SELECT last_name FROM auth_user",
        "SELECT session_key FROM django_session UNION SELECT session_data FROM django_session",
        "SELECT commentaires::jsonb->0->>'message' FROM qfdmo_acteur WHERE commentaires <> '' UNION SELECT message FROM data_suggestionlog UNION SELECT object_repr FROM django_admin_log",
    ],
    kept: &[
        // The sentence of an erasure, and the mark of the register.
        "SELECT string_agg(identifiant_unique, ',' ORDER BY 1) FROM qfdmo_acteur WHERE (nom, nom_officiel, nom_commercial, adresse, adresse_complement) = ('ANONYMISE POUR RAISON RGPD', 'ANONYMISE POUR RAISON RGPD', 'ANONYMISE POUR RAISON RGPD', 'ANONYMISE POUR RAISON RGPD', 'ANONYMISE POUR RAISON RGPD') AND email = ''",
        "SELECT count(*) FILTER (WHERE \"nomUniteLegale\" = '[ND]'), count(*) FILTER (WHERE \"prenom1UniteLegale\" = '[ND]'), count(*) FILTER (WHERE \"pseudonymeUniteLegale\" = '[ND]') FROM unite_legale",
        // One value, one pseudonym.
        "SELECT count(*) FROM qfdmo_acteur a JOIN qfdmo_revisionacteur r USING (identifiant_unique, nom, nom_officiel, adresse, code_postal, ville, email, telephone, url, siren, siret)",
        "SELECT count(*) FROM qfdmo_acteur a JOIN qfdmo_displayedacteur r USING (identifiant_unique, nom, nom_commercial, adresse, email, siren) WHERE a.location::text = r.location::text",
        "SELECT count(*) FROM qfdmo_acteur JOIN unite_legale USING (siren)",
        "SELECT count(*) FROM qfdmo_acteur WHERE siret <> '' AND left(siret, 9) = siren",
        "SELECT count(*) FROM data_suggestion s, jsonb_path_query(suggestion, '$.changes[*].model_params.data') d JOIN qfdmo_acteur a ON (a.email, a.siren, a.siret, a.telephone, a.url, a.code_postal, a.ville) = (d->>'email', d->>'siren', d->>'siret', d->>'telephone', d->>'url', d->>'code_postal', d->>'ville') \
         WHERE s.suggestion @> jsonb_build_object('changes', jsonb_build_array(jsonb_build_object('model_params', jsonb_build_object('id', a.identifiant_unique))))",
        "SELECT count(*) FROM data_suggestion s JOIN qfdmo_acteur a ON a.identifiant_unique = contexte->>'identifiant_unique' WHERE a.statut = 'ACTIF' AND (a.nom, a.siret, a.adresse) = (contexte->'acteur'->>'nom', contexte->'acteur'->>'siret', contexte->'acteur'->>'adresse')",
        "SELECT count(DISTINCT username), count(DISTINCT siren) FROM auth_user, (SELECT siren FROM unite_legale) x",
        // What stays.
        "SELECT string_agg(left(code_postal, 2), ',' ORDER BY identifiant_unique) FROM qfdmo_acteur",
        "SELECT md5(string_agg(concat_ws('|', identifiant_unique, description, horaires_osm, statut, source_id), ',' ORDER BY identifiant_unique)) FROM qfdmo_acteur",
        "SELECT count(*) FROM data_suggestion WHERE contexte = '\"null\"'",
        "SELECT string_agg(array_to_string(champs, ',') || cardinality(valeurs), ',' ORDER BY id) FROM data_suggestionunitaire",
        "SELECT count(*) FROM data_suggestionlog WHERE origine_valeurs[2] IS NULL AND origine_valeurs[1] = ''",
        "SELECT md5(string_agg(concat_ws('|', nom, synonymes), ',' ORDER BY id)) FROM qfdmd_produit",
    ],
    said: &[
        ("SELECT count(*) FROM qfdmo_acteur WHERE adresse_complement NOT IN ('', 'ANONYMISE POUR RAISON RGPD')", "0"),
        ("SELECT count(*) FROM (SELECT FROM qfdmo_acteur GROUP BY code_postal HAVING count(DISTINCT ville) > 1) x", "0"),
        ("SELECT count(*) FROM qfdmo_acteur WHERE url <> '' AND url !~ '^https://[a-z0-9]+[.]example[.]org/'", "0"),
        (
            "SELECT count(*) FROM (SELECT siren AS n FROM unite_legale UNION ALL SELECT siret FROM qfdmo_acteur WHERE siret <> '') x WHERE (SELECT sum(CASE WHEN (length(n) - i) % 2 = 1 THEN d * 2 - CASE WHEN d > 4 THEN 9 ELSE 0 END ELSE d END) FROM generate_series(1, length(n)) i, LATERAL (SELECT substr(n, i, 1)::int AS d) y) % 10 <> 0",
            "0",
        ),
        ("SELECT count(*) FROM unite_legale WHERE \"identifiantAssociationUniteLegale\" !~ '^W[0-9]{9}$'", "0"),
        ("SELECT count(*) FROM unite_legale WHERE \"nomUniteLegale\" <> upper(\"nomUniteLegale\")", "0"),
        ("SELECT count(DISTINCT password), max(length(password)) FROM auth_user", "1|84"),
        ("SELECT count(*) FROM auth_user WHERE first_name <> '' AND username !~ ('^' || lower(left(first_name, 1)))", "0"),
    ],
    changed: &[
        "SELECT nom FROM qfdmo_acteur WHERE statut = 'ACTIF' ORDER BY identifiant_unique",
        "SELECT telephone FROM qfdmo_acteur WHERE telephone <> '' ORDER BY identifiant_unique",
        "SELECT valeurs FROM data_suggestionunitaire ORDER BY id",
    ],
};

#[test]
fn the_copy_of_que_faire_is_anonymous_and_whole() {
    let copied = QUE_FAIRE.prove();
    places_are_near(&copied);
}

/// What a person's company loses when the person asks for it.
const ERASURE: &str = r#"version = 1
[tables."qfdmo_{,revision}acteur".erase]
column = "identifiant_unique"
ids = "ids.txt"
[tables."qfdmo_{,revision}acteur".erase.columns]
"{nom,nom_officiel,nom_commercial,description,adresse,adresse_complement}" = { mask = "const", value = "ANONYMISE POUR RAISON RGPD", on_empty = "mask" }
email = "empty"
statut = { mask = "const", value = "INACTIF" }
commentaires = { mask = "append", value = { message = "Effacé à la demande d'une personne" } }
"#;

#[test]
fn an_old_backup_forgets_the_people_of_a_list_and_nobody_else() {
    let source = Server::get().database("que_faire_old");
    source.psql(QUE_FAIRE.fixture);
    let erased = "SELECT identifiant_unique FROM qfdmo_acteur WHERE identifiant_externe::int % 30 IN (4, 8, 9)";
    let ids = source.psql(erased);
    assert!(ids.lines().count() > 20);
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("ids.txt"), format!("{ids}\nsource9_unknown\n")).expect("writes");
    fs::write(folder.path().join("rules.toml"), ERASURE).expect("writes");
    let run = Pgveil::new(["filter", "-r", "rules.toml"]).current_dir(folder.path());
    let outcome = run.run(source.dump(["--no-owner"])).success();
    assert!(outcome.err().contains("ids in ids.txt matched no row"), "{}", outcome.err());
    assert!(!outcome.err().contains("source"), "{}", outcome.err());
    let target = Server::get().database("que_faire_forgotten");
    target.psql_stdin(&outcome.stdout, &["-1", "-v", "ON_ERROR_STOP=1"]).success();
    let list = ids.lines().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(",");
    let sentence = "'ANONYMISE POUR RAISON RGPD'";
    for table in ["qfdmo_acteur", "qfdmo_revisionacteur"] {
        let others = format!(
            "SELECT md5(string_agg(x::text, '|' ORDER BY identifiant_unique)), count(*) FROM {table} x WHERE identifiant_unique NOT IN ({list})"
        );
        assert_eq!(target.psql(&others), source.psql(&others), "{table}: somebody else has changed");
        let wrong = format!(
            "SELECT count(*) FROM {table} WHERE identifiant_unique IN ({list}) AND ((nom, nom_officiel, nom_commercial, description, adresse, adresse_complement) IS DISTINCT FROM ({0}, {0}, {0}, {0}, {0}, {0}) OR email <> '' OR statut <> 'INACTIF' OR commentaires::jsonb->-1->>'message' NOT LIKE 'Effacé%')",
            sentence
        );
        assert_eq!(target.psql(&wrong), "0", "{table}");
        let comments = format!(
            "SELECT sum(CASE WHEN commentaires = '' THEN 0 ELSE jsonb_array_length(commentaires::jsonb) END) FROM {table} WHERE identifiant_unique IN ({list})"
        );
        let count = |text: String| text.parse::<u64>().expect("a number");
        let erased = count(source.psql(&format!("SELECT count(*) FROM {table} WHERE identifiant_unique IN ({list})")));
        assert!(erased > 0);
        assert_eq!(count(target.psql(&comments)), count(source.psql(&comments)) + erased, "{table}: one element more each");
    }
    for table in ["qfdmo_displayedacteur", "auth_user", "data_suggestion"] {
        let rows = format!("SELECT md5(string_agg(x::text, '|' ORDER BY x::text)) FROM {table} x");
        assert_eq!(target.psql(&rows), source.psql(&rows), "{table}");
    }
}

/// The mean radius of the earth in kilometres.
const EARTH: f64 = 6371.0;

/// Longitude and latitude in degrees, of a point as PostGIS writes it: byte order, type, SRID, two floats.
fn point(hex: &str) -> (f64, f64) {
    let float = |from: usize| {
        let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal");
        f64::from_le_bytes(std::array::from_fn(|n| byte(from + 2 * n)))
    };
    assert_eq!((&hex[..18], hex.len()), ("0101000020E6100000", 50));
    (float(18), float(34))
}

/// By the spherical law of cosines.
fn kilometres(one: (f64, f64), other: (f64, f64)) -> f64 {
    let (a, b) = (one.1.to_radians(), other.1.to_radians());
    let turn = (one.0 - other.0).to_radians();
    EARTH * (a.sin() * b.sin() + a.cos() * b.cos() * turn.cos()).clamp(-1.0, 1.0).acos()
}

fn places_are_near(copied: &Copied) {
    let pairs = copied.pairs("SELECT location::text FROM qfdmo_acteur WHERE location IS NOT NULL ORDER BY identifiant_unique");
    let distances: Vec<f64> = pairs.iter().map(|(before, after)| kilometres(point(before), point(after))).collect();
    let (near, moved) = (distances.iter().all(|km| *km <= 5.02), distances.iter().filter(|km| **km > 0.1).count());
    assert!(near && distances.len() == 360, "{distances:?}");
    assert!(moved * 10 > distances.len() * 9, "only {moved} of {} have moved", distances.len());
}
