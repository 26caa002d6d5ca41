//! `pgveil reveal`: pseudonyms → what they were made from, for masks that can be undone, with the secret.

use std::env;
use std::io::{self, BufRead, Write};
use std::path::Path;

use super::args::Reveal;
use super::job::{self, SECRET_VARIABLE};
use super::say;
use crate::error::{Error, Fault, Place, Result, RuleError};
use crate::mask::bind::{self, Env};
use crate::mask::fit::Target;
use crate::mask::key::Secret;
use crate::mask::registry::{self, BuildError, Definition, OptionValue};
use crate::mask::{Mask, demo, options};
use crate::name::RelationName;
use crate::plan::bind as plan;
use crate::rules::select;
use crate::rules::{self, MaskRule, Rules};

/// The locale where the rules name none: as for a dump.
const LOCALE: &str = "en";

/// `pgveil reveal`
pub fn reveal(args: &Reveal) -> Result<()> {
    let mut notes = Vec::new();
    let secret = job::secret(args.secret_file.as_deref(), env::var_os(SECRET_VARIABLE), &mut notes)?.ok_or_else(|| {
        let message = format!("no secret is given ({SECRET_VARIABLE} or --secret-file); only the one that made the pseudonyms undoes them");
        Error::Usage(message)
    })?;
    notes.iter().for_each(|note| say::line(note));
    let (rules, rule) = if args.rules.is_empty() { typed(&args.rule)? } else { of_column(&rules::load(&args.rules)?, &args.rule)? };
    let (definition, mask) = undoable(&rules, &rule, &Target::of_sql(&args.column_type), &secret)?;
    let (input, mut output) = (io::stdin().lock(), io::stdout().lock());
    lines(definition.name, mask.as_ref(), input, &mut output)
}

/// Undoes a mask, line by line. Lines that it never makes become empty ones, so that the others keep their places.
///
/// # Errors
/// The first line that the mask never makes, when all have been read; reading and writing.
fn lines(name: &'static str, mask: &dyn Mask, mut input: impl BufRead, output: &mut impl Write) -> Result<()> {
    let (mut line, mut original) = (Vec::new(), Vec::new());
    let (mut count, mut first) = (0, None);
    loop {
        line.clear();
        if input.read_until(b'\n', &mut line).map_err(|error| Error::io("read standard input", error))? == 0 {
            break;
        }
        count += 1;
        let end = line.iter().rposition(|byte| !matches!(byte, b'\n' | b'\r')).map_or(0, |last| last + 1);
        let (value, line_end) = line.split_at(end);
        original.clear();
        if value.is_empty() || value == b"\\N" {
            original.extend_from_slice(value);
        } else if !mask.undo(value, &mut original) {
            original.clear();
            first = first.or(Some(count));
        }
        original.extend_from_slice(line_end);
        output.write_all(&original).map_err(|error| Error::io("write standard output", error))?;
    }
    output.flush().map_err(|error| Error::io("write standard output", error))?;
    match first {
        None => Ok(()),
        Some(row) => {
            let fault = Fault::Refused { mask: name, expected: "a value that it makes" };
            Err(Error::Data { place: Place { row: Some(row), ..Place::default() }, fault })
        }
    }
}

/// The rule as typed on the command line: a mask's name, or TOML without the braces around it.
fn typed(text: &str) -> Result<(Rules, MaskRule)> {
    let text = text.trim();
    let rule = match text.strip_prefix('{') {
        Some(_) => text.to_owned(),
        None if text.contains('=') => format!("{{ {text} }}"),
        None => format!("{text:?}"),
    };
    let rules = rules::parse("RULE", &format!("columns.x = {rule}\nversion = 1\n"))?;
    let rule = rules.columns.first().and_then(|column| column.masks.first()).cloned().ok_or_else(Error::internal)?;
    Ok((rules, rule))
}

/// The rule that wins for a column, as rules files have it.
fn of_column(rules: &Rules, column: &str) -> Result<(Rules, MaskRule)> {
    let wrong = || Error::Usage(format!("{column:?} names no column, expected table.column or schema.table.column"));
    let parts = parts(column).ok_or_else(wrong)?;
    let (schema, table, name) = match &parts[..] {
        [table, name] => ("public", table, name),
        [schema, table, name] => (schema.as_str(), table, name),
        _ => return Err(wrong()),
    };
    let relation = RelationName::new(schema, table.as_str());
    let winner =
        select::column(rules, &relation, &[], name).map_err(|conflict| Error::Rules(vec![conflict.error(&relation, Some(name))]))?;
    let Some(winner) = winner else { return Err(Error::Usage(format!("no rule names {relation}.{name}, expected a column that has one"))) };
    match &winner.rule.masks[..] {
        [only] if only.when.is_none() => Ok((rules.clone(), only.clone())),
        _ => {
            let message = format!("the rule of {relation}.{name} has conditions, and a pseudonym does not say which of its masks made it");
            let help = Some("give the one that is meant as RULE".into());
            Err(Error::Rules(vec![RuleError { at: Some(winner.rule.at.clone()), message, help }]))
        }
    }
}

