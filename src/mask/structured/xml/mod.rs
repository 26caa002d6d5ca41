//! xml: masks for the text and the attributes of XML, found by a small part of XPath. The crate quick-xml reads; what no mask
//! changes stays byte for byte.
//!
//! A path to an element means all text in it, at any depth, each stretch for itself; blank space around a stretch stays, and
//! so does what is nothing else. Comments, processing instructions and the document type are not looked at. Where several
//! paths hit, one without `//` wins over one with it, then one without `*`, then the first in the file.

mod escape;
mod path;

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use path::{End, Path};

use super::json::rule::is_remove;
use super::part::{Part, Splice};
use crate::encoding::Charset;
use crate::mask::fit::Kind;
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal, scratch};

/// The mask `xml`.
pub(super) const DEFINITION: Definition = Definition {
    name: "xml",
    summary: "masks for the text and the attributes of XML, found by paths; \"remove\" takes elements and attributes out",
    accepts: "xml, text",
    distinct: "no: what differs may be masked to the same",
    keeps_distinct: false,
    keyed: false,
    fallible: true,
    default_domain: "xml",
    options: &[OptionDefinition {
        name: "xml",
        kind: OptionKind::Masks,
        default: "required",
        summary: "path = mask: /a/b, /a/b/text(), //name, /a/*/@id, //@email",
    }],
    example: Example::of(
        r#"{ xml = { "/user/name" = "first_name", "//@email" = "email", "//token" = "remove" } }"#,
        "xml",
        r#"<user email="zoe@example.com"><name>Zoé</name><token>x</token></user>"#,
    ),
    build,
};

const REFUSAL: Refusal = Refusal { expected: "well-formed XML without entities of its own where paths end" };
const TOO_LONG: Refusal = Refusal { expected: "XML that still fits the column when it is masked" };

/// Masks text and attributes.
#[derive(Debug)]
struct Xml {
    /// The best first.
    rules: Vec<(Path, Rule)>,
    charset: Charset,
    max_chars: usize,
}

#[derive(Debug)]
enum Rule {
    Remove,
    Mask(Part),
}

impl Mask for Xml {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let text = std::str::from_utf8(cell.value).map_err(|_| REFUSAL)?;
        let mark = out.len();
        let splice = Splice::new(cell.value, out);
        let walk = Walk { xml: self, text, cell, splice, states: vec![1; self.rules.len()], depth: 0, removed: None };
        let masked = walk.run()?;
        let made = out.get(mark..).unwrap_or_default();
        if made.len() > self.max_chars && String::from_utf8_lossy(made).chars().count() > self.max_chars {
            return Err(TOO_LONG);
        }
        Ok(masked)
    }
}

/// A pass over one document.
struct Walk<'a> {
    xml: &'a Xml,
    text: &'a str,
    cell: Cell<'a>,
    splice: Splice<'a>,
    /// For each open element, and for the document itself, one number for each path: bit n is set where n steps are behind.
    states: Vec<u64>,
    depth: usize,
    /// The element of that depth goes, from that offset on.
    removed: Option<(usize, usize)>,
}

