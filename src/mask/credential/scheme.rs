//! What a stored password hash says of itself: the function, its parameters, and where salt and hash stand.
//!
//! Sources of the forms: bcrypt's modular crypt format (OpenBSD's bcrypt.c); the PHC string format
//! (github.com/P-H-C/phc-string-format) for argon2, scrypt and pbkdf2; Django's `django/contrib/auth/hashers.py`;
//! Werkzeug's `security.py`; passlib's documentation of `pbkdf2_<digest>`; Spring Security's `{id}` in front of it.

/// A function that makes a hash of a word and a salt, with its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    /// bcrypt with this cost; `digested`: of the hexadecimal SHA-256 of the word (Django's `bcrypt_sha256`).
    Bcrypt { cost: u32, digested: bool },
    /// argon2d, i or id (0, 1, 2, as in RFC 9106), its version, memory in KiB, passes and lanes.
    Argon2 { kind: u8, version: u32, memory: u32, passes: u32, lanes: u32 },
    /// scrypt with N = 2^`log_n`, r and p.
    Scrypt { log_n: u8, r: u32, p: u32 },
    /// PBKDF2 with HMAC of this digest.
    Pbkdf2 { digest: Digest, rounds: u32 },
    /// The digest of salt and word, one after the other.
    Plain(Digest),
}

/// A digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Digest {
    Md5,
    Sha1,
    Sha256,
    Sha512,
}

/// How bytes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    /// As they are: a salt that is text.
    Text,
    /// Hexadecimal digits, in upper case or not.
    Hex { upper: bool },
    /// Base 64 with padding.
    Padded,
    /// Base 64 without padding.
    Bare,
    /// Base 64 without padding, `.` for `+` (passlib's "adapted" one).
    Adapted,
    /// bcrypt's own base 64.
    Bcrypt,
}

/// A stored hash taken apart: `before`, the salt, `between`, the hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stored<'a> {
    pub(super) function: Function,
    pub(super) before: &'a str,
    /// The salt as it is written.
    pub(super) salt: &'a str,
    pub(super) salt_writing: Writing,
    pub(super) between: &'a str,
    /// The hash as it is written.
    pub(super) hash: &'a str,
    pub(super) hash_writing: Writing,
}

/// A longer value is no hash of a password.
const LONGEST: usize = 512;

/// The most memory that a hash may ask for, in KiB: 256 MiB, and one is made at a time.
const MEMORY: u32 = 1 << 18;

/// Parameters beyond these would take minutes; nobody logs in so.
const MOST_ROUNDS: u32 = 20_000_000;
const MOST_COST: u32 = 17;
const MOST_PASSES: u32 = 64;
const MOST_LANES: u32 = 64;

impl Digest {
    /// Finds a digest by the name that hashes use: `sha256`.
    fn named(name: &str) -> Option<Digest> {
        match name {
            "md5" => Some(Digest::Md5),
            "sha1" => Some(Digest::Sha1),
            "sha256" => Some(Digest::Sha256),
            "sha512" => Some(Digest::Sha512),
            _ => None,
        }
    }

    /// How many bytes it has.
    pub(super) fn length(self) -> usize {
        match self {
            Digest::Md5 => 16,
            Digest::Sha1 => 20,
            Digest::Sha256 => 32,
            Digest::Sha512 => 64,
        }
    }
}

impl Function {
    /// The same, unless it takes more time or memory than any log-in should.
    fn affordable(self) -> Option<Function> {
        let fine = match self {
            Function::Bcrypt { cost, .. } => (4..=MOST_COST).contains(&cost),
            Function::Argon2 { memory, passes, lanes, .. } => {
                (1..=MEMORY).contains(&memory) && (1..=MOST_PASSES).contains(&passes) && (1..=MOST_LANES).contains(&lanes)
            }
            Function::Scrypt { log_n, r, p } => {
                let kibibytes = 1u64.checked_shl(u32::from(log_n)).and_then(|n| n.checked_mul(u64::from(r))).map(|blocks| blocks / 8);
                log_n > 0 && r > 0 && (1..=MOST_LANES).contains(&p) && kibibytes.is_some_and(|kibibytes| kibibytes <= u64::from(MEMORY))
            }
            Function::Pbkdf2 { rounds, .. } => (1..=MOST_ROUNDS).contains(&rounds),
            Function::Plain(_) => true,
        };
        fine.then_some(self)
    }
}

impl Stored<'_> {
    /// How many bytes the hash has.
    pub(super) fn hash_length(&self) -> usize {
        bytes_in(self.hash, self.hash_writing)
    }

    /// How many bytes the salt has.
    pub(super) fn salt_length(&self) -> usize {
        bytes_in(self.salt, self.salt_writing)
    }
}

/// How many bytes a text stands for.
fn bytes_in(text: &str, writing: Writing) -> usize {
    match writing {
        Writing::Text => text.len(),
        Writing::Hex { .. } => text.len() / 2,
        Writing::Padded | Writing::Bare | Writing::Adapted | Writing::Bcrypt => text.trim_end_matches('=').len() * 3 / 4,
    }
}