/// The parts of a name with dots; a part in double quotes may hold dots, and quotes twice.
fn parts(text: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => parts.last_mut()?.extend(chars.next()),
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => parts.last_mut()?.push(c),
        }
    }
    (!quoted && parts.iter().all(|part| !part.is_empty())).then_some(parts)
}

/// Binds the mask of a rule, if it can be undone.
fn undoable(rules: &Rules, rule: &MaskRule, target: &Target, secret: &Secret) -> Result<(&'static Definition, Box<dyn Mask>)> {
    let mistake = |message: String, help: Option<String>| Error::Rules(vec![RuleError { at: Some(rule.at.clone()), message, help }]);
    let options = plan::options(rule);
    let definition =
        bind::definition(rule.name.as_ref().map(|name| name.value.as_str()), &options).map_err(|e| mistake(e.message, e.help))?;
    let named = |error: BuildError| mistake(format!("mask {:?}: {}", definition.name, error.message), error.help);
    if let Some(error) = options::check(definition, &options).into_iter().next() {
        return Err(named(error));
    }
    if options.iter().any(|(name, _)| name == "seed") {
        return Err(mistake("the pseudonyms come from another column (\"seed\"), which they do not tell".into(), None));
    }
    if !can_undo(definition) {
        let known: Vec<&str> = registry::all().iter().filter(|known| can_undo(known)).map(|known| known.name).collect();
        let help = if known.is_empty() { None } else { Some(format!("masks that can be undone: {}", known.join(", "))) };
        return Err(mistake(format!("mask {:?} cannot be undone", definition.name), help));
    }
    let locale = rules.defaults.locale.as_ref().map_or(LOCALE, |locale| &locale.value);
    let directory = Path::new(&*rule.at.file).parent().unwrap_or(Path::new(""));
    let env = Env { secret, locale, columns: &[], document: false, directory, conditions: None };
    let bound = bind::bind(definition, &strict(definition, options), target, &env).map_err(named)?;
    Ok((definition, bound.mask.ok_or_else(Error::internal)?))
}

/// The options without what becomes of values that the mask cannot read: those are none of its pseudonyms.
fn strict(definition: &Definition, options: Vec<(String, OptionValue)>) -> Vec<(String, OptionValue)> {
    let mut options: Vec<_> =
        options.into_iter().filter(|(name, _)| !matches!(name.as_str(), "on_invalid" | "on_null" | "on_empty")).collect();
    if definition.fallible {
        options.push(("on_invalid".into(), OptionValue::Text("error".into())));
    }
    options
}

