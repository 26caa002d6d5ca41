//! How far a run has come, on standard error: a bar on a terminal, lines elsewhere, or nothing.
//!
//! Each reading of the input is told by itself: which it is, of how many, and how far. How long the rest will take is
//! guessed from the rate of the reading at hand; before the last, that is the least it can be, since writing takes longer.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use jiff::Zoned;

use crate::figures;
use crate::pipeline::observe::{Observer, Progress, Reading};

/// How often the bar is drawn, at most.
const REDRAW: Duration = Duration::from_millis(100);

/// How often a line is written where there is no terminal to draw a bar on.
const LINE: Duration = Duration::from_secs(5);

/// Before this much time has passed, a rate says nothing.
const SETTLED: Duration = Duration::from_millis(500);

/// Watches nothing.
#[derive(Debug)]
pub struct Silent;

impl Observer for Silent {
    fn begin(&mut self, _: &Reading) {}
    fn progress(&mut self, _: &Progress<'_>) {}
    fn finished(&mut self) {}
}

/// A bar on the terminal, from the first reading on; a spinner where the size of the input is not known.
#[derive(Debug)]
pub struct Bar {
    /// Where it is drawn, until it is.
    target: Option<ProgressDrawTarget>,
    bar: Option<ProgressBar>,
    pace: Pace,
    /// When it was last brought up to date.
    drawn: Option<Instant>,
}

impl Bar {
    /// Draws on standard error, until [`Observer::finished`].
    pub fn stderr() -> Bar {
        Bar::on(ProgressDrawTarget::stderr_with_hz(10))
    }

    fn on(target: ProgressDrawTarget) -> Bar {
        Bar { target: Some(target), bar: None, pace: Pace::default(), drawn: None }
    }
}

impl Observer for Bar {
    fn begin(&mut self, reading: &Reading) {
        if let Some(target) = self.target.take() {
            let bar = ProgressBar::with_draw_target(None, target);
            // The spinner turns while a slow pg_dump makes us wait.
            bar.enable_steady_tick(REDRAW);
            self.bar = Some(bar);
        }
        let Some(bar) = &self.bar else { return };
        let template = if reading.size.is_some() { "{bar:20} {percent:>3} %  {wide_msg}" } else { "{spinner} {wide_msg}" };
        // The templates are fixed, and a test draws both.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        match reading.size {
            Some(size) => bar.set_length(size),
            None => bar.unset_length(),
        }
        bar.set_position(0);
        self.pace = Pace::of(reading);
        bar.set_message(format!("{}reading", self.pace.head()));
        self.drawn = None;
    }

    fn progress(&mut self, progress: &Progress<'_>) {
        let Some(bar) = &self.bar else { return };
        let now = Instant::now();
        if self.drawn.is_some_and(|drawn| now.duration_since(drawn) < REDRAW) {
            return;
        }
        self.drawn = Some(now);
        bar.set_position(progress.input_bytes);
        bar.set_message(self.pace.line(progress, now, false));
    }

