//! JSON as text: members found without a tree, trees for what compares whole documents.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt::Write;

use super::numeric::Numeric;

/// A document deeper than this is not read.
const DEEPEST: usize = 256;

/// A document that is no JSON, or too deep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// A cursor over a document.
#[derive(Clone, Copy)]
struct Scan<'j> {
    rest: &'j [u8],
    depth: usize,
}

/// What begins at the cursor.
enum Opened {
    Object,
    Array,
    Scalar,
}

impl<'j> Scan<'j> {
    fn new(json: &'j [u8]) -> Scan<'j> {
        Scan { rest: json.trim_ascii(), depth: 0 }
    }

    fn skip_space(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn eat(&mut self, byte: u8) -> bool {
        self.skip_space();
        match self.rest {
            [first, tail @ ..] if *first == byte => {
                self.rest = tail;
                true
            }
            _ => false,
        }
    }

    fn opened(&mut self) -> Opened {
        if self.eat(b'{') {
            Opened::Object
        } else if self.eat(b'[') {
            Opened::Array
        } else {
            Opened::Scalar
        }
    }

    /// A string, with its quotes.
    fn string(&mut self) -> Result<&'j [u8], Malformed> {
        self.skip_space();
        let start = self.rest;
        let mut at = 1;
        if start.first() != Some(&b'"') {
            return Err(Malformed);
        }
        loop {
            let found = memchr::memchr2(b'"', b'\\', start.get(at..).ok_or(Malformed)?).ok_or(Malformed)? + at;
            if start.get(found) == Some(&b'"') {
                let (string, rest) = start.split_at(found + 1);
                self.rest = rest;
                return Ok(string);
            }
            at = found + 2;
        }
    }

    /// Any value, as it is written.
    fn value(&mut self) -> Result<&'j [u8], Malformed> {
        self.skip_space();
        let start = self.rest;
        if self.depth >= DEEPEST {
            return Err(Malformed);
        }
        match self.opened() {
            Opened::Object => self.members(|_, _| ())?,
            Opened::Array => self.elements(|_| ())?,
            Opened::Scalar if start.first() == Some(&b'"') => {
                self.string()?;
            }
            Opened::Scalar => {
                let end = start.iter().position(|b| b",]} \t\r\n:[{\"".contains(b)).unwrap_or(start.len());
                let (scalar, rest) = start.split_at(end);
                if !is_scalar(scalar) {
                    return Err(Malformed);
                }
                self.rest = rest;
            }
        }
        start.get(..start.len() - self.rest.len()).ok_or(Malformed)
    }

    /// The members of an object, behind its `{`: keys with their quotes, and values.
    fn members(&mut self, mut call: impl FnMut(&'j [u8], &'j [u8])) -> Result<(), Malformed> {
        if self.eat(b'}') {
            return Ok(());
        }
        self.depth += 1;
        loop {
            let key = self.string()?;
            if !self.eat(b':') {
                return Err(Malformed);
            }
            let value = self.value()?;
            call(key, value);
            if !self.eat(b',') {
                break;
            }
        }
        self.depth -= 1;
        if self.eat(b'}') { Ok(()) } else { Err(Malformed) }
    }

    /// The elements of an array, behind its `[`.
    fn elements(&mut self, mut call: impl FnMut(&'j [u8])) -> Result<(), Malformed> {
        if self.eat(b']') {
            return Ok(());
        }
        self.depth += 1;
        loop {
            let value = self.value()?;
            call(value);
            if !self.eat(b',') {
                break;
            }
        }
        self.depth -= 1;
        if self.eat(b']') { Ok(()) } else { Err(Malformed) }
    }
}

fn is_scalar(text: &[u8]) -> bool {
    match text {
        b"null" | b"true" | b"false" => true,
        _ => {
            let digits = text.strip_prefix(b"-").unwrap_or(text);
            // The grammar of RFC 8259: no leading zero, no bare point.
            let start = digits.first().is_some_and(u8::is_ascii_digit)
                && !(digits.len() > 1 && digits.starts_with(b"0") && digits.get(1).is_some_and(u8::is_ascii_digit));
            let point = digits.iter().position(|b| *b == b'.');
            let behind = point.is_none_or(|at| digits.get(at + 1).is_some_and(u8::is_ascii_digit));
            start && behind && std::str::from_utf8(text).is_ok_and(|text| text.parse::<f64>().is_ok()) && !text.ends_with(b".")
        }
    }
}

/// A string without its quotes and escapes.
pub(super) fn unquoted(string: &[u8]) -> Result<Cow<'_, [u8]>, Malformed> {
    let inner = string.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).ok_or(Malformed)?;
    if memchr::memchr(b'\\', inner).is_none() {
        return Ok(Cow::Borrowed(inner));
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'\\' {
            out.push(*first);
            continue;
        }
        let [escape, tail @ ..] = rest else { return Err(Malformed) };
        rest = tail;
        let plain = match escape {
            b'"' | b'\\' | b'/' => *escape,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'n' => b'\n',
            b'r' => b'\r',
            b't' => b'\t',
            b'u' => {
                let c = code_point(&mut rest)?;
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                continue;
            }
            _ => return Err(Malformed),
        };
        out.push(plain);
    }
    Ok(Cow::Owned(out))
}

