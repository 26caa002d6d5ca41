//! One pass over a document: copies what no path hits, masks what one hits.

use super::automaton::{self, DEAD, State, Step};
use super::memory::{self, Frame, Pooled};
use super::rule::{Child, Masks, Refused, Rule};
use super::scan::{self, DEEPEST, NotJson};
use super::text;
use super::{Document, read};
use crate::mask::{Cell, Masked, Note, Refusal, Remedy, scratch};

/// Marks states in which every scalar is hit by one path: inside of an array that the path hit. The rest is its number.
const EACH: State = 1 << 31;

const NOT_JSON: Refusal = Refusal { expected: "a JSON document, nested no deeper than 1000" };
const CONTAINER: Refusal = Refusal { expected: "documents that have, where its paths end, values of the types that the masks there take" };

impl From<NotJson> for Refusal {
    fn from(_: NotJson) -> Refusal {
        NOT_JSON
    }
}

/// A pass over one document.
pub(super) struct Walk<'a> {
    document: &'a Document,
    doc: &'a [u8],
    /// The document as a value of its own surroundings.
    cell: Cell<'a>,
    out: &'a mut Vec<u8>,
    memory: Pooled,
    /// Up to here the document is in `out`.
    copied: usize,
    changed: bool,
    /// The child that was just read goes.
    removed: bool,
}

/// Where the walk is after the head of a value.
enum Next {
    /// Behind it.
    Behind(usize),
    /// At its first child, of which this is the state.
    Into(usize, State),
}

impl<'a> Walk<'a> {
    /// Masks a document.
    ///
    /// # Errors
    /// It is no JSON, or a mask refuses a value.
    pub(super) fn run(document: &'a Document, cell: Cell<'a>, out: &'a mut Vec<u8>) -> Result<Masked, Refusal> {
        let mark = out.len();
        let memory = memory::memory(document.slots);
        let mut walk = Walk { document, doc: cell.value, cell, out, memory, copied: 0, changed: false, removed: false };
        walk.values()?;
        if !walk.changed {
            walk.out.truncate(mark);
            return Ok(Masked::Same);
        }
        walk.flush(cell.value.len());
        Ok(Masked::Value)
    }

    /// Copies the document up to an offset.
    fn flush(&mut self, end: usize) {
        if end > self.copied {
            self.out.extend_from_slice(self.doc.get(self.copied..end).unwrap_or_default());
            self.copied = end;
        }
    }

    fn values(&mut self) -> Result<(), Refusal> {
        let mut at = scan::blank(self.doc, 0);
        let mut state = automaton::ROOT;
        loop {
            at = match self.value(at, state)? {
                Next::Into(first, its) => {
                    (at, state) = (first, its);
                    continue;
                }
                Next::Behind(end) => end,
            };
            loop {
                let Some(frame) = self.memory.frames.last_mut() else {
                    return if scan::blank(self.doc, at) == self.doc.len() { Ok(()) } else { Err(NOT_JSON) };
                };
                if !std::mem::take(&mut self.removed) {
                    frame.kept = at;
                }
                frame.index += 1;
                at = scan::blank(self.doc, at);
                match (scan::byte(self.doc, at), frame.object) {
                    (b',', _) => {
                        (at, state) = self.child(scan::blank(self.doc, at + 1))?;
                        break;
                    }
                    (b'}', true) | (b']', false) => {
                        self.memory.frames.pop();
                        at += 1;
                    }
                    _ => return Err(NOT_JSON),
                }
            }
        }
    }

    /// A child of the innermost object or array, which begins at `start`: where its value begins, and its state.
    fn child(&mut self, start: usize) -> Result<(usize, State), Refusal> {
        let doc = self.doc;
        let Some(frame) = self.memory.frames.last_mut() else { return Ok((start, DEAD)) };
        frame.child = start;
        if std::mem::take(&mut frame.headless) {
            self.copied = start;
        }
        let automaton = &self.document.automaton;
        if !frame.object {
            if frame.state & EACH != 0 {
                return Ok((start, frame.state));
            }
            let step = Step::Element(frame.index);
            return Ok((start, automaton.step(frame.state, step, doc, frame.at, start, &mut frame.length)));
        }
        let (end, at) = scan::key(doc, start)?;
        let inside = doc.get(start + 1..end - 1).unwrap_or_default();
        let mut step = |key: &[u8]| automaton.step(frame.state, Step::Key(key), doc, frame.at, at, &mut frame.length);
        if text::is_plain(inside) {
            return Ok((at, step(inside)));
        }
        let mut key = scratch::buffer();
        text::decode(inside, &mut key);
        Ok((at, step(&key)))
    }

