//! append: one element more at the end of an array: a JSON array, in a column of JSON or of text, or one of PostgreSQL.

use super::array::{bounds, needs_quotes};
use super::json;
use super::part::Quoting;
use crate::mask::fit::Kind;
use crate::mask::fixed::literal::wrong_for;
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, OptionValue, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// The mask `append`.
pub(super) const DEFINITION: Definition = Definition {
    name: "append",
    summary: "one element more at the end of an array; of the empty string it makes an array of that element",
    accepts: "json, jsonb, and text that hold a JSON array; arrays of one dimension",
    distinct: "no: an empty array and the empty string become one",
    keeps_distinct: false,
    keyed: false,
    fallible: true,
    default_domain: "append",
    options: &[OptionDefinition {
        name: "value",
        kind: OptionKind::Any,
        default: "required",
        summary: "the element; an array or a table becomes JSON",
    }],
    example: Example::of(r#"{ mask = "append", value = "erased on request" }"#, "jsonb", r#"["moved in 2021"]"#),
    build,
};

const NO_JSON: Refusal = Refusal { expected: "a JSON array that still fits the column with one element more" };
const NO_ARRAY: Refusal = Refusal { expected: "an array of one dimension as PostgreSQL writes it: {a,\"b c\",NULL}" };

/// Appends to a JSON array.
#[derive(Debug)]
struct Json {
    element: Vec<u8>,
    max_chars: usize,
}

impl Mask for Json {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mark = out.len();
        if cell.value.is_empty() {
            out.push(b'[');
        } else {
            let (end, empty) = json::array_end(cell.value).ok_or(NO_JSON)?;
            out.extend_from_slice(cell.value.get(..end).unwrap_or_default());
            // As jsonb and most programs write it.
            out.extend_from_slice(if empty { b"" } else { b", " });
        }
        out.extend_from_slice(&self.element);
        out.push(b']');
        let made = out.get(mark..).unwrap_or_default();
        if made.len() > self.max_chars && String::from_utf8_lossy(made).chars().count() > self.max_chars {
            return Err(NO_JSON);
        }
        Ok(Masked::Value)
    }
}

/// Appends to an array of PostgreSQL.
#[derive(Debug)]
struct Array {
    /// As array_out writes it.
    element: Vec<u8>,
}

impl Mask for Array {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let body = bounds(cell.value).filter(|at| *at == 0).and_then(|_| cell.value.strip_prefix(b"{")?.strip_suffix(b"}"));
        let body = body.filter(|body| body.first() != Some(&b'{')).ok_or(NO_ARRAY)?;
        out.push(b'{');
        out.extend_from_slice(body);
        out.extend_from_slice(if body.is_empty() { b"" } else { b"," });
        out.extend_from_slice(&self.element);
        out.push(b'}');
        Ok(Masked::Value)
    }
}

fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_charset()?;
    let Some(value) = request.option("value") else { return Err(request.misfit("option \"value\" is missing", DEFINITION.example.rule)) };
    if let Kind::Array(target) = &request.target.kind {
        let Some(text) = value.to_text() else {
            return Err(BuildError::of("value", "an element of this column is a string, a number or a boolean", None));
        };
        if let Some((message, help)) = wrong_for(target, &text) {
            return Err(BuildError::of("value", message, help));
        }
        let mut element = text.clone().into_bytes();
        if needs_quotes(&element, b',') {
            Quoting::Backslash.quote(&mut element, 0);
        }
        return Ok(request.bound(Array { element }, Distinct::Lost, format!("append {text:?}")));
    }
    if !matches!(request.target.kind, Kind::Json | Kind::Text) {
        return Err(request.wrong_kind("appends to arrays"));
    }
    let mut element = String::new();
    write(value, &mut element);
    let fingerprint = format!("append {element}");
    let mut element = element.into_bytes();
    json::ascii_where_needed(&mut element, request.target.charset);
    // `[]` and the empty string become one.
    let bound = request.bound(Json { element, max_chars: request.max_chars() }, Distinct::Lost, fingerprint);
    Ok(Bound { takes_empty: request.target.is_text(), ..bound })
}

