//! Back into sequence, bounded: the queue between the director and the writer.
//!
//! The director puts slots in the order of the dump; a slot of rows holds the receiver of its batch, which a worker
//! fills when it is ready. The writer takes slots in that order and waits for each. So the order is the queue's, and
//! what is in flight is bounded by its length: no sequence numbers and nothing to sort.

use std::sync::Arc;

use bytes::Bytes;
use crossbeam_channel::{Receiver, Sender, bounded, select};

use super::abort::Stop;
use super::archive::Step;
use super::batch::Rewritten;
use super::limit::{Bounded, Limited};
use crate::encoding::Charset;
use crate::error::Error;
use crate::name::{Name, RelationName};
use crate::plan::objects::LeftObject;
use crate::plan::{Absence, Erasure, TableAction, TableOutlook};
use crate::rewrite::{Cause, Statements};
use crate::row::digest::Digest;

/// Something to be written, or to be known by whoever writes.
#[derive(Debug)]
pub enum Slot {
    /// Bytes outside of a table's data.
    Text(Bytes),
    /// A backslash command, its line whole.
    Command(Bytes),
    /// A table's data begins.
    Table(Box<Table>),
    /// Rows as they are, how many, and their checksum where it is asked for.
    Pass(Bytes, u64, Option<Receiver<Digest>>),
    /// A statement that brings rows which nobody can count: INSERT … SELECT.
    Uncounted(Bytes),
    /// This many rows were left out without being looked at: for a cause, or with all rows of the table.
    Skip(u64, Option<Cause>),
    /// This many rows have passed, packed as they were.
    Counted(u64),
    /// Rows that are being rewritten.
    Batch(Receiver<Rewritten>),
    /// The same, of a table with a limit.
    Bounded(Box<Bounded>),
    /// A table's data ends; its end marker, unless the table's data is left out or goes as INSERT.
    TableEnd(Option<Bytes>),
    /// Here comes the text of [`Slot::Fill`].
    Mark,
    /// The text for the mark.
    Fill(Bytes),
    /// What the writer of an archive is told.
    Archive(Step),
    /// Something that the summary should say.
    Remark(String),
    /// Objects that were left out, and how many statements of other sorts were.
    Objects(Vec<LeftObject>, Vec<(&'static str, u64)>),
    /// Lists of ids whose rows have all been seen.
    Erased(Vec<Erasure>),
    /// Columns that can hold personal data and that no rule names.
    Unlisted(Vec<(RelationName, Name)>),
    /// What the plan does to the tables.
    Outlook(Vec<TableOutlook>),
    /// From here on all outputs of the run must be as far.
    Agree,
    /// The run failed here.
    Failed(Error),
    /// All is written.
    Done {
        /// Bytes of the unpacked input.
        bytes_in: u64,
    },
}

/// The head of a table's data.
#[derive(Debug)]
pub struct Table {
    /// The table.
    pub relation: RelationName,
    /// What is done with its rows.
    pub action: TableAction,
    /// Why none of its rows pass, where none does.
    pub absence: Option<Absence>,
    /// Its masked columns and their masks.
    pub columns: Vec<(Name, &'static str)>,
    /// The columns that its statements name, if they name them.
    pub listed: Option<Vec<Name>>,
    /// The encoding of its rows.
    pub charset: Charset,
    /// How its rows become INSERT statements, where they do: its COPY statement is not written then.
    pub statements: Option<Arc<Statements>>,
    /// The comments and the COPY statement; `None` where the table's data is left out, or comes as INSERT.
    pub head: Option<[Bytes; 2]>,
    /// How many of its rows pass at most.
    pub limit: Option<Limited>,
}

/// What came of waiting.
#[derive(Debug)]
pub enum Waited<T> {
    /// What was waited for.
    Got(T),
    /// Something came first that stops the run.
    Interrupted(Stop),
    /// The other side is gone.
    Gone,
}

/// A queue for `length` slots in flight.
pub fn queue(length: usize) -> (Sender<Slot>, Receiver<Slot>) {
    bounded(length)
}

/// Waits for what comes next, or for what stops the run.
pub fn wait<T>(receiver: &Receiver<T>, interrupts: &Receiver<Stop>) -> Waited<T> {
    // A signal goes first: `select!` would choose at random where both are ready.
    if let Ok(signal) = interrupts.try_recv() {
        return Waited::Interrupted(signal);
    }
    select! {
        recv(receiver) -> received => received.map_or(Waited::Gone, Waited::Got),
        recv(interrupts) -> signal => match signal {
            Ok(signal) => Waited::Interrupted(signal),
            // Nobody sends signals any more: only the other side is left to wait for.
            Err(_) => receiver.recv().map_or(Waited::Gone, Waited::Got),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;
    use std::time::Duration;

    #[test]
    fn slots_come_in_the_order_in_which_they_were_put() {
        let (sender, receiver) = queue(2);
        let (_keep, interrupts) = bounded::<Stop>(1);
        let (slow, batch) = bounded(1);
        sender.send(Slot::Batch(batch)).expect("room");
        sender.send(Slot::Skip(1, None)).expect("room");
        assert!(sender.try_send(Slot::Skip(2, None)).is_err(), "the queue is bounded");
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            drop(slow);
        });
        let Waited::Got(Slot::Batch(batch)) = wait(&receiver, &interrupts) else { panic!("the batch comes first") };
        assert!(matches!(wait(&batch, &interrupts), Waited::Gone));
        assert!(matches!(wait(&receiver, &interrupts), Waited::Got(Slot::Skip(1, None))));
    }

    #[test]
    fn a_signal_ends_the_waiting() {
        let (_sender, receiver) = queue(1);
        let (signals, interrupts) = bounded(1);
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            signals.send(Stop::Signal("SIGTERM"))
        });
        assert!(matches!(wait(&receiver, &interrupts), Waited::Interrupted(Stop::Signal("SIGTERM"))));
    }

    #[test]
    fn without_anybody_who_sends_signals_it_waits_all_the_same() {
        let (sender, receiver) = queue(1);
        let (signals, interrupts) = bounded::<Stop>(1);
        drop(signals);
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(20));
            sender.send(Slot::Skip(7, None))
        });
        assert!(matches!(wait(&receiver, &interrupts), Waited::Got(Slot::Skip(7, None))));
        assert!(matches!(wait(&receiver, &interrupts), Waited::Gone));
    }
}