/// Whether a mask can be undone: it is tried on its example.
fn can_undo(definition: &Definition) -> bool {
    let example = &definition.example;
    let file = format!("version = 1\n[columns]\nexample = {}\n", example.rule);
    let Ok(rules) = rules::parse(definition.name, &file) else { return false };
    let Some(rule) = rules.columns.first().and_then(|rule| rule.masks.first()) else { return false };
    let options = strict(definition, plan::options(rule));
    let bound = demo::bound(definition, &options, &Target::of_sql(example.column_type), &[], demo::NO_SECRET);
    let Some(mask) = bound.ok().and_then(|bound| bound.mask) else { return false };
    let Ok(demo::Outcome::Value(pseudonym)) = demo::apply(mask.as_ref(), example.before.as_bytes()) else { return false };
    let mut original = Vec::new();
    mask.undo(&pseudonym, &mut original) && original == example.before.as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::{Cell, Masked, Refusal};

    /// Written backwards; words with a blank never come out.
    #[derive(Debug)]
    struct Backwards;

    impl Mask for Backwards {
        fn mask(&self, _: Cell<'_>, _: &mut Vec<u8>) -> Result<Masked, Refusal> {
            Ok(Masked::Same)
        }

        fn undo(&self, pseudonym: &[u8], out: &mut Vec<u8>) -> bool {
            out.extend(pseudonym.iter().rev());
            !pseudonym.contains(&b' ')
        }
    }

    fn run(input: &str) -> (String, Result<()>) {
        let mut output = Vec::new();
        let result = lines("backwards", &Backwards, input.as_bytes(), &mut output);
        (String::from_utf8(output).expect("UTF-8"), result)
    }

    fn secret() -> Secret {
        Secret::new(b"0123456789abcdef".to_vec())
    }

    #[test]
    fn lines_keep_their_places() {
        let (output, result) = run("abc\r\n\n\\N\ndef");
        assert_eq!(output, "cba\r\n\n\\N\nfed");
        assert!(result.is_ok());
        let (output, result) = run("ab\nno word\ncd\nnor this\n");
        assert_eq!(output, "ba\n\ndc\n\n");
        let error = result.expect_err("a line that is none").to_string();
        assert_eq!(error, "row 2: the mask \"backwards\" cannot read the value, expected a value that it makes");
    }

    #[test]
    fn columns_are_named_as_in_rules() {
        assert_eq!(parts("users.email"), Some(vec!["users".into(), "email".into()]));
        assert_eq!(parts("crm.\"a.b\".\"x\"\"y\""), Some(vec!["crm".into(), "a.b".into(), "x\"y".into()]));
        assert_eq!((parts("a..b"), parts("\"a.b"), parts("")), (None, None, None));
    }

    #[test]
    fn the_rule_of_a_column_is_the_one_that_wins() {
        let text = "version = 1\n[columns]\n\"*mail\" = \"email\"\n[tables.users.columns]\nemail = \"hash\"\n\
            x = [ { when = \"a = 1\", mask = \"hash\" }, { mask = \"email\" } ]";
        let rules = rules::parse("rules.toml", text).expect("parses");
        let name = |column: &str| of_column(&rules, column).map(|(_, rule)| rule.name.expect("a name").value);
        assert_eq!(name("users.email").expect("a rule"), "hash");
        assert_eq!(name("crm.people.mail").expect("a rule"), "email");
        assert_eq!(name("users.id").expect_err("no rule").to_string(), "no rule names public.users.id, expected a column that has one");
        let expected = "\"users\" names no column, expected table.column or schema.table.column";
        assert_eq!(name("users").expect_err("no column").to_string(), expected);
        assert!(matches!(name("users.x").expect_err("conditions"), Error::Rules(mistakes) if mistakes[0].message.contains("conditions")));
    }

    #[test]
    fn masks_that_cannot_be_undone_are_told() {
        let error = |rule: &str| {
            let (rules, rule) = typed(rule)?;
            undoable(&rules, &rule, &Target::of_sql("text"), &secret()).map(|_| ())
        };
        for (rule, expected) in [
            ("hash", "mask \"hash\" cannot be undone"),
            ("mask = \"hash\", domain = \"x\"", "mask \"hash\" cannot be undone"),
            ("{ mask = \"hash\", seed = \"id\" }", "the pseudonyms come from another column (\"seed\"), which they do not tell"),
            ("mask = \"hash\", lenght = 20", "mask \"hash\": unknown option \"lenght\""),
            ("hsh", "unknown mask \"hsh\""),
        ] {
            let Error::Rules(mistakes) = error(rule).expect_err(rule) else { panic!("{rule}") };
            assert!(mistakes[0].message.starts_with(expected), "{}", mistakes[0].message);
        }
        assert!(matches!(error("mask = "), Err(Error::Rules(_))));
    }

    /// Of all masks that can be undone: what one makes is revealed with its secret, and with no other.
    #[test]
    fn what_was_masked_is_revealed() {
        for definition in registry::all().iter().filter(|definition| can_undo(definition)) {
            let example = &definition.example;
            let (rules, rule) = typed(&format!("mask = {:?}, domain = \"d\"", definition.name)).expect("parses");
            let target = Target::of_sql(example.column_type);
            let (_, mask) = undoable(&rules, &rule, &target, &secret()).expect(definition.name);
            let Ok(demo::Outcome::Value(pseudonym)) = demo::apply(mask.as_ref(), example.before.as_bytes()) else {
                panic!("{}", definition.name)
            };
            let mut output = Vec::new();
            lines(definition.name, mask.as_ref(), &pseudonym[..], &mut output).expect(definition.name);
            assert_eq!(String::from_utf8(output).expect("UTF-8"), example.before, "{}", definition.name);
            let (_, other) = undoable(&rules, &rule, &target, &Secret::new(vec![7; 16])).expect(definition.name);
            let mut output = Vec::new();
            lines(definition.name, other.as_ref(), &pseudonym[..], &mut output).expect(definition.name);
            assert_ne!(String::from_utf8(output).expect("UTF-8"), example.before, "{}", definition.name);
        }
    }
}