    fn value(&mut self, at: usize, state: State) -> Result<Next, Refusal> {
        let document = self.document;
        if !matches!(scan::byte(self.doc, at), b'{' | b'[') {
            let end = scan::scalar(self.doc, at)?;
            let hit = if state & EACH != 0 { Some((state & !EACH) as usize) } else { document.automaton.scalar(state) };
            match hit.and_then(|path| document.rules.get(path)) {
                None | Some(Rule::Keep) => {}
                Some(Rule::Remove) => self.remove(end),
                Some(Rule::Mask(masks)) => self.scalar(masks, at, end)?,
            }
            return Ok(Next::Behind(end));
        }
        if state & EACH != 0 {
            return self.hit((state & !EACH) as usize, at);
        }
        match document.automaton.container(state) {
            Some(path) => self.hit(path, at),
            None if document.automaton.is_live(state) => self.enter(at, state),
            None => self.skip(at).map(Next::Behind),
        }
    }

    /// Behind an object or array that nothing in it hits.
    fn skip(&self, at: usize) -> Result<usize, Refusal> {
        Ok(scan::skip(self.doc, at, self.memory.frames.len())?)
    }

    fn enter(&mut self, at: usize, state: State) -> Result<Next, Refusal> {
        let object = scan::byte(self.doc, at) == b'{';
        if self.memory.frames.len() >= DEEPEST {
            return Err(NOT_JSON);
        }
        let inner = scan::blank(self.doc, at + 1);
        if scan::byte(self.doc, inner) == if object { b'}' } else { b']' } {
            return Ok(Next::Behind(inner + 1));
        }
        self.memory.frames.push(Frame { state, object, at, index: 0, length: None, child: inner, kept: 0, headless: false });
        let (first, state) = self.child(inner)?;
        Ok(Next::Into(first, state))
    }

    /// An object or array that a path hits.
    fn hit(&mut self, path: usize, at: usize) -> Result<Next, Refusal> {
        let document = self.document;
        let masks = match document.rules.get(path) {
            None | Some(Rule::Keep) => return self.skip(at).map(Next::Behind),
            Some(Rule::Remove) => {
                let end = self.skip(at)?;
                self.remove(end);
                return Ok(Next::Behind(end));
            }
            Some(Rule::Mask(masks)) => masks,
        };
        if masks.is_for_scalars() && scan::byte(self.doc, at) == b'[' {
            return self.enter(at, Walk::each_of(path));
        }
        let end = self.skip(at)?;
        if let Some(whole) = &masks.whole {
            self.whole(whole, at, end)?;
        } else if let Some(text) = masks.text.as_ref().filter(|_| masks.replaces) {
            self.string(text, self.doc.get(at..end).unwrap_or_default(), at, end)?;
        } else {
            self.refuse(masks, at, end)?;
        }
        Ok(Next::Behind(end))
    }

    /// Takes the child that ends at `end` out, with one comma.
    fn remove(&mut self, end: usize) {
        let Some(frame) = self.memory.frames.last_mut() else { return };
        let (kept, child) = (frame.kept, frame.child);
        frame.headless = kept == 0;
        self.flush(if kept == 0 { child } else { kept });
        self.copied = self.copied.max(end);
        (self.removed, self.changed) = (true, true);
    }

    /// A value of a type that its mask does not take.
    fn refuse(&mut self, masks: &Masks, at: usize, end: usize) -> Result<(), Refusal> {
        let remedy = match masks.refused {
            Refused::Error => return Err(CONTAINER),
            Refused::Keep => Remedy::Kept,
            Refused::Null => {
                self.write_null(at, end);
                Remedy::Null
            }
        };
        self.cell.around.note(Note::Invalid(remedy));
        Ok(())
    }

    fn write_null(&mut self, at: usize, end: usize) {
        self.flush(at);
        self.out.extend_from_slice(b"null");
        self.copied = end;
        self.changed = true;
    }

