//! JSON text (RFC 8259) as bytes: where values begin and end. Reads without building anything, checks as it goes, never
//! recurses.
//!
//! Bytes above ASCII are taken as they are: whether they are text is the business of the dump's encoding.

/// Nesting deeper than this is refused.
pub(super) const DEEPEST: usize = 1000;

/// What is no JSON, or nested too deeply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotJson;

/// An offset behind something, or a mistake.
pub(super) type Scanned = Result<usize, NotJson>;

/// The byte at an offset; 0, which JSON has nowhere, at the end.
#[inline]
pub(super) fn byte(doc: &[u8], at: usize) -> u8 {
    doc.get(at).copied().unwrap_or(0)
}

/// Behind blank space.
#[inline]
pub(super) fn blank(doc: &[u8], mut at: usize) -> usize {
    while matches!(byte(doc, at), b' ' | b'\t' | b'\n' | b'\r') {
        at += 1;
    }
    at
}

const ONES: u64 = u64::MAX / 255;
const HIGH: u64 = ONES << 7;

/// The first byte from `at` on that ends a run of plain characters in a string: a quote, a backslash, a control character.
/// Eight bytes at a time ("Bit Twiddling Hacks": determine if a word has a byte less than n).
#[inline]
pub(super) fn plain(doc: &[u8], mut at: usize) -> usize {
    let rest = doc.get(at..).unwrap_or_default();
    let (words, _) = rest.as_chunks::<8>();
    for word in words {
        let word = u64::from_le_bytes(*word);
        let less = |x: u64, n: u64| x.wrapping_sub(ONES * n) & !x & HIGH;
        let found = less(word, 0x20) | less(word ^ (ONES * u64::from(b'"')), 1) | less(word ^ (ONES * u64::from(b'\\')), 1);
        if found != 0 {
            return at + (found.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while let Some(byte) = doc.get(at) {
        if *byte < 0x20 || matches!(byte, b'"' | b'\\') {
            break;
        }
        at += 1;
    }
    at
}

/// Behind the string whose opening quote is at `at`.
pub(super) fn string(doc: &[u8], at: usize) -> Scanned {
    let mut at = at + 1;
    loop {
        at = plain(doc, at);
        match byte(doc, at) {
            b'"' => return Ok(at + 1),
            b'\\' => match byte(doc, at + 1) {
                b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => at += 2,
                b'u' if doc.get(at + 2..at + 6).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) => at += 6,
                _ => return Err(NotJson),
            },
            _ => return Err(NotJson),
        }
    }
}

#[inline]
fn digits(doc: &[u8], at: usize) -> Scanned {
    let mut end = at;
    while byte(doc, end).is_ascii_digit() {
        end += 1;
    }
    if end > at { Ok(end) } else { Err(NotJson) }
}

fn number(doc: &[u8], at: usize) -> Scanned {
    let at = at + usize::from(byte(doc, at) == b'-');
    let mut at = if byte(doc, at) == b'0' { at + 1 } else { digits(doc, at)? };
    if byte(doc, at) == b'.' {
        at = digits(doc, at + 1)?;
    }
    if matches!(byte(doc, at), b'e' | b'E') {
        at += 1;
        at = digits(doc, at + usize::from(matches!(byte(doc, at), b'+' | b'-')))?;
    }
    Ok(at)
}

fn word(doc: &[u8], at: usize, word: &[u8]) -> Scanned {
    if doc.get(at..).is_some_and(|rest| rest.starts_with(word)) { Ok(at + word.len()) } else { Err(NotJson) }
}

/// Behind the string, number, boolean or null at `at`.
#[inline]
pub(super) fn scalar(doc: &[u8], at: usize) -> Scanned {
    match byte(doc, at) {
        b'"' => string(doc, at),
        b'-' | b'0'..=b'9' => number(doc, at),
        b't' => word(doc, at, b"true"),
        b'f' => word(doc, at, b"false"),
        b'n' => word(doc, at, b"null"),
        _ => Err(NotJson),
    }
}

/// Behind the key at `at`, its colon and blanks: where the value begins; and where the key ends.
#[inline]
pub(super) fn key(doc: &[u8], at: usize) -> Result<(usize, usize), NotJson> {
    if byte(doc, at) != b'"' {
        return Err(NotJson);
    }
    let end = string(doc, at)?;
    let colon = blank(doc, end);
    if byte(doc, colon) != b':' {
        return Err(NotJson);
    }
    Ok((end, blank(doc, colon + 1)))
}

/// Behind the value at `at`, which stands `depth` deep.
pub(super) fn skip(doc: &[u8], at: usize, depth: usize) -> Scanned {
    values(doc, at, depth, |_| {})
}

/// Behind the value at `at`, telling where it and each value in it begins, the outer before the inner.
pub(super) fn values(doc: &[u8], mut at: usize, depth: usize, mut each: impl FnMut(usize)) -> Scanned {
    // Which of the brackets that are open are objects: one bit each.
    let mut objects = [0u64; DEEPEST / 64 + 1];
    let mut open = 0;
    loop {
        // A value.
        each(at);
        let first = byte(doc, at);
        if matches!(first, b'{' | b'[') {
            if open + depth >= DEEPEST {
                return Err(NotJson);
            }
            let inner = blank(doc, at + 1);
            let object = first == b'{';
            let closes = if object { b'}' } else { b']' };
            if byte(doc, inner) == closes {
                at = inner + 1;
            } else {
                if let Some(word) = objects.get_mut(open / 64) {
                    *word = *word & !(1 << (open % 64)) | u64::from(object) << (open % 64);
                }
                open += 1;
                at = if object { key(doc, inner)?.1 } else { inner };
                continue;
            }
        } else {
            at = scalar(doc, at)?;
        }
        // Behind a value.
        loop {
            if open == 0 {
                return Ok(at);
            }
            let object = objects.get((open - 1) / 64).is_some_and(|word| word >> ((open - 1) % 64) & 1 == 1);
            at = blank(doc, at);
            match (byte(doc, at), object) {
                (b',', true) => {
                    at = key(doc, blank(doc, at + 1))?.1;
                    break;
                }
                (b',', false) => {
                    at = blank(doc, at + 1);
                    break;
                }
                (b'}', true) | (b']', false) => {
                    at += 1;
                    open -= 1;
                }
                _ => return Err(NotJson),
            }
        }
    }
}

/// Whether a text is a JSON number and nothing else.
pub(super) fn is_number(text: &[u8]) -> bool {
    number(text, 0) == Ok(text.len()) && !text.is_empty()
}

/// A child of an object or array.
#[derive(Clone, Copy, Debug)]
pub(super) struct Child {
    /// Where its key begins and ends, quotes included; both 0 in an array.
    pub(super) key: (usize, usize),
    /// Its number among its siblings.
    pub(super) index: usize,
    /// Where it begins.
    pub(super) at: usize,
}

/// The children of the value at an offset: none of a scalar. Stops at the first mistake.
#[derive(Clone, Debug)]
pub(super) struct Children<'a> {
    doc: &'a [u8],
    /// Where the next one, or its key, begins; `None` behind the last.
    next: Option<usize>,
    object: bool,
    index: usize,
}

impl<'a> Children<'a> {
    pub(super) fn of(doc: &'a [u8], at: usize) -> Children<'a> {
        let first = byte(doc, at);
        let inner = blank(doc, at + 1);
        let any = matches!(first, b'{' | b'[') && !matches!(byte(doc, inner), b'}' | b']');
        Children { doc, next: any.then_some(inner), object: first == b'{', index: 0 }
    }

    /// Whether they have keys.
    pub(super) fn keyed(&self) -> bool {
        self.object
    }
}

impl Iterator for Children<'_> {
    type Item = Child;

    fn next(&mut self) -> Option<Child> {
        let start = self.next.take()?;
        let (end, at) = if self.object { key(self.doc, start).ok()? } else { (0, start) };
        let behind = blank(self.doc, skip(self.doc, at, 0).ok()?);
        if byte(self.doc, behind) == b',' {
            self.next = Some(blank(self.doc, behind + 1));
        }
        let child = Child { key: if self.object { (start, end) } else { (0, 0) }, index: self.index, at };
        self.index += 1;
        Some(child)
    }
}
