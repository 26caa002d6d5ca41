//! The tools that run programs do what the other tests take for granted.

use std::process::Command;

use rustix::process::Signal;

use crate::support::pgveil::Pgveil;
use crate::support::process::{Running, run};

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

#[test]
fn what_goes_in_comes_out_whatever_its_size_and_pieces() {
    let input: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
    for chunk in [999, usize::MAX] {
        let outcome = run(shell("cat; cat /dev/null >&2"), &input, chunk).success();
        assert!(outcome.stdout == input, "{} bytes came back", outcome.stdout.len());
    }
}

#[test]
fn streams_and_status_are_told_apart() {
    let outcome = run(shell("echo out; echo err >&2; exit 3"), b"", 1);
    assert_eq!((outcome.code(), outcome.out().as_str(), outcome.err().as_str()), (3, "out\n", "err\n"));
}

#[test]
fn a_program_that_does_not_read_is_no_failure_of_ours() {
    let outcome = run(shell("exec <&-; exit 4"), &vec![b'x'; 1_000_000], usize::MAX);
    assert_eq!(outcome.code(), 4);
}

#[test]
fn a_signal_ends_a_program_under_way() {
    let mut running = Running::start(shell("exec cat"));
    assert!(running.write(b"some"));
    running.signal(Signal::TERM);
    assert_eq!(running.finish().code(), 128 + 15);
}

#[test]
#[should_panic(expected = "no such table")]
fn success_tells_what_the_program_said() {
    run(shell("echo no such table >&2; exit 1"), b"", 1).success();
}

#[test]
fn the_program_starts_without_a_secret() {
    Pgveil::new(["--version"]).secret(None).run("").success();
}
