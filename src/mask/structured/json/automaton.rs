//! All paths of a rule as one automaton. A state is the set of places in paths at which a node of the document stands; the
//! next state follows from the child's key or number. So a pass over the document asks once per key, however many paths
//! there are, and knows where nothing can match any more.
//!
//! Sets are made when the rule is bound (the subset construction). What depends on the document, as filters do, is a test;
//! a state with n tests has 2ⁿ next states for each key.

use std::collections::HashMap;

use super::filter;
use super::path::{Filter, Path, Segment, Selector, Slice};
use super::scan::{Child, Children};

/// The most states; and the most tests that one node may ask for.
const MOST_STATES: usize = 1 << 13;
const MOST_TESTS: usize = 8;

/// The number of a state.
pub(super) type State = u32;

/// Nothing can match any more.
pub(super) const DEAD: State = 0;

/// The root of the document.
pub(super) const ROOT: State = 1;

/// The paths ran to more states than there is room for.
#[derive(Clone, Copy, Debug)]
pub(super) struct TooMany;

/// How much a path says: a path of a lower rank wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// It has a `..`.
    anywhere: bool,
    /// It has a `*`, a slice or a filter.
    wild: bool,
}

fn rank(path: &Path) -> Rank {
    let wild = |selector: &Selector| !matches!(selector, Selector::Name(_) | Selector::Index(_));
    Rank {
        anywhere: path.segments.iter().any(|segment| segment.descendant),
        wild: path.segments.iter().any(|segment| segment.selectors.iter().any(wild)),
    }
}

/// Whether two paths say the same of some node, and neither says more than the other: `$.a` and `$['a','b']`.
pub(super) fn collide(one: &Path, other: &Path) -> bool {
    let meet = |a: &Segment, b: &Segment| a.descendant == b.descendant && a.selectors.iter().any(|selector| b.selectors.contains(selector));
    rank(one) == rank(other)
        && one.segments.len() == other.segments.len()
        && one.segments.iter().zip(&other.segments).all(|(a, b)| meet(a, b))
}

/// What only the document can tell.
#[derive(Clone, Debug, PartialEq)]
enum Test {
    Slice(Slice),
    Filter(Filter),
}

/// What is known at a node.
#[derive(Debug, Default)]
struct Node {
    /// The path that hits a scalar here.
    scalar: Option<usize>,
    /// The path that hits an object or array here.
    container: Option<usize>,
    /// Whether anything below can match.
    live: bool,
    /// Numbers of tests.
    tests: Vec<usize>,
    /// Keys that paths name, shortest first, and where their next states begin.
    keys: Vec<(Box<[u8]>, usize)>,
    other_key: usize,
    /// Elements that paths name, and where their next states begin.
    elements: Vec<(usize, usize)>,
    other_element: usize,
}

/// The paths of a rule.
#[derive(Debug)]
pub(super) struct Automaton {
    nodes: Vec<Node>,
    /// Next states; each stretch has one for every outcome of the tests.
    next: Vec<State>,
    tests: Vec<Test>,
}

/// A child as seen from its parent.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    /// Its key, as text.
    Key(&'a [u8]),
    /// Its number.
    Element(usize),
}

/// Where paths stand: (path, segments behind).
type Places = Vec<(usize, usize)>;

/// What children have in common when the automaton is made.
enum Class<'a> {
    Key(&'a str),
    OtherKey,
    Element(i64),
    OtherElement,
}

impl Automaton {
    /// Makes the automaton of paths; the first wins among equals.
    ///
    /// # Errors
    /// The paths are too many, or too free.
    pub(super) fn new(paths: &[Path]) -> Result<Automaton, TooMany> {
        Maker { paths, known: HashMap::new(), todo: Vec::new(), made: Automaton { nodes: Vec::new(), next: Vec::new(), tests: Vec::new() } }
            .make()
    }

    fn node(&self, state: State) -> Option<&Node> {
        self.nodes.get(state as usize)
    }

    /// The path that hits a scalar in this state.
    pub(super) fn scalar(&self, state: State) -> Option<usize> {
        self.node(state)?.scalar
    }

    /// The path that hits an object or array in this state.
    pub(super) fn container(&self, state: State) -> Option<usize> {
        self.node(state)?.container
    }

    /// Whether anything below can match.
    pub(super) fn is_live(&self, state: State) -> bool {
        self.node(state).is_some_and(|node| node.live)
    }

