//! What a dump makes outside of schemas, or for what stands outside: a reset may take these along, since they come again.

use super::head::Head;
use super::quote::literal;
use crate::encoding::Charset;

/// Something that the dump makes again: a row of `made` in holders.sql.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Made {
    kind: &'static str,
    one: String,
    other: Option<String>,
}

impl Made {
    /// What a statement makes; `None` where it makes nothing of the kind. A function for event triggers stands for those,
    /// which come behind the rows.
    pub(super) fn read(text: &[u8], head: &Head, charset: Charset) -> Option<Made> {
        let between = |from: usize, to: usize| {
            let (start, end) = (head.token(from)?.start, head.token(to)?.end);
            Some(charset.decode(text.get(start..end)?).into_owned())
        };
        let find = |word: &str| (3..head.count()).find(|at| head.word(*at) == word);
        let named = |kind, at: usize| Some(Made { kind, one: head.name(at)?.as_str().to_owned(), other: None });
        if head.word(0) != "create" {
            return None;
        }
        match (head.word(1), head.word(2)) {
            ("cast", _) => {
                let (to, end) = (find("as")?, find("with").or_else(|| find("without"))?);
                let one = between(3, to.checked_sub(1)?)?;
                Some(Made { kind: "cast", one, other: Some(between(to + 1, end.checked_sub(2)?)?) })
            }
            ("transform", "for") => {
                let language = find("language")?;
                let other = head.name(language + 1)?.as_str().to_owned();
                Some(Made { kind: "transform", one: between(3, language.checked_sub(1)?)?, other: Some(other) })
            }
            ("access", "method") => named("access method", 3),
            ("foreign", "data") => named("foreign data wrapper", 4),
            ("language", _) => named("language", 2),
            ("procedural", "language") => named("language", 3),
            ("trusted", "language") => named("language", 3),
            ("trusted", "procedural") => named("language", 4),
            ("or", "replace") => match (head.word(3), head.word(4)) {
                ("language", _) => named("language", 4),
                ("procedural", _) | ("trusted", "language") => named("language", 5),
                ("trusted", _) => named("language", 6),
                _ => Made::event(text, head),
            },
            _ => Made::event(text, head),
        }
    }

    fn event(text: &[u8], head: &Head) -> Option<Made> {
        let made = head.created().filter(|made| made.kind == "function")?;
        memchr::memmem::find(text, b"event_trigger")?;
        let schema = made.schema.map_or_else(|| "public".to_owned(), |schema| schema.as_str().to_owned());
        Some(Made { kind: "event trigger", one: schema, other: Some(made.name.as_str().to_owned()) })
    }

    /// The rows of all.
    pub(super) fn rows<'a>(all: impl IntoIterator<Item = &'a Made>) -> String {
        let row = |made: &Made| {
            let other = made.other.as_deref().map_or_else(|| "NULL".to_owned(), literal);
            format!("'{}'::pg_catalog.text, {}::pg_catalog.text, {other}::pg_catalog.text", made.kind, literal(&made.one))
        };
        let rows: Vec<String> = all.into_iter().map(row).collect();
        let none = "NULL::pg_catalog.text, NULL::pg_catalog.text, NULL::pg_catalog.text WHERE false";
        if rows.is_empty() { none.to_owned() } else { rows.join("\n        UNION ALL SELECT ") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dump::script::lexeme::Dialect;

    #[test]
    fn what_comes_again() {
        let read = |sql: &str| {
            let made = Made::read(sql.as_bytes(), &Head::read(sql.as_bytes(), Dialect::default()), Charset::Utf8)?;
            Some(format!("{} {} {}", made.kind, made.one, made.other.unwrap_or_default()))
        };
        for (sql, expected) in [
            (
                "CREATE CAST (public.\"A b\" AS character varying) WITH FUNCTION public.f(public.\"A b\");",
                Some("cast public.\"A b\" character varying"),
            ),
            ("CREATE CAST (point AS integer) WITHOUT FUNCTION;", Some("cast point integer")),
            ("CREATE TRANSFORM FOR public.pair LANGUAGE sql (FROM SQL WITH FUNCTION x(internal));", Some("transform public.pair sql")),
            ("CREATE ACCESS METHOD m TYPE TABLE HANDLER public.h;", Some("access method m ")),
            ("CREATE FOREIGN DATA WRAPPER w HANDLER public.h;", Some("foreign data wrapper w ")),
            ("CREATE OR REPLACE PROCEDURAL LANGUAGE l HANDLER public.h;", Some("language l ")),
            ("CREATE FUNCTION public.w() RETURNS event_trigger LANGUAGE plpgsql AS 'begin end';", Some("event trigger public w")),
            ("CREATE FUNCTION public.w() RETURNS trigger LANGUAGE plpgsql AS 'begin end';", None),
            ("CREATE TABLE public.t (a integer);", None),
        ] {
            assert_eq!(read(sql).as_deref(), expected, "{sql}");
        }
    }

    #[test]
    fn rows_are_literals() {
        let made = Made { kind: "language", one: "it's".into(), other: None };
        assert_eq!(Made::rows([&made]), "'language'::pg_catalog.text, 'it''s'::pg_catalog.text, NULL::pg_catalog.text");
        assert!(Made::rows([]).ends_with("WHERE false"));
    }
}
