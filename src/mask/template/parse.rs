//! The text of a template → its parts.
//!
//! ```text
//! {lastName:upper} {firstName}      columns, as the row will have them
//! {customRef|ref}                   the second where the first is NULL
//! {email:original:slug}             the value that the row had
//! {id:pad(6,0)}-{{x}}               a function with arguments; {{ and }} for braces
//! {"last.name"}                     a name with characters that mean something here
//! ```

/// One piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Text as it is.
    Literal(String),
    /// A value of the row.
    Value(Place),
}

/// Where a value comes from and what is done to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Columns: the first that is not NULL counts.
    pub(super) names: Vec<String>,
    /// The value that the row had, not the one that it will have.
    pub(super) original: bool,
    /// What is done to it, in this order.
    pub(super) functions: Vec<Function>,
}

/// What can be done to a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Function {
    /// Lower case.
    Lower,
    /// Upper case.
    Upper,
    /// Without accents and ligatures.
    Unaccent,
    /// Without white space at its ends.
    Trim,
    /// As search keys hold it.
    Normalize,
    /// As addresses hold it.
    Slug,
    /// At least so many characters, filled up on the left.
    Pad(usize, char),
    /// So many characters from the one of that number on, counted from 1; the rest where no number is given.
    Substr(usize, Option<usize>),
}

/// Their names, for messages.
const FUNCTIONS: &[&str] = &["lower", "upper", "unaccent", "trim", "normalize", "slug", "pad", "substr", "original"];

/// What is wrong with a template: a message, and what to do.
pub(super) type Wrong = (String, Option<String>);

/// Parses a template.
pub(super) fn parse(text: &str) -> Result<Vec<Part>, Wrong> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let doubled = rest.starts_with("{{") || rest.starts_with("}}");
        if doubled || !matches!(c, '{' | '}') {
            literal.push(c);
            rest = rest.get(c.len_utf8() * if doubled { 2 } else { 1 }..).unwrap_or_default();
            continue;
        }
        let at = text.len() - rest.len();
        if c == '}' {
            return Err((format!("a }} without its {{ at character {}", position(text, at)), Some("write }} twice for a brace".into())));
        }
        let Some(length) = closing(rest) else {
            return Err((format!("a {{ without its }} at character {}", position(text, at)), Some("write {{ twice for a brace".into())));
        };
        if !literal.is_empty() {
            parts.push(Part::Literal(std::mem::take(&mut literal)));
        }
        parts.push(Part::Value(place(rest.get(1..length).unwrap_or_default())?));
        rest = rest.get(length + 1..).unwrap_or_default();
    }
    if literal
        .chars()
        .chain(parts.iter().flat_map(|part| if let Part::Literal(text) = part { text.chars() } else { "".chars() }))
        .any(is_break)
    {
        return Err(("the text has a line break".into(), Some("a template makes one line".into())));
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    Ok(parts)
}

/// Characters that end a line, or a string.
pub(super) fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

fn position(text: &str, byte: usize) -> usize {
    text.get(..byte).map_or(0, |before| before.chars().count()) + 1
}

/// Where the brace at the start is closed; quoted names may hold braces.
fn closing(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().skip(1).find_map(|(at, c)| {
        quoted ^= c == '"';
        (c == '}' && !quoted).then_some(at)
    })
}

/// Splits at a character outside of quotes and parentheses.
fn split(text: &str, at: char) -> Vec<&str> {
    let (mut quoted, mut depth) = (false, 0usize);
    let is_split = move |c: char| {
        quoted ^= c == '"';
        depth = if quoted { depth } else { depth + usize::from(c == '(') - usize::from(c == ')' && depth > 0) };
        c == at && !quoted && depth == 0
    };
    text.split(is_split).collect()
}

fn place(inside: &str) -> Result<Place, Wrong> {
    let mut pieces = split(inside, ':').into_iter();
    let names = split(pieces.next().unwrap_or_default(), '|').into_iter().map(name).collect::<Result<Vec<_>, _>>()?;
    let mut place = Place { names, original: false, functions: Vec::new() };
    for piece in pieces {
        match function(piece.trim())? {
            None => place.original = true,
            Some(function) => place.functions.push(function),
        }
    }
    Ok(place)
}

fn name(written: &str) -> Result<String, Wrong> {
    let written = written.trim();
    let name = match written.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => written.to_owned(),
    };
    if name.is_empty() { Err(("braces without the name of a column".into(), Some("write {{ and }} for braces".into()))) } else { Ok(name) }
}