/// Whether a text can be such a writing of something.
fn is_written(text: &str, writing: Writing) -> bool {
    let of = |extra: &[u8]| text.bytes().all(|b| b.is_ascii_alphanumeric() || extra.contains(&b)) && text.len() % 4 != 1;
    match writing {
        Writing::Text => text.bytes().all(|b| b.is_ascii_graphic() && b != b'$'),
        Writing::Hex { .. } => text.len().is_multiple_of(2) && text.bytes().all(|b| b.is_ascii_hexdigit()),
        Writing::Padded => {
            text.len().is_multiple_of(4) && text.len() - text.trim_end_matches('=').len() <= 2 && {
                let bare = text.trim_end_matches('=');
                bare.bytes().all(|b| b.is_ascii_alphanumeric() || b"+/".contains(&b))
            }
        }
        Writing::Bare => of(b"+/"),
        Writing::Adapted => of(b"./"),
        Writing::Bcrypt => of(b"./"),
    }
}

/// What a value says of itself; `None` where it is no hash of a known scheme.
pub(super) fn read(value: &[u8]) -> Option<Stored<'_>> {
    let text = std::str::from_utf8(value).ok().filter(|text| text.is_ascii() && text.len() <= LONGEST)?;
    // Spring Security says in front which encoder made it.
    let from = match text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        Some((id, _)) if ["bcrypt", "argon2", "scrypt", "pbkdf2"].iter().any(|known| id.starts_with(known)) => id.len() + 2,
        _ => 0,
    };
    let readers: [fn(&str, usize) -> Option<Stored<'_>>; 5] = [bcrypt, argon2, scrypt, pbkdf2, digest];
    readers.iter().find_map(|read| read(text, from)).filter(|stored| {
        is_written(stored.salt, stored.salt_writing) && is_written(stored.hash, stored.hash_writing) && stored.hash_length() > 0
    })
}

/// Puts together what a reader found: `salt` and `hash` are parts of `text`, the salt first.
fn stored<'a>(text: &'a str, function: Function, salt: (&'a str, Writing), hash: (&'a str, Writing)) -> Option<Stored<'a>> {
    let start = salt.0.as_ptr() as usize - text.as_ptr() as usize;
    let hash_start = text.len().checked_sub(hash.0.len())?;
    Some(Stored {
        function: function.affordable()?,
        before: text.get(..start)?,
        salt: salt.0,
        salt_writing: salt.1,
        between: text.get(start + salt.0.len()..hash_start)?,
        hash: hash.0,
        hash_writing: hash.1,
    })
}

/// A number without sign or leading zeros.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    plain.then(|| text.parse().ok()).flatten()
}

/// The value of a parameter in `m=65536,t=3,p=4`.
fn parameter<'a>(parameters: &'a str, name: &str) -> Option<&'a str> {
    parameters.split(',').find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
}

/// `$2b$12$`, 22 characters of salt, 31 of hash; Django writes `bcrypt$` or `bcrypt_sha256$` in front.
fn bcrypt(text: &str, from: usize) -> Option<Stored<'_>> {
    let rest = text.get(from..)?;
    let (digested, rest) = match rest.strip_prefix("bcrypt_sha256$") {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix("bcrypt$").unwrap_or(rest)),
    };
    let known = ["$2a$", "$2b$", "$2y$"].iter().any(|version| rest.starts_with(version));
    let cost = rest.get(4..6).filter(|cost| cost.bytes().all(|b| b.is_ascii_digit()))?.parse().ok()?;
    if !known || rest.len() != 60 || rest.get(6..7) != Some("$") {
        return None;
    }
    let (salt, hash) = (rest.get(7..29)?, rest.get(29..)?);
    stored(text, Function::Bcrypt { cost, digested }, (salt, Writing::Bcrypt), (hash, Writing::Bcrypt))
}

/// `$argon2id$v=19$m=65536,t=3,p=4$salt$hash`, without `v` for version 16; Django writes `argon2` in front.
fn argon2(text: &str, from: usize) -> Option<Stored<'_>> {
    let rest = text.get(from..)?;
    let mut fields = rest.strip_prefix("argon2").unwrap_or(rest).strip_prefix('$')?.split('$');
    let kind = match fields.next()? {
        "argon2d" => 0,
        "argon2i" => 1,
        "argon2id" => 2,
        _ => return None,
    };
    let mut parameters = fields.next()?;
    let mut version = 0x10;
    if let Some(written) = parameters.strip_prefix("v=") {
        version = number(written)?;
        parameters = fields.next()?;
    }
    let read = |name| parameter(parameters, name).and_then(number);
    let function = Function::Argon2 { kind, version, memory: read("m")?, passes: read("t")?, lanes: read("p")? };
    // A key's id or associated data would need what is not here.
    let plain = parameters.split(',').count() == 3 && matches!(version, 0x10 | 0x13);
    let (salt, hash, end) = (fields.next()?, fields.next()?, fields.next());
    if !plain || end.is_some() {
        return None;
    }
    stored(text, function, (salt, Writing::Bare), (hash, Writing::Bare))
}