impl Walk<'_> {
    fn run(mut self) -> Result<Masked, Refusal> {
        let mut reader = Reader::from_str(self.text);
        let offset = |reader: &Reader<&[u8]>| usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        // Where a stretch of text began.
        let mut stretch = None;
        loop {
            let from = offset(&reader);
            let event = reader.read_event().map_err(|_| REFUSAL)?;
            let to = offset(&reader);
            if matches!(event, Event::Text(_) | Event::CData(_) | Event::GeneralRef(_)) {
                stretch.get_or_insert(from);
                continue;
            }
            if let Some(start) = stretch.take() {
                self.stretch(start, from)?;
            }
            match event {
                Event::Start(tag) => {
                    self.open(&tag, from)?;
                    self.depth += 1;
                }
                Event::Empty(tag) => {
                    self.open(&tag, from)?;
                    self.close(to);
                }
                Event::End(_) => {
                    self.depth = self.depth.checked_sub(1).ok_or(REFUSAL)?;
                    self.close(to);
                }
                Event::Eof if self.depth == 0 => return Ok(self.splice.finish()),
                Event::Eof => return Err(REFUSAL),
                _ => {}
            }
        }
    }

    /// The states of the innermost open element.
    fn top(&self) -> &[u64] {
        self.states.get(self.states.len() - self.xml.rules.len()..).unwrap_or_default()
    }

    /// The rule that wins among those whose end is reached.
    fn hit(&self, wanted: impl Fn(&End) -> bool) -> Option<&Rule> {
        let reached = |(path, _): &(Path, Rule), state: u64| state >> path.steps.len() & 1 == 1 && wanted(&path.end);
        self.xml.rules.iter().zip(self.top()).find(|(rule, state)| reached(rule, **state)).map(|((_, rule), _)| rule)
    }

    fn open(&mut self, tag: &BytesStart<'_>, from: usize) -> Result<(), Refusal> {
        let name = tag.name();
        let base = self.states.len() - self.xml.rules.len();
        for (index, (path, _)) in self.xml.rules.iter().enumerate() {
            let before = self.states.get(base + index).copied().unwrap_or(0);
            self.states.push(step(path, before, name.0));
        }
        if self.removed.is_some() {
            return Ok(());
        }
        if matches!(self.hit(|end| *end == End::Element), Some(Rule::Remove)) {
            self.removed = Some((self.depth, from));
            return Ok(());
        }
        for attribute in tag.attributes() {
            let attribute = attribute.map_err(|_| REFUSAL)?;
            let (key, value) = (attribute.key.0, attribute.value.as_ref());
            let at = |part: &str| (part.as_ptr() as usize).checked_sub(self.text.as_ptr() as usize).ok_or(REFUSAL);
            self.attribute(key, (at(key)?, at(value)?, at(value)? + value.len()))?;
        }
        Ok(())
    }

    fn close(&mut self, to: usize) {
        self.states.truncate(self.states.len() - self.xml.rules.len());
        if let Some((depth, from)) = self.removed
            && depth == self.depth
        {
            self.splice.before(from);
            self.splice.replaced(to);
            self.removed = None;
        }
    }

    /// An attribute: where its name begins, where its value begins, where that ends.
    fn attribute(&mut self, key: &str, (start, from, to): (usize, usize, usize)) -> Result<(), Refusal> {
        let xml = self.xml;
        let wanted = |end: &End| matches!(end, End::Attribute(name) if name.matches(key));
        let index = self.xml.rules.iter().zip(self.top());
        let index = index.into_iter().position(|((path, _), state)| state >> path.steps.len() & 1 == 1 && wanted(&path.end));
        let part = match index.and_then(|index| xml.rules.get(index)) {
            None => return Ok(()),
            Some((_, Rule::Remove)) => {
                let before = self.text.get(..start).unwrap_or_default().trim_end().len();
                self.splice.before(before);
                self.splice.replaced(to + 1);
                return Ok(());
            }
            Some((_, Rule::Mask(part))) => part,
        };
        if part.keeps() {
            return Ok(());
        }
        let mut decoded = scratch::buffer();
        escape::decode(self.text.get(from..to).unwrap_or_default(), &mut decoded).ok_or(REFUSAL)?;
        let mark = self.splice.before(from);
        match part.mask(&decoded, false, self.cell, self.splice.out)? {
            Masked::Same => return Ok(()),
            Masked::Null => {}
            Masked::Value => escape::encode_tail(self.splice.out, mark, true, xml.charset),
        }
        self.splice.replaced(to);
        Ok(())
    }

    /// A stretch of text, of references and of CDATA sections.
    fn stretch(&mut self, from: usize, to: usize) -> Result<(), Refusal> {
        let xml = self.xml;
        if self.removed.is_some() {
            return Ok(());
        }
        let reached = |path: &Path, state: u64| state >> path.steps.len() & 1 == 1 && matches!(path.end, End::Text | End::Element);
        let index = self.xml.rules.iter().zip(self.top()).position(|((path, _), state)| reached(path, *state));
        let Some((_, rule)) = index.and_then(|index| xml.rules.get(index)) else { return Ok(()) };
        let raw = self.text.get(from..to).unwrap_or_default();
        let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r');
        let core = raw.trim_matches(blank);
        let from = from + (raw.len() - raw.trim_start_matches(blank).len());
        let to = from + core.len();
        let part = match rule {
            _ if core.is_empty() => return Ok(()),
            Rule::Remove => {
                self.splice.before(from);
                self.splice.replaced(to);
                return Ok(());
            }
            Rule::Mask(part) if part.keeps() => return Ok(()),
            Rule::Mask(part) => part,
        };
        let mut decoded = scratch::buffer();
        escape::decode_stretch(core, &mut decoded).ok_or(REFUSAL)?;
        let mark = self.splice.before(from);
        match part.mask(&decoded, false, self.cell, self.splice.out)? {
            Masked::Same => return Ok(()),
            Masked::Null => {}
            Masked::Value if escape::is_section(core) => escape::section_tail(self.splice.out, mark, xml.charset),
            Masked::Value => escape::encode_tail(self.splice.out, mark, false, xml.charset),
        }
        self.splice.replaced(to);
        Ok(())
    }
}

