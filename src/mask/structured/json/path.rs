//! JSONPath (RFC 9535) → its segments. Functions are not taken. `.key` and `**.key` stand for `$.key` and `$..key`.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while, take_while_m_n};
use nom::character::complete::{char, digit0, digit1, one_of, satisfy};
use nom::combinator::{cut, map, not, opt, peek, recognize, value};
use nom::error::{ErrorKind, ParseError};
use nom::multi::{many0, separated_list1};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};

/// A path: the segments behind `$`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    pub(super) segments: Vec<Segment>,
}

/// One step, to the children of a node or of all nodes below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// Whether it is `..`: it looks at the children of the node and of all that is below.
    pub(super) descendant: bool,
    pub(super) selectors: Vec<Selector>,
}

/// Which children a step goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Selector {
    Name(String),
    Wildcard,
    /// An element, from the end where it is negative.
    Index(i64),
    Slice(Slice),
    Filter(Filter),
}

/// `start:end:step`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Slice {
    pub(super) start: Option<i64>,
    pub(super) end: Option<i64>,
    pub(super) step: i64,
}

/// What is asked of a child: `?@.type == 'x'`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Filter {
    Or(Vec<Filter>),
    And(Vec<Filter>),
    Not(Box<Filter>),
    /// There is such a node.
    Exists(Query),
    Compare(Operand, Comparison, Operand),
}

/// A path inside a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Query {
    /// Whether it begins at `$`, not at `@`.
    pub(super) root: bool,
    pub(super) segments: Vec<Segment>,
}

/// A side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    Null,
    Boolean(bool),
    /// As it is written.
    Number(String),
    Text(String),
    /// A path to one node at most.
    Query(Query),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// The largest integer that RFC 9535 takes (section 2.1): that of I-JSON.
const MOST: i64 = (1 << 53) - 1;

/// Brackets and parentheses in one path; more are a mistake, and would cost the parser's stack.
const BRACKETS: usize = 200;

/// What was expected, and how many bytes were left there.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wrong {
    left: usize,
    expected: &'static str,
}

impl ParseError<&str> for Wrong {
    fn from_error_kind(input: &str, _: ErrorKind) -> Wrong {
        Wrong { left: input.len(), expected: "" }
    }

    fn append(_: &str, _: ErrorKind, other: Wrong) -> Wrong {
        other
    }

    /// The one that came further.
    fn or(self, other: Wrong) -> Wrong {
        if self.left < other.left { self } else { other }
    }
}

type Parsed<'a, T> = IResult<&'a str, T, Wrong>;

const SEGMENT: &str = "a segment (.key, ['key'], [0], [*], ..key) or the end of the path";
const SELECTOR: &str = "a selector ('key', *, 0, 1:3 or ?@.key == 'x')";
const NAME: &str = "a key (letters, digits and _; others in brackets and quotes: ['first-name']), * or [";
const TEST: &str = "a comparison or a path from @ or $ (functions are not taken)";
const OPERAND: &str = "a literal ('x', 1, true, null) or a path from @ or $ to one value";

impl Path {
    /// Reads a path.
    ///
    /// # Errors
    /// Where it is none: at which character, and what was expected.
    pub(super) fn parse(text: &str) -> Result<Path, String> {
        let wrong = |left: usize, expected: &str| {
            let before = text.len().saturating_sub(left);
            let at = text.get(..before).map_or(0, |before| before.chars().count()) + 1;
            let found = text.get(before..).and_then(|rest| rest.chars().next()).map_or("the end".to_owned(), |c| format!("{c:?}"));
            Err(format!("the path {text:?} is wrong at character {at}: expected {expected}, found {found}"))
        };
        if text.chars().filter(|c| matches!(c, '[' | '(' | '!')).count() > BRACKETS {
            return Err(format!("a path has more than {BRACKETS} brackets"));
        }
        match path(text) {
            Ok(("", segments)) => Ok(Path { segments }),
            Ok((rest, _)) => wrong(rest.len(), SEGMENT),
            Err(nom::Err::Error(error) | nom::Err::Failure(error)) => {
                let expected = if error.expected.is_empty() { "a path such as $.key" } else { error.expected };
                wrong(error.left, expected)
            }
            Err(nom::Err::Incomplete(_)) => wrong(0, SEGMENT),
        }
    }

    /// Reads what a mask reads around a value, behind `@` or `$`: keys and indices only.
    ///
    /// # Errors
    /// As [`Path::parse`].
    pub(super) fn parse_reading(text: &str) -> Result<Path, String> {
        let behind = text.get(1..).unwrap_or_default();
        let path = Path::parse(&format!("${behind}"))?;
        if is_singular(&path.segments) {
            return Ok(path);
        }
        Err(format!("{text:?} may mean several values, expected keys and indices, such as @.key or $.list[0].key"))
    }
}

/// Whether segments lead to one node at most ("singular query", RFC 9535, 2.3.5.1).
fn is_singular(segments: &[Segment]) -> bool {
    segments.iter().all(|segment| !segment.descendant && matches!(&segment.selectors[..], [Selector::Name(_) | Selector::Index(_)]))
}

