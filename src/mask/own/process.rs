//! A command that runs beside us: a line in, a line out.
//!
//! One thread writes and reads by turns, as the pipes allow, so that neither side waits for the other, however long a
//! line is.

use std::ffi::OsString;
use std::io::{ErrorKind, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use memchr::memchr;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// The longest answer: no field of PostgreSQL is longer.
const LONGEST: usize = 1 << 30;

/// How long a command may take to end by itself when its input has ended.
const GRACE: Duration = Duration::from_millis(200);

/// Variables of the environment that are ours, the secret among them.
const OURS: &str = "PGVEIL_";

/// How to start a command.
#[derive(Clone, Debug)]
pub(super) struct Spec {
    /// Resolved: a path, or a name that the system finds.
    pub(super) program: PathBuf,
    pub(super) arguments: Vec<String>,
    /// Where it runs; empty for where we do.
    pub(super) directory: PathBuf,
    /// Whether its messages go where ours go.
    pub(super) stderr: bool,
}

/// What went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It could not be started.
    Start,
    /// It ended, or closed its input or output.
    Ended,
    /// It took too long.
    Timeout,
    /// It wrote more than it was asked for.
    More,
}

/// A command that was started. Killed when dropped, with what it started in turn.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: ChildStdout,
    failed: bool,
}

impl Process {
    /// Starts a command.
    pub(super) fn start(spec: &Spec) -> Result<Process, Failure> {
        let mut command = Command::new(&spec.program);
        command.args(&spec.arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(if spec.stderr { Stdio::inherit() } else { Stdio::null() });
        if !spec.directory.as_os_str().is_empty() {
            command.current_dir(&spec.directory);
        }
        let is_ours = |(name, _): &(OsString, OsString)| name.to_string_lossy().starts_with(OURS);
        for (name, _) in std::env::vars_os().filter(is_ours) {
            command.env_remove(name);
        }
        // A group of its own, so that all of it can be killed, and a Ctrl-C of the terminal reaches us first.
        let mut child = command.process_group(0).spawn().map_err(|_| Failure::Start)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else { return Err(Failure::Start) };
        let process = Process { child, input: Some(input), output, failed: false };
        process.do_not_block().map_err(|_| Failure::Start)?;
        Ok(process)
    }

    fn do_not_block(&self) -> rustix::io::Result<()> {
        if let Some(input) = &self.input {
            fcntl_setfl(input, fcntl_getfl(input)? | OFlags::NONBLOCK)?;
        }
        fcntl_setfl(&self.output, fcntl_getfl(&self.output)? | OFlags::NONBLOCK)
    }

    /// Writes a line (its end included) and appends the line that comes back, without its end.
    ///
    /// # Errors
    /// Anything else than one line in time. The process is of no use then.
    pub(super) fn ask(&mut self, line: &[u8], timeout: Duration, answer: &mut Vec<u8>) -> Result<(), Failure> {
        let outcome = self.exchange(line, timeout, answer);
        self.failed |= outcome.is_err();
        outcome
    }

    fn exchange(&mut self, line: &[u8], timeout: Duration, answer: &mut Vec<u8>) -> Result<(), Failure> {
        let deadline = Instant::now() + timeout;
        let mark = answer.len();
        // What it wrote without being asked would be taken for the answer.
        if self.read(answer)? > 0 {
            return Err(Failure::More);
        }
        let mut rest = self.write(line)?;
        loop {
            self.wait(!rest.is_empty(), deadline)?;
            let searched = answer.len();
            self.read(answer)?;
            if !rest.is_empty() {
                rest = self.write(rest)?;
            }
            let end = memchr(b'\n', answer.get(searched..).unwrap_or_default()).map(|index| searched + index);
            match end {
                Some(end) if end + 1 < answer.len() => return Err(Failure::More),
                Some(end) if rest.is_empty() => {
                    answer.truncate(end);
                    return Ok(());
                }
                // It answered before it had read the whole line.
                Some(_) => return Err(Failure::More),
                None if answer.len() - mark > LONGEST => return Err(Failure::More),
                None => {}
            }
        }
    }

    /// Waits until there is something to read, or room to write.
    fn wait(&self, writing: bool, deadline: Instant) -> Result<(), Failure> {
        loop {
            let left = deadline.checked_duration_since(Instant::now()).ok_or(Failure::Timeout)?;
            let left = Timespec { tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX), tv_nsec: left.subsec_nanos().into() };
            let output = PollFd::new(&self.output, PollFlags::IN);
            let ready = match &self.input {
                Some(input) if writing => poll(&mut [output, PollFd::new(input, PollFlags::OUT)], Some(&left)),
                _ => poll(&mut [output], Some(&left)),
            };
            match ready {
                Ok(0) => return Err(Failure::Timeout),
                Ok(_) => return Ok(()),
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return Err(Failure::Ended),
            }
        }
    }

    /// Appends what there is to read; 0 where there is nothing yet.
    fn read(&mut self, answer: &mut Vec<u8>) -> Result<usize, Failure> {
        let mut chunk = [0; 1 << 14];
        let mut total = 0;
        loop {
            match self.output.read(&mut chunk) {
                Ok(0) => return Err(Failure::Ended),
                Ok(count) => {
                    answer.extend_from_slice(chunk.get(..count).unwrap_or_default());
                    total += count;
                    // Less than there was room for: there is no more.
                    if count < chunk.len() || total > LONGEST {
                        return Ok(total);
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(total),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(Failure::Ended),
            }
        }
    }

    /// Writes what there is room for, and gives what is left.
    fn write<'l>(&mut self, line: &'l [u8]) -> Result<&'l [u8], Failure> {
        let input = self.input.as_mut().ok_or(Failure::Ended)?;
        let mut rest = line;
        while !rest.is_empty() {
            match input.write(rest) {
                Ok(0) => return Err(Failure::Ended),
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Err(Failure::Ended),
            }
        }
        Ok(rest)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The end of its input tells it to end.
        drop(self.input.take());
        let pid = Pid::from_child(&self.child);
        let deadline = Instant::now() + GRACE;
        while !self.failed && Instant::now() < deadline {
            // Not reaped yet, so that nobody else can have its id when its group is killed.
            let seen = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
            match waitid(WaitId::Pid(pid), seen) {
                Ok(None) => std::thread::sleep(Duration::from_millis(2)),
                Ok(Some(_)) | Err(_) => break,
            }
        }
        // Its children live on in its group, also where it has ended; whether there are any does not matter.
        let _ = kill_process_group(pid, Signal::KILL);
        let _ = self.child.wait();
    }
}
