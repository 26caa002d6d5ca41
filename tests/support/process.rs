//! Running a program to its end with input from memory: never hangs (there is a deadline), never blocks on a full pipe (each
//! stream has a thread). It knows nothing of what it runs.

use std::io::{Read, Write};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// How long a program may take before it counts as hanging.
pub(crate) const DEADLINE: Duration = Duration::from_secs(300);

/// How a program ended, and all that it wrote.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Its exit status.
    pub(crate) status: ExitStatus,
    /// Standard output.
    pub(crate) stdout: Vec<u8>,
    /// Standard error.
    pub(crate) stderr: Vec<u8>,
}

impl Outcome {
    /// The exit status as a number; as the shell has it (128 + signal) where a signal ended the program.
    pub(crate) fn code(&self) -> i32 {
        use std::os::unix::process::ExitStatusExt;
        self.status.code().unwrap_or_else(|| 128 + self.status.signal().unwrap_or(0))
    }

    /// Standard output as text.
    pub(crate) fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// Standard error as text.
    pub(crate) fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Itself, where the exit status is 0.
    ///
    /// # Panics
    /// The exit status is another one: with what stands on standard error.
    #[track_caller]
    pub(crate) fn success(self) -> Outcome {
        assert!(self.status.success(), "{}, and said:\n{}", self.status, self.err());
        self
    }
}

/// A program under way. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Running {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    stdout: mpsc::Receiver<Vec<u8>>,
    stderr: mpsc::Receiver<Vec<u8>>,
}

impl Running {
    /// Starts the program with all three streams piped; what it writes is collected from the first byte on.
    #[track_caller]
    pub(crate) fn start(mut command: Command) -> Running {
        let name = command.get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("cannot start {name}: {error}"));
        let stdout = collect(child.stdout.take().map(ChildStdout::into));
        let stderr = collect(child.stderr.take().map(ChildStderr::into));
        Running { name, stdin: child.stdin.take(), child, stdout, stderr }
    }

    /// Writes to its standard input. False where it no longer reads: how it ended tells why.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> bool {
        self.stdin.as_mut().is_some_and(|stdin| stdin.write_all(bytes).and_then(|()| stdin.flush()).is_ok())
    }

    /// Ends its standard input.
    pub(crate) fn close(&mut self) {
        self.stdin = None;
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap_or_else(|error| panic!("cannot signal {}: {error}", self.name));
    }

    /// Waits until it has a handler of its own for a signal (`SigCgt` of proc_pid_status(5)): sent earlier, a signal would
    /// end it before it has begun. Where there is no /proc, a second must do.
    ///
    /// # Panics
    /// It has none by the [`DEADLINE`].
    #[track_caller]
    pub(crate) fn wait_to_watch(&self, signal: Signal) {
        let end = Instant::now() + DEADLINE;
        let Some(mut caught) = self.caught() else { return thread::sleep(Duration::from_secs(1)) };
        while caught >> (signal.as_raw() - 1) & 1 == 0 {
            assert!(Instant::now() < end, "{} watches for no {signal:?} within {DEADLINE:?}", self.name);
            thread::sleep(Duration::from_millis(2));
            caught = self.caught().unwrap_or(0);
        }
    }

    /// The signals that it has handlers for, a bit each.
    fn caught(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let mask = status.lines().find_map(|line| line.strip_prefix("SigCgt:"))?;
        u64::from_str_radix(mask.trim(), 16).ok()
    }

    /// Sends it a signal, once a second until it ends; its standard input stays open.
    ///
    /// # Panics
    /// It has not ended by the [`DEADLINE`].
    #[track_caller]
    pub(crate) fn stop(self, signal: Signal) -> Outcome {
        self.ended(|running| running.signal(signal))
    }

    /// Ends its standard input and waits for the end.
    ///
    /// # Panics
    /// It has not ended by the [`DEADLINE`].
    #[track_caller]
    pub(crate) fn finish(mut self) -> Outcome {
        self.close();
        self.wait()
    }

    /// Waits for the end with its standard input still open.
    ///
    /// # Panics
    /// It has not ended by the [`DEADLINE`].
    #[track_caller]
    pub(crate) fn wait(self) -> Outcome {
        self.ended(|_| ())
    }

    /// Waits for the end, and does something at once and then each second.
    #[track_caller]
    fn ended(mut self, each_second: impl Fn(&Running)) -> Outcome {
        const SECOND: Duration = Duration::from_secs(1);
        let end = Instant::now() + DEADLINE;
        let (mut stdout, mut stderr) = (None, None);
        while stdout.is_none() || stderr.is_none() {
            assert!(Instant::now() < end, "{} did not end within {DEADLINE:?}", self.name);
            // Nobody has waited for the child yet, so that its number is still its own.
            each_second(&self);
            stdout = stdout.or_else(|| self.stdout.recv_timeout(SECOND).ok());
            stderr = stderr.or_else(|| self.stderr.recv_timeout(SECOND).ok());
        }
        loop {
            if let Some(status) = self.child.try_wait().expect("a child can be waited for") {
                return Outcome { status, stdout: stdout.unwrap_or_default(), stderr: stderr.unwrap_or_default() };
            }
            assert!(Instant::now() < end, "{} closed its output and did not end within {DEADLINE:?}", self.name);
            thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A child that has ended already is no error here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a stream to its end on a thread of its own.
fn collect(stream: Option<std::os::fd::OwnedFd>) -> mpsc::Receiver<Vec<u8>> {
    let (sender, receiver) = mpsc::channel();
    if let Some(stream) = stream {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            // What was read until a failure is what there is to look at.
            let _ = std::fs::File::from(stream).read_to_end(&mut bytes);
            let _ = sender.send(bytes);
        });
    }
    receiver
}

/// Runs a program to its end with `input` on its standard input, written in pieces of `chunk` bytes.
#[track_caller]
pub(crate) fn run(command: Command, input: &[u8], chunk: usize) -> Outcome {
    let mut running = Running::start(command);
    let stdin = running.stdin.take();
    thread::scope(|scope| {
        scope.spawn(move || {
            let Some(mut stdin) = stdin else { return };
            for piece in input.chunks(chunk.max(1)) {
                // Whoever no longer reads tells by its exit status why; a killed one lets this thread end.
                if stdin.write_all(piece).is_err() {
                    return;
                }
            }
        });
        running.finish()
    })
}