    fn scalar(&mut self, masks: &'a Masks, at: usize, end: usize) -> Result<(), Refusal> {
        let written = self.doc.get(at..end).unwrap_or_default();
        match written {
            [b'"', inside @ .., b'"'] => match masks.text.as_ref().or(masks.number.as_ref()) {
                Some(child) if inside.is_empty() && !child.takes_empty => Ok(()),
                Some(child) if text::is_plain(inside) => self.string(child, inside, at, end),
                Some(child) => {
                    let mut decoded = scratch::buffer();
                    text::decode(inside, &mut decoded);
                    self.string(child, &decoded, at, end)
                }
                None => self.refuse(masks, at, end),
            },
            b"null" => match masks.text.as_ref().or(masks.number.as_ref()) {
                Some(child) if child.takes_null => self.bare(child, b"", true, at, end),
                _ => Ok(()),
            },
            b"true" | b"false" => match (&masks.text, &masks.boolean) {
                (Some(child), _) => self.bare(child, written, false, at, end),
                (None, Some(child)) => self.bare(child, written.get(..1).unwrap_or_default(), false, at, end),
                (None, None) => self.refuse(masks, at, end),
            },
            number => match masks.number.as_ref().or(masks.text.as_ref()) {
                Some(child) => self.bare(child, number, false, at, end),
                None => self.refuse(masks, at, end),
            },
        }
    }

    /// Masks a value; the new one is behind what is in `out`.
    fn mask(&mut self, child: &Child, value: &[u8], null: bool) -> Result<Masked, Refusal> {
        let here = read::innermost(&self.memory.frames);
        let reader = read::Reader { document: self.document, doc: self.doc, cell: self.cell, level: 0 };
        reader.mask(child, value, null, here, &mut self.memory.found, self.out)
    }

    /// Masks what is written as a string, whatever it was.
    fn string(&mut self, child: &Child, value: &[u8], at: usize, end: usize) -> Result<(), Refusal> {
        self.flush(at);
        let mark = self.out.len();
        self.out.push(b'"');
        match self.mask(child, value, false)? {
            Masked::Same => self.out.truncate(mark),
            Masked::Null => {
                self.out.truncate(mark);
                self.write_null(at, end);
            }
            Masked::Value => {
                text::encode_tail(self.out, mark + 1, self.document.charset);
                self.out.push(b'"');
                self.copied = end;
                self.changed = true;
            }
        }
        Ok(())
    }

    /// Masks a number, boolean or null. What is again one is written as such, all else as a string.
    fn bare(&mut self, child: &Child, value: &[u8], null: bool, at: usize, end: usize) -> Result<(), Refusal> {
        self.flush(at);
        let mark = self.out.len();
        match self.mask(child, value, null)? {
            Masked::Same => return Ok(()),
            Masked::Null => {
                self.write_null(at, end);
                return Ok(());
            }
            Masked::Value => {}
        }
        let made = self.out.get(mark..).unwrap_or_default();
        let before = scan::byte(self.doc, at);
        let boolean = matches!(before, b't' | b'f');
        let truth: Option<&[u8]> = match made {
            b"t" if value.len() == 1 => Some(b"true"),
            b"f" if value.len() == 1 => Some(b"false"),
            _ => None,
        };
        if let Some(truth) = truth.filter(|_| boolean) {
            self.out.truncate(mark);
            self.out.extend_from_slice(truth);
        } else if !(boolean && matches!(made, b"true" | b"false") || !boolean && !null && scan::is_number(made)) {
            self.out.insert(mark, b'"');
            text::encode_tail(self.out, mark + 1, self.document.charset);
            self.out.push(b'"');
        }
        self.copied = end;
        self.changed = true;
        Ok(())
    }

    /// Masks an object or array as a whole, by a mask that makes JSON of JSON.
    fn whole(&mut self, child: &Child, at: usize, end: usize) -> Result<(), Refusal> {
        self.flush(at);
        let value = self.doc.get(at..end).unwrap_or_default();
        match self.mask(child, value, false)? {
            Masked::Same => {}
            Masked::Null => self.write_null(at, end),
            Masked::Value => {
                self.copied = end;
                self.changed = true;
            }
        }
        Ok(())
    }
}

impl Walk<'_> {
    /// The state of arrays, and of what is in them, that a path hit whose mask takes scalars only.
    pub(super) fn each(state: State) -> Option<usize> {
        (state & EACH != 0).then_some((state & !EACH) as usize)
    }

    /// That state, of a path.
    pub(super) fn each_of(path: usize) -> State {
        EACH | State::try_from(path).unwrap_or(0)
    }
}
