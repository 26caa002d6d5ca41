//! A rule as people read it: on one line, and not longer than that.

use super::{ColumnRule, MaskRule, Spanned, Value};

/// The most characters of a rule that are shown.
const MOST: usize = 100;

impl ColumnRule {
    /// The rule's masks with their options, in the words of the file: `email { domain = "people" }`,
    /// `["keep" when staff, "email"]`. What is longer than a line ends in `...`.
    pub fn shown(&self) -> String {
        let masks: Vec<String> = self.masks.iter().map(mask).collect();
        let text = match &masks[..] {
            [one] if self.masks.iter().all(|mask| mask.when.is_none()) => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        match text.char_indices().nth(MOST) {
            Some((cut, _)) => format!("{}...", text.get(..cut).unwrap_or_default()),
            None => text,
        }
    }
}

fn mask(rule: &MaskRule) -> String {
    let mut text = rule.name.as_ref().map_or_else(String::new, |name| name.value.clone());
    if !rule.options.is_empty() {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&entries(&rule.options));
    }
    if let Some(when) = &rule.when {
        text.push_str(&format!(" when {}", when.value));
    }
    text
}

fn entries(entries: &[(Spanned<String>, Spanned<Value>)]) -> String {
    let entries: Vec<String> = entries.iter().map(|(key, entry)| format!("{} = {}", self::key(&key.value), value(&entry.value))).collect();
    format!("{{ {} }}", entries.join(", "))
}

/// A key, in quotes where TOML wants it so.
fn key(key: &str) -> String {
    let bare = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { key.to_owned() } else { format!("{key:?}") }
}

fn value(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::Boolean(truth) => truth.to_string(),
        Value::Datetime(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(|item| self::value(&item.value)).collect::<Vec<_>>().join(", ")),
        Value::Table(inner) => entries(inner),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn rules_as_they_are_shown() {
        let shown = |rule: &str| {
            let rules = crate::rules::parse("r", &format!("version = 1\n[columns]\na = {rule}")).expect("parses");
            rules.columns[0].shown()
        };
        assert_eq!(shown("\"keep\""), "keep");
        assert_eq!(shown("{ mask = \"email\", domain = \"people\" }"), "email { domain = \"people\" }");
        assert_eq!(
            shown("{ json = { \"$.name\" = \"first_name\", b = { mask = \"x\", y = [1, 2.0, true] } } }"),
            "{ json = { \"$.name\" = \"first_name\", b = { mask = \"x\", y = [1, 2.0, true] } } }"
        );
        assert_eq!(shown("[{ mask = \"keep\", when = \"staff\" }, { mask = \"null\" }]"), "[keep when staff, null]");
        let long = shown(&format!("{{ mask = \"const\", value = \"{}\" }}", "é".repeat(200)));
        assert!(long.ends_with("é...") && long.chars().count() == 103, "{long}");
    }
}
