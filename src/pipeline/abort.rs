//! SIGTERM, SIGINT and SIGHUP become a message to the writer, which then ends the stream as it should.

use std::thread;

use crossbeam_channel::{Receiver, bounded};
use rustix::process::Signal;
use tokio::signal::unix::{self, SignalKind, signal};

use crate::error::{Error, Result};

/// What stops a run from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A signal, by its name.
    Signal(&'static str),
    /// Another output of the same run failed; `early` as of [`Error::Abandoned`].
    Fellow {
        /// Before anything was written.
        early: bool,
    },
}

impl From<Stop> for Error {
    fn from(stop: Stop) -> Error {
        match stop {
            Stop::Signal(name) => Error::Interrupted(name),
            Stop::Fellow { early } => Error::Abandoned { early },
        }
    }
}

/// Watches for signals from now on. Gives the name of the first one that comes; later ones change nothing, since the
/// writer is already ending the stream.
///
/// # Errors
/// The system takes no handler, or gives no thread.
pub fn watch_signals() -> Result<Receiver<Stop>> {
    let fail = |error: std::io::Error| Error::io("watch for signals", error);
    let (sender, receiver) = bounded(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(fail)?;
    let (mut term, mut int, mut hup, _large) = {
        // Registering a signal needs the runtime.
        let _inside = runtime.enter();
        // Whoever started us with a signal ignored (nohup, a shell's background job) wants it ignored.
        let ignored = ignored();
        let register = |kind: SignalKind| match ignored >> (kind.as_raw_value() - 1) & 1 {
            0 => signal(kind).map(Some).map_err(fail),
            _ => Ok(None),
        };
        // Watched so that it does not end the program: writing beyond the limit (`ulimit -f`) then fails, and is told.
        let large = register(SignalKind::from_raw(Signal::XFSZ.as_raw()))?;
        (register(SignalKind::terminate())?, register(SignalKind::interrupt())?, register(SignalKind::hangup())?, large)
    };
    let watch = move || {
        runtime.block_on(async {
            loop {
                let name = tokio::select! {
                    () = next(&mut term) => "SIGTERM",
                    () = next(&mut int) => "SIGINT",
                    () = next(&mut hup) => "SIGHUP",
                };
                // A second signal finds the channel full: the first is being obeyed.
                let _ = sender.try_send(Stop::Signal(name));
            }
        });
    };
    thread::Builder::new().name("signals".into()).spawn(watch).map_err(fail)?;
    Ok(receiver)
}

/// Waits for a signal; for ever, if it is not watched.
async fn next(watched: &mut Option<unix::Signal>) {
    match watched {
        Some(signal) => {
            signal.recv().await;
        }
        None => std::future::pending().await,
    }
}

/// The signals that are ignored from the start, a bit each (`SigIgn` of proc_pid_status(5)); none where this is not told.
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
}
