//! A small part of XPath: `/a/b/text()`, `//name`, `/a/*/@id`, `//@email`, and `@email` for the last.

use nom::branch::alt;
use nom::bytes::complete::{tag, take_while};
use nom::character::complete::{char, satisfy};
use nom::combinator::{all_consuming, cut, map, opt, recognize, value};
use nom::error::{ErrorKind, ParseError};
use nom::multi::many0;
use nom::sequence::preceded;
use nom::{IResult, Parser};

/// The name of an element or attribute.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Name {
    Any,
    /// With its prefix, or without: then any prefix will do.
    Named(String),
}

/// What a path ends at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All text in an element, at any depth.
    Element,
    /// The text that stands right in it.
    Text,
    Attribute(Name),
}

/// A path to text or attributes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// Elements; true: at any depth below the one before.
    pub(super) steps: Vec<(bool, Name)>,
    pub(super) end: End,
    /// The end may be at any depth below the last element.
    pub(super) anywhere: bool,
}

/// Steps are bits of one number.
const MOST_STEPS: usize = 60;

/// How many bytes were left.
#[derive(Debug, PartialEq, Eq)]
struct Wrong(usize);

impl ParseError<&str> for Wrong {
    fn from_error_kind(input: &str, _: ErrorKind) -> Wrong {
        Wrong(input.len())
    }

    fn append(_: &str, _: ErrorKind, other: Wrong) -> Wrong {
        other
    }

    fn or(self, other: Wrong) -> Wrong {
        Wrong(self.0.min(other.0))
    }
}

/// One step as it is written.
#[derive(Clone)]
enum Step {
    Element(Name),
    Attribute(Name),
    Text,
}

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
            format!("the path {text:?} is wrong at character {at}: expected {expected}, found {found}")
        };
        let expected = "/ or //, and then an element's name, *, @attribute or text()";
        let (_, mut steps) = all_consuming(path).parse(text).map_err(|error| match error {
            nom::Err::Error(Wrong(left)) | nom::Err::Failure(Wrong(left)) => wrong(left, expected),
            nom::Err::Incomplete(_) => wrong(0, expected),
        })?;
        let Some((anywhere, last)) = steps.pop() else { return Err(wrong(0, expected)) };
        let mut elements = Vec::new();
        for (anywhere, step) in steps {
            let Step::Element(name) = step else { return Err(format!("the path {text:?} goes on behind text() or an @attribute")) };
            elements.push((anywhere, name));
        }
        if elements.len() > MOST_STEPS {
            return Err(format!("a path has more than {MOST_STEPS} steps"));
        }
        Ok(match last {
            Step::Text => Path { steps: elements, end: End::Text, anywhere },
            Step::Attribute(name) => Path { steps: elements, end: End::Attribute(name), anywhere },
            Step::Element(name) => {
                elements.push((anywhere, name));
                Path { steps: elements, end: End::Element, anywhere: false }
            }
        })
    }

    /// How much it says: less wins. `//` first, then `*`.
    pub(super) fn rank(&self) -> (bool, bool) {
        let any = |name: &Name| *name == Name::Any;
        let wild = self.steps.iter().any(|(_, name)| any(name)) || matches!(&self.end, End::Attribute(name) if any(name));
        (self.anywhere || self.steps.iter().any(|(anywhere, _)| *anywhere), wild)
    }
}

impl Name {
    /// Whether it means this name, which may have a prefix.
    pub(super) fn matches(&self, name: &str) -> bool {
        match self {
            Name::Any => true,
            Name::Named(wanted) => wanted == name || name.split_once(':').is_some_and(|(_, local)| local == wanted),
        }
    }
}

fn path(input: &str) -> IResult<&str, Vec<(bool, Step)>, Wrong> {
    let alone = map(attribute, |step| vec![(true, step)]);
    let step = (alt((value(true, tag("//")), value(false, char('/')))), cut(alt((value(Step::Text, tag("text()")), attribute, element))));
    alt((alone, many0(step))).parse(input)
}

fn attribute(input: &str) -> IResult<&str, Step, Wrong> {
    map(preceded(char('@'), name), Step::Attribute).parse(input)
}

fn element(input: &str) -> IResult<&str, Step, Wrong> {
    map(name, Step::Element).parse(input)
}

/// A name with or without a prefix, or `*`. (NameChar of XML 1.0, as far as ASCII goes.)
fn name(input: &str) -> IResult<&str, Name, Wrong> {
    let first = |c: char| c.is_ascii_alphabetic() || c == '_' || !c.is_ascii();
    let part = move || (satisfy(first), take_while(move |c: char| first(c) || c.is_ascii_digit() || matches!(c, '-' | '.')));
    let named = map(recognize((part(), opt((char(':'), part())))), |name: &str| Name::Named(name.to_owned()));
    alt((value(Name::Any, char('*')), named)).parse(input)
}