/// PHC's `$scrypt$ln=15,r=8,p=1$salt$hash`, Django's `scrypt$16384$salt$8$1$hash`, Werkzeug's `scrypt:32768:8:1$salt$hex`.
fn scrypt(text: &str, from: usize) -> Option<Stored<'_>> {
    let log_n = |n: &str| number::<u64>(n).filter(|n| n.is_power_of_two()).and_then(|n| u8::try_from(n.trailing_zeros()).ok());
    let fields: Fields<'_> = Fields::of(text.get(from..)?);
    match fields.all()? {
        ["", "scrypt", parameters, salt, hash] => {
            let read = |name| parameter(parameters, name);
            let function = Function::Scrypt { log_n: number(read("ln")?)?, r: number(read("r")?)?, p: number(read("p")?)? };
            stored(text, function, (salt, Writing::Bare), (hash, Writing::Bare))
        }
        ["scrypt", n, salt, r, p, hash] => {
            let function = Function::Scrypt { log_n: log_n(n)?, r: number(r)?, p: number(p)? };
            stored(text, function, (salt, Writing::Text), (hash, Writing::Padded))
        }
        [method, salt, hash] => {
            let mut numbers = method.strip_prefix("scrypt:")?.split(':');
            let function = Function::Scrypt { log_n: log_n(numbers.next()?)?, r: number(numbers.next()?)?, p: number(numbers.next()?)? };
            if numbers.next().is_some() {
                return None;
            }
            stored(text, function, (salt, Writing::Text), (hash, hex(hash)))
        }
        _ => None,
    }
}

/// Django's `pbkdf2_sha256$600000$salt$hash`, Werkzeug's `pbkdf2:sha256:600000$salt$hex`, PHC's
/// `$pbkdf2-sha256$i=600000$salt$hash` and passlib's `$pbkdf2-sha256$29000$salt$hash`.
fn pbkdf2(text: &str, from: usize) -> Option<Stored<'_>> {
    let fields = Fields::of(text.get(from..)?);
    match fields.all()? {
        ["", method, parameters, salt, hash] => {
            let digest = if *method == "pbkdf2" { Digest::Sha1 } else { Digest::named(method.strip_prefix("pbkdf2-")?)? };
            let (rounds, writing) = match parameter(parameters, "i") {
                Some(rounds) => (number(rounds)?, Writing::Bare),
                None => (number(parameters)?, Writing::Adapted),
            };
            stored(text, Function::Pbkdf2 { digest, rounds }, (salt, writing), (hash, writing))
        }
        [method, rounds, salt, hash] => {
            let function = Function::Pbkdf2 { digest: Digest::named(method.strip_prefix("pbkdf2_")?)?, rounds: number(rounds)? };
            stored(text, function, (salt, Writing::Text), (hash, Writing::Padded))
        }
        [method, salt, hash] => {
            let (digest, rounds) = method.strip_prefix("pbkdf2:")?.split_once(':')?;
            let function = Function::Pbkdf2 { digest: Digest::named(digest)?, rounds: number(rounds)? };
            stored(text, function, (salt, Writing::Text), (hash, hex(hash)))
        }
        _ => None,
    }
}

/// A digest in hexadecimal digits, without salt; or Django's `sha1$salt$hex`, where the salt may be empty.
fn digest(text: &str, from: usize) -> Option<Stored<'_>> {
    // Spring Security writes no plain digests behind the names of the other functions.
    let rest = Some(text).filter(|_| from == 0)?;
    let fields = Fields::of(rest);
    let (digest, salt, hash) = match fields.all()? {
        [hash] => {
            let known = [Digest::Md5, Digest::Sha1, Digest::Sha256, Digest::Sha512];
            let digest = known.into_iter().find(|digest| hash.len() == 2 * digest.length())?;
            // No salt: it stands, empty, at the beginning.
            (digest, rest.get(..0)?, *hash)
        }
        [name, salt, hash] => (Digest::named(name).filter(|digest| hash.len() == 2 * digest.length())?, *salt, *hash),
        _ => return None,
    };
    stored(text, Function::Plain(digest), (salt, Writing::Text), (hash, hex(hash)))
}

/// The case of hexadecimal digits.
fn hex(text: &str) -> Writing {
    Writing::Hex { upper: text.bytes().any(|b| b.is_ascii_uppercase()) }
}

/// What stands between dollar signs, up to six fields.
struct Fields<'a> {
    fields: [&'a str; 6],
    count: usize,
}

impl<'a> Fields<'a> {
    fn of(text: &'a str) -> Fields<'a> {
        let mut found = Fields { fields: [""; 6], count: 0 };
        for field in text.split('$') {
            if let Some(place) = found.fields.get_mut(found.count) {
                *place = field;
            }
            found.count += 1;
        }
        found
    }

    /// All of them; `None` where there are more.
    fn all(&self) -> Option<&[&'a str]> {
        self.fields.get(..self.count)
    }
}