    fn aside(&mut self, say: &mut dyn FnMut()) {
        match &self.bar {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }

    fn finished(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// A line now and then, for a log, with the time of day: what `--progress=always` gives where standard error is no terminal.
#[derive(Debug)]
pub struct Lines<W> {
    out: W,
    /// The time of day, `14:03:22`.
    clock: fn() -> String,
    pace: Pace,
    written: Option<Instant>,
}

impl Lines<io::Stderr> {
    /// Writes to standard error, in the time of this machine's zone.
    pub fn stderr() -> Lines<io::Stderr> {
        Lines::on(io::stderr(), || Zoned::now().strftime("%H:%M:%S").to_string())
    }
}

impl<W: Write> Lines<W> {
    fn on(out: W, clock: fn() -> String) -> Lines<W> {
        Lines { out, clock, pace: Pace::default(), written: None }
    }
}

impl<W: Write + Send> Observer for Lines<W> {
    fn begin(&mut self, reading: &Reading) {
        self.pace = Pace::of(reading);
        self.written = None;
    }

    fn progress(&mut self, progress: &Progress<'_>) {
        let now = Instant::now();
        if self.written.is_some_and(|written| now.duration_since(written) < LINE) {
            return;
        }
        self.written = Some(now);
        let line = format!("pgveil: {} {}\n", (self.clock)(), self.pace.line(progress, now, true));
        // Progress that cannot be told is no reason to stop a run.
        let _ = self.out.write_all(line.as_bytes());
    }

    fn finished(&mut self) {}
}

/// What the rate and the time that is left are reckoned from.
#[derive(Debug, Default)]
struct Pace {
    reading: Reading,
    /// When something was first told of the reading, and how much had been read by then.
    started: Option<(Instant, u64)>,
}

impl Pace {
    fn of(reading: &Reading) -> Pace {
        Pace { reading: reading.clone(), started: None }
    }

    /// `1 of 2: reading the schema, `
    fn head(&self) -> String {
        let what = self.reading.what;
        match self.reading.place {
            Some((place, all)) => format!("{place} of {all}: {what}, "),
            None if what.is_empty() => String::new(),
            None => format!("{what}, "),
        }
    }

    /// `2 of 2: writing, 41 %, 1.20 GB of 2.90 GB, 512 MB/s, 3 s left, 1,234,567 rows, public.users`; `percent`: with the
    /// share that a bar shows.
    fn line(&mut self, progress: &Progress<'_>, now: Instant, percent: bool) -> String {
        let (started, before) = *self.started.get_or_insert((now, progress.input_bytes));
        let elapsed = now.duration_since(started);
        let (done, size) = (progress.input_bytes, self.reading.size);
        let mut line = self.head();
        if let Some(share) = size.and_then(|size| figures::percent(done, size)).filter(|_| percent) {
            line.push_str(&format!("{share} %, "));
        }
        line.push_str(&figures::bytes(done));
        if let Some(size) = size {
            line.push_str(&format!(" of {}", figures::bytes(size)));
        }
        if elapsed >= SETTLED && done > before {
            if let Some(rate) = figures::rate(done - before, elapsed) {
                line.push_str(&format!(", {rate}"));
            }
            if let Some((left, least)) = size.and_then(|size| self.left(size, done, done - before, elapsed)) {
                line.push_str(&format!(", {}{} left", if least { "at least " } else { "" }, figures::about(left)));
            }
        }
        if let Some(rows) = progress.rows {
            line.push_str(&format!(", {}", figures::counted(rows, "row", "rows")));
        }
        if let Some(table) = progress.table {
            line.push_str(&format!(", {table}"));
        }
        line
    }

    /// How long the rest will take, if `since` bytes took `elapsed`, and whether that is the least it can be, since the input
    /// is read once more.
    fn left(&self, size: u64, done: u64, since: u64, elapsed: Duration) -> Option<(Duration, bool)> {
        let later = self.reading.place.map_or(0, |(place, all)| all.saturating_sub(place)) as u64;
        let rest = size.saturating_sub(done).saturating_add(size.saturating_mul(later));
        let seconds = elapsed.as_secs_f64() * rest as f64 / since as f64;
        let left = Duration::try_from_secs_f64(seconds).ok().filter(|_| rest > 0)?;
        Some((left, later > 0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::RelationName;
    use std::io;
    use std::sync::{Arc, Mutex};

    use indicatif::TermLike;

    /// A terminal that keeps what is drawn.
    #[derive(Clone, Debug, Default)]
    struct Screen(Arc<Mutex<String>>);

    impl Screen {
        fn write(&self, text: &str) -> io::Result<()> {
            self.0.lock().expect("no panic").push_str(text);
            Ok(())
        }
    }

    impl TermLike for Screen {
        fn width(&self) -> u16 {
            100
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write(&format!("{text}\n"))
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.write(text)
        }
        fn clear_line(&self) -> io::Result<()> {
            self.write("\n")
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    fn users() -> RelationName {
        RelationName::new("public", "users")
    }

    #[test]
    fn the_bar_shows_how_far_the_run_is() {
        for (size, expected) in
            [(Some(4_000_000), "50 %  2.00 MB of 4.00 MB, 7 rows, public.users"), (None, " 2.00 MB, 7 rows, public.users")]
        {
            let screen = Screen::default();
            let mut bar = Bar::on(ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 10));
            bar.begin(&Reading { size, ..Reading::default() });
            bar.progress(&Progress { input_bytes: 2_000_000, table: Some(&users()), rows: Some(7) });
            bar.bar.as_ref().expect("begun").force_draw();
            bar.finished();
            bar.finished();
            let drawn = screen.0.lock().expect("no panic").clone();
            assert!(drawn.contains(expected), "{drawn:?}");
        }
    }

    #[test]
    fn each_reading_has_a_bar_of_its_own() {
        let screen = Screen::default();
        let mut bar = Bar::on(ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 10));
        let mut said = 0;
        bar.aside(&mut || said += 1);
        bar.begin(&Reading { what: "keeping the pipe", ..Reading::default() });
        bar.progress(&Progress { input_bytes: 3_000_000, table: None, rows: None });
        bar.bar.as_ref().expect("begun").force_draw();
        bar.aside(&mut || said += 1);
        bar.begin(&Reading { place: Some((1, 2)), what: "reading the schema", size: Some(4_000_000) });
        bar.progress(&Progress { input_bytes: 1_000_000, table: None, rows: None });
        bar.bar.as_ref().expect("begun").force_draw();
        bar.finished();
        let drawn = screen.0.lock().expect("no panic").clone();
        assert!(drawn.contains(" keeping the pipe, 3.00 MB"), "{drawn:?}");
        assert!(drawn.contains(" 25 %  1 of 2: reading the schema, 1.00 MB of 4.00 MB"), "{drawn:?}");
        assert_eq!(said, 2);
    }

    #[test]
    fn calls_between_two_redraws_are_cheap() {
        let mut bar = Bar::on(ProgressDrawTarget::hidden());
        bar.begin(&Reading { size: Some(1_000_000), ..Reading::default() });
        let began = Instant::now();
        for input_bytes in 0..1_000_000 {
            bar.progress(&Progress { input_bytes, table: None, rows: None });
        }
        bar.finished();
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }

    #[test]
    fn rate_and_rest_come_when_there_is_something_to_say() {
        let mut pace = Pace::of(&Reading { size: Some(4_000_000), ..Reading::default() });
        let now = Instant::now();
        let users = users();
        let mut line = |input_bytes, millis, percent| {
            let progress = Progress { input_bytes, table: Some(&users), rows: Some(1000) };
            pace.line(&progress, now + Duration::from_millis(millis), percent)
        };
        assert_eq!(line(1_000_000, 0, false), "1.00 MB of 4.00 MB, 1,000 rows, public.users");
        assert_eq!(line(2_000_000, 1000, true), "50 %, 2.00 MB of 4.00 MB, 1.00 MB/s, 2 s left, 1,000 rows, public.users");
        assert_eq!(line(4_000_000, 3000, false), "4.00 MB of 4.00 MB, 1.00 MB/s, 1,000 rows, public.users");
    }

    #[test]
    fn what_is_left_counts_the_readings_to_come() {
        let line = |place, input_bytes| {
            let mut pace = Pace::of(&Reading { place: Some((place, 3)), what: "reading the schema", size: Some(40_000_000) });
            let now = Instant::now();
            pace.line(&Progress { input_bytes: 0, table: None, rows: None }, now, true);
            pace.line(&Progress { input_bytes, table: None, rows: None }, now + Duration::from_secs(1), true)
        };
        let first = "1 of 3: reading the schema, 25 %, 10.0 MB of 40.0 MB, 10.0 MB/s, at least 11 s left";
        assert_eq!(line(1, 10_000_000), first);
        assert_eq!(line(2, 40_000_000), "2 of 3: reading the schema, 100 %, 40.0 MB of 40.0 MB, 40.0 MB/s, at least 1 s left");
        assert_eq!(line(3, 20_000_000), "3 of 3: reading the schema, 50 %, 20.0 MB of 40.0 MB, 20.0 MB/s, 1 s left");
    }

    #[test]
    fn lines_come_seldom_but_for_each_reading() {
        let mut lines = Lines::on(Vec::new(), || "14:03:22".into());
        lines.begin(&Reading { place: Some((1, 2)), what: "reading the schema", size: Some(4000) });
        for input_bytes in [1000, 2000] {
            lines.progress(&Progress { input_bytes, table: None, rows: None });
        }
        lines.begin(&Reading { place: Some((2, 2)), what: "writing", size: Some(4000) });
        lines.progress(&Progress { input_bytes: 40, table: Some(&users()), rows: Some(1) });
        assert_eq!(
            String::from_utf8(lines.out).expect("text"),
            "pgveil: 14:03:22 1 of 2: reading the schema, 25 %, 1.00 kB of 4.00 kB\n\
             pgveil: 14:03:22 2 of 2: writing, 1 %, 40 B of 4.00 kB, 1 row, public.users\n"
        );
    }
}
