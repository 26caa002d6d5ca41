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

/// The private code points that stand for bytes which are not text in the dump's encoding: U+F700 + byte.
const STRAY: u32 = 0xF700;

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

    /// Decodes text for names and for the schema. Bytes that are not text in this encoding come out as private code
    /// points, so that different bytes stay different.
    pub fn decode(self, bytes: &[u8]) -> Cow<'_, str> {
        if bytes.is_ascii() {
            return String::from_utf8_lossy(bytes);
        }
        match self {
            Charset::Latin1 => Cow::Owned(bytes.iter().map(|b| char::from(*b)).collect()),
            Charset::Table(encoding) => match encoding.decode_without_bom_handling_and_without_replacement(bytes) {
                Some(text) => text,
                None => decode_strays(bytes),
            },
            Charset::Utf8 | Charset::SqlAscii | Charset::Opaque(..) => decode_strays(bytes),
        }
    }

    /// Encodes text; `None` where the encoding lacks one of its characters. SQL_ASCII takes ASCII only.
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
}

impl Charset {
    /// The bytes of a text that [`Charset::decode`] gave, or that the encoding can hold: undoes the private code points
    /// too, so names of any encoding come back as they were. `None` where that is not possible.
    pub fn restore(self, text: &str) -> Option<Vec<u8>> {
        let bytes = match self.encode(text) {
            Some(bytes) => bytes.into_owned(),
            None => {
                let mut bytes = Vec::with_capacity(text.len());
                for c in text.chars() {
                    match u32::from(c).checked_sub(STRAY).and_then(|byte| u8::try_from(byte).ok()) {
                        Some(byte) => bytes.push(byte),
                        None => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
                    }
                }
                bytes
            }
        };
        (self.decode(&bytes) == text).then_some(bytes)
    }
}

/// UTF-8 where it is UTF-8, private code points elsewhere.
fn decode_strays(bytes: &[u8]) -> Cow<'_, str> {
    let mut chunks = bytes.utf8_chunks().peekable();
    match chunks.peek() {
        Some(first) if first.valid().len() == bytes.len() => return Cow::Borrowed(first.valid()),
        _ => {}
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in chunks {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().filter_map(|b| char::from_u32(STRAY + u32::from(*b))));
    }
    Cow::Owned(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_encoding_come_back() {
        for (charset, bytes) in [
            ("UTF8", "é".as_bytes()),
            ("LATIN1", b"\xe9"),
            ("WIN1252", b"\x80\x81"),
            ("SQL_ASCII", b"a\xe9\xc3\xa9"),
            ("SJIS", b"\x95\x5c"),
        ] {
            let charset = Charset::from_name(charset).expect("known");
            assert_eq!(charset.restore(&charset.decode(bytes)).as_deref(), Some(bytes), "{charset:?}");
        }
        assert_eq!(Charset::Latin1.restore("€"), None);
    }

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
