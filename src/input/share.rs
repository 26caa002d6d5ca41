//! One reader for several: what is read once goes to each, in shared blocks; the slowest holds the others back.
//!
//! Until [`Shared::begin`] it is the fastest who does: readers that must not go on yet would otherwise keep those waiting
//! that still have to find out what they read. Nobody reads more than the head of a dump by then.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use bytes::{Buf, Bytes};

use crate::error::Fault;

/// How much is read at a time, in bytes.
const BLOCK: usize = 256 * 1024;

/// How many blocks wait for a reader.
const WAITING: usize = 16;

/// What several readers have in common.
#[derive(Debug)]
pub struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    /// The blocks that wait for each reader; `None` for one that is gone.
    queues: Vec<Option<VecDeque<Bytes>>>,
    begun: bool,
    end: Option<End>,
}

/// How the reading ended.
#[derive(Clone, Debug)]
enum End {
    Whole,
    Fault(Fault),
    System(i32),
    Other(io::ErrorKind, String),
}

/// One of several readers.
struct Reader {
    shared: Arc<Shared>,
    index: usize,
    block: Bytes,
}

/// One for each who reads.
pub type Readers = Vec<Box<dyn Read + Send>>;

/// Has a reader read by a thread of its own for so many others.
///
/// # Errors
/// No thread can be started.
pub fn share(mut source: Box<dyn Read + Send>, count: usize) -> io::Result<(Readers, Arc<Shared>)> {
    let queues = (0..count).map(|_| Some(VecDeque::new())).collect();
    let shared = Arc::new(Shared { state: Mutex::new(State { queues, begun: false, end: None }), changed: Condvar::new() });
    let reader = |index| Box::new(Reader { shared: Arc::clone(&shared), index, block: Bytes::new() }) as Box<dyn Read + Send>;
    let readers = (0..count).map(reader).collect();
    let ours = Arc::clone(&shared);
    thread::Builder::new().name("share".into()).spawn(move || {
        let end = loop {
            match block(&mut source) {
                Ok(block) if block.is_empty() => break End::Whole,
                Ok(block) if ours.push(&block) => {}
                Ok(_) => return,
                Err(error) => break End::of(error),
            }
        };
        ours.lock().end = Some(end);
        ours.changed.notify_all();
    })?;
    Ok((readers, shared))
}

/// The next block: as much as comes at once.
fn block(source: &mut impl Read) -> io::Result<Bytes> {
    let mut block = vec![0; BLOCK];
    loop {
        match source.read(&mut block) {
            Ok(count) => {
                block.truncate(count);
                return Ok(Bytes::from(block));
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

impl Shared {
    /// All readers go on from here: the slowest holds the others back.
    pub fn begin(&self) {
        self.lock().begun = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands a block to each, and waits until there is room for another. False where nobody reads any more.
    fn push(&self, block: &Bytes) -> bool {
        let mut state = self.lock();
        state.queues.iter_mut().flatten().for_each(|queue| queue.push_back(block.clone()));
        self.changed.notify_all();
        while state.is_full() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.queues.iter().any(Option::is_some)
    }

    /// The next block for a reader; `None` at the end.
    fn pop(&self, index: usize) -> io::Result<Option<Bytes>> {
        let mut state = self.lock();
        loop {
            if let Some(block) = state.queues.get_mut(index).and_then(Option::as_mut).and_then(VecDeque::pop_front) {
                self.changed.notify_all();
                return Ok(Some(block));
            }
            if let Some(end) = &state.end {
                return end.error().map_or(Ok(None), Err);
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl State {
    fn is_full(&self) -> bool {
        let mut waiting = self.queues.iter().flatten().map(VecDeque::len);
        let most = if self.begun { waiting.max() } else { waiting.by_ref().min() };
        most.is_some_and(|most| most >= WAITING)
    }
}

impl End {
    fn of(error: io::Error) -> End {
        match (error.raw_os_error(), error.kind()) {
            (Some(code), _) => End::System(code),
            (None, kind) => match error.downcast::<Fault>() {
                Ok(fault) => End::Fault(fault),
                Err(error) => End::Other(kind, error.to_string()),
            },
        }
    }

    fn error(&self) -> Option<io::Error> {
        match self {
            End::Whole => None,
            End::Fault(fault) => Some(io::Error::other(fault.clone())),
            End::System(code) => Some(io::Error::from_raw_os_error(*code)),
            End::Other(kind, text) => Some(io::Error::new(*kind, text.clone())),
        }
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.block.is_empty() {
            match self.shared.pop(self.index)? {
                Some(block) => self.block = block,
                None => return Ok(0),
            }
        }
        let count = self.block.len().min(buffer.len());
        if let (Some(room), Some(bytes)) = (buffer.get_mut(..count), self.block.get(..count)) {
            room.copy_from_slice(bytes);
        }
        self.block.advance(count);
        Ok(count)
    }
}

/// A reader that is gone holds nobody back.
impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(queue) = self.shared.lock().queues.get_mut(self.index) {
            *queue = None;
        }
        self.shared.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Cursor;
    use std::time::Duration;

    fn text(length: usize) -> Vec<u8> {
        (0..length).map(|i| (i % 251) as u8).collect()
    }

    #[test]
    fn each_reads_all() {
        let text = text(20 * BLOCK + 7);
        let (readers, shared) = share(Box::new(Cursor::new(text.clone())), 3).expect("starts");
        let reading: Vec<_> = readers
            .into_iter()
            .map(|mut reader| {
                thread::spawn(move || {
                    let mut found = Vec::new();
                    reader.read_to_end(&mut found).map(|_| found)
                })
            })
            .collect();
        shared.begin();
        for reader in reading {
            assert!(reader.join().expect("ends").expect("reads") == text);
        }
    }

    #[test]
    fn before_the_beginning_one_may_read_ahead_of_others_and_not_after_it() {
        let (mut readers, shared) = share(Box::new(Cursor::new(text(100 * BLOCK))), 2).expect("starts");
        let mut ahead = readers.remove(0);
        let mut block = vec![0; 40 * BLOCK];
        ahead.read_exact(&mut block).expect("reads while the other waits");
        shared.begin();
        let waiting = thread::spawn(move || ahead.read_exact(&mut vec![0; 55 * BLOCK]));
        thread::sleep(Duration::from_millis(30));
        assert!(!waiting.is_finished(), "the slowest holds it back");
        readers.clear();
        waiting.join().expect("ends").expect("reads once the other is gone");
    }

    #[test]
    fn a_fault_reaches_each() {
        struct Bad;
        impl Read for Bad {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other(Fault::CutCompressed("gzip")))
            }
        }
        let (readers, _) = share(Box::new(Bad), 2).expect("starts");
        for mut reader in readers {
            let error = reader.read(&mut [0; 10]).expect_err("fails").downcast::<Fault>();
            assert_eq!(error.expect("a fault"), Fault::CutCompressed("gzip"));
        }
    }
}
