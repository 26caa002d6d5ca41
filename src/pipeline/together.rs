//! Runs that succeed together or not at all: the outputs of one read.
//!
//! Before the first byte each waits until all have their plans, before its end until all are that far, and before its file
//! takes its name until all are whole and safe on the disk. Whoever fails stops the others. A decision is made once,
//! under one lock: a signal that comes with it does not divide them.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::abort::Stop;
use super::queue::{Waited, wait};
use crate::error::{Error, Result};

/// One of several runs.
pub struct Member {
    index: usize,
    shared: Arc<Shared>,
    go: Receiver<()>,
    done: bool,
}

/// What the runs have in common.
struct Shared {
    state: Mutex<State>,
    go: Vec<Sender<()>>,
    stops: Vec<Sender<Stop>>,
    /// What happens when all have their plans.
    begin: Box<dyn Fn() + Send + Sync>,
}

#[derive(Debug, Default)]
struct State {
    /// How many wait for the decision at hand.
    waiting: usize,
    /// How many decisions have been made.
    decided: u64,
    /// Who failed first.
    failed: Option<usize>,
}

/// Which of several runs failed first.
pub struct Outcome(Arc<Shared>);

impl Outcome {
    /// Its place among the runs; `None` where none failed.
    pub fn first_failure(&self) -> Option<usize> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner).failed
    }
}

/// The members of a run, each with what stops it.
pub type Members = Vec<(Member, Receiver<Stop>)>;

/// Makes members of so many runs, each with what stops it: a signal, or the failure of another. `begin` is called when all
/// have their plans, before the first of them writes.
///
/// # Errors
/// No thread can be started.
pub fn members(count: usize, signals: Receiver<Stop>, begin: Box<dyn Fn() + Send + Sync>) -> Result<(Members, Outcome)> {
    let (go, gone): (Vec<_>, Vec<_>) = (0..count).map(|_| bounded(1)).unzip();
    // Room for a signal and for the failure of another; nobody waits to say it once more.
    let (stops, stopped): (Vec<_>, Vec<_>) = (0..count).map(|_| bounded(4)).unzip();
    let shared = Arc::new(Shared { state: Mutex::default(), go, stops: stops.clone(), begin });
    let forward = move || {
        for stop in signals {
            tell(&stops, stop);
        }
    };
    thread::Builder::new().name("stops".into()).spawn(forward).map_err(|error| Error::io("start a thread", error))?;
    let member = |(index, go)| Member { index, shared: Arc::clone(&shared), go, done: false };
    let members = gone.into_iter().enumerate().map(member).zip(stopped).collect();
    Ok((members, Outcome(shared)))
}

fn tell(stops: &[Sender<Stop>], stop: Stop) {
    for sender in stops {
        // It is full only where others have said so before.
        let _ = sender.try_send(stop);
    }
}

impl Member {
    /// Waits until all have come as far.
    ///
    /// # Errors
    /// Another has failed, or a signal came; this member has failed then too.
    pub fn agree(&self, interrupts: &Receiver<Stop>) -> Result<()> {
        let before = {
            let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
            if state.failed.is_some() {
                return Err(Error::Abandoned { early: state.decided == 0 });
            }
            state.waiting += 1;
            let before = state.decided;
            if state.waiting == self.shared.go.len() {
                (state.waiting, state.decided) = (0, before + 1);
                if before == 0 {
                    (self.shared.begin)();
                }
                for go in &self.shared.go {
                    // Each has taken the one before, or it would not have come here.
                    let _ = go.try_send(());
                }
            }
            before
        };
        let stop = match wait(&self.go, interrupts) {
            Waited::Got(()) => return Ok(()),
            Waited::Interrupted(stop) => Error::from(stop),
            Waited::Gone => Error::internal(),
        };
        let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.decided > before {
            // What stopped this one came too late for all of them; it is told again where there is more to come.
            drop(state);
            let _ = self.go.try_recv();
            return Ok(());
        }
        state.failed.get_or_insert(self.index);
        Err(stop)
    }

    /// Tells the others that this run has failed.
    pub fn fail(&mut self, error: &Error) {
        self.done = true;
        let early = {
            let mut state = self.shared.state.lock().unwrap_or_else(PoisonError::into_inner);
            state.failed.get_or_insert(self.index);
            state.decided == 0
        };
        let harmless = matches!(error, Error::Usage(_) | Error::Rules(_) | Error::Policy(_) | Error::Abandoned { early: true });
        tell(&self.shared.stops, Stop::Fellow { early: early && harmless });
    }

    /// This run is over, and well.
    pub fn succeed(mut self) {
        self.done = true;
    }
}

/// A run that stops without a word (a bug of ours) must not keep the others waiting.
impl Drop for Member {
    fn drop(&mut self) {
        if !self.done {
            self.fail(&Error::internal());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[test]
    fn all_go_when_all_have_come() {
        let begun = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&begun);
        let (_signals, stops) = bounded(1);
        let begin = move || {
            count.fetch_add(1, Ordering::SeqCst);
        };
        let (members, outcome) = members(3, stops, Box::new(begin)).expect("starts");
        let come = Arc::new(AtomicUsize::new(0));
        let runs: Vec<_> = members
            .into_iter()
            .enumerate()
            .map(|(index, (member, stops))| {
                let come = Arc::clone(&come);
                thread::spawn(move || {
                    for phase in 1..=3 {
                        thread::sleep(Duration::from_millis(5 * index as u64));
                        come.fetch_add(1, Ordering::SeqCst);
                        member.agree(&stops).expect("all come");
                        assert!(come.load(Ordering::SeqCst) >= 3 * phase);
                    }
                    member.succeed();
                })
            })
            .collect();
        runs.into_iter().for_each(|run| run.join().expect("well"));
        assert_eq!((begun.load(Ordering::SeqCst), outcome.first_failure()), (1, None));
    }

    #[test]
    fn a_failure_stops_those_who_wait_and_those_who_come() {
        let (_signals, stops) = bounded(1);
        let (mut members, outcome) = members(3, stops, Box::new(|| ())).expect("starts");
        let (late, late_stops) = members.pop().expect("three");
        let (mut fails, _) = members.pop().expect("three");
        let (waits, stops) = members.pop().expect("three");
        let waiting = thread::spawn(move || waits.agree(&stops));
        thread::sleep(Duration::from_millis(20));
        fails.fail(&Error::Usage("no".into()));
        assert!(matches!(waiting.join().expect("ends"), Err(Error::Abandoned { early: true })));
        assert!(matches!(late.agree(&late_stops), Err(Error::Abandoned { early: true })));
        assert_eq!(outcome.first_failure(), Some(1));
    }

    #[test]
    fn a_signal_reaches_all_and_a_member_that_is_gone_counts_as_failed() {
        let (signals, stops) = bounded(1);
        let (mut members, _) = members(2, stops, Box::new(|| ())).expect("starts");
        signals.send(Stop::Signal("SIGTERM")).expect("heard");
        let (member, stops) = members.pop().expect("two");
        assert!(matches!(member.agree(&stops), Err(Error::Interrupted("SIGTERM"))));
        let (_signals, stops) = bounded(1);
        let (mut members, outcome) = super::members(2, stops, Box::new(|| ())).expect("starts");
        drop(members.pop());
        let (member, stops) = members.pop().expect("one");
        assert!(matches!(member.agree(&stops), Err(Error::Abandoned { .. })));
        assert_eq!(outcome.first_failure(), Some(1));
    }
}
