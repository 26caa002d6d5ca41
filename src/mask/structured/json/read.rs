//! What masks read around a value: in the document (`@.key`, `$.key`), or further out.

use super::Document;
use super::automaton::{self, State};
use super::filter;
use super::memory::{self, Found, Frame, Place};
use super::path::Selector;
use super::rule::{Child, Inner, Masks, Rule, Source};
use super::scan;
use super::text;
use super::walk::Walk;
use crate::mask::{Cell, Masked, Note, Refusal, Surroundings, scratch};

/// Masked values that read masked values, and so on: no deeper than this; what is read further down counts as absent.
const DEEPEST: usize = 4;

/// An object: where it begins, and its state.
pub(super) type Here = Option<(usize, State)>;

/// The innermost object among open ones.
pub(super) fn innermost(frames: &[Frame]) -> Here {
    frames.iter().rev().find(|frame| frame.object).map(|frame| (frame.at, frame.state))
}

/// Masks single values of a document.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    pub(super) document: &'a Document,
    pub(super) doc: &'a [u8],
    pub(super) cell: Cell<'a>,
    /// How many masked values are being read.
    pub(super) level: usize,
}

/// The surroundings of a value in a document.
#[derive(Debug)]
struct View<'a> {
    doc: &'a [u8],
    sources: &'a [Source],
    found: &'a [Found],
    outer: &'a dyn Surroundings,
}

impl Surroundings for View<'_> {
    fn read(&self, index: usize) -> Option<&[u8]> {
        match self.sources.get(index)? {
            Source::Outer(index) => self.outer.read(*index),
            Source::Inner(inner) => self.found.get(inner.slot)?.get(self.doc),
        }
    }

    fn note(&self, note: Note) {
        self.outer.note(note);
    }
}

impl Reader<'_> {
    /// Masks a value that stands in the object `here`.
    ///
    /// # Errors
    /// The mask refuses the value.
    pub(super) fn mask(
        &self,
        child: &Child,
        value: &[u8],
        null: bool,
        here: Here,
        found: &mut [Found],
        out: &mut Vec<u8>,
    ) -> Result<Masked, Refusal> {
        for source in &child.sources {
            if let Source::Inner(inner) = source
                && let Some(slot) = found.get_mut(inner.slot)
            {
                self.find(inner, here, slot);
            }
        }
        let view = View { doc: self.doc, sources: &child.sources, found, outer: self.cell.around };
        child.mask.mask(Cell { seed: value, null, around: &view, ..self.cell.with(value) }, out)
    }

    /// Looks up a reading, unless it was just read from the same object.
    fn find(&self, inner: &Inner, here: Here, found: &mut Found) {
        let base = if inner.root { Some((scan::blank(self.doc, 0), automaton::ROOT)) } else { here };
        let Some((at, state)) = base else {
            (found.base, found.place) = (usize::MAX, Place::Nowhere);
            return;
        };
        if found.base == at {
            return;
        }
        found.base = at;
        found.text.clear();
        found.place =
            if inner.masked { self.masked(inner, (at, state), &mut found.text) } else { self.original(inner, at, &mut found.text) };
    }

    fn original(&self, inner: &Inner, mut at: usize, decoded: &mut Vec<u8>) -> Place {
        for selector in &inner.steps {
            let Some(child) = filter::child(self.doc, at, selector) else { return Place::Nowhere };
            at = child.at;
        }
        let Ok(end) = scan::skip(self.doc, at, 0) else { return Place::Nowhere };
        match self.doc.get(at..end).unwrap_or_default() {
            b"null" => Place::Nowhere,
            [b'"', inside @ .., b'"'] if text::is_plain(inside) => Place::Document(at + 1, end - 1),
            [b'"', inside @ .., b'"'] => {
                text::decode(inside, decoded);
                Place::Beside
            }
            _ => Place::Document(at, end),
        }
    }

    /// The value as it will be: walks down with the states, then asks the rule that hits there.
    fn masked(&self, inner: &Inner, base: (usize, State), out: &mut Vec<u8>) -> Place {
        if self.level >= DEEPEST {
            return Place::Nowhere;
        }
        let automaton = &self.document.automaton;
        let ((mut at, mut state), mut here) = (base, None);
        for selector in &inner.steps {
            let each = match Walk::each(state).or(automaton.container(state)) {
                None => None,
                Some(path) => match self.document.rules.get(path) {
                    Some(Rule::Keep) => return self.original(inner, base.0, out),
                    Some(Rule::Mask(masks)) if masks.is_for_scalars() && scan::byte(self.doc, at) == b'[' => Some(Walk::each_of(path)),
                    // What holds the value is removed or replaced as a whole.
                    _ => return Place::Nowhere,
                },
            };
            if scan::byte(self.doc, at) == b'{' {
                here = Some((at, state));
            }
            let Some(child) = filter::child(self.doc, at, selector) else { return Place::Nowhere };
            let key = if let Selector::Name(name) = selector { Some(name.as_bytes()) } else { None };
            state = each.unwrap_or_else(|| automaton.step_to(state, self.doc, at, &child, key));
            at = child.at;
        }
        let container = matches!(scan::byte(self.doc, at), b'{' | b'[');
        let hit = Walk::each(state).or(if container { automaton.container(state) } else { automaton.scalar(state) });
        match hit.and_then(|path| self.document.rules.get(path)) {
            // Masks may reach what is in it.
            None if container && automaton.is_live(state) => Place::Nowhere,
            None | Some(Rule::Keep) => self.original(inner, base.0, out),
            Some(Rule::Remove) => Place::Nowhere,
            Some(Rule::Mask(masks)) => self.made(masks, at, here, out).unwrap_or_else(|| self.original(inner, base.0, out)),
        }
    }

    /// What a mask makes of the scalar at an offset; `None` where it stays as it is.
    fn made(&self, masks: &Masks, at: usize, here: Here, out: &mut Vec<u8>) -> Option<Place> {
        let Ok(end) = scan::scalar(self.doc, at) else { return Some(Place::Nowhere) };
        let mut decoded = scratch::buffer();
        let (child, value) = match self.doc.get(at..end).unwrap_or_default() {
            b"null" => return Some(Place::Nowhere),
            [b'"', inside @ .., b'"'] => {
                text::decode(inside, &mut decoded);
                (masks.text.as_ref().or(masks.number.as_ref()), &decoded[..])
            }
            written @ (b"true" | b"false") => (masks.text.as_ref(), written),
            number => (masks.number.as_ref().or(masks.text.as_ref()), number),
        };
        let Some(child) = child else { return Some(Place::Nowhere) };
        if value.is_empty() && !child.takes_empty {
            return None;
        }
        let mut memory = memory::memory(self.document.slots);
        match (Reader { level: self.level + 1, ..*self }).mask(child, value, false, here, &mut memory.found, out) {
            Ok(Masked::Value) => Some(Place::Beside),
            Ok(Masked::Same) => None,
            Ok(Masked::Null) | Err(_) => Some(Place::Nowhere),
        }
    }
}
