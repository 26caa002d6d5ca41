//! partial: some characters stay, the others become a fill character.

use super::super::common::truncate;
use super::super::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// The most characters that may stay at one end.
const MOST: i64 = 1_000_000;

/// `partial`
pub(super) const DEFINITION: Definition = Definition {
    name: "partial",
    summary: "keeps the first and last characters and fills the others; what has no more than those is filled whole",
    accepts: "text",
    distinct: "no: what is filled is lost",
    keeps_distinct: false,
    keyed: false,
    fallible: false,
    default_domain: "",
    options: &[
        OptionDefinition {
            name: "first",
            kind: OptionKind::Integer(0, MOST),
            default: "1, or 0 where last is given",
            summary: "how many characters stay at the start",
        },
        OptionDefinition { name: "last", kind: OptionKind::Integer(0, MOST), default: "0", summary: "how many characters stay at the end" },
        OptionDefinition { name: "fill", kind: OptionKind::Text, default: "*", summary: "the character that stands for the others" },
        OptionDefinition {
            name: "by",
            kind: OptionKind::Choice(&["whole", "word"]),
            default: "whole",
            summary: "whether that counts for the whole value or for each word",
        },
        OptionDefinition {
            name: "form",
            kind: OptionKind::Choice(&["plain", "email"]),
            default: "plain",
            summary: "email: z***@l***.net, three fill characters each; what is no address is filled whole",
        },
    ],
    example: Example::of(r#"{ mask = "partial", form = "email" }"#, "text", "zoe.lefevre@laposte.net"),
    build: partial,
};

/// What the numbers count for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Whole,
    Word,
    Address,
}

/// Fills.
#[derive(Debug)]
struct Partial {
    first: usize,
    last: usize,
    fill: char,
    by: By,
    /// What the column takes.
    max: usize,
}

impl Mask for Partial {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let text = String::from_utf8_lossy(cell.value);
        let mark = out.len();
        match self.by {
            By::Whole => self.write(&text, self.first, self.last, out),
            By::Word => self.words(&text, out),
            By::Address => self.address(&text, out),
        }
        truncate(out, mark, self.max);
        Ok(Masked::Value)
    }
}

impl Partial {
    /// Writes a text, its middle filled: a character for each, so that the length stays.
    fn write(&self, text: &str, first: usize, last: usize, out: &mut Vec<u8>) {
        let count = text.chars().count();
        // Where nothing would be filled, all is.
        let (first, last) = if first.saturating_add(last) >= count { (0, 0) } else { (first, last) };
        for (index, c) in text.chars().enumerate() {
            let stays = index < first || index >= count - last;
            push(if stays { c } else { self.fill }, out);
        }
    }

    fn words(&self, text: &str, out: &mut Vec<u8>) {
        let mut rest = text;
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
            let (word, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
            self.write(word, self.first, self.last, out);
            let next = behind.find(char::is_alphanumeric).unwrap_or(behind.len());
            let (between, behind) = behind.split_at_checked(next).unwrap_or((behind, ""));
            out.extend_from_slice(between.as_bytes());
            rest = behind;
        }
    }

    /// `zoe@mail.laposte.net` becomes `z***@m***.net`: how long the parts were is not told.
    fn address(&self, text: &str, out: &mut Vec<u8>) {
        let Some((local, host)) = text.rsplit_once('@').filter(|(local, host)| !local.is_empty() && !host.is_empty()) else {
            return self.write(text, 0, 0, out);
        };
        self.ends(local, out);
        out.push(b'@');
        match host.rsplit_once('.') {
            Some((name, top)) => {
                self.ends(name, out);
                out.push(b'.');
                out.extend_from_slice(top.as_bytes());
            }
            None => self.ends(host, out),
        }
    }

    /// The ends of a part, three fill characters between.
    fn ends(&self, part: &str, out: &mut Vec<u8>) {
        let count = part.chars().count();
        let whole = self.first.saturating_add(self.last) >= count;
        let (first, last) = if whole { (0, 0) } else { (self.first, self.last) };
        part.chars().take(first).for_each(|c| push(c, out));
        (0..3).for_each(|_| push(self.fill, out));
        part.chars().skip(count - last).for_each(|c| push(c, out));
    }
}

fn push(c: char, out: &mut Vec<u8>) {
    out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// `partial`: text of any length.
pub fn partial(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let count = |name| request.integer(name).and_then(|count| usize::try_from(count).ok());
    let first = count("first").unwrap_or(usize::from(count("last").is_none()));
    let last = count("last").unwrap_or(0);
    let written = request.text("fill").unwrap_or("*");
    let mut chars = written.chars();
    let (Some(fill), None) = (chars.next().filter(|c| !c.is_control()), chars.next()) else {
        return Err(BuildError::of("fill", format!("option \"fill\": {written:?} is not one character"), Some("for example \"*\"".into())));
    };
    let charset = request.target.charset;
    if charset.encode(written).is_none() {
        let message = format!("option \"fill\": the dump's encoding {} cannot write {written:?}", charset.name());
        return Err(BuildError::of("fill", message, Some("use \"*\"".into())));
    }
    let by = match (request.text("form"), request.text("by")) {
        (Some("email"), Some(_)) => {
            let help = Some("leave one of the two out".into());
            return Err(BuildError::of("by", "form = \"email\" says already which parts the numbers count for", help));
        }
        (Some("email"), None) => By::Address,
        (_, Some("word")) => By::Word,
        _ => By::Whole,
    };
    let max = request.max_chars();
    // Only an address may become longer than it was.
    let limit = if by == By::Address { format!(" {max}") } else { String::new() };
    let fingerprint = format!("partial {first} {last} {fill} {by:?}{limit}");
    Ok(request.bound(Partial { first, last, fill, by, max }, Distinct::Lost, fingerprint))
}
