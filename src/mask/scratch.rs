//! Memory for masks that must hold a value for a moment: a pool for each thread, so that nothing is allocated per value
//! once the buffers have grown.

use std::cell::RefCell;
use std::ops::{Deref, DerefMut};

/// Buffers beyond this many bytes are not kept: one long value must not hold memory for the rest of the run.
const LARGEST: usize = 1 << 20;

/// More buffers than this are not kept; masks nest no deeper.
const MOST: usize = 16;

thread_local! {
    static POOL: RefCell<Vec<Vec<u8>>> = const { RefCell::new(Vec::new()) };
}

/// An empty buffer that goes back to the pool when dropped.
#[derive(Debug)]
pub struct Buffer(Vec<u8>);

/// Takes an empty buffer from the pool.
pub fn buffer() -> Buffer {
    Buffer(POOL.with_borrow_mut(Vec::pop).unwrap_or_default())
}

/// An empty text that goes back to the pool when dropped.
#[derive(Debug)]
pub struct Text(String);

/// Takes an empty text from the pool.
pub fn text() -> Text {
    // Empty bytes are always a text, and keep their memory.
    Text(String::from_utf8(std::mem::take(&mut *buffer())).unwrap_or_default())
}

impl Deref for Text {
    type Target = String;

    fn deref(&self) -> &String {
        &self.0
    }
}

impl DerefMut for Text {
    fn deref_mut(&mut self) -> &mut String {
        &mut self.0
    }
}

impl Drop for Text {
    fn drop(&mut self) {
        drop(Buffer(std::mem::take(&mut self.0).into_bytes()));
    }
}

impl Deref for Buffer {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut buffer = std::mem::take(&mut self.0);
        // A value of the dump must not stay around longer than it must; capacity is what is kept.
        buffer.clear();
        if buffer.capacity() <= LARGEST {
            // While a thread ends its pool may be gone.
            let _ = POOL.try_with(|pool| {
                if let Ok(mut pool) = pool.try_borrow_mut()
                    && pool.len() < MOST
                {
                    pool.push(buffer);
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_empty_and_as_large() {
        let mut first = buffer();
        first.extend_from_slice(&[1; 1000]);
        let mut second = buffer();
        second.push(2);
        drop(first);
        let again = buffer();
        assert!(again.is_empty() && again.capacity() >= 1000);
        assert_eq!(second[..], [2]);
    }
}
