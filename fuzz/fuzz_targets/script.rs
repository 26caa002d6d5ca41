//! Any bytes through the script reader: no panic, no hang; what it accepts comes out as it went in, whatever the
//! block size.
#![no_main]

use libfuzzer_sys::fuzz_target;
use pgveil::dump::buffer::Buffer;
use pgveil::dump::event::Event;
use pgveil::dump::script::reader::{Limits, ScriptReader};

/// All events' bytes, and whether the reader accepted the whole.
fn read(text: &[u8], block: usize) -> (Vec<u8>, bool) {
    let buffer = Buffer::new(Box::new(std::io::Cursor::new(text.to_vec())), block);
    let mut reader = ScriptReader::new(buffer, Limits { max_row: 1 << 20, require_trailer: false });
    let mut bytes = Vec::new();
    loop {
        match reader.next_event() {
            Ok(Some(Event::Statement(s))) => bytes.extend([s.lead, s.text].concat()),
            Ok(Some(Event::Insert(s))) => bytes.extend([s.lead, s.text].concat()),
            Ok(Some(Event::CopyStart(s))) => bytes.extend([s.lead, s.text].concat()),
            Ok(Some(Event::Meta(m))) => bytes.extend([m.lead, m.line].concat()),
            Ok(Some(Event::CopyEnd(all) | Event::End(all))) => bytes.extend(all),
            Ok(Some(Event::Rows(rows))) => bytes.extend(rows.bytes),
            Ok(None) => return (bytes, true),
            Err(_) => return (bytes, false),
        }
    }
}

fuzz_target!(|text: &[u8]| {
    let (whole, accepted) = read(text, 1 << 20);
    if accepted {
        assert_eq!(whole, text);
    } else {
        assert!(text.starts_with(&whole));
    }
    let (small, same) = read(text, 3);
    assert_eq!(accepted, same);
    if accepted {
        assert_eq!(small, whole);
    }
});
