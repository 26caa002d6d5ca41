//! The encodings of `client_encoding`: how names are decoded, how words are encoded, how far to step.
//!
//! Values that no rule touches are never decoded. Names follow PostgreSQL's src/common/encnames.c.

use std::borrow::Cow;

use encoding_rs::Encoding;

/// An encoding that a dump's text can be in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// UTF8.
    Utf8,
    /// SQL_ASCII: bytes above ASCII mean nothing in particular.
    SqlAscii,
    /// LATIN1: each byte is the code point.
    Latin1,
    /// One of the other encodings in which every byte below 0x80 is ASCII.
    Table(&'static Encoding),
    /// An encoding that pgveil can pass but not write: its name as PostgreSQL spells it, and whether the later bytes of a
    /// character may look like ASCII (the client-only encodings).
    Opaque(&'static str, bool),
}

/// What PostgreSQL calls the encodings, folded to lower case without punctuation.
const KNOWN: &[(&str, Charset)] = &[
    ("utf8", Charset::Utf8),
    ("unicode", Charset::Utf8),
    ("sqlascii", Charset::SqlAscii),
    ("latin1", Charset::Latin1),
    ("iso88591", Charset::Latin1),
    ("latin2", Charset::Table(encoding_rs::ISO_8859_2)),
    ("latin3", Charset::Table(encoding_rs::ISO_8859_3)),
    ("latin4", Charset::Table(encoding_rs::ISO_8859_4)),
    ("latin6", Charset::Table(encoding_rs::ISO_8859_10)),
    ("latin7", Charset::Table(encoding_rs::ISO_8859_13)),
    ("latin8", Charset::Table(encoding_rs::ISO_8859_14)),
    ("latin9", Charset::Table(encoding_rs::ISO_8859_15)),
    ("latin10", Charset::Table(encoding_rs::ISO_8859_16)),
    ("iso88595", Charset::Table(encoding_rs::ISO_8859_5)),
    ("iso88596", Charset::Table(encoding_rs::ISO_8859_6)),
    ("iso88597", Charset::Table(encoding_rs::ISO_8859_7)),
    ("iso88598", Charset::Table(encoding_rs::ISO_8859_8)),
    ("win866", Charset::Table(encoding_rs::IBM866)),
    ("win874", Charset::Table(encoding_rs::WINDOWS_874)),
    ("win1250", Charset::Table(encoding_rs::WINDOWS_1250)),
    ("win1251", Charset::Table(encoding_rs::WINDOWS_1251)),
    ("win1252", Charset::Table(encoding_rs::WINDOWS_1252)),
    ("win1253", Charset::Table(encoding_rs::WINDOWS_1253)),
    ("win1254", Charset::Table(encoding_rs::WINDOWS_1254)),
    ("win1255", Charset::Table(encoding_rs::WINDOWS_1255)),
    ("win1256", Charset::Table(encoding_rs::WINDOWS_1256)),
    ("win1257", Charset::Table(encoding_rs::WINDOWS_1257)),
    ("win1258", Charset::Table(encoding_rs::WINDOWS_1258)),
    ("koi8r", Charset::Table(encoding_rs::KOI8_R)),
    ("koi8u", Charset::Table(encoding_rs::KOI8_U)),
    ("latin5", Charset::Opaque("LATIN5", false)),
    ("eucjp", Charset::Opaque("EUC_JP", false)),
    ("eucjis2004", Charset::Opaque("EUC_JIS_2004", false)),
    ("euccn", Charset::Opaque("EUC_CN", false)),
    ("euckr", Charset::Opaque("EUC_KR", false)),
    ("euctw", Charset::Opaque("EUC_TW", false)),
    ("muleinternal", Charset::Opaque("MULE_INTERNAL", false)),
    ("sjis", Charset::Opaque("SJIS", true)),
    ("shiftjis2004", Charset::Opaque("SHIFT_JIS_2004", true)),
    ("big5", Charset::Opaque("BIG5", true)),
    ("gbk", Charset::Opaque("GBK", true)),
    ("gb18030", Charset::Opaque("GB18030", true)),
    ("uhc", Charset::Opaque("UHC", true)),
    ("johab", Charset::Opaque("JOHAB", true)),
];

/// The private code points that stand for bytes which are not text in the dump's encoding: U+10FF00 + byte, at the end of
/// the last plane, where nothing else is. A text that does hold one is read as so many stray bytes.
const STRAY: u32 = 0x10_FF00;

/// How many bytes such a code point has in UTF-8.
const STRAY_BYTES: usize = 4;

impl Charset {
    /// Finds an encoding by any spelling that PostgreSQL takes (`UTF8`, `utf-8`, `Latin1`).
    pub fn from_name(name: &str) -> Option<Charset> {
        let folded: String = name.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
        KNOWN.iter().find(|(known, _)| *known == folded).map(|(_, charset)| *charset)
    }

    /// PostgreSQL's name of the encoding, for messages.
    pub fn name(self) -> &'static str {
        match self {
            Charset::Utf8 => "UTF8",
            Charset::SqlAscii => "SQL_ASCII",
            Charset::Latin1 => "LATIN1",
            Charset::Table(encoding) => encoding.name(),
            Charset::Opaque(name, _) => name,
        }
    }

    /// Whether masks can read and write it.
    pub fn is_writable(self) -> bool {
        !matches!(self, Charset::Opaque(..))
    }

    /// Whether a byte below 0x80 may be the later byte of a character.
    pub fn hides_ascii(self) -> bool {
        matches!(self, Charset::Opaque(_, true))
    }

    /// How many bytes the character at the head of `bytes` has (1 or more, never more than `bytes` holds), as far as
    /// this matters: 1 for encodings that do not hide ASCII. `bytes` must not be empty.
    /// (`pg_sjis_mblen` and its sisters in src/common/wchar.c.)
    pub fn step(self, bytes: &[u8]) -> usize {
        let Charset::Opaque(name, true) = self else { return 1 };
        let lead = bytes.first().copied().unwrap_or(0);
        let wanted = match (name, lead) {
            (_, 0..=0x7f) => 1,
            ("SJIS" | "SHIFT_JIS_2004", 0xa1..=0xdf) => 1,
            ("GB18030", _) if bytes.get(1).is_some_and(u8::is_ascii_digit) => 4,
            ("JOHAB", 0x8f) => 3,
            _ => 2,
        };
        wanted.min(bytes.len())
    }

    /// Decodes text: names, the schema, values that a mask reads. Bytes that are not text in this encoding come out as
    /// private code points, a stray byte each, so that different bytes stay different and [`Charset::encode_kept`] finds
    /// them again. SQL_ASCII is read as UTF-8, which is what most databases that say so hold.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        if bytes.is_ascii() {
            return String::from_utf8_lossy(bytes);
        }
        match self {
            Charset::Latin1 => Cow::Owned(bytes.iter().map(|b| char::from(*b)).collect()),
            Charset::Table(encoding) => match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
                Some(text) => text,
                None => Cow::Owned(bytes.chunks(1).map(|byte| decode_one(encoding, byte)).collect()),
            },
            Charset::Utf8 | Charset::SqlAscii | Charset::Opaque(..) => decode_strays(bytes),
        }
    }

    /// Encodes text; `None` where the encoding lacks one of its characters. SQL_ASCII takes ASCII only: nobody knows what
    /// its other bytes mean, so that a mask's own words must do without them.
    pub fn encode(self, text: &str) -> Option<Cow<'_, [u8]>> {
        if text.is_ascii() {
            return Some(Cow::Borrowed(text.as_bytes()));
        }
        match self {
            Charset::Utf8 => Some(Cow::Borrowed(text.as_bytes())),
            Charset::Latin1 => text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<Vec<u8>>>().map(Cow::Owned),
            Charset::Table(encoding) => {
                let (bytes, _, replaced) = encoding.encode(text);
                (!replaced).then_some(bytes)
            }
            Charset::SqlAscii | Charset::Opaque(..) => None,
        }
    }

    /// Encodes what a mask made of decoded text, parts of which it may have kept: undoes [`Charset::decode`], whatever the
    /// bytes were. `None` where the encoding lacks a character that was not there before.
    pub fn encode_kept(self, text: &str) -> Option<Cow<'_, [u8]>> {
        if !holds_strays(text.as_bytes()) {
            return match self {
                Charset::SqlAscii | Charset::Opaque(..) => Some(Cow::Borrowed(text.as_bytes())),
                Charset::Utf8 | Charset::Latin1 | Charset::Table(_) => self.encode(text),
            };
        }
        let mut bytes = Vec::with_capacity(text.len());
        let mut rest = text;
        while let Some((at, stray)) = rest.char_indices().find_map(|(at, c)| Some((at, stray_byte(c)?))) {
            let (plain, behind) = rest.split_at(at);
            bytes.extend_from_slice(&self.encode_kept(plain)?);
            bytes.push(stray);
            rest = behind.get(STRAY_BYTES..).unwrap_or_default();
        }
        bytes.extend_from_slice(&self.encode_kept(rest)?);
        Some(Cow::Owned(bytes))
    }
}

