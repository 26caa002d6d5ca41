//! The value of a DEFAULT that is a literal: `'active'::character varying`, `0`, `true`, `'{}'::jsonb`. Anything that has to
//! be evaluated is none.

use pg_query::NodeEnum;
use pg_query::protobuf::{Node, a_const};

use super::ddl::Context;

/// The private code points that bytes of another encoding were decoded to (see [`crate::encoding`]).
const STRAY: std::ops::RangeInclusive<char> = '\u{F700}'..='\u{F7FF}';

/// The text of a literal, casts apart: as COPY would take it.
pub(super) fn literal(cx: &Context<'_>, expression: &Node) -> Option<String> {
    let text = match expression.node.as_ref()? {
        NodeEnum::TypeCast(cast) => literal(cx, cast.arg.as_deref()?)?,
        NodeEnum::AConst(constant) if !constant.isnull && cx.source.was_read(constant.location) => match constant.val.as_ref()? {
            a_const::Val::Ival(number) => number.ival.to_string(),
            a_const::Val::Fval(number) => number.fval.clone(),
            a_const::Val::Boolval(truth) => truth.boolval.to_string(),
            a_const::Val::Sval(text) => text.sval.clone(),
            a_const::Val::Bsval(_) => return None,
        },
        NodeEnum::AArrayExpr(array) if array.elements.is_empty() => "{}".to_owned(),
        _ => return None,
    };
    (!text.contains(|c| STRAY.contains(&c))).then_some(text)
}

#[cfg(test)]
mod tests {
    use crate::name::RelationName;
    use crate::schema::ddl::tests::catalogue_of;

    #[test]
    fn literals_are_known_and_expressions_are_not() {
        let long = format!("'x'::text{}", " || 'x'::text".repeat(3000));
        let table = [
            ("'active'::character varying", Some("active")),
            ("('a''b'::text)::character varying(5)", Some("a'b")),
            ("0", Some("0")),
            ("'-1'::integer", Some("-1")),
            ("1.50", Some("1.50")),
            ("99999999999", Some("99999999999")),
            ("true", Some("true")),
            ("'{}'::jsonb", Some("{}")),
            ("ARRAY[]::text[]", Some("{}")),
            ("E'\\\\x'::bytea", Some("\\x")),
            ("''::text", Some("")),
            ("NULL::character varying", None),
            ("now()", None),
            ("CURRENT_TIMESTAMP", None),
            ("('a'::text || 'b'::text)", None),
            ("(1 + 1)", None),
            ("B'101'::\"bit\"", None),
            ("nextval('public.s'::regclass)", None),
            (&long, None),
        ];
        for (written, expected) in table {
            let sql = format!("CREATE TABLE public.t (a text DEFAULT {written} NOT NULL, b text);");
            let catalogue = catalogue_of(&[&sql]);
            let columns = &catalogue.relation(&RelationName::new("public", "t")).expect("created").columns;
            assert_eq!(columns[0].default.as_deref(), expected, "{}", &written[..written.len().min(40)]);
            assert!(columns[0].has_default && !columns[1].has_default && columns[1].default.is_none());
        }
    }

    #[test]
    fn later_statements_count() {
        let default = |sql: &[&str]| {
            let catalogue = catalogue_of(sql);
            catalogue.relation(&RelationName::new("public", "t")).expect("created").columns[0].default.clone()
        };
        let create = "CREATE TABLE public.t (a text DEFAULT 'x'::text);";
        assert_eq!(default(&[create, "ALTER TABLE public.t ALTER COLUMN a SET DEFAULT 'y'::text;"]).as_deref(), Some("y"));
        assert_eq!(default(&[create, "ALTER TABLE public.t ALTER COLUMN a SET DEFAULT now();"]), None);
        assert_eq!(default(&[create, "ALTER TABLE public.t ALTER COLUMN a DROP DEFAULT;"]), None);
        let parent = "CREATE TABLE public.p (a text DEFAULT 'x'::text);";
        assert_eq!(default(&[parent, "CREATE TABLE public.t () INHERITS (public.p);"]).as_deref(), Some("x"));
        assert_eq!(default(&[parent, "CREATE TABLE public.t (a text DEFAULT 'z'::text) INHERITS (public.p);"]).as_deref(), Some("z"));
        assert_eq!(default(&[parent, "CREATE TABLE public.t (a text DEFAULT now()) INHERITS (public.p);"]), None);
        let of = "CREATE TYPE public.c AS (a text);";
        assert_eq!(default(&[of, "CREATE TABLE public.t OF public.c (a WITH OPTIONS DEFAULT 'o'::text);"]).as_deref(), Some("o"));
    }
}
