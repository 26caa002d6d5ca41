use super::super::demo;
use super::super::fit::Target;
use super::super::registry::{self, OptionValue};
use super::super::{Note, Surroundings};
use super::*;

#[derive(Debug)]
struct Row(Vec<Option<&'static str>>);

impl Surroundings for Row {
    fn read(&self, index: usize) -> Option<&[u8]> {
        self.0.get(index).copied().flatten().map(str::as_bytes)
    }

    fn note(&self, _: Note) {}
}

const COLUMNS: &[(&str, &str)] =
    &[("id", "integer"), ("key", "uuid"), ("role", "character varying(10)"), ("nom", "text"), ("prenom", "text"), ("ref", "integer")];

fn bind(text: &str, normalize: &str, target: &str) -> Result<Bound, String> {
    let columns: Vec<(String, Target)> = COLUMNS.iter().map(|(name, kind)| ((*name).to_owned(), Target::of_sql(kind))).collect();
    let options = [("template".to_owned(), OptionValue::Text(text.into())), ("normalize".to_owned(), OptionValue::Text(normalize.into()))];
    let definition = registry::find("template").expect("known");
    demo::bound(definition, &options, &Target::of_sql(target), &columns, demo::NO_SECRET).map_err(|error| error.message)
}

fn run(text: &str, normalize: &str, target: &str, values: &[Option<&'static str>]) -> String {
    let bound = bind(text, normalize, target).expect("fits");
    let mut out = b"head".to_vec();
    let cell = Cell { around: &Row(values.to_vec()), ..Cell::new(b"before") };
    assert_eq!(bound.mask.expect("a mask").mask(cell, &mut out), Ok(Masked::Value));
    String::from_utf8(out).expect("UTF-8").strip_prefix("head").expect("what was there").to_owned()
}

#[test]
fn values_are_put_together() {
    let names = [Some("D’Élan"), Some("Zoé\n"), None, Some("7")];
    assert_eq!(run("{nom} {prenom} {role|ref}", "search", "text", &names), "d elan zoe 7");
    assert_eq!(run("{nom} {prenom} {role|ref}", "none", "text", &names), "D’Élan Zoé  7", "one line");
    assert_eq!(run("{nom:upper:unaccent}", "none", "text", &names), "D'ELAN");
    assert_eq!(run("{nom:substr(3,2)}|{prenom:trim}", "none", "text", &names), "Él|Zoé");
    assert_eq!(run("{ref:pad(4,0)}", "none", "text", &[Some("42")]), "0042");
    assert_eq!(run("{nom:slug}@x", "none", "text", &[Some("Le Gall")]), "le-gall@x");
    assert_eq!(run("{nom}", "none", "character varying(3)", &[Some("Élodie")]), "Élo");
    assert_eq!(run("{nom}", "none", "text", &[None]), "");
}

#[test]
fn a_key_inside_keeps_it_distinct() {
    let distinct = |text: &str, target: &str| bind(text, "none", target).expect("fits").distinct;
    assert_eq!(distinct("{role}-{id}@x.example", "text"), Distinct::Follows(2));
    assert_eq!(distinct("{role}-{id}@x.example", "character varying(41)"), Distinct::Follows(2));
    for (text, target) in [
        ("{role}-{id}@x.example", "character varying(40)"),
        ("{role}{id}", "text"),
        ("{id}5", "text"),
        ("{id:pad(3,0)}", "text"),
        ("{id|ref}", "text"),
        ("{nom}", "text"),
    ] {
        assert_eq!(distinct(text, target), Distinct::Lost, "{text} in {target}");
    }
    assert_eq!(distinct("{key}", "text"), Distinct::Follows(1));
    assert_eq!(bind("{id}", "slug", "text").expect("fits").distinct, Distinct::Lost);
}

#[test]
fn mistakes_are_told() {
    assert_eq!(bind("{nome}", "none", "text").expect_err("unknown"), "the table has no column \"nome\"");
    assert_eq!(bind("{@.a}", "none", "text").expect_err("no document"), "\"@.a\" is inside a document, and the value is in none");
    assert_eq!(bind("{nom", "none", "text").expect_err("open"), "option \"template\": a { without its } at character 1");
    assert_eq!(bind("{nom}", "none", "integer").expect_err("type"), "it makes text, but the column is integer");
}
