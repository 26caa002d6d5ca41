//! gzip, zstd, lz4, bzip2 and xz, each as [`Read`].
//!
//! A compressed input that is cut or damaged never ends in silence: it gives an [`io::Error`] with a
//! [`Fault::CutCompressed`] or a [`Fault::Damaged`] inside, told apart from errors of the system. A test cuts one of
//! each kind at every byte. Where a file of several members is cut between two of them, nothing shows it here; then the
//! dump lacks its last line, and the script reader says so.

use std::io::{self, BufReader, ErrorKind, Read};

use bzip2::bufread::MultiBzDecoder;
use flate2::bufread::MultiGzDecoder;
use liblzma::bufread::XzDecoder;
use liblzma::stream::{CONCATENATED, Stream};

use super::sniff::Codec;
use crate::archive::read::lz4::Lz4Frames;
use crate::error::Fault;

/// How many packed bytes are read at a time.
const BLOCK: usize = 256 * 1024;

/// The largest window that a zstd frame may ask for, as a power of two: what `zstd --long=31` writes.
const WINDOW_LOG: u32 = 31;

/// The most memory that an xz stream may ask for: what `xz -9` takes, and twice as much.
const XZ_MEMORY: u64 = 128 << 20;

/// A reader of what `raw` holds, unpacked.
///
/// # Errors
/// The decompressor cannot be set up.
pub fn unpack(packing: Codec, raw: Box<dyn Read + Send>) -> io::Result<Box<dyn Read + Send>> {
    let raw = BufReader::with_capacity(BLOCK, raw);
    Ok(match packing {
        Codec::Gzip => Box::new(Checked { inner: MultiGzDecoder::new(raw), packing }),
        Codec::Zstd => {
            let mut inner = zstd::stream::read::Decoder::with_buffer(raw)?;
            inner.window_log_max(WINDOW_LOG)?;
            Box::new(Checked { inner, packing })
        }
        Codec::Lz4 => Box::new(Checked { inner: Lz4Frames::new(raw), packing }),
        Codec::Bzip2 => Box::new(Checked { inner: MultiBzDecoder::new(raw), packing }),
        Codec::Xz => {
            let stream = Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED)?;
            Box::new(Checked { inner: XzDecoder::new_stream(raw, stream), packing })
        }
    })
}

/// Turns a decompressor's errors into faults.
struct Checked<R> {
    inner: R,
    packing: Codec,
}

impl<R: Read> Read for Checked<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| {
            // What the system itself says (a failing disk) is not the stream's fault.
            if error.raw_os_error().is_some() || error.kind() == ErrorKind::Interrupted {
                return error;
            }
            let fault = match error.kind() {
                ErrorKind::UnexpectedEof => Fault::CutCompressed(self.packing.name()),
                _ => Fault::Damaged(self.packing.name()),
            };
            io::Error::other(fault)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    use lz4_flex::frame::{BlockMode, BlockSize, FrameEncoder, FrameInfo};

    /// What comes out, and the fault at the end if there is one.
    fn read(packing: Codec, packed: &[u8]) -> (Vec<u8>, Option<Fault>) {
        let mut reader = unpack(packing, Box::new(io::Cursor::new(packed.to_vec()))).expect("sets up");
        let mut out = Vec::new();
        let error = reader.read_to_end(&mut out).err();
        (out, error.map(|error| error.downcast::<Fault>().expect("a fault")))
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        encoder.write_all(text).expect("packs");
        encoder.finish().expect("packs")
    }

    fn zstd(text: &[u8], checksum: bool) -> Vec<u8> {
        let mut encoder = zstd::stream::write::Encoder::new(Vec::new(), 3).expect("sets up");
        encoder.include_checksum(checksum).expect("sets up");
        encoder.write_all(text).expect("packs");
        encoder.finish().expect("packs")
    }

    fn lz4(text: &[u8], info: FrameInfo) -> Vec<u8> {
        let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
        encoder.write_all(text).expect("packs");
        encoder.finish().expect("packs")
    }

    fn bzip2(text: &[u8]) -> Vec<u8> {
        let mut encoder = bzip2::write::BzEncoder::new(Vec::new(), bzip2::Compression::fast());
        encoder.write_all(text).expect("packs");
        encoder.finish().expect("packs")
    }