/// What follows `\u`: four digits, or a pair of surrogates.
fn code_point(rest: &mut &[u8]) -> Result<char, Malformed> {
    fn four(rest: &mut &[u8]) -> Result<u32, Malformed> {
        let digits = rest.get(..4).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit)).ok_or(Malformed)?;
        *rest = rest.get(4..).unwrap_or_default();
        std::str::from_utf8(digits).ok().and_then(|digits| u32::from_str_radix(digits, 16).ok()).ok_or(Malformed)
    }
    let first = four(rest)?;
    let code = if (0xD800..0xDC00).contains(&first) {
        *rest = rest.strip_prefix(b"\\u").ok_or(Malformed)?;
        let second = four(rest)?;
        let low = second.checked_sub(0xDC00).filter(|low| *low < 0x400).ok_or(Malformed)?;
        0x10000 + ((first - 0xD800) << 10) + low
    } else {
        first
    };
    // The server refuses NUL: its text cannot hold it.
    char::from_u32(code).filter(|c| *c != '\0').ok_or(Malformed)
}

fn is_key(string: &[u8], key: &[u8]) -> bool {
    unquoted(string).is_ok_and(|string| *string == *key)
}

/// Reads a document to its end.
pub(super) fn check(json: &[u8]) -> Result<(), Malformed> {
    let mut scan = Scan::new(json);
    scan.value()?;
    if scan.rest.is_empty() { Ok(()) } else { Err(Malformed) }
}

/// `document -> 'key'`: the last of that name, as json has it and jsonb keeps it.
pub(super) fn member<'j>(json: &'j [u8], key: &[u8]) -> Result<Option<&'j [u8]>, Malformed> {
    let mut scan = Scan::new(json);
    let mut found = None;
    match scan.opened() {
        Opened::Object => scan.members(|name, value| {
            if is_key(name, key) {
                found = Some(value);
            }
        })?,
        Opened::Array | Opened::Scalar => check(json)?,
    }
    Ok(found)
}

/// Whether a document is neither an object nor an array.
pub(super) fn is_scalar_document(json: &[u8]) -> bool {
    !matches!(json.trim_ascii_start().first(), Some(b'{' | b'['))
}

/// `document -> 2`, from 0; a negative index counts from the end.
pub(super) fn element(json: &[u8], index: i64) -> Result<Option<&[u8]>, Malformed> {
    let mut scan = Scan::new(json);
    let Opened::Array = scan.opened() else {
        check(json)?;
        return Ok(None);
    };
    let index = if index < 0 {
        let (mut counter, mut count) = (scan, 0_i64);
        counter.elements(|_| count += 1)?;
        count + index
    } else {
        index
    };
    let (mut found, mut at) = (None, 0_i64);
    scan.elements(|value| {
        if at == index {
            found = Some(value);
        }
        at += 1;
    })?;
    Ok(found)
}

/// One step of a path: a key of an object, or an index of an array.
pub(super) fn step<'j>(json: &'j [u8], name: &[u8]) -> Result<Option<&'j [u8]>, Malformed> {
    if json.trim_ascii_start().first() == Some(&b'[') {
        // strtoint() of the server passes over white space before it.
        let index = std::str::from_utf8(name).ok().and_then(|name| name.trim_start().parse::<i32>().ok());
        return index.map_or(Ok(None), |index| element(json, index.into()));
    }
    member(json, name)
}

/// A value as text: strings without quotes, null as none, everything else as it is written.
pub(super) fn as_text(json: &[u8]) -> Result<Option<Cow<'_, [u8]>>, Malformed> {
    match json.trim_ascii() {
        b"null" => Ok(None),
        string @ [b'"', ..] => unquoted(string).map(Some),
        other => Ok(Some(Cow::Borrowed(other))),
    }
}