    /// The state of a child. `length` is that of the array, counted when it is asked for first.
    pub(super) fn step(&self, state: State, step: Step<'_>, doc: &[u8], parent: usize, child: usize, length: &mut Option<usize>) -> State {
        let Some(node) = self.node(state) else { return DEAD };
        let base = match step {
            Step::Key(key) => {
                let order = |known: &(Box<[u8]>, usize)| (known.0.len(), &*known.0).cmp(&(key.len(), key));
                node.keys.binary_search_by(order).ok().and_then(|at| node.keys.get(at)).map_or(node.other_key, |(_, base)| *base)
            }
            Step::Element(index) => {
                let found = node.elements.binary_search_by_key(&index, |(known, _)| *known).ok();
                found.and_then(|at| node.elements.get(at)).map_or(node.other_element, |(_, base)| *base)
            }
        };
        let mut outcome = 0;
        for (bit, test) in node.tests.iter().enumerate() {
            let holds = match (self.tests.get(*test), step) {
                (Some(Test::Slice(slice)), Step::Element(index)) => {
                    let length = *length.get_or_insert_with(|| Children::of(doc, parent).count());
                    slice.takes(index, length)
                }
                (Some(Test::Filter(filter)), _) => filter::holds(filter, doc, child),
                _ => false,
            };
            outcome |= usize::from(holds) << bit;
        }
        self.next.get(base + outcome).copied().unwrap_or(DEAD)
    }

    /// The state of a child, found by [`Children`]. `text` holds its key as text.
    pub(super) fn step_to(&self, state: State, doc: &[u8], parent: usize, child: &Child, key: Option<&[u8]>) -> State {
        let step = key.map_or(Step::Element(child.index), Step::Key);
        self.step(state, step, doc, parent, child.at, &mut None)
    }
}

impl Slice {
    /// Whether it takes an element of an array so long (RFC 9535, section 2.3.4.2.2).
    pub(super) fn takes(self, index: usize, length: usize) -> bool {
        let (index, length) = (i128::try_from(index).unwrap_or(i128::MAX), i128::try_from(length).unwrap_or(i128::MAX));
        let normal = |bound: i64| if bound >= 0 { i128::from(bound) } else { length + i128::from(bound) };
        let step = i128::from(self.step);
        if step > 0 {
            let lower = normal(self.start.unwrap_or(0)).clamp(0, length);
            let upper = self.end.map_or(length, normal).clamp(0, length);
            (lower..upper).contains(&index) && (index - lower) % step == 0
        } else if step < 0 {
            let upper = self.start.map_or(length - 1, normal).clamp(-1, length - 1);
            let lower = self.end.map_or(-1, normal).clamp(-1, length - 1);
            lower < index && index <= upper && (upper - index) % -step == 0
        } else {
            false
        }
    }
}

/// Makes states until none is new.
struct Maker<'a> {
    paths: &'a [Path],
    known: HashMap<Places, State>,
    todo: Vec<Places>,
    made: Automaton,
}