/// The byte that a private code point stands for, if it is one of ours.
fn stray_byte(c: char) -> Option<u8> {
    u32::from(c).checked_sub(STRAY).and_then(|byte| u8::try_from(byte).ok()).filter(|byte| !byte.is_ascii())
}

/// Whether UTF-8 holds one of our private code points (U+10FF80 to U+10FFFF: F4 8F BE 80 to F4 8F BF BF).
#[inline]
pub fn holds_strays(text: &[u8]) -> bool {
    memchr::memchr_iter(0xF4, text).any(|at| matches!(text.get(at + 1..at + 3), Some([0x8F, 0xBE | 0xBF])))
}

/// One byte of a single-byte encoding.
fn decode_one(encoding: &'static Encoding, byte: &[u8]) -> char {
    let text = encoding.decode_without_bom_handling_and_without_replacement(byte);
    text.and_then(|text| text.chars().next()).unwrap_or_else(|| stray(byte.first().copied().unwrap_or_default()))
}

/// The private code point of a byte that is no text.
fn stray(byte: u8) -> char {
    char::from_u32(STRAY + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// UTF-8 where it is UTF-8, private code points elsewhere: also for what already is one of them.
fn decode_strays(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes)
        && !holds_strays(bytes)
    {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(2 * bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match stray_byte(c) {
                None => text.push(c),
                Some(_) => text.extend(c.encode_utf8(&mut [0; 4]).bytes().map(stray)),
            }
        }
        text.extend(chunk.invalid().iter().copied().map(stray));
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use proptest::strategy::Strategy as _;

    use super::*;

    #[test]
    fn names_as_postgresql_spells_them() {
        assert_eq!(Charset::from_name("UTF8"), Some(Charset::Utf8));
        assert_eq!(Charset::from_name("utf-8"), Some(Charset::Utf8));
        assert_eq!(Charset::from_name("SQL_ASCII"), Some(Charset::SqlAscii));
        assert_eq!(Charset::from_name("nonsense"), None);
    }

    #[test]
    fn stray_bytes_stay_apart() {
        let a = Charset::SqlAscii.decode(b"a\xc3");
        let b = Charset::SqlAscii.decode(b"a\xc4");
        assert_ne!(a, b);
        assert_eq!(Charset::Utf8.decode("é".as_bytes()), "é");
    }

    #[test]
    fn kept_text_is_what_it_was() {
        for (charset, bytes) in [
            (Charset::SqlAscii, &b"caf\xe9 \xc3\xa9"[..]),
            (Charset::Utf8, b"a\xff\xfe\xed\xa0\x80"),
            (Charset::Utf8, "\u{10FF80}\u{10FFFF}\u{F780}".as_bytes()),
            (Charset::Table(encoding_rs::WINDOWS_1253), b"\xd2\xe1\xaa"),
        ] {
            let text = charset.decode(bytes);
            assert_eq!(charset.encode_kept(&text).as_deref(), Some(bytes), "{charset:?}");
        }
        assert_eq!(Charset::SqlAscii.encode("é"), None, "a mask's own words");
        assert_eq!(Charset::Latin1.encode_kept("œ"), None);
    }

    /// No byte of an encoding's own may look like a stray one.
    #[test]
    fn every_byte_comes_back_in_every_encoding() {
        for (name, charset) in KNOWN.iter().filter(|(_, charset)| charset.is_writable()) {
            for byte in 0..=255u8 {
                let text = charset.decode(std::slice::from_ref(&byte)).into_owned();
                assert_eq!(text.chars().count(), 1, "{name} {byte:#x}");
                assert_eq!(charset.encode_kept(&text).as_deref(), Some(&[byte][..]), "{name} {byte:#x}");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_come_back(
            pieces in proptest::collection::vec(
                proptest::prop_oneof![
                    proptest::collection::vec(proptest::prelude::any::<u8>(), 0..12),
                    "\\PC{0,6}".prop_map(String::into_bytes),
                    "[\u{10FF00}-\u{10FFFF}]{0,3}".prop_map(String::into_bytes),
                ],
                0..6,
            ),
            which in 0..KNOWN.len(),
        ) {
            let bytes = pieces.concat();
            let charset = KNOWN[which].1;
            let text = charset.decode(&bytes);
            let back = charset.encode_kept(&text);
            proptest::prop_assert_eq!(back.as_deref(), Some(&bytes[..]));
        }
    }

    #[test]
    fn latin1_round_trips() {
        let bytes = Charset::Latin1.encode("Zoé").expect("latin1 has é");
        assert_eq!(&*bytes, b"Zo\xe9");
        assert_eq!(Charset::Latin1.decode(&bytes), "Zoé");
        assert_eq!(Charset::Latin1.encode("œ"), None);
    }

    #[test]
    fn sjis_steps_over_a_backslash() {
        let sjis = Charset::from_name("SJIS").expect("known");
        assert_eq!(sjis.step(b"\x95\x5c\n"), 2);
        assert_eq!(sjis.step(b"\xb1\x5c"), 1);
        assert_eq!(sjis.step(b"\x95"), 1);
        assert_eq!(Charset::Utf8.step("é".as_bytes()), 1);
    }
}
