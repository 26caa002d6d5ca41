//! SIGTERM, SIGINT and SIGHUP become a message to the writer, which then ends the stream as it should.

use std::thread;

use crossbeam_channel::{Receiver, bounded};
use tokio::signal::unix::{SignalKind, signal};

use crate::error::{Error, Result};

/// Watches for signals from now on. Gives the name of the first one that comes; later ones change nothing, since the
/// writer is already ending the stream.
pub fn watch_signals() -> Result<Receiver<&'static str>> {
    let fail = |error: std::io::Error| Error::io("watch for signals", error);
    let (sender, receiver) = bounded(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(fail)?;
    let (mut term, mut int, mut hup) = {
        // Registering a signal needs the runtime.
        let _inside = runtime.enter();
        let register = |kind| signal(kind).map_err(fail);
        (register(SignalKind::terminate())?, register(SignalKind::interrupt())?, register(SignalKind::hangup())?)
    };
    let watch = move || {
        runtime.block_on(async {
            loop {
                let name = tokio::select! {
                    _ = term.recv() => "SIGTERM",
                    _ = int.recv() => "SIGINT",
                    _ = hup.recv() => "SIGHUP",
                };
                // A second signal finds the channel full: the first is being obeyed.
                let _ = sender.try_send(name);
            }
        });
    };
    thread::Builder::new().name("signals".into()).spawn(watch).map_err(fail)?;
    Ok(receiver)
}
