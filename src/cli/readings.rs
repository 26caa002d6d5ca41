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
    /// All of it.
    pub(super) fn whole(opened: Opened) -> Again {
        Again::Whole(Box::new(opened))
    }
}

/// The dump once more, as far as it tells its schema and its tables; `None` for a script from a pipe.
///
/// # Errors
/// The input cannot be opened again.
fn again(input: &Opened) -> Result<Option<Again>> {
    Ok(match (&input.archive, input.read_again().transpose()?) {
        // An archive's table of contents comes before its data: it need not be read twice.
        (Some(archive), _) => Some(Again::Known(Box::new(Cursor::new(archive.without_rows()?)))),
        (None, Some(again)) => Some(Again::Whole(Box::new(again))),
        (None, None) => None,
    })
}

/// What is read before the rows are written, besides what `--schema-file` names.
#[derive(Default)]
pub(super) struct More {
    /// For the schema.
    pub(super) schema: Option<Again>,
    /// For the rows of a subset.
    pub(super) keys: Option<Again>,
    /// For the tables that the target must know.
    pub(super) tables: Option<Again>,
    /// For the table of contents of an archive.
    pub(super) outline: Option<Again>,
}

/// The same as the pipeline takes it: what is told as it is read, and the last reading, which the writer tells.
pub(super) struct Told {
    pub(super) schema: Option<Input>,
    pub(super) keys: Option<Input>,
    pub(super) tables: Option<Input>,
    pub(super) outline: Option<Input>,
    pub(super) last: Reading,
    /// How many readings there are.
    pub(super) readings: usize,
}

impl More {
    /// Opens the input once more for its schema, and for its tables, where that is wanted and can be.
    ///
    /// # Errors
    /// As of [`again`].
    pub(super) fn look(&mut self, input: &Opened, schema: bool, tables: bool) -> Result<()> {
        self.schema = schema.then(|| again(input)).transpose()?.flatten();
        self.tables = tables.then(|| again(input)).transpose()?.flatten();
        Ok(())
    }

    /// Numbers the readings in the order in which the pipeline makes them, and has `watch` told. `size` is that of the last.
    pub(super) fn told(self, watch: &Watch, size: Option<u64>, dry_run: bool) -> Told {
        let More { schema, keys, tables, outline } = self;
        let is_reading = |source: &&Option<Again>| matches!(source, Some(Again::Whole(_)));
        let all = 1 + [&schema, &keys, &tables, &outline].into_iter().filter(is_reading).count();
        let mut begun = 0;
        let mut next = |what, size| {
            begun += 1;
            if all == 1 { Reading { size, ..Reading::default() } } else { Reading { place: Some((begun, all)), what, size } }
        };
        let mut over = |again, what| match again {
            Again::Known(input) => input,
            Again::Whole(opened) => watch.over(opened.reader, opened.read, next(what, opened.size)),
        };
        let schema = schema.map(|again| over(again, "reading the schema"));
        let keys = keys.map(|again| over(again, "choosing the rows of the subset"));
        let tables = tables.map(|again| over(again, "looking for the tables"));
        let outline = outline.map(|again| over(again, "making the table of contents"));
        let last = next(if dry_run { "reading the rows" } else { "writing" }, size);
        if all == 1 {
            // A slow pg_dump may have us wait for its first row.
            watch.begin(&last);
        }
        Told { schema, keys, tables, outline, last, readings: all }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(folder: &tempfile::TempDir) -> Again {
        let path = folder.path().join("in.sql");
        std::fs::write(&path, "--\n-- PostgreSQL database dump\n--\n").expect("writes");
        Again::whole(crate::input::open(Some(&path), None).expect("opens"))
    }

    #[test]
    fn readings_are_counted_where_there_are_several() {
        let (watch, folder) = (unwatched(), tempfile::tempdir().expect("a folder"));
        let told = More::default().told(&watch, Some(7), false);
        assert_eq!((told.last, told.readings), (Reading { size: Some(7), ..Reading::default() }, 1));
        let known = More { schema: Some(Again::Known(Box::new(io::empty()))), ..More::default() };
        assert_eq!(known.told(&watch, None, false).readings, 1, "what is in memory is no reading");
        let more = More { schema: Some(opened(&folder)), outline: Some(opened(&folder)), ..More::default() };
        let told = more.told(&watch, None, true);
        assert_eq!((told.last, told.readings), (Reading { place: Some((3, 3)), what: "reading the rows", size: None }, 3));
    }
}
