//! email: addresses that receive no mail.

use crate::encoding::Charset;
use crate::mask::key::{DomainKey, below};
use crate::mask::pseudonym::{DIGITS, base32};
use crate::mask::registry::{BuildError, Request};
use crate::mask::words::{self, Words, letters};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Reading, Refusal};

/// The most characters before the `@` (RFC 5321, 4.5.3.1.1).
const LOCAL_PART: usize = 64;

/// The most characters that an address with the longest host has here.
const LONGEST: usize = LOCAL_PART + 1 + 253;

/// Where one of the names comes from.
#[derive(Debug)]
enum Name {
    /// A list.
    List(Words),
    /// The reading of that index, cut to so many letters: the name that the row will have.
    Row(usize, usize),
}

impl Name {
    /// Appends the name and a dot, if there is one.
    fn write(&self, bits: u64, cell: Cell<'_>, out: &mut Vec<u8>) {
        let start = out.len();
        match self {
            // 19 bits choose among a few thousand names at most.
            Name::List(words) if !words.is_empty() => out.extend_from_slice(words.get(below(bits << 45, words.len()))),
            Name::List(_) => {}
            Name::Row(index, most) => letters(cell.around.read(*index).unwrap_or_default(), *most, out),
        }
        if out.len() > start {
            out.push(b'.');
        }
    }
}

/// Writes `first.last.suffix@host`.
///
/// Distinct by its suffix alone: the low 90 bits of the hash. Two addresses that are equal have equal suffixes (18 digits
/// before the `@`, whatever stands before them), so the bound of `hash` for 90 bits holds at any length, names or none. The
/// names are chosen by the high 38 bits, which the suffix does not use: dropping or shortening them takes nothing from it.
#[derive(Debug)]
struct Email {
    key: DomainKey,
    first: Name,
    last: Name,
    host: Vec<u8>,
    /// Whether the original's host is kept.
    keep_host: bool,
    max: usize,
}

impl Mask for Email {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let random = self.key.hash(cell.seed).wide();
        let host = if self.keep_host { host_of(cell.value).unwrap_or(&self.host) } else { &self.host };
        // The names give way to the host, and a host that leaves no room for the suffix to our own.
        let host = if DIGITS + 1 + host.len() > self.max { &self.host } else { host };
        let start = out.len();
        let names = (random >> (5 * DIGITS)) as u64;
        self.first.write(names >> 19, cell, out);
        self.last.write(names, cell, out);
        if out.len() - start + DIGITS + 1 + host.len() > self.max {
            out.truncate(start);
        }
        base32(random, DIGITS, out);
        out.push(b'@');
        out.extend_from_slice(host);
        Ok(Masked::Value)
    }
}

/// What stands behind the last `@`, if it is a host in ASCII.
fn host_of(address: &[u8]) -> Option<&[u8]> {
    let at = address.iter().rposition(|byte| *byte == b'@')?;
    let host = address.get(at + 1..)?.trim_ascii_end();
    std::str::from_utf8(host).is_ok_and(|host| is_host(host, char::is_ascii_alphanumeric)).then_some(host)
}

/// Whether a text is a host name (RFC 1123, 2.1) whose labels are made of such characters.
fn is_host(host: &str, is_good: impl Fn(&char) -> bool) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| is_good(&c) || c == '-')
    };
    host.len() <= 253 && host.split('.').all(label)
}

/// Names as they stand in addresses: ASCII letters in lower case, none longer than `max`.
fn address_words(list: &[&str], max: usize) -> Words {
    let names: Vec<String> = list
        .iter()
        .filter_map(|name| words::plain(name))
        .map(|name| name.to_ascii_lowercase())
        .filter(|name| name.len() <= max && name.chars().all(|c| c.is_ascii_lowercase()))
        .collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    Words::encode(&names, Charset::SqlAscii, None)
}

/// `email`: text of at least 19 characters and the host's.
pub(super) fn email(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let host = request.text("host").unwrap_or("example.org");
    if !is_host(host, |c| c.is_ascii_lowercase() || c.is_ascii_digit()) {
        let message = format!("option \"host\": {host:?} is no host name in lower case");
        return Err(BuildError::of("host", message, Some("for example \"example.org\", which receives no mail".into())));
    }
    let least = DIGITS + 1 + host.len();
    let max = request.max_chars();
    if max < least {
        let message = format!("addresses that stay distinct need {least} characters under {host}, the column takes {max}");
        return Err(request.misfit(message, format!("name a shorter host, or {}", request.instead())));
    }
    let locale = request.locale()?;
    // Both names with their dots, as far as the column and the local part leave room for them.
    let room = (max - least).min(LOCAL_PART - DIGITS);
    let share = (room / 2).saturating_sub(1);
    let mut reads = Vec::new();
    let mut name = |option: &str, list| match request.text(option) {
        None => Name::List(address_words(list, share.min(15))),
        Some(column) => {
            reads.push(Reading { of: column.to_owned(), masked: true });
            Name::Row(reads.len() - 1, share.min(15))
        }
    };
    let (first, last) = (name("first", locale.first_names), name("last", locale.last_names));
    let mark = |name: &Name| match name {
        Name::List(words) => words.len().to_string(),
        Name::Row(index, most) => format!("{index} of the row to {most}"),
    };
    let keep_host = request.flag("keep_host");
    let mut fingerprint = format!("email {} {host} {} {} {}", request.domain, locale.name, mark(&first), mark(&last));
    if keep_host {
        // An address that the column took has a host that leaves room, up to this much.
        fingerprint.push_str(&format!(" keep {}", max.min(LONGEST)));
    }
    let mask = Email { key: request.key.clone(), first, last, host: host.as_bytes().to_vec(), keep_host, max };
    Ok(request.bound(mask, Distinct::Kept, fingerprint).reading(reads))
}