impl Maker<'_> {
    fn make(mut self) -> Result<Automaton, TooMany> {
        self.state(Vec::new())?;
        self.state((0..self.paths.len()).map(|path| (path, 0)).collect())?;
        while let Some(places) = self.todo.pop() {
            let node = self.node(&places)?;
            let state = self.known.get(&places).copied().unwrap_or(DEAD);
            if let Some(slot) = self.made.nodes.get_mut(state as usize) {
                *slot = node;
            }
        }
        Ok(self.made)
    }

    /// The number of a set of places.
    fn state(&mut self, places: Places) -> Result<State, TooMany> {
        if let Some(known) = self.known.get(&places) {
            return Ok(*known);
        }
        let state = self.made.nodes.len();
        if state >= MOST_STATES {
            return Err(TooMany);
        }
        self.made.nodes.push(Node::default());
        let state = State::try_from(state).map_err(|_| TooMany)?;
        self.known.insert(places.clone(), state);
        self.todo.push(places);
        Ok(state)
    }

    /// The segments that come next at some places.
    fn ahead(&self, places: &Places) -> Vec<(usize, usize, &Segment)> {
        let segment = |&(path, behind): &(usize, usize)| Some((path, behind, self.paths.get(path)?.segments.get(behind)?));
        places.iter().filter_map(segment).collect()
    }

    fn node(&mut self, places: &Places) -> Result<Node, TooMany> {
        let ahead = self.ahead(places);
        let (mut keys, mut elements, mut tests) = (Vec::new(), Vec::new(), Vec::new());
        for selector in ahead.iter().flat_map(|(.., segment)| &segment.selectors) {
            match selector {
                Selector::Name(name) => keys.push(name.clone()),
                Selector::Index(index) if *index >= 0 => elements.push(*index),
                Selector::Wildcard => {}
                other => tests.extend(test(other)),
            }
        }
        let live = !ahead.is_empty();
        keys.sort_unstable_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        keys.dedup();
        elements.sort_unstable();
        elements.dedup();
        let mut numbers: Vec<usize> = tests.into_iter().map(|test| self.test(test)).collect();
        numbers.sort_unstable();
        numbers.dedup();
        if numbers.len() > MOST_TESTS {
            return Err(TooMany);
        }
        let (scalar, container) = self.hit(places);
        let mut node = Node { scalar, container, live, tests: numbers, ..Node::default() };
        node.other_key = self.stretch(places, &node.tests, &Class::OtherKey)?;
        node.other_element = self.stretch(places, &node.tests, &Class::OtherElement)?;
        for key in keys {
            let base = self.stretch(places, &node.tests, &Class::Key(&key))?;
            node.keys.push((key.into_bytes().into(), base));
        }
        for element in elements {
            let base = self.stretch(places, &node.tests, &Class::Element(element))?;
            node.elements.push((usize::try_from(element).unwrap_or(usize::MAX), base));
        }
        Ok(node)
    }

    /// The paths that end here: the one that wins for scalars, and for objects and arrays. `..*` means every scalar at any
    /// depth, so that it never hits what holds others.
    fn hit(&self, places: &Places) -> (Option<usize>, Option<usize>) {
        let ended = |path: usize, behind: usize| self.paths.get(path).filter(|known| known.segments.len() == behind);
        let mut ends: Vec<(Rank, usize)> = places.iter().filter_map(|&(path, behind)| Some((rank(ended(path, behind)?), path))).collect();
        ends.sort_unstable();
        let everywhere = |path: usize| {
            let last = self.paths.get(path).and_then(|path| path.segments.last());
            last.is_some_and(|last| last.descendant && last.selectors.contains(&Selector::Wildcard))
        };
        let scalar = ends.first().map(|(_, path)| *path);
        (scalar, ends.iter().map(|(_, path)| *path).find(|path| !everywhere(*path)))
    }

    fn test(&mut self, test: Test) -> usize {
        let known = self.made.tests.iter().position(|known| *known == test);
        known.unwrap_or_else(|| {
            self.made.tests.push(test);
            self.made.tests.len() - 1
        })
    }

    /// Next states of a class of children, one for each outcome of the tests: where they begin.
    fn stretch(&mut self, places: &Places, tests: &[usize], class: &Class<'_>) -> Result<usize, TooMany> {
        let states = (0..1usize << tests.len()).map(|outcome| self.next(places, tests, outcome, class)).collect::<Result<Vec<_>, _>>()?;
        let base = self.made.next.len();
        self.made.next.extend(states);
        Ok(base)
    }

    fn next(&mut self, places: &Places, tests: &[usize], outcome: usize, class: &Class<'_>) -> Result<State, TooMany> {
        let holds = |wanted: &Test| {
            let bit = tests.iter().position(|test| self.made.tests.get(*test) == Some(wanted));
            bit.is_some_and(|bit| outcome >> bit & 1 == 1)
        };
        let takes = |selector: &Selector| match (selector, class) {
            (Selector::Wildcard, _) => true,
            (Selector::Name(name), Class::Key(key)) => name == key,
            (Selector::Index(index), Class::Element(element)) if index >= &0 => index == element,
            (other, _) => test(other).is_some_and(|test| holds(&test)),
        };
        let mut after = Vec::new();
        for (path, behind, segment) in self.ahead(places) {
            if segment.descendant {
                after.push((path, behind));
            }
            if segment.selectors.iter().any(takes) {
                after.push((path, behind + 1));
            }
        }
        after.sort_unstable();
        after.dedup();
        self.state(after)
    }
}

/// The test that a selector is, if it is one. An element counted from the end is a slice of one.
fn test(selector: &Selector) -> Option<Test> {
    match selector {
        Selector::Slice(slice) => Some(Test::Slice(*slice)),
        Selector::Filter(filter) => Some(Test::Filter(filter.clone())),
        Selector::Index(index) if *index < 0 => {
            Some(Test::Slice(Slice { start: Some(*index), end: Some(index + 1).filter(|end| *end != 0), step: 1 }))
        }
        Selector::Name(_) | Selector::Index(_) | Selector::Wildcard => None,
    }
}
