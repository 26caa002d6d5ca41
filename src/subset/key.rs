//! A key's values → its hash. Values are compared as text, in a form in which values that the server takes for equal are
//! equal: keys may join a `numeric` with an `integer`, a `char(4)` with a `varchar`.

use std::borrow::Cow;
use std::hash::Hasher;

use siphasher::sip::SipHasher13;

use super::index::Hash;
use crate::schema::catalogue::{Catalogue, Column, TypeDefinition};
use crate::schema::lookup::Resolved;

/// How a column's text is to be read so that equal values are equal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// As it is: the server writes a value of one type in one way.
    Plain,
    /// A number: `1.50` is `1.5`.
    Number,
    /// Without blanks at its end: char(n).
    Padded,
    /// In lower case: citext.
    Folded,
    /// A date where the other side has a time: midnight is left out.
    Day,
}

/// Types whose equal values may be written differently, and that have no [`Form`] here: `1 day` and `24:00:00`, `[1.0,2)` and
/// `[1,2)`.
const LOOSE: &[&str] = &["interval", "jsonb", "numrange", "nummultirange"];

/// Types whose values are in a form of their own, so that arrays of them are in none.
const FORMED: &[&str] = &["numeric", "float4", "float8", "bpchar", "citext"];

/// Types of which values that are equal are written alike.
const ALIKE: &[&[&str]] = &[&["int2", "int4", "int8", "oid"], &["text", "varchar", "name"], &["bit", "varbit"]];

impl Form {
    /// The form for a column of a key and the one that it is joined with; `None` where equal values may be written
    /// differently in a way that no form undoes.
    pub fn of(catalogue: &Catalogue, ours: &Column, theirs: &Column) -> Option<Form> {
        let (ours, theirs) = (catalogue.base_type(&ours.data_type), catalogue.base_type(&theirs.data_type));
        let loose = |found: &Resolved<'_>| {
            let name = found.base.name.as_str();
            LOOSE.contains(&name)
                || (found.array && FORMED.contains(&name))
                || matches!(found.definition, Some(TypeDefinition::Composite(_)))
        };
        if loose(&ours) || loose(&theirs) || ours.array != theirs.array {
            return None;
        }
        let (one, two) = (ours.base.name.as_str(), theirs.base.name.as_str());
        let within = |types: &[&str]| types.contains(&one) && types.contains(&two);
        let either = |name: &str| one == name || two == name;
        match () {
            () if either("citext") && within(&["citext", "text", "varchar", "name", "bpchar"]) => Some(Form::Folded),
            () if either("bpchar") && within(&["bpchar", "text", "varchar", "name"]) => Some(Form::Padded),
            // A float is written as short as it can be, with an exponent where it is large: as no other type of number is.
            () if either("float4") || either("float8") => (one == two).then_some(Form::Number),
            () if either("numeric") && within(&["numeric", "int2", "int4", "int8"]) => Some(Form::Number),
            () if one != two && within(&["date", "timestamp"]) => Some(Form::Day),
            () if one == two && ours.base.schema == theirs.base.schema => Some(Form::Plain),
            () => ALIKE.iter().any(|types| within(types)).then_some(Form::Plain),
        }
    }

    /// A value (unescaped, in UTF-8) in this form.
    fn read(self, value: &[u8]) -> Cow<'_, [u8]> {
        match self {
            Form::Plain => Cow::Borrowed(value),
            Form::Number => Cow::Borrowed(number(value)),
            Form::Padded => Cow::Borrowed(value.trim_suffix_bytes(b' ')),
            Form::Folded => Cow::Owned(String::from_utf8_lossy(value).to_lowercase().into_bytes()),
            Form::Day => Cow::Borrowed(value.strip_suffix(b" 00:00:00").unwrap_or(value)),
        }
    }
}

/// Cuts bytes off the end.
trait TrimSuffix {
    fn trim_suffix_bytes(&self, byte: u8) -> &[u8];
}

impl TrimSuffix for [u8] {
    fn trim_suffix_bytes(&self, byte: u8) -> &[u8] {
        let kept = self.iter().rposition(|found| *found != byte).map_or(0, |last| last + 1);
        self.get(..kept).unwrap_or_default()
    }
}

/// A decimal number without zeros at the end of its fraction, and zero without a sign.
fn number(value: &[u8]) -> &[u8] {
    let fraction = value.contains(&b'.') && value.iter().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
    let short = if fraction { value.trim_suffix_bytes(b'0') } else { value };
    let short = short.strip_suffix(b".").unwrap_or(short);
    if short == b"-0" { b"0" } else { short }
}

