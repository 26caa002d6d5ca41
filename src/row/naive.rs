//! The slow, obvious version of what the row program does: the oracle of unit tests and fuzzing. Not built otherwise.

/// Splits whole rows, each ended by LF, into raw fields.
pub fn rows(text: &[u8]) -> Vec<Vec<Vec<u8>>> {
    let mut lines: Vec<&[u8]> = text.split(|b| *b == b'\n').collect();
    lines.pop();
    lines.into_iter().map(|line| line.split(|b| *b == b'\t').map(<[u8]>::to_vec).collect()).collect()
}

/// The value of a raw field, a character at a time.
pub fn unescape(raw: &[u8]) -> Vec<u8> {
    let mut value = Vec::new();
    let mut i = 0;
    while i < raw.len() {
        if raw[i] != b'\\' || i + 1 == raw.len() {
            value.push(raw[i]);
            i += 1;
            continue;
        }
        i += 1;
        let simple = b"bfnrtv".iter().position(|b| *b == raw[i]).map(|p| b"\x08\x0c\n\r\t\x0b"[p]);
        if let Some(byte) = simple {
            value.push(byte);
            i += 1;
        } else if raw[i].is_ascii_digit() && raw[i] < b'8' {
            let mut number = 0u32;
            let stop = i + 3;
            while i < raw.len() && i < stop && (b'0'..b'8').contains(&raw[i]) {
                number = number * 8 + u32::from(raw[i] - b'0');
                i += 1;
            }
            value.push((number & 0xff) as u8);
        } else if raw[i] == b'x' && i + 1 < raw.len() && raw[i + 1].is_ascii_hexdigit() {
            i += 1;
            let stop = i + 2;
            let mut number = 0u32;
            while i < raw.len() && i < stop && raw[i].is_ascii_hexdigit() {
                number = number * 16 + char::from(raw[i]).to_digit(16).unwrap_or(0);
                i += 1;
            }
            value.push((number & 0xff) as u8);
        } else {
            value.push(raw[i]);
            i += 1;
        }
    }
    value
}