    fn xz(text: &[u8]) -> Vec<u8> {
        let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 1);
        encoder.write_all(text).expect("packs");
        encoder.finish().expect("packs")
    }

    /// Every packing in every form, with its unpacked text.
    fn samples() -> Vec<(Codec, Vec<u8>, Vec<u8>)> {
        // Longer than a block of lz4, with some noise, so that there are several blocks of both kinds.
        let noise = (0..90_000_u64).map(|i| (i.wrapping_mul(6_364_136_223_846_793_005).wrapping_mul(i) >> 40) as u8);
        let long: Vec<u8> = b"a line of a dump\n".iter().copied().cycle().take(70_000).chain(noise).collect();
        let mut samples = Vec::new();
        for text in [b"SET x = 0;\n".to_vec(), Vec::new(), vec![0; 300], long] {
            samples.push((Codec::Gzip, gzip(&text), text.clone()));
            samples.push((Codec::Bzip2, bzip2(&text), text.clone()));
            samples.push((Codec::Xz, xz(&text), text.clone()));
            for checksum in [false, true] {
                samples.push((Codec::Zstd, zstd(&text, checksum), text.clone()));
                for mode in [BlockMode::Independent, BlockMode::Linked] {
                    let info = FrameInfo::new().block_mode(mode).block_size(BlockSize::Max64KB);
                    let info = info.content_checksum(checksum).block_checksums(!checksum);
                    samples.push((Codec::Lz4, lz4(&text, info), text.clone()));
                }
            }
        }
        samples
    }

    #[test]
    fn whole_streams_come_out_whole() {
        for (packing, packed, text) in samples() {
            assert_eq!(read(packing, &packed), (text, None), "{packing:?}");
        }
    }

    #[test]
    fn several_members_are_one_text() {
        for (packing, packed, text) in samples() {
            let (packed, text) = (packed.repeat(3), text.repeat(3));
            assert_eq!(read(packing, &packed), (text, None), "{packing:?}");
        }
    }

    #[test]
    fn a_cut_never_ends_in_silence() {
        for (packing, packed, _) in samples() {
            // Every byte of the small ones, some of the large ones.
            let step = (packed.len() / 400).max(1);
            for cut in (1..packed.len()).rev().step_by(step) {
                let (_, fault) = read(packing, &packed[..cut]);
                assert_eq!(fault, Some(Fault::CutCompressed(packing.name())), "{packing:?} cut at {cut} of {}", packed.len());
            }
        }
    }

    #[test]
    fn a_cut_in_a_later_member_never_ends_in_silence() {
        for (packing, packed, _) in samples().into_iter().filter(|(_, packed, _)| packed.len() < 1000) {
            let twice = packed.repeat(2);
            for cut in packed.len() + 1..twice.len() {
                let (_, fault) = read(packing, &twice[..cut]);
                assert_eq!(fault, Some(Fault::CutCompressed(packing.name())), "{packing:?} cut at {cut} of {}", twice.len());
            }
        }
    }

    #[test]
    fn damage_is_told_from_a_cut() {
        let text = b"a line of a dump\n".repeat(40);
        let info = FrameInfo::new().content_checksum(true);
        let lz4 = (Codec::Lz4, lz4(&text, info));
        let others = [(Codec::Bzip2, bzip2(&text)), (Codec::Xz, xz(&text))];
        for (packing, packed) in [(Codec::Gzip, gzip(&text)), (Codec::Zstd, zstd(&text, true)), lz4].into_iter().chain(others) {
            let mut flipped = packed.clone();
            let last = flipped.len() - 5;
            flipped[last] ^= 0x55;
            let (_, fault) = read(packing, &flipped);
            assert!(fault.is_some(), "{packing:?}");
            let mut followed = packed.clone();
            followed.extend_from_slice(b"something that was appended to the file");
            let (_, fault) = read(packing, &followed);
            assert_eq!(fault, Some(Fault::Damaged(packing.name())), "{packing:?}");
        }
    }

    #[test]
    fn an_error_of_the_system_stays_one() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::from_raw_os_error(5))
            }
        }
        for packing in [Codec::Gzip, Codec::Zstd, Codec::Lz4, Codec::Bzip2, Codec::Xz] {
            let mut reader = unpack(packing, Box::new(Failing)).expect("sets up");
            let error = reader.read(&mut [0; 10]).expect_err("fails");
            assert_eq!(error.raw_os_error(), Some(5), "{packing:?}");
        }
    }
}