/// A value of a rule as JSON.
fn write(value: &OptionValue, out: &mut String) {
    let text = |text: &str| serde_json::Value::from(text).to_string();
    match value {
        OptionValue::Text(value) => out.push_str(&text(value)),
        OptionValue::Integer(number) => out.push_str(&number.to_string()),
        OptionValue::Float(number) => out.push_str(&serde_json::Value::from(*number).to_string()),
        OptionValue::Boolean(truth) => out.push_str(&truth.to_string()),
        OptionValue::List(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                write(item, out);
            }
            out.push(']');
        }
        OptionValue::Table(entries) => {
            out.push('{');
            for (index, (key, item)) in entries.iter().enumerate() {
                out.push_str(if index > 0 { ", " } else { "" });
                out.push_str(&text(key));
                out.push_str(": ");
                write(item, out);
            }
            out.push('}');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{bind, bind_to, masked, run};
    use crate::encoding::Charset;
    use crate::mask::fit::Target;

    const RULE: &str = r#"{ mask = "append", value = "x", on_invalid = "error" }"#;

    #[test]
    fn json_arrays_get_one_element_more() {
        for (before, after) in [
            ("", r#"["x"]"#),
            ("[]", r#"["x"]"#),
            (" [ ] ", r#" [ "x"]"#),
            (r#"["a"]"#, r#"["a", "x"]"#),
            ("[1,[2],{\"b\":[]}]", "[1,[2],{\"b\":[]}, \"x\"]"),
            ("[1]\n", "[1, \"x\"]"),
        ] {
            assert_eq!(masked(RULE, "text", before), after, "{before}");
            if !before.is_empty() {
                assert_eq!(masked(RULE, "jsonb", before), after, "{before}");
            }
        }
        for value in ["{}", "null", "[", "[1", "[1]]", "[1,]", "[,1]", "[1 2]", "x", "[x]", "\"[1]\""] {
            let told = "refused: a JSON array that still fits the column with one element more";
            assert_eq!(masked(RULE, "text", value), told, "{value}");
        }
        assert!(masked(RULE, "varchar(5)", "[]").starts_with("[\"x\"]"));
        assert!(masked(RULE, "varchar(5)", "[1]").starts_with("refused"));
    }

    #[test]
    fn elements_are_of_any_kind() {
        for (value, element) in [
            ("7", "7"),
            ("1.5", "1.5"),
            ("true", "true"),
            (r#""a\"b\n""#, r#""a\"b\n""#),
            ("[1, \"a\"]", "[1, \"a\"]"),
            ("{ message = \"é\" }", "{\"message\": \"é\"}"),
        ] {
            assert_eq!(masked(&format!("{{ mask = \"append\", value = {value} }}"), "json", "[0]"), format!("[0, {element}]"));
        }
        let latin = Target { charset: Charset::Latin1, ..Target::of_sql("text") };
        let bound = bind_to("{ mask = \"append\", value = \"é€\" }", &latin, &[]).expect("fits");
        assert_eq!(run(&bound, "[]"), "[\"é\\u20ac\"]");
    }

    #[test]
    fn arrays_of_postgresql_too() {
        for (before, after) in [("{}", "{x}"), ("{a,NULL}", "{a,NULL,x}"), (r#"{"a,b"}"#, r#"{"a,b",x}"#)] {
            assert_eq!(masked(RULE, "text[]", before), after);
        }
        for value in ["", "{{a}}", "[2:2]={a}", "a", "{a"] {
            assert!(masked(RULE, "text[]", value).starts_with("refused"), "{value}");
        }
        assert_eq!(masked(r#"{ mask = "append", value = "b c" }"#, "text[]", "{a}"), r#"{a,"b c"}"#);
        assert_eq!(masked(r#"{ mask = "append", value = 7 }"#, "integer[]", "{1}"), "{1,7}");
        assert!(bind(r#"{ mask = "append", value = "x" }"#, "integer[]").is_err());
        assert!(bind(RULE, "integer").is_err());
    }

    #[test]
    fn inside_a_document() {
        let rule = r#"{ json = { "$.notes" = { mask = "append", value = "x" } } }"#;
        assert_eq!(masked(rule, "jsonb", r#"{"notes": ["a"], "id": 1}"#), r#"{"notes": ["a", "x"], "id": 1}"#);
    }
}