/// Says what a parser expects, and lets nothing else be tried.
fn must<'a, T>(
    expected: &'static str,
    mut parser: impl Parser<&'a str, Output = T, Error = Wrong>,
) -> impl FnMut(&'a str) -> Parsed<'a, T> {
    move |input| match parser.parse(input) {
        Err(nom::Err::Error(error)) => {
            // What came further knows better what was missing.
            let known = error.left < input.len() && !error.expected.is_empty();
            let (left, expected) = if known { (error.left, error.expected) } else { (input.len(), expected) };
            Err(nom::Err::Failure(Wrong { left, expected }))
        }
        other => other,
    }
}

/// Says what a parser expects.
fn label<'a, T>(
    expected: &'static str,
    mut parser: impl Parser<&'a str, Output = T, Error = Wrong>,
) -> impl FnMut(&'a str) -> Parsed<'a, T> {
    move |input| match parser.parse(input) {
        Err(nom::Err::Error(error)) if error.expected.is_empty() => Err(nom::Err::Error(Wrong { left: error.left, expected })),
        other => other,
    }
}

/// Blank space (`S` in RFC 9535).
fn blank(input: &str) -> Parsed<'_, &str> {
    take_while(|c| matches!(c, ' ' | '\t' | '\n' | '\r'))(input)
}

fn path(input: &str) -> Parsed<'_, Vec<Segment>> {
    if input.starts_with("**") {
        let (rest, first) = map(preceded((tag("**"), opt(char('.'))), must(NAME, alt((bracketed, shorthand)))), |selectors| Segment {
            descendant: true,
            selectors,
        })
        .parse(input)?;
        let (rest, more) = segments(rest)?;
        return Ok((rest, [vec![first], more].concat()));
    }
    let start = if input.starts_with('.') { input } else { must("a path such as $.key or $..key", char('$')).parse(input)?.0 };
    segments(start)
}

fn segments(input: &str) -> Parsed<'_, Vec<Segment>> {
    many0(preceded(blank, segment)).parse(input)
}

fn segment(input: &str) -> Parsed<'_, Segment> {
    let descendant = map(preceded(alt((tag(".**."), tag(".."))), must(NAME, alt((bracketed, shorthand)))), |s| (true, s));
    let child = map(preceded(char('.'), must(NAME, shorthand)), |s| (false, s));
    let segment = alt((descendant, child, map(bracketed, |s| (false, s))));
    map(segment, |(descendant, selectors)| Segment { descendant, selectors }).parse(input)
}

/// `key` or `*` behind a dot.
fn shorthand(input: &str) -> Parsed<'_, Vec<Selector>> {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
    let name = recognize((satisfy(first), take_while(move |c: char| first(c) || c.is_ascii_digit())));
    let name = map(name, |name: &str| vec![Selector::Name(name.to_owned())]);
    alt((value(vec![Selector::Wildcard], char('*')), name)).parse(input)
}

fn bracketed(input: &str) -> Parsed<'_, Vec<Selector>> {
    let list = separated_list1(char(','), delimited(blank, must(SELECTOR, selector), blank));
    preceded(char('['), terminated(cut(list), must("a comma or ]", char(']')))).parse(input)
}

fn selector(input: &str) -> Parsed<'_, Selector> {
    alt((
        map(string, Selector::Name),
        value(Selector::Wildcard, char('*')),
        map(slice, Selector::Slice),
        map(integer, Selector::Index),
        map(preceded((char('?'), blank), must(TEST, or)), Selector::Filter),
    ))
    .parse(input)
}

fn slice(input: &str) -> Parsed<'_, Slice> {
    let bound = || opt(terminated(integer, blank));
    let step = opt(preceded((char(':'), blank), opt(integer)));
    map((bound(), char(':'), blank, bound(), step), |(start, _, _, end, step)| Slice { start, end, step: step.flatten().unwrap_or(1) })
        .parse(input)
}

fn integer(input: &str) -> Parsed<'_, i64> {
    let (rest, text) = recognize((opt(char('-')), digit1)).parse(input)?;
    let digits = text.trim_start_matches('-');
    let plain = digits == "0" && text != "-0" || !digits.starts_with('0');
    match text.parse() {
        Ok(number) if plain && (-MOST..=MOST).contains(&number) => Ok((rest, number)),
        _ => {
            let expected = "an integer without leading zeros, between -(2^53-1) and 2^53-1";
            Err(nom::Err::Failure(Wrong { left: input.len(), expected }))
        }
    }
}

/// A string in either kind of quotes.
fn string(input: &str) -> Parsed<'_, String> {
    let (rest, quote) = one_of("'\"").parse(input)?;
    let plain = move |c: char| c != quote && c != '\\' && c >= ' ';
    let run = map(nom::bytes::complete::take_while1(plain), str::to_owned);
    let piece = alt((run, map(preceded(char('\\'), must("an escape such as \\n, \\\\ or \\u00e9", escape(quote))), String::from)));
    let (rest, pieces) = many0(piece).parse(rest)?;
    let (rest, _) = must("the quote that ends the key or text", char(quote)).parse(rest)?;
    Ok((rest, pieces.concat()))
}