/// A function; `None` for `original`, which is none.
fn function(written: &str) -> Result<Option<Function>, Wrong> {
    let (name, arguments) = match written.split_once('(') {
        Some((name, rest)) => (name.trim(), rest.strip_suffix(')').map(|inside| inside.split(',').map(str::trim).collect::<Vec<_>>())),
        None => (written, Some(Vec::new())),
    };
    let wrong = |expected: &str| Err((format!("{written:?}: expected {expected}"), None));
    let Some(arguments) = arguments else { return wrong("a closing parenthesis") };
    let number = |text: &str| text.parse::<usize>().ok().filter(|n| (1..=1000).contains(n));
    let simple = match name {
        "lower" => Function::Lower,
        "upper" => Function::Upper,
        "unaccent" => Function::Unaccent,
        "trim" => Function::Trim,
        "normalize" => Function::Normalize,
        "slug" => Function::Slug,
        "original" => return if arguments.is_empty() { Ok(None) } else { wrong("original without arguments") },
        "pad" => {
            let fill = |text: &str| text.trim_matches('\'').chars().next();
            return match arguments[..] {
                [count] if number(count).is_some() => Ok(number(count).map(|count| Function::Pad(count, ' '))),
                [count, with] if number(count).is_some() && fill(with).is_some_and(|c| !is_break(c)) => {
                    Ok(number(count).zip(fill(with)).map(|(count, fill)| Function::Pad(count, fill)))
                }
                _ => wrong("pad(LENGTH,CHARACTER) such as pad(6,0), of 1 to 1000 characters"),
            };
        }
        "substr" => {
            return match arguments[..] {
                [from] if number(from).is_some() => Ok(number(from).map(|from| Function::Substr(from, None))),
                [from, count] if number(from).is_some() && number(count).is_some() => {
                    Ok(number(from).map(|from| Function::Substr(from, number(count))))
                }
                _ => wrong("substr(FROM,COUNT) such as substr(1,3), counted from 1"),
            };
        }
        _ => {
            let help = crate::name::nearest(name, FUNCTIONS.iter().copied()).map(|near| format!("did you mean {near:?}?"));
            return Err((format!("unknown function {name:?}, expected one of {}", FUNCTIONS.join(", ")), help));
        }
    };
    if arguments.is_empty() { Ok(Some(simple)) } else { wrong("no arguments") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(names: &[&str], original: bool, functions: &[Function]) -> Part {
        Part::Value(Place { names: names.iter().map(|name| (*name).to_owned()).collect(), original, functions: functions.to_vec() })
    }

    #[test]
    fn parts_are_found() {
        let literal = |text: &str| Part::Literal(text.into());
        assert_eq!(
            parse("{a} {b|\"c}:|\"}-{d:original:pad(6,0):substr( 2 , 3 )}{{é}}").expect("parses"),
            [
                value(&["a"], false, &[]),
                literal(" "),
                value(&["b", "c}:|"], false, &[]),
                literal("-"),
                value(&["d"], true, &[Function::Pad(6, '0'), Function::Substr(2, Some(3))]),
                literal("{é}"),
            ]
        );
        assert_eq!(parse("{@.userId}").expect("parses"), [value(&["@.userId"], false, &[])]);
        assert_eq!(parse("").expect("parses"), []);
    }

    #[test]
    fn mistakes_are_told() {
        for (text, expected) in [
            ("é{a", "a { without its } at character 2"),
            ("a}", "a } without its { at character 2"),
            ("{}", "braces without the name of a column"),
            ("{a|}", "braces without the name of a column"),
            ("{a:uper}", "unknown function \"uper\", expected one of lower, upper, unaccent, trim, normalize, slug, pad, substr, original"),
            ("{a:pad}", "\"pad\": expected pad(LENGTH,CHARACTER) such as pad(6,0), of 1 to 1000 characters"),
            ("{a:pad(0)}", "\"pad(0)\": expected pad(LENGTH,CHARACTER) such as pad(6,0), of 1 to 1000 characters"),
            ("{a:lower(1)}", "\"lower(1)\": expected no arguments"),
            ("{a:substr(1}", "\"substr(1\": expected a closing parenthesis"),
            ("a\nb", "the text has a line break"),
        ] {
            assert_eq!(parse(text).expect_err(text).0, expected);
        }
    }
}
