//! Names as pg_restore quotes them (`fmtId` in src/fe_utils/string_utils.c).

/// The words that are quoted because they are keywords, in PostgreSQL 14 and 15: those of src/include/parser/kwlist.h that
/// are not UNRESERVED_KEYWORD, sorted.
const KEYWORDS: &[&str] = &[
    "all",
    "analyse",
    "analyze",
    "and",
    "any",
    "array",
    "as",
    "asc",
    "asymmetric",
    "authorization",
    "between",
    "bigint",
    "binary",
    "bit",
    "boolean",
    "both",
    "case",
    "cast",
    "char",
    "character",
    "check",
    "coalesce",
    "collate",
    "collation",
    "column",
    "concurrently",
    "constraint",
    "create",
    "cross",
    "current_catalog",
    "current_date",
    "current_role",
    "current_schema",
    "current_time",
    "current_timestamp",
    "current_user",
    "dec",
    "decimal",
    "default",
    "deferrable",
    "desc",
    "distinct",
    "do",
    "else",
    "end",
    "except",
    "exists",
    "extract",
    "false",
    "fetch",
    "float",
    "for",
    "foreign",
    "freeze",
    "from",
    "full",
    "grant",
    "greatest",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "initially",
    "inner",
    "inout",
    "int",
    "integer",
    "intersect",
    "interval",
    "into",
    "is",
    "isnull",
    "join",
    "lateral",
    "leading",
    "least",
    "left",
    "like",
    "limit",
    "localtime",
    "localtimestamp",
    "national",
    "natural",
    "nchar",
    "none",
    "normalize",
    "not",
    "notnull",
    "null",
    "nullif",
    "numeric",
    "offset",
    "on",
    "only",
    "or",
    "order",
    "out",
    "outer",
    "overlaps",
    "overlay",
    "placing",
    "position",
    "precision",
    "primary",
    "real",
    "references",
    "returning",
    "right",
    "row",
    "select",
    "session_user",
    "setof",
    "similar",
    "smallint",
    "some",
    "substring",
    "symmetric",
    "table",
    "tablesample",
    "then",
    "time",
    "timestamp",
    "to",
    "trailing",
    "treat",
    "trim",
    "true",
    "union",
    "unique",
    "user",
    "using",
    "values",
    "varchar",
    "variadic",
    "verbose",
    "when",
    "where",
    "window",
    "with",
    "xmlattributes",
    "xmlconcat",
    "xmlelement",
    "xmlexists",
    "xmlforest",
    "xmlnamespaces",
    "xmlparse",
    "xmlpi",
    "xmlroot",
    "xmlserialize",
    "xmltable",
];

/// The words that each later release has added.
const ADDED: &[(u32, &[&str])] = &[
    (16, &["json_array", "json_arrayagg", "json_object", "json_objectagg", "system_user"]),
    (17, &["json", "json_exists", "json_query", "json_scalar", "json_serialize", "json_table", "json_value", "merge_action"]),
];

/// Appends a name, as it is stored, as it stands in SQL: in double quotes unless it is a plain word that is no keyword of the
/// release (`u32::MAX`: of any).
pub(crate) fn identifier(name: &[u8], release: u32, out: &mut Vec<u8>) {
    if is_plain(name) && !is_keyword(name, release) {
        out.extend_from_slice(name);
        return;
    }
    out.push(b'"');
    for &byte in name {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Appends `\connect` for a database, with its line end (`appendPsqlMetaConnect` and `appendConnStrVal` in
/// src/fe_utils/string_utils.c).
pub(super) fn connect(database: &[u8], release: u32, out: &mut Vec<u8>) {
    if database.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')) {
        out.extend_from_slice(b"\\connect ");
        identifier(database, release, out);
    } else {
        let mut value = b"dbname='".to_vec();
        for byte in database {
            if matches!(byte, b'\'' | b'\\') {
                value.push(b'\\');
            }
            value.push(*byte);
        }
        value.push(b'\'');
        // Bytes of the name that are none of the encoding at hand must not be looked at.
        out.extend_from_slice(b"\\encoding SQL_ASCII\n\\connect -reuse-previous=on ");
        identifier(&value, release, out);
    }
    out.push(b'\n');
}

/// Lower case, digits and underscores, no digit first.
fn is_plain(name: &[u8]) -> bool {
    let letter = |byte: &u8| byte.is_ascii_lowercase() || *byte == b'_';
    name.first().is_some_and(letter) && name.iter().all(|byte| letter(byte) || byte.is_ascii_digit())
}

fn is_keyword(name: &[u8], release: u32) -> bool {
    let added = ADDED.iter().filter(|(since, _)| *since <= release).flat_map(|(_, words)| words.iter());
    KEYWORDS.binary_search_by(|word| word.as_bytes().cmp(name)).is_ok() || added.into_iter().any(|word| word.as_bytes() == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quoted(name: &str, release: u32) -> String {
        let mut out = Vec::new();
        identifier(name.as_bytes(), release, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn names_are_quoted_as_pg_restore_does() {
        assert!(KEYWORDS.is_sorted());
        for (name, expected) in
            [("a1_", "a1_"), ("_a", "_a"), ("1a", "\"1a\""), ("A", "\"A\""), ("a\"b", "\"a\"\"b\""), ("", "\"\""), ("é", "\"é\"")]
        {
            assert_eq!(quoted(name, 15), expected);
        }
        assert_eq!(quoted("user", 14), "\"user\"");
        assert_eq!(quoted("abort", 14), "abort");
        assert_eq!((quoted("json", 16), quoted("json", 17)), ("json".into(), "\"json\"".into()));
        assert_eq!((quoted("system_user", 15), quoted("system_user", 18)), ("system_user".into(), "\"system_user\"".into()));
    }
}
