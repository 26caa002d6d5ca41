//! The statuses that the program ends with: one constant each, and which error gets which.

use crate::error::Error;

/// All is done.
pub const DONE: u8 = 0;
/// It failed on the way: reading or writing, the system, a signal.
pub const FAILED: u8 = 1;
/// The command line or the rules ask for something that cannot be. (clap ends with 2 too.)
pub const USAGE: u8 = 2;
/// The input is malformed or cut, is no dump, or holds a value that its mask cannot read.
pub const DATA: u8 = 3;
/// Policy: something is unclassified, unmasked or unsatisfied; a target differs from its report.
pub const POLICY: u8 = 4;
/// Whoever read the output went away (`| head`): 128 and the number of SIGPIPE, as a shell reports it.
pub const CLOSED_PIPE: u8 = 141;

/// The statuses as the help shows them.
pub const HELP: &str = "\
Exit status:
  0    done
  1    failed on the way: reading, writing, a signal
  2    usage or rules
  3    the input is malformed, cut, or no dump
  4    policy: a column that can hold personal data has no rule; --expect-database or --max-age is not met;
       verify: something is missing or different
  141  whoever read the output went away";

/// The status of an error.
pub fn status(error: &Error) -> u8 {
    match error {
        Error::Usage(_) | Error::Rules(_) => USAGE,
        Error::Data { .. } => DATA,
        Error::Io { .. } | Error::Interrupted(_) | Error::Abandoned { .. } => FAILED,
        Error::Policy(_) => POLICY,
        Error::ClosedPipe => CLOSED_PIPE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_every_status() {
        for status in [DONE, FAILED, USAGE, DATA, POLICY, CLOSED_PIPE] {
            assert!(HELP.contains(&format!("\n  {status:<5}")), "{status}");
        }
    }
}