/// The hash of a key's values; 0 where one of them is NULL, so that the key is none (under MATCH FULL, where all or none
/// are, too).
///
/// 64 bits: of a billion keys two have the same hash with a probability of 3 %, and then a row too many is taken along.
pub(super) fn hash<'v>(values: impl Iterator<Item = (Form, Option<&'v [u8]>)>) -> Hash {
    // The same on every machine and in every run: which rows a subset has depends on no secret.
    let mut hasher = SipHasher13::new_with_keys(0x7067_7665_696c_2073, 0x7562_7365_7420_3031);
    for (form, value) in values {
        let Some(value) = value else { return 0 };
        let value = form.read(value);
        hasher.write(&(value.len() as u64).to_le_bytes());
        hasher.write(&value);
    }
    hasher.finish().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_values_are_equal_in_their_form() {
        let same = |form: Form, one: &str, other: &str| {
            hash([(form, Some(one.as_bytes()))].into_iter()) == hash([(form, Some(other.as_bytes()))].into_iter())
        };
        for (form, one, other, expected) in [
            (Form::Plain, "a", "a", true),
            (Form::Plain, "1.0", "1", false),
            (Form::Number, "1.0", "1", true),
            (Form::Number, "100", "1", false),
            (Form::Number, "-0.00", "0", true),
            (Form::Number, "10.50", "10.5", true),
            (Form::Number, "NaN", "NaN", true),
            (Form::Number, "0", "", false),
            (Form::Padded, "ab  ", "ab", true),
            (Form::Padded, "  ", "", true),
            (Form::Folded, "ÉA@x", "éa@X", true),
            (Form::Day, "2024-01-01 00:00:00", "2024-01-01", true),
            (Form::Day, "2024-01-01 00:00:01", "2024-01-01", false),
        ] {
            assert_eq!(same(form, one, other), expected, "{form:?} {one} {other}");
        }
    }

    #[test]
    fn types_whose_equal_values_may_differ_in_text_have_no_form() {
        let mut catalogue = Catalogue::default();
        let path = crate::name::Name::new("public");
        for ddl in ["CREATE TYPE mood AS ENUM ('a')", "CREATE TYPE pair AS (a int, b numeric)", "CREATE DOMAIN span AS interval"] {
            catalogue.apply(ddl, Some(&path)).expect("readable");
        }
        let mut form = |one: &str, two: &str| {
            catalogue.apply(&format!("CREATE TABLE t_{} (a {one}, b {two})", catalogue.relations.len()), Some(&path)).expect("readable");
            let name = crate::name::RelationName::new("public", format!("t_{}", catalogue.relations.len() - 1));
            let relation = catalogue.relation(&name).expect("is there").clone();
            assert_eq!(
                Form::of(&catalogue, &relation.columns[0], &relation.columns[1]),
                Form::of(&catalogue, &relation.columns[1], &relation.columns[0])
            );
            Form::of(&catalogue, &relation.columns[0], &relation.columns[1])
        };
        for (one, two, expected) in [
            ("int", "bigint", Some(Form::Plain)),
            ("oid", "int", Some(Form::Plain)),
            ("text", "varchar(9)", Some(Form::Plain)),
            ("uuid", "uuid", Some(Form::Plain)),
            ("inet", "inet", Some(Form::Plain)),
            ("timestamptz", "timestamptz", Some(Form::Plain)),
            ("public.mood", "public.mood", Some(Form::Plain)),
            ("int[]", "int[]", Some(Form::Plain)),
            ("int4range", "int4range", Some(Form::Plain)),
            ("numeric(9,2)", "int", Some(Form::Number)),
            ("float8", "float8", Some(Form::Number)),
            ("char(4)", "text", Some(Form::Padded)),
            ("citext", "citext", Some(Form::Folded)),
            ("date", "timestamp", Some(Form::Day)),
            ("timestamptz", "timestamp", None),
            ("timestamptz", "date", None),
            ("float8", "float4", None),
            ("float8", "bigint", None),
            ("numeric", "float8", None),
            ("inet", "cidr", None),
            ("oid", "regclass", None),
            ("interval", "interval", None),
            ("public.span", "public.span", None),
            ("jsonb", "jsonb", None),
            ("numeric[]", "numeric[]", None),
            ("numrange", "numrange", None),
            ("public.pair", "public.pair", None),
        ] {
            assert_eq!(form(one, two), expected, "{one} {two}");
        }
    }

    #[test]
    fn a_null_makes_no_key_and_lengths_keep_values_apart() {
        let plain = |values: &[Option<&str>]| hash(values.iter().map(|value| (Form::Plain, value.map(str::as_bytes))));
        assert_eq!(plain(&[Some("a"), None]), 0);
        assert_ne!(plain(&[Some("a"), Some("bc")]), plain(&[Some("ab"), Some("c")]));
        assert_ne!(plain(&[Some("")]), 0);
    }
}
