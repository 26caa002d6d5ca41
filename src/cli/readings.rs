//! How often the input is read, what for, and who is told of it.

use std::io::{self, Cursor, IsTerminal};

use super::args::{Filter, When};
use crate::error::Result;
use crate::input::Opened;
use crate::pipeline::observe::{Observer, Reading, Watch};
use crate::pipeline::run::Input;
use crate::report::progress::{Bar, Lines, Silent};

/// Who watches the run.
pub(super) fn watch(args: &Filter) -> Watch {
    let terminal = io::stderr().is_terminal();
    let observer: Box<dyn Observer> = match args.progress {
        When::Auto if terminal && !args.quiet => Box::new(Bar::stderr()),
        When::Auto | When::Never => Box::new(Silent),
        When::Always if terminal => Box::new(Bar::stderr()),
        When::Always => Box::new(Lines::stderr()),
    };
    Watch::new(observer)
}

/// Who watches an output of `--also`: its progress is that of the main one.
pub(super) fn unwatched() -> Watch {
    Watch::new(Box::new(Silent))
}

/// The dump once more.
pub(super) enum Again {
    /// All of it, as it lies there.
    Whole(Box<Opened>),
    /// What is said of it in memory already.
    Known(Input),
}

impl Again {
    /// Whether that is one more reading of the input.
    pub(super) fn is_reading(source: &Option<Again>) -> bool {
        matches!(source, Some(Again::Whole(_)))
    }
}

/// The dump once more, as far as it tells its schema and its tables; `None` for a script from a pipe.
///
/// # Errors
/// The input cannot be opened again.
pub(super) fn again(input: &Opened) -> Result<Option<Again>> {
    Ok(match (&input.archive, input.read_again().transpose()?) {
        // An archive's table of contents comes before its data: it need not be read twice.
        (Some(archive), _) => Some(Again::Known(Box::new(Cursor::new(archive.without_rows()?)))),
        (None, Some(again)) => Some(Again::Whole(Box::new(again))),
        (None, None) => None,
    })
}

/// The readings of a run, one behind the other.
pub(super) struct Readings<'w> {
    watch: &'w Watch,
    all: usize,
    begun: usize,
}

impl Readings<'_> {
    /// So many readings, told to `watch`.
    pub(super) fn new(watch: &Watch, all: usize) -> Readings<'_> {
        Readings { watch, all, begun: 0 }
    }

    /// The next one.
    fn next(&mut self, what: &'static str, size: Option<u64>) -> Reading {
        self.begun += 1;
        if self.all == 1 { Reading { size, ..Reading::default() } } else { Reading { place: Some((self.begun, self.all)), what, size } }
    }

    /// The next one, which is told as it is read.
    pub(super) fn over(&mut self, again: Again, what: &'static str) -> Input {
        match again {
            Again::Known(input) => input,
            Again::Whole(opened) => {
                let reading = self.next(what, opened.size);
                self.watch.over(opened.reader, opened.read, reading)
            }
        }
    }

    /// The last one, whose rows are written; the writer tells it.
    pub(super) fn last(mut self, size: Option<u64>, dry_run: bool) -> Reading {
        self.next(if dry_run { "reading the rows" } else { "writing" }, size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_are_counted_where_there_are_several() {
        let watch = unwatched();
        assert_eq!(Readings::new(&watch, 1).last(Some(7), false), Reading { size: Some(7), ..Reading::default() });
        let mut readings = Readings::new(&watch, 2);
        assert_eq!(readings.next("reading the schema", None), Reading { place: Some((1, 2)), what: "reading the schema", size: None });
        assert_eq!(readings.last(None, false).place, Some((2, 2)));
    }
}