fn escape<'a>(quote: char) -> impl FnMut(&'a str) -> Parsed<'a, char> {
    move |input| {
        let simple = alt((
            value('\u{8}', char('b')),
            value('\u{c}', char('f')),
            value('\n', char('n')),
            value('\r', char('r')),
            value('\t', char('t')),
            char('/'),
            char('\\'),
            char(quote),
        ));
        alt((simple, preceded(char('u'), unicode))).parse(input)
    }
}

fn unicode(input: &str) -> Parsed<'_, char> {
    let (rest, unit) = hex(input)?;
    if let Some(c) = char::from_u32(unit) {
        return Ok((rest, c));
    }
    let (rest, low) = preceded(tag("\\u"), hex).parse(rest)?;
    let c = (0xD800..0xDC00).contains(&unit).then(|| low.checked_sub(0xDC00).filter(|low| *low < 0x400)).flatten();
    let c = c.and_then(|low| char::from_u32(0x1_0000 + ((unit - 0xD800) << 10) + low));
    c.map(|c| (rest, c)).ok_or(nom::Err::Error(Wrong { left: input.len(), expected: "a pair of surrogates" }))
}

fn hex(input: &str) -> Parsed<'_, u32> {
    let (rest, digits) = take_while_m_n(4, 4, |c: char| c.is_ascii_hexdigit())(input)?;
    Ok((rest, u32::from_str_radix(digits, 16).unwrap_or_default()))
}

fn or(input: &str) -> Parsed<'_, Filter> {
    map(separated_list1(delimited(blank, tag("||"), blank), and), |mut all| if all.len() == 1 { all.remove(0) } else { Filter::Or(all) })
        .parse(input)
}

fn and(input: &str) -> Parsed<'_, Filter> {
    let separator = delimited(blank, tag("&&"), blank);
    map(separated_list1(separator, basic), |mut all| if all.len() == 1 { all.remove(0) } else { Filter::And(all) }).parse(input)
}

fn basic(input: &str) -> Parsed<'_, Filter> {
    let inner = preceded(blank, terminated(must(TEST, or), (blank, must("a )", char(')')))));
    let paren = preceded(char('('), inner);
    let exists = map(query, Filter::Exists);
    let negated = map(preceded((char('!'), blank), must(TEST, alt((parenthesis, map(query, Filter::Exists))))), |filter| {
        Filter::Not(Box::new(filter))
    });
    label(TEST, alt((comparison, paren, negated, exists))).parse(input)
}

fn parenthesis(input: &str) -> Parsed<'_, Filter> {
    let inner = preceded(blank, terminated(must(TEST, or), (blank, must("a )", char(')')))));
    preceded(char('('), inner).parse(input)
}

fn comparison(input: &str) -> Parsed<'_, Filter> {
    let operator = alt((
        value(Comparison::Equal, tag("==")),
        value(Comparison::NotEqual, tag("!=")),
        value(Comparison::LessOrEqual, tag("<=")),
        value(Comparison::GreaterOrEqual, tag(">=")),
        value(Comparison::Less, char('<')),
        value(Comparison::Greater, char('>')),
    ));
    let (rest, (left, operator)) = (operand, delimited(blank, operator, blank)).parse(input)?;
    let (rest, right) = must(OPERAND, operand).parse(rest)?;
    Ok((rest, Filter::Compare(left, operator, right)))
}

fn operand(input: &str) -> Parsed<'_, Operand> {
    let word = |word, operand: Operand| value(operand, terminated(tag(word), not(peek(satisfy(|c| c.is_alphanumeric() || c == '_')))));
    let singular = |input| {
        let (rest, query) = query(input)?;
        if is_singular(&query.segments) {
            return Ok((rest, Operand::Query(query)));
        }
        // It may still be a test of its own.
        Err(nom::Err::Error(Wrong { left: input.len(), expected: OPERAND }))
    };
    alt((
        word("null", Operand::Null),
        word("true", Operand::Boolean(true)),
        word("false", Operand::Boolean(false)),
        map(number, |text: &str| Operand::Number(text.to_owned())),
        map(string, Operand::Text),
        singular,
    ))
    .parse(input)
}

/// A number as JSON has it (RFC 8259, section 6).
fn number(input: &str) -> Parsed<'_, &str> {
    let whole = alt((recognize(char('0')), recognize((satisfy(|c| c.is_ascii_digit() && c != '0'), digit0))));
    let fraction = opt((char('.'), digit1));
    let exponent = opt((one_of("eE"), opt(one_of("+-")), digit1));
    recognize((opt(char('-')), whole, fraction, exponent)).parse(input)
}

fn query(input: &str) -> Parsed<'_, Query> {
    map((one_of("@$"), segments), |(start, segments)| Query { root: start == '$', segments }).parse(input)
}
