//! command: a program of one's own, asked value by value.
//!
//! It gets each value as a line of its standard input, escaped as in COPY text (`\\`, `\n`, `\t`, `\r`; `\N` is NULL), in
//! UTF-8, and answers with one line of the same form. No shell is between. It is started when the first value comes; each
//! thread that has a value at hand has a process of its own, so that there are as many as threads work at once, at most.
//! Which value goes to which of them is left to chance: the same value must get the same answer from all of them, in every
//! run, and that is the program's own duty. A program that holds back its output until it has much of it (as C's stdio
//! does on a pipe) never answers: it must flush line by line.

use std::borrow::Cow;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::super::fit::Target;
use super::super::fixed::literal::wrong_for;
use super::super::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use super::super::scratch;
use super::super::{Bound, Cell, Distinct, Mask, Masked, Refusal};
use super::process::{Failure, Process, Spec};

/// `command`
pub(super) const DEFINITION: Definition = Definition {
    name: "command",
    summary: "a program of your own: a value a line in, a value a line out, escaped as in COPY text (\\N is NULL)",
    accepts: "every type; the answers must be values of it",
    distinct: "no: what the program does is its own",
    keeps_distinct: false,
    keyed: false,
    fallible: false,
    default_domain: "",
    options: &[
        OptionDefinition {
            name: "run",
            kind: OptionKind::Words,
            default: "required",
            summary: "the program and its arguments; no shell; a path begins at the directory of the rules file, where it runs too; \
                      one process a thread; it must flush each line, and give equal values equal answers",
        },
        OptionDefinition {
            name: "timeout",
            kind: OptionKind::Integer(1, 3600),
            default: "10",
            summary: "the most seconds for one value; then the run ends",
        },
        OptionDefinition {
            name: "stderr",
            kind: OptionKind::Boolean,
            default: "false",
            summary: "lets its messages through; they may hold values",
        },
    ],
    example: Example::of(r#"{ mask = "command", run = ["sh", "-c", "while read -r line; do echo masked; done"] }"#, "text", "secret"),
    build: command,
};

/// What COPY text writes for NULL.
const NULL: &[u8] = b"\\N";

/// Asks.
#[derive(Debug)]
struct External {
    spec: Spec,
    timeout: Duration,
    /// Processes that wait for a value.
    idle: Mutex<Vec<Process>>,
    /// One of them went wrong: the run ends, and no more are started.
    failed: AtomicBool,
    target: Target,
}

fn refusal(failure: Failure) -> Refusal {
    let expected = match failure {
        Failure::Start => "a command that can be started",
        Failure::Ended => "an answer of the command, but the command ended",
        Failure::Timeout => "an answer of the command within its timeout",
        Failure::More => "one line of the command for each value, but it wrote more",
    };
    Refusal { expected }
}

impl Mask for External {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let mut line = scratch::buffer();
        if cell.null {
            line.extend_from_slice(NULL);
        } else {
            escape(cell.value, &mut line);
        }
        line.push(b'\n');
        let mut answer = scratch::buffer();
        self.ask(&line, &mut answer).map_err(refusal)?;
        if *answer == NULL {
            return if self.target.not_null { Err(refuse("an answer other than NULL: the column is NOT NULL")) } else { Ok(Masked::Null) };
        }
        let mark = out.len();
        unescape(&answer, out).ok_or(refuse("an answer of the command that is escaped as COPY text is"))?;
        self.check(out.get(mark..).unwrap_or_default())?;
        Ok(Masked::Value)
    }
}

impl External {
    fn ask(&self, line: &[u8], answer: &mut Vec<u8>) -> Result<(), Failure> {
        if self.failed.load(Ordering::Relaxed) {
            return Err(Failure::Ended);
        }
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let asked = match idle {
            Some(process) => Ok(process),
            None => Process::start(&self.spec),
        };
        let asked = asked.and_then(|mut process| process.ask(line, self.timeout, answer).map(|()| process));
        let process = asked.inspect_err(|_| self.failed.store(true, Ordering::Relaxed))?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(process);
        Ok(())
    }

    /// Whether the column takes an answer.
    fn check(&self, answer: &[u8]) -> Result<(), Refusal> {
        let text = std::str::from_utf8(answer).map_err(|_| refuse("an answer of the command in UTF-8"))?;
        if text.contains('\0') {
            return Err(refuse("an answer of the command without a NUL character"));
        }
        if self.target.charset.encode(text).is_none() {
            return Err(refuse("an answer of the command that the dump's encoding can write"));
        }
        match wrong_for(&self.target, text) {
            None => Ok(()),
            Some(_) if self.target.is_text() => Err(refuse("an answer of the command that is no longer than the column takes")),
            Some(_) => Err(refuse("an answer of the command that is a value of the column's type")),
        }
    }
}

fn refuse(expected: &'static str) -> Refusal {
    Refusal { expected }
}

/// Escapes a value as COPY text does, as far as a line needs it.
fn escape(value: &[u8], out: &mut Vec<u8>) {
    for byte in value {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\r' => out.extend_from_slice(b"\\r"),
            byte => out.push(*byte),
        }
    }
}

/// Undoes [`escape`]; `None` where a backslash stands before anything else.
fn unescape(line: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let mut rest = line;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        out.extend_from_slice(rest.get(..at)?);
        out.push(match rest.get(at + 1)? {
            b'\\' => b'\\',
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            _ => return None,
        });
        rest = rest.get(at + 2..)?;
    }
    out.extend_from_slice(rest);
    Some(())
}

/// Whether a path is a file that may be run.
fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

/// The program of a rule: a path from the directory of the rules file on where it holds a slash, else a name that is
/// looked up in `$PATH`.
fn resolve<'p>(program: &'p str, directory: &Path) -> Result<Cow<'p, Path>, BuildError> {
    let refuse = |message: String, help: &str| Err(BuildError::of("run", format!("option \"run\": {message}"), Some(help.into())));
    if program.contains('/') {
        let path = directory.join(program);
        if !is_program(&path) {
            return refuse(format!("{program:?} is no program"), "paths begin at the directory of the rules file; is it executable?");
        }
        // It runs in another directory than we do.
        return Ok(Cow::Owned(path.canonicalize().unwrap_or(path)));
    }
    let paths = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&paths).any(|directory| is_program(&directory.join(program))) {
        return Ok(Cow::Borrowed(Path::new(program)));
    }
    refuse(format!("no program {program:?} is in $PATH"), "for one beside the rules file write \"./NAME\"")
}

/// `command`: any type.
pub fn command(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_charset()?;
    let run = request.words("run").unwrap_or_default();
    let Some((program, arguments)) = run.split_first().filter(|_| !run.iter().any(|word| word.contains('\0'))) else {
        return Err(BuildError::of("run", "option \"run\" names no program", Some("for example run = [\"./mask.py\"]".into())));
    };
    let directory: PathBuf = request.env.directory.to_owned();
    let spec = Spec {
        program: resolve(program, &directory)?.into_owned(),
        arguments: arguments.iter().map(|argument| (*argument).to_owned()).collect(),
        directory,
        stderr: request.flag("stderr"),
    };
    let timeout = request.integer("timeout").and_then(|seconds| u64::try_from(seconds).ok()).unwrap_or(10);
    let fingerprint = format!("command {run:?} {:?}", spec.program);
    let mask = External {
        spec,
        timeout: Duration::from_secs(timeout),
        idle: Mutex::default(),
        failed: AtomicBool::new(false),
        target: request.target.clone(),
    };
    Ok(request.bound(mask, Distinct::Lost, fingerprint))
}