/// `document ? 'key'`: a key of the object, a string of the array, or the string itself.
pub(super) fn has_key(json: &[u8], key: &[u8]) -> Result<bool, Malformed> {
    let mut scan = Scan::new(json);
    let mut found = false;
    match scan.opened() {
        Opened::Object => scan.members(|name, _| found |= is_key(name, key))?,
        Opened::Array => scan.elements(|value| found |= value.first() == Some(&b'"') && is_key(value, key))?,
        Opened::Scalar => found = scan.string().is_ok_and(|string| is_key(string, key)),
    }
    Ok(found)
}

/// A document as jsonb keeps it.
#[derive(Clone, Debug)]
pub(super) enum Tree {
    Null,
    Boolean(bool),
    Number(Numeric),
    Text(Vec<u8>),
    Array(Vec<Tree>),
    /// Keys in the order of jsonb: shorter ones first, then by bytes.
    Object(Vec<(Vec<u8>, Tree)>),
}

impl Tree {
    /// Reads a document.
    pub(super) fn read(json: &[u8]) -> Result<Tree, Malformed> {
        check(json)?;
        Tree::of(json)
    }

    fn of(json: &[u8]) -> Result<Tree, Malformed> {
        let mut scan = Scan::new(json);
        let mut failed = false;
        let mut read = |value| {
            Tree::of(value).unwrap_or_else(|_| {
                failed = true;
                Tree::Null
            })
        };
        let tree = match scan.opened() {
            Opened::Array => {
                let mut items = Vec::new();
                scan.elements(|value| items.push(read(value)))?;
                Tree::Array(items)
            }
            Opened::Object => {
                let mut members: Vec<(Vec<u8>, Tree)> = Vec::new();
                let mut bad_key = false;
                scan.members(|name, value| match unquoted(name) {
                    Ok(name) => members.push((name.into_owned(), read(value))),
                    Err(Malformed) => bad_key = true,
                })?;
                failed |= bad_key;
                // Of equal keys the last one counts; a stable sort leaves it last.
                members.sort_by(|(left, _), (right, _)| left.len().cmp(&right.len()).then_with(|| left.cmp(right)));
                members.reverse();
                members.dedup_by(|(left, _), (right, _)| left == right);
                members.reverse();
                Tree::Object(members)
            }
            Opened::Scalar => match json.trim_ascii() {
                b"null" => Tree::Null,
                b"true" => Tree::Boolean(true),
                b"false" => Tree::Boolean(false),
                string @ [b'"', ..] => Tree::Text(unquoted(string)?.into_owned()),
                number => Tree::Number(Numeric::read(number).ok_or(Malformed)?),
            },
        };
        if failed { Err(Malformed) } else { Ok(tree) }
    }

    /// Whether two documents are the same, numbers compared by value.
    pub(super) fn equals(&self, other: &Tree) -> bool {
        match (self, other) {
            (Tree::Null, Tree::Null) => true,
            (Tree::Boolean(left), Tree::Boolean(right)) => left == right,
            (Tree::Number(left), Tree::Number(right)) => left.compare(right) == Ordering::Equal,
            (Tree::Text(left), Tree::Text(right)) => left == right,
            (Tree::Array(left), Tree::Array(right)) => {
                left.len() == right.len() && left.iter().zip(right).all(|(left, right)| left.equals(right))
            }
            (Tree::Object(left), Tree::Object(right)) => {
                let keys = left.iter().map(|(key, _)| key).eq(right.iter().map(|(key, _)| key));
                keys && left.iter().zip(right).all(|((_, left), (_, right))| left.equals(right))
            }
            _ => false,
        }
    }

    /// `self @> other` (`JsonbDeepContains`); an array on its own also contains a scalar.
    pub(super) fn contains(&self, other: &Tree) -> bool {
        match (self, other) {
            (Tree::Array(items), Tree::Null | Tree::Boolean(_) | Tree::Number(_) | Tree::Text(_)) => {
                items.iter().any(|item| item.equals(other))
            }
            _ => self.holds(other),
        }
    }

