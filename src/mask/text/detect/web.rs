//! Addresses of mail and of pages: what has an `@`, a `://` or a `www.` in it.

use memchr::{memchr2, memmem};

use super::edge::{first, last};
use super::{Found, Kind, Kinds};

/// Searches a text for them, in order.
#[derive(Debug)]
pub(super) struct Web<'t> {
    text: &'t [u8],
    email: bool,
    url: bool,
    /// The next `@` or `:`; the text's length where there is none.
    sign: Option<usize>,
    /// The next `www.`, in each case.
    www: [Option<usize>; 2],
}

const WWW: [&[u8]; 2] = [b"www.", b"WWW."];

impl<'t> Web<'t> {
    pub(super) fn new(text: &'t [u8], kinds: Kinds) -> Web<'t> {
        Web { text, email: kinds.has(Kind::Email), url: kinds.has(Kind::Url), sign: None, www: [None; 2] }
    }

    /// The next address that begins at `from` or later. `from` must not go back.
    pub(super) fn next(&mut self, from: usize) -> Option<Found> {
        if !self.email && !self.url {
            return None;
        }
        let mut at = from;
        loop {
            let sign = self.sign(at);
            let www = self.www(at);
            let nearest = sign.min(www);
            if nearest >= self.text.len() {
                return None;
            }
            let found = match self.text.get(nearest) {
                Some(b'@') if self.email => email(self.text, from, nearest).map(|range| Found { kind: Kind::Email, range }),
                Some(b':') if self.url => url(self.text, from, nearest).map(|range| Found { kind: Kind::Url, range }),
                Some(b'w' | b'W') => page(self.text, from, nearest).map(|range| Found { kind: Kind::Url, range }),
                _ => None,
            };
            if found.is_some() {
                return found;
            }
            at = nearest + 1;
        }
    }

    /// The next `@` or `:` at or behind a place.
    fn sign(&mut self, at: usize) -> usize {
        match self.sign {
            Some(known) if known >= at => known,
            _ => {
                let rest = self.text.get(at..).unwrap_or_default();
                let found = memchr2(b'@', b':', rest).map_or(self.text.len(), |index| at + index);
                *self.sign.insert(found)
            }
        }
    }

    /// The next `www.` at or behind a place.
    fn www(&mut self, at: usize) -> usize {
        if !self.url {
            return self.text.len();
        }
        let mut nearest = self.text.len();
        for (known, needle) in self.www.iter_mut().zip(WWW) {
            let next = match known {
                Some(next) if *next >= at => *next,
                _ => {
                    let rest = self.text.get(at..).unwrap_or_default();
                    *known.insert(memmem::find(rest, needle).map_or(self.text.len(), |index| at + index))
                }
            };
            nearest = nearest.min(next);
        }
        nearest
    }
}

/// Whether a character may stand in the part before the `@`. RFC 5321 takes more (`!#$/=?` …); in free text those part an
/// address from what is written before it.
fn in_local(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-' | '\'')
}

/// The address around an `@`.
fn email(text: &[u8], from: usize, at: usize) -> Option<std::ops::Range<usize>> {
    let before = text.get(from..at)?;
    let mut start = before.len();
    while let Some((c, length)) = before.get(..start).and_then(last).filter(|(c, _)| in_local(*c)) {
        let _ = c;
        start -= length;
    }
    while let Some((c, length)) = before.get(start..).and_then(first) {
        if c.is_alphanumeric() || c == '_' {
            break;
        }
        start += length;
    }
    if start >= before.len() {
        return None;
    }
    let end = host(text, at + 1)?;
    Some(from + start..end)
}

/// Where a host name with at least one dot ends that begins at `start`.
fn host(text: &[u8], start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let mut end = 0;
    let mut dots = 0;
    // What would be the name if it ended here: the last label begins here.
    let mut label = 0;
    let mut good = None;
    loop {
        let next = rest.get(end..).and_then(first);
        match next {
            Some((c, length)) if c.is_alphanumeric() || (c == '-' && end > label) => end += length,
            other => {
                let written = rest.get(label..end).unwrap_or_default();
                let hyphens = written.iter().rev().take_while(|byte| **byte == b'-').count();
                let length = written.len() - hyphens;
                let letters = written.iter().any(|byte| !byte.is_ascii_digit() && *byte != b'-');
                if dots > 0 && length >= 2 && letters {
                    good = Some(start + label + length);
                }
                if length == 0 || hyphens > 0 || !matches!(other, Some(('.', _))) {
                    return good;
                }
                dots += 1;
                end += 1;
                label = end;
            }
        }
    }
}

/// The URL around the colon behind its scheme.
fn url(text: &[u8], from: usize, colon: usize) -> Option<std::ops::Range<usize>> {
    let behind = text.get(colon + 1..)?;
    if !behind.starts_with(b"//") {
        return None;
    }
    let before = text.get(from..colon)?;
    let in_scheme = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'.' | b'-');
    let length = before.iter().rev().take(32).take_while(|byte| in_scheme(byte)).count();
    let scheme = before.get(before.len() - length..)?;
    let start = colon - length + scheme.iter().position(u8::is_ascii_alphabetic)?;
    let end = tail(text, colon + 3)?;
    Some(start..end)
}

/// The URL without a scheme that begins with `www.`.
fn page(text: &[u8], from: usize, at: usize) -> Option<std::ops::Range<usize>> {
    if !super::edge::begins(text, from, at) {
        return None;
    }
    host(text, at)?;
    Some(at..tail(text, at + 4)?)
}

/// Where a URL ends; `None` where nothing of it is left. Signs that end a sentence, and brackets that were opened before
/// it, do not belong to it.
fn tail(text: &[u8], start: usize) -> Option<usize> {
    let rest = text.get(start..)?;
    let mut end = 0;
    while let Some((c, length)) = rest.get(end..).and_then(first) {
        let stops = c.is_whitespace()
            || c.is_control()
            || matches!(
                c,
                '<' | '>'
                    | '"'
                    | '`'
                    | '{'
                    | '}'
                    | '|'
                    | '\\'
                    | '^'
                    | '«'
                    | '»'
                    | '“'
                    | '”'
                    | '‘'
                    | '’'
                    | '…'
                    | char::REPLACEMENT_CHARACTER
            );
        if stops {
            break;
        }
        end += length;
    }
    let mut url = rest.get(..end)?;
    // Brackets are counted once, not again for each that is taken off.
    let count = |sign: u8| url.iter().filter(|byte| **byte == sign).count();
    let mut unopened = [(b')', count(b')').saturating_sub(count(b'('))), (b']', count(b']').saturating_sub(count(b'[')))];
    while let Some((sign, before)) = url.split_last() {
        let bracket = unopened.iter_mut().find(|(known, left)| known == sign && *left > 0);
        match bracket {
            Some((_, left)) => *left -= 1,
            None if matches!(sign, b'.' | b',' | b';' | b':' | b'!' | b'?' | b'\'' | b'*' | b'_' | b'~') => {}
            None => break,
        }
        url = before;
    }
    url.iter().any(|byte| byte.is_ascii_alphanumeric() || *byte >= 0x80).then_some(start + url.len())
}
