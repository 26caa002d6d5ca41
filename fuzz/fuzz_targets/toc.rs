//! Any bytes as a custom archive, and as the table of contents of one: no panic, and what opens is a script or an error.
#![no_main]

use std::io::{Cursor, Read};

use libfuzzer_sys::fuzz_target;
use pgveil::archive::script::Style;
use pgveil::archive::{Archive, Script};

/// The header of an archive of version 1.16, without the table of contents: not packed, integers of one byte.
const HEAD: &[u8] = b"PGDMP\x01\x10\0\x01\x01\x01\0\0\0\0\0\0\0\0\x01\0\0\0\x7d\0\0\x01\x01\x01\x01\x01\x01";

/// All that a script can say beside making the objects.
const STYLE: Style = Style { create: true, clean: true, if_exists: true };

fuzz_target!(|input: &[u8]| {
    for head in [HEAD, b"", b"PGDMP\x01"] {
        let bytes = [head, input].concat();
        let length = bytes.len();
        let Ok(archive) = Archive::custom(Box::new(Cursor::new(bytes.clone()))) else { continue };
        // Memory follows the input: an entry takes some 40 bytes of it at least.
        assert!(archive.entries.len() <= length / 30);
        let _ = Script::without_rows(&archive.header, &archive.entries, STYLE);
        if let Ok(mut script) = Script::new(archive, STYLE, None) {
            let _ = script.read_to_end(&mut Vec::new());
        }
        let _ = Archive::tar(Box::new(Cursor::new(bytes)));
    }
});