    fn holds(&self, other: &Tree) -> bool {
        match (self, other) {
            (Tree::Object(own), Tree::Object(asked)) => {
                asked.iter().all(|(key, asked)| own.iter().any(|(known, value)| known == key && value.holds(asked)))
            }
            (Tree::Array(own), Tree::Array(asked)) => asked.iter().all(|asked| own.iter().any(|own| own.holds(asked))),
            _ => self.equals(other),
        }
    }

    /// Writes it as jsonb does. Writing to memory cannot fail.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match self {
            Tree::Null => out.extend_from_slice(b"null"),
            Tree::Boolean(truth) => out.extend_from_slice(if *truth { b"true" } else { b"false" }),
            Tree::Number(number) => out.extend_from_slice(number.to_string().as_bytes()),
            Tree::Text(text) => write_string(text, out),
            Tree::Array(items) => {
                out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    out.extend_from_slice(if i > 0 { b", " } else { b"" });
                    item.write(out);
                }
                out.push(b']');
            }
            Tree::Object(members) => {
                out.push(b'{');
                for (i, (key, value)) in members.iter().enumerate() {
                    out.extend_from_slice(if i > 0 { b", " } else { b"" });
                    write_string(key, out);
                    out.extend_from_slice(b": ");
                    value.write(out);
                }
                out.push(b'}');
            }
        }
    }
}

/// `escape_json` of src/backend/utils/adt/json.c.
fn write_string(text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for b in text {
        match b {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => {
                let mut escape = String::new();
                let _ = write!(escape, "\\u{b:04x}");
                out.extend_from_slice(escape.as_bytes());
            }
            _ => out.push(*b),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(found: Result<Option<&[u8]>, Malformed>) -> Option<String> {
        found.expect("JSON").map(|found| String::from_utf8(found.to_vec()).expect("UTF-8"))
    }

    #[test]
    fn members_are_found() {
        let json = br#" {"a": 1, "b" : {"c": [10, "x\"y", null]}, "a": 2, "\u00e9": true} "#;
        assert_eq!(text(member(json, b"a")).as_deref(), Some("2"));
        assert_eq!(text(member(json, "é".as_bytes())).as_deref(), Some("true"));
        assert_eq!(text(member(json, b"z")), None);
        let c = member(member(json, b"b").expect("JSON").expect("there"), b"c").expect("JSON").expect("there");
        assert_eq!(text(element(c, -2)).as_deref(), Some(r#""x\"y""#));
        assert_eq!(as_text(element(c, 1).expect("JSON").expect("there")).expect("JSON").as_deref(), Some(&b"x\"y"[..]));
        assert_eq!(text(element(c, 3)), None);
        assert_eq!(text(step(c, b" 0")).as_deref(), Some("10"));
        assert!(has_key(json, b"b").expect("JSON") && has_key(br#"["q"]"#, b"q").expect("JSON") && has_key(br#""q""#, b"q").expect("JSON"));
        for bad in ["", "{", "{\"a\" 1}", "[1,]", "{\"a\":1}x", "nul", "01", "\"a", "1.", "[1 2]"] {
            assert_eq!(check(bad.as_bytes()), Err(Malformed), "{bad}");
        }
        assert_eq!(check("[".repeat(100_000).as_bytes()), Err(Malformed));
    }

    #[test]
    fn trees_are_as_jsonb() {
        let tree = |json: &str| Tree::read(json.as_bytes()).expect("JSON");
        let mut out = Vec::new();
        tree(r#"{"bb":1,"a":[1.0, 1e2,null ],"a":{"x":"\u0001\n/"}}"#).write(&mut out);
        assert_eq!(String::from_utf8(out).expect("UTF-8"), r#"{"a": {"x": "\u0001\n/"}, "bb": 1}"#);
        assert!(tree("[1, 2.0]").equals(&tree("[1.00,2]")) && !tree("[1]").equals(&tree("1")));
        assert!(tree(r#"{"a":{"b":[1,2,3]},"c":1}"#).contains(&tree(r#"{"a":{"b":[3,1]}}"#)));
        assert!(tree("[1,2]").contains(&tree("1")) && !tree("[[1,2]]").contains(&tree("[1]")));
        assert!(!tree("1").contains(&tree("[1]")));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(bytes in proptest::collection::vec(proptest::sample::select(b"{}[]\":,\\u1e0.-ntfl ".to_vec()), 0..40)) {
            let _ = (check(&bytes), member(&bytes, b"n"), element(&bytes, -1), has_key(&bytes, b"n"), Tree::read(&bytes).map(|tree| tree.write(&mut Vec::new())));
        }
    }
}
