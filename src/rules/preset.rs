//! The presets: rules files that ship inside the program, from the folder `rules/`. One line each, here.

/// A rules file that ships with the program; `preset:NAME` in `include` and behind `-r`.
#[derive(Debug)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// The whole file.
    pub text: &'static str,
}

const PRESETS: &[Preset] = &[
    Preset { name: "gdpr", text: include_str!("../../rules/gdpr.toml") },
    Preset { name: "gdpr-fr", text: include_str!("../../rules/gdpr-fr.toml") },
    Preset { name: "pix", text: include_str!("../../rules/pix.toml") },
    Preset { name: "domifa", text: include_str!("../../rules/domifa.toml") },
    Preset { name: "dropit", text: include_str!("../../rules/dropit.toml") },
    Preset { name: "psa", text: include_str!("../../rules/psa.toml") },
    Preset { name: "que-faire", text: include_str!("../../rules/que-faire.toml") },
];

/// All presets.
pub fn presets() -> &'static [Preset] {
    PRESETS
}

impl Preset {
    /// What it is for: the first line of its head comment.
    pub fn summary(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches(['#', ' '])
    }
}

/// What `preset:` stands before in a source.
pub(super) fn name_of(source: &str) -> Option<&str> {
    source.strip_prefix("preset:")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::name::RelationName;
    use crate::rules::{Unlisted, load, select};

    /// The mask that a preset gives to a column of `public.table`.
    fn mask(preset: &str, table: &str, column: &str) -> Option<String> {
        let rules = load(&[format!("preset:{preset}")]).unwrap();
        let winner = select::column(&rules, &RelationName::new("public", table), &[], column).unwrap();
        winner.and_then(|winner| Some(winner.rule.masks.first()?.name.as_ref()?.value.clone()))
    }

    const ENGLISH: &[(&str, &str)] = &[
        ("email", "email_address emailAddress emailaddress customer_email unconfirmed_email contactEmail"),
        ("first_name", "first_name firstName firstname given_name middleName patient_first_name"),
        ("last_name", "last_name lastName surname family_name maiden_name billing_last_name guestLastName"),
        ("full_name", "full_name fullName real_name cardholder_name emergencyContactName"),
        ("phone", "phone phone_number phoneNumber telephone mobile_phone homePhone fax phone2 workPhoneNumber"),
        ("ip", "ip ip_address ipAddress remote_addr last_sign_in_ip client_ip_address"),
        ("date_shift", "birth_date birthDate birthdate date_of_birth dob birthday"),
    ];
    const FRENCH: &[(&str, &str)] = &[
        ("email", "mail courriel adresse_mail adresseEmail mail_contact emailResponsable email_référent"),
        ("first_name", "prenom prénom prenoms prenom1 prenom_usage prenomUsage deuxieme_prenom prénom_élève"),
        ("last_name", "nom_famille nomDeFamille nom_naissance nomUsage nom_de_jeune_fille patronyme"),
        ("full_name", "nom_complet nomPrenom prenom_nom"),
        ("phone", "tel téléphone telephone_portable telFixe numero_telephone telephone1 téléphone_fixe tel_urgence"),
        ("ip", "adresse_ip adresseIp derniere_ip"),
        ("date_shift", "date_naissance dateNaissance date_de_naissance"),
    ];
    const LEFT_ALONE: &str = "id name nom title label libelle username login mobile portable host description commentaire email_verified \
                              email_sent_at send_email phone_verified has_phone ip_count birth_place ville nom_contact nom_produit \
                              product_name company_name file_name mailing equipment script zip prenommage telecommande";

    #[test]
    fn each_name_gets_its_one_rule() {
        for (preset, lists) in [("gdpr", vec![ENGLISH]), ("gdpr-fr", vec![ENGLISH, FRENCH])] {
            for (expected, columns) in lists.concat() {
                for column in columns.split_whitespace() {
                    assert_eq!(mask(preset, "t", column).as_deref(), Some(expected), "{preset}: {column}");
                }
            }
            for column in LEFT_ALONE.split_whitespace() {
                assert_eq!(mask(preset, "t", column), None, "{preset}: {column}");
            }
        }
    }

    #[test]
    fn names_of_people_are_taken_in_tables_of_people_only() {
        assert_eq!(mask("gdpr", "users", "name").as_deref(), Some("full_name"));
        assert_eq!(mask("gdpr", "products", "name"), None);
        assert_eq!(mask("gdpr-fr", "usager", "nom").as_deref(), Some("last_name"));
        assert_eq!(mask("gdpr-fr", "commune", "nom"), None);
    }

    /// The presets for any database, by the names of its columns; the others are for one database each.
    fn is_general(preset: &Preset) -> bool {
        preset.name.starts_with("gdpr")
    }

    #[test]
    fn every_rule_is_a_list_of_names_and_no_name_stands_in_two() {
        for preset in presets().iter().filter(|preset| is_general(preset)) {
            let rules = load(&[format!("preset:{}", preset.name)]).unwrap();
            let mut seen = BTreeSet::new();
            for rule in &rules.columns {
                let names = rule.pattern.names().unwrap_or_else(|| panic!("{}: more than a list of names", rule.at));
                for name in names {
                    assert!(seen.insert(name.to_owned()), "{}: {name} stands in an earlier rule", rule.at);
                }
            }
            assert!(seen.len() > 100);
            for table in &rules.tables {
                assert_eq!(table.schema.text, "*");
                for name in table.name.names().unwrap() {
                    for rule in &table.columns {
                        let keeps_all = rule.pattern.text == "*" && rule.masks.iter().all(|mask| mask.is("keep"));
                        assert!(rule.pattern.is_exact() || keeps_all, "{}", rule.at);
                        assert!(seen.insert(format!("{name}.{}", rule.pattern.text)), "{}: {name} stands in an earlier rule", rule.at);
                    }
                }
            }
        }
    }

    #[test]
    fn a_database_s_own_preset_stops_at_a_new_column_and_names_its_tables() {
        for preset in presets().iter().filter(|preset| !is_general(preset)) {
            let rules = load(&[format!("preset:{}", preset.name)]).unwrap();
            assert_eq!(rules.defaults.unlisted, Unlisted::Error, "{}", preset.name);
            for table in &rules.tables {
                assert!(table.name.names().is_some(), "{}: more than a list of names", table.at);
                assert!(["public", "*"].contains(&table.schema.text.as_str()), "{}", table.at);
                assert!(table.data.is_none() || table.columns.is_empty(), "{}: of rows that are left out no column is masked", table.at);
            }
        }
    }

    #[test]
    fn heads_say_scope_source_and_date() {
        for preset in presets() {
            assert!(
                preset.summary().starts_with(if is_general(preset) { "Personal data under " } else { "Personal data of " }),
                "{}",
                preset.name
            );
            for word in ["# Scope   ", "# Source  ", "# Date    2026-11-21"] {
                assert!(preset.text.contains(word), "{}: {word}", preset.name);
            }
        }
    }
}
