//! LZ4 frames as [`Read`], with the end of a frame told from the end of the input.

use std::io::{self, ErrorKind, Read};
use std::mem;

use lz4_flex::frame::FrameDecoder;

/// One lz4 frame behind the other; no frame at all is no byte. The decoder gives 0 both at the end of a frame and where
/// the input ends inside one, so what it has read decides. An input that ends inside a frame is an
/// [`ErrorKind::UnexpectedEof`].
pub struct Lz4Frames<R: Read> {
    decoder: FrameDecoder<Watched<R>>,
    /// How much had been read where the last whole frame ended.
    whole: u64,
}

impl<R: Read> Lz4Frames<R> {
    /// The frames that `raw` holds.
    pub fn new(raw: R) -> Lz4Frames<R> {
        Lz4Frames { decoder: FrameDecoder::new(Watched { inner: raw, count: 0, ended: false, last: [0xff; 8] }), whole: 0 }
    }

    /// What the frames are read from.
    pub fn get_mut(&mut self) -> &mut R {
        &mut self.decoder.get_mut().inner
    }
}

impl<R: Read + Default> Lz4Frames<R> {
    /// Forgets what is left of the frame at hand: another stream follows.
    pub fn reset(&mut self) {
        let inner = mem::take(self.get_mut());
        *self = Lz4Frames::new(inner);
    }
}

impl<R: Read> Read for Lz4Frames<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let read = self.decoder.read(buffer)?;
            let watched = self.decoder.get_ref();
            if read > 0 {
                return Ok(read);
            }
            if watched.ended {
                return if self.whole == watched.count { Ok(0) } else { Err(ErrorKind::UnexpectedEof.into()) };
            }
            // The end of a frame, or an empty block in the middle of one, after which reading just goes on.
            if watched.at_end_mark() {
                self.whole = watched.count;
            }
        }
    }
}

/// Remembers what a decoder has read.
struct Watched<R> {
    inner: R,
    count: u64,
    /// The decoder asked for more than there was.
    ended: bool,
    /// The last bytes that the decoder has read.
    last: [u8; 8],
}

impl<R> Watched<R> {
    /// Whether an end mark was read last: four zero bytes, and a checksum of four bytes where the frame has one.
    fn at_end_mark(&self) -> bool {
        let [a, b] = [self.last.first_chunk::<4>(), self.last.last_chunk::<4>()];
        a == Some(&[0; 4]) || b == Some(&[0; 4])
    }
}

impl<R: Read> Read for Watched<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.ended |= read == 0 && !buffer.is_empty();
        self.count += read as u64;
        let taken = buffer.get(..read).unwrap_or_default();
        let tail = taken.get(taken.len().saturating_sub(self.last.len())..).unwrap_or_default();
        self.last.rotate_left(tail.len());
        let keep = self.last.len() - tail.len();
        if let Some(place) = self.last.get_mut(keep..) {
            place.copy_from_slice(tail);
        }
        Ok(read)
    }
}