/// The state of a path at an element, after that at its parent.
fn step(path: &Path, before: u64, name: &str) -> u64 {
    let mut after = 0;
    for (index, (anywhere, wanted)) in path.steps.iter().enumerate() {
        if before >> index & 1 == 0 {
            continue;
        }
        after |= u64::from(*anywhere) << index;
        after |= u64::from(wanted.matches(name)) << (index + 1);
    }
    // Text in an element is in all that is around it.
    let end = path.steps.len();
    let stays = path.anywhere || path.end == End::Element;
    after | before & (u64::from(stays) << end)
}

fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    if !matches!(request.target.kind, Kind::Xml | Kind::Text | Kind::Padded) {
        return Err(request.wrong_kind("masks XML"));
    }
    request.needs_charset()?;
    let rules = request.table("xml");
    if rules.is_empty() {
        let help = Some(format!("for example {}", DEFINITION.example.rule));
        return Err(BuildError::of("xml", "option \"xml\" has no path", help));
    }
    let (mut reads, mut bound, mut fingerprint) = (Vec::new(), Vec::new(), String::from("xml"));
    for (text, rule) in rules {
        let within = |error: BuildError| error.under(text).under("xml");
        let path = Path::parse(text).map_err(|message| within(BuildError { path: Vec::new(), message, help: None }))?;
        if is_remove(rule).map_err(within)? {
            fingerprint.push_str(&format!(" {path:?} remove"));
            bound.push((path, Rule::Remove));
            continue;
        }
        let part = Part::bind(request, rule, &request.target.any_text(), &mut reads).map_err(within)?;
        fingerprint.push_str(&format!(" {path:?} {}", part.fingerprint));
        bound.push((path, Rule::Mask(part)));
    }
    // A stable sort: among equals the first in the file is first.
    bound.sort_by_key(|(path, _)| path.rank());
    let kept = bound.iter().all(|(_, rule)| matches!(rule, Rule::Mask(part) if part.keeps()));
    let max_chars = request.max_chars();
    let xml = Xml { rules: bound, charset: request.target.charset, max_chars };
    let bound = request.bound(xml, Distinct::Lost, format!("{fingerprint} {}", max_chars.min(1 << 20))).reading(reads);
    Ok(if kept { Bound { mask: None, distinct: Distinct::Same, ..bound } } else { bound })
}
