//! How far a run has come, on standard error: a bar on a terminal, lines elsewhere, or nothing.

use std::io::{self, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::figures;
use crate::pipeline::observe::{Observer, Progress};

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
    fn progress(&mut self, _: &Progress<'_>) {}
    fn finished(&mut self) {}
}

/// A bar on the terminal; a spinner where the size of the input is not known.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    pace: Pace,
    /// When it was last brought up to date.
    drawn: Option<Instant>,
}

impl Bar {
    /// Draws on standard error from now on, until [`Observer::finished`]. `size` is the input's, in bytes as it lies
    /// there.
    pub fn new(size: Option<u64>) -> Bar {
        Bar::on(ProgressDrawTarget::stderr_with_hz(10), size)
    }

    fn on(target: ProgressDrawTarget, size: Option<u64>) -> Bar {
        let bar = ProgressBar::with_draw_target(size, target);
        let template = if size.is_some() { "{bar:20} {percent:>3} %  {wide_msg}" } else { "{spinner} {wide_msg}" };
        // The templates are fixed, and a test draws both.
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message("reading");
        // The spinner turns while a slow pg_dump makes us wait.
        bar.enable_steady_tick(REDRAW);
        Bar { bar, pace: Pace { size, started: None }, drawn: None }
    }
}

impl Observer for Bar {
    fn progress(&mut self, progress: &Progress<'_>) {
        let now = Instant::now();
        if self.drawn.is_some_and(|drawn| now.duration_since(drawn) < REDRAW) {
            return;
        }
        self.drawn = Some(now);
        self.bar.set_position(progress.input_bytes);
        self.bar.set_message(self.pace.line(progress, now));
    }

    fn finished(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A line now and then, for a log: what `--progress=always` gives where standard error is no terminal.
#[derive(Debug)]
pub struct Lines<W> {
    out: W,
    pace: Pace,
    written: Option<Instant>,
}

impl Lines<io::Stderr> {
    /// Writes to standard error.
    pub fn new(size: Option<u64>) -> Lines<io::Stderr> {
        Lines { out: io::stderr(), pace: Pace { size, started: None }, written: None }
    }
}

impl<W: Write + Send> Observer for Lines<W> {
    fn progress(&mut self, progress: &Progress<'_>) {
        let now = Instant::now();
        if self.written.is_some_and(|written| now.duration_since(written) < LINE) {
            return;
        }
        self.written = Some(now);
        // Progress that cannot be told is no reason to stop a run.
        let _ = self.out.write_all(format!("pgveil: {}\n", self.pace.line(progress, now)).as_bytes());
    }

    fn finished(&mut self) {}
}

/// What the rate and the time that is left are reckoned from.
#[derive(Debug)]
struct Pace {
    size: Option<u64>,
    /// When the first rows were written, and how much had been read by then.
    started: Option<(Instant, u64)>,
}

impl Pace {
    /// `1.20 GB of 2.90 GB, 512 MB/s, 3.3 s left, 1,234,567 rows, public.users`
    fn line(&mut self, progress: &Progress<'_>, now: Instant) -> String {
        let (started, before) = *self.started.get_or_insert((now, progress.input_bytes));
        let elapsed = now.duration_since(started);
        let done = progress.input_bytes;
        let mut line = figures::bytes(done);
        if let Some(size) = self.size {
            line.push_str(&format!(" of {}", figures::bytes(size)));
        }
        if elapsed >= SETTLED && done > before {
            if let Some(rate) = figures::rate(done - before, elapsed) {
                line.push_str(&format!(", {rate}"));
            }
            if let Some(left) = self.size.and_then(|size| left(size.saturating_sub(done), done - before, elapsed)) {
                line.push_str(&format!(", {} left", figures::time(left)));
            }
        }
        line.push_str(&format!(", {}", figures::counted(progress.rows, "row", "rows")));
        if let Some(table) = progress.table {
            line.push_str(&format!(", {table}"));
        }
        line
    }
}

/// How long `rest` bytes will take, if `done` took `elapsed`. In whole seconds, since it is a guess.
fn left(rest: u64, done: u64, elapsed: Duration) -> Option<Duration> {
    let seconds = elapsed.as_secs_f64() * rest as f64 / done as f64;
    Duration::try_from_secs_f64(seconds.round().max(1.0)).ok().filter(|_| rest > 0)
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
            let mut bar = Bar::on(ProgressDrawTarget::term_like_with_hz(Box::new(screen.clone()), 10), size);
            bar.progress(&Progress { input_bytes: 2_000_000, table: Some(&users()), rows: 7 });
            bar.bar.force_draw();
            bar.finished();
            let drawn = screen.0.lock().expect("no panic").clone();
            assert!(drawn.contains(expected), "{drawn:?}");
        }
    }

    #[test]
    fn calls_between_two_redraws_are_cheap() {
        let mut bar = Bar::on(ProgressDrawTarget::hidden(), Some(1_000_000));
        let began = Instant::now();
        for input_bytes in 0..1_000_000 {
            bar.progress(&Progress { input_bytes, table: None, rows: 0 });
        }
        bar.finished();
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }

    #[test]
    fn rate_and_rest_come_when_there_is_something_to_say() {
        let mut pace = Pace { size: Some(4_000_000), started: None };
        let now = Instant::now();
        let users = users();
        let mut line = |input_bytes, millis| {
            pace.line(&Progress { input_bytes, table: Some(&users), rows: 1000 }, now + Duration::from_millis(millis))
        };
        assert_eq!(line(1_000_000, 0), "1.00 MB of 4.00 MB, 1,000 rows, public.users");
        assert_eq!(line(2_000_000, 1000), "2.00 MB of 4.00 MB, 1.00 MB/s, 2.00 s left, 1,000 rows, public.users");
        assert_eq!(line(4_000_000, 3000), "4.00 MB of 4.00 MB, 1.00 MB/s, 1,000 rows, public.users");
    }

    #[test]
    fn lines_come_seldom() {
        let mut lines = Lines { out: Vec::new(), pace: Pace { size: None, started: None }, written: None };
        for input_bytes in [1000, 2000] {
            lines.progress(&Progress { input_bytes, table: None, rows: 1 });
        }
        assert_eq!(String::from_utf8(lines.out).expect("text"), "pgveil: 1.00 kB, 1 row\n");
    }
}
