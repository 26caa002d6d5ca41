//! Any bytes as the chunks of a custom archive packed with zstd: no panic, and the same whatever the size of a read.
#![no_main]

use std::io::{Cursor, Read};

use libfuzzer_sys::fuzz_target;
use pgveil::archive::Archive;

/// The header of an archive of version 1.16 with integers of one byte, and one entry: TABLE DATA with dump id 5.
const HEAD: &[u8] = b"PGDMP\x01\x10\0\x01\x01\x01\x03\0\0\0\0\0\0\0\x01\0\0\0\x7d\0\0\x01\x01\x01\x01\x01\x01\
    \0\x01\0\x05\0\x01\0\x010\0\x010\0\x01t\0\x0aTABLE DATA\0\x03\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\x01\0\0\x01\x01\
    \0\x05false\x01\x01\x01\0\x01\0\x05";

/// What comes out in reads of so many bytes, and whether it came to its end; long output is not followed to its end.
fn unpacked(input: &[u8], size: usize) -> (Vec<u8>, bool) {
    let bytes = [HEAD, input].concat();
    let mut archive = Archive::custom(Box::new(Cursor::new(bytes))).expect("the head is whole");
    archive.data.next_block().expect("the block begins");
    let (mut all, mut buffer) = (Vec::new(), vec![0; size]);
    while all.len() < 1 << 20 {
        match archive.data.read(&mut buffer) {
            Ok(0) => return (all, true),
            Ok(read) => all.extend_from_slice(&buffer[..read]),
            Err(_) => return (all, false),
        }
    }
    (Vec::new(), false)
}

fuzz_target!(|input: &[u8]| {
    let (whole, ended) = unpacked(input, 1 << 16);
    let (pieces, same) = unpacked(input, 13);
    assert_eq!(ended, same);
    // Before an error more or less may come out.
    assert!(whole == pieces || !ended);
});
