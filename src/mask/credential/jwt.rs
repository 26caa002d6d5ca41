//! jwt: a signed token (RFC 7515, RFC 7519) that still reads as one and proves nothing.
//!
//! The header stays. Of the claims, those that say when, for whom and by whom a token was made stay too; in the others
//! digits become other digits and letters other letters. The signature becomes random bytes of the same length, made from
//! the whole token, so that different tokens stay different.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::mask::key::{DomainKey, Stream};
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal, scratch};

/// Claims that stay where the rule names none: of RFC 7519, section 4.1, and of OpenID Connect Core 1.0, section 2, those
/// that are about the token and not about a person.
const KEPT: &[&str] = &[
    "acr",
    "alg",
    "amr",
    "aud",
    "auth_time",
    "azp",
    "client_id",
    "exp",
    "iat",
    "iss",
    "nbf",
    "scope",
    "scp",
    "token_type",
    "token_use",
    "typ",
];

/// The shortest signature, in characters: more than 90 bits also when folded to lower case.
const SHORTEST: usize = 20;

/// `jwt`.
pub(super) const JWT: Definition = Definition {
    name: "jwt",
    summary: "a signed token (JWT) of the same length: its header stays, its claims change, its signature is void",
    accepts: "text of tokens",
    distinct: "yes: the signature has 90 bits or more of the token's own",
    keeps_distinct: true,
    keyed: true,
    fallible: true,
    default_domain: "jwt",
    options: &[
        OptionDefinition {
            name: "claims",
            kind: OptionKind::Choice(&["mask", "empty"]),
            default: "mask",
            summary: "what becomes of claims that are not kept: other letters and digits in place, or all claims go",
        },
        OptionDefinition {
            name: "keep",
            kind: OptionKind::Words,
            default: "those about the token: iss, aud, exp, nbf, iat, azp, scope, typ, …",
            summary: "the claims that stay as they are",
        },
    ],
    example: Example::of(
        r#""jwt""#,
        "text",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqZWFubmUiLCJleHAiOjE4MDAwMDAwMDB9.c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXQ",
    ),
    build,
};

const REFUSAL: Refusal = Refusal { expected: "a signed token: header, claims and signature in base64url, with dots between them" };

/// Writes another token.
#[derive(Debug)]
struct Jwt {
    key: DomainKey,
    /// The claims that stay; `None` where all go.
    keep: Option<Vec<String>>,
}

/// The three parts of a token; `None` where it is none.
fn parts(token: &[u8]) -> Option<[&[u8]; 3]> {
    let mut parts = token.split(|byte| *byte == b'.');
    let found = [parts.next()?, parts.next()?, parts.next()?];
    (parts.next().is_none() && found.iter().all(|part| !part.is_empty()) && found[2].len() >= SHORTEST).then_some(found)
}

/// Appends what a part says, which must be a JSON object.
fn object(part: &[u8], json: &mut Vec<u8>) -> Option<()> {
    URL_SAFE_NO_PAD.decode_vec(part, json).ok()?;
    let text = std::str::from_utf8(json).ok()?;
    serde_json::from_str::<serde::de::IgnoredAny>(text).ok()?;
    text.trim_start().starts_with('{').then_some(())
}

impl Mask for Jwt {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let [header, claims, signature] = parts(cell.value).ok_or(REFUSAL)?;
        let (mut json, mut new) = (scratch::buffer(), scratch::buffer());
        object(header, &mut json).ok_or(REFUSAL)?;
        json.clear();
        object(claims, &mut json).ok_or(REFUSAL)?;
        match &self.keep {
            None => new.extend_from_slice(b"{}"),
            Some(keep) => {
                let seed = cell.is_seeded().then_some(cell.seed);
                Claims { json: &json, keep, key: &self.key, seed }.rewrite(&mut new);
            }
        }
        out.extend_from_slice(header);
        out.push(b'.');
        encode(&new, out);
        out.push(b'.');
        new.clear();
        let mut stream = Stream::new(&self.key, cell.seed);
        let length = signature.len() * 3 / 4;
        while new.len() < length {
            new.extend_from_slice(&stream.bits().to_le_bytes());
        }
        new.truncate(length);
        let mark = out.len();
        encode(&new, out);
        // A length that base 64 never has: nothing would decode it.
        if out.len() - mark != signature.len() { Err(REFUSAL) } else { Ok(Masked::Value) }
    }
}

/// Appends bytes in base64url.
fn encode(bytes: &[u8], out: &mut Vec<u8>) {
    let mark = out.len();
    out.resize(mark + bytes.len().div_ceil(3) * 4, 0);
    let length = URL_SAFE_NO_PAD.encode_slice(bytes, out.get_mut(mark..).unwrap_or_default()).unwrap_or(0);
    out.truncate(mark + length);
}

/// The claims of one token: JSON that has been found well-formed, so that its structure can be followed by its bytes.
struct Claims<'a> {
    json: &'a [u8],
    keep: &'a [String],
    key: &'a DomainKey,
    /// A seed from elsewhere.
    seed: Option<&'a [u8]>,
}

impl Claims<'_> {
    fn at(&self, index: usize) -> u8 {
        self.json.get(index).copied().unwrap_or(0)
    }

    fn slice(&self, from: usize, to: usize) -> &[u8] {
        self.json.get(from..to).unwrap_or_default()
    }

    /// Appends the claims with other letters and digits where they are not kept. No longer than before.
    fn rewrite(&self, out: &mut Vec<u8>) {
        let (mut at, mut depth) = (0, 0u32);
        while at < self.json.len() {
            let end = match self.at(at) {
                b'"' => {
                    let end = self.string_end(at);
                    let after = self.blanks_end(end);
                    if self.at(after) != b':' {
                        self.redraw(self.slice(at, end), out);
                        end
                    } else if depth == 1 && self.is_kept(self.slice(at + 1, end - 1)) {
                        let end = self.value_end(self.blanks_end(after + 1));
                        out.extend_from_slice(self.slice(at, end));
                        end
                    } else {
                        out.extend_from_slice(self.slice(at, end));
                        end
                    }
                }
                b'-' | b'0'..=b'9' => {
                    let end = self.scalar_end(at);
                    self.renumber(self.slice(at, end), out);
                    end
                }
                byte => {
                    depth = match byte {
                        b'{' | b'[' => depth + 1,
                        b'}' | b']' => depth.saturating_sub(1),
                        _ => depth,
                    };
                    out.push(byte);
                    at + 1
                }
            };
            at = end;
        }
    }

    fn is_kept(&self, claim: &[u8]) -> bool {
        self.keep.iter().any(|kept| kept.as_bytes() == claim)
    }

    /// Behind the string that begins at `at`.
    fn string_end(&self, at: usize) -> usize {
        let mut end = at + 1;
        while end < self.json.len() && self.at(end) != b'"' {
            end += if self.at(end) == b'\\' { 2 } else { 1 };
        }
        (end + 1).min(self.json.len())
    }

    fn blanks_end(&self, at: usize) -> usize {
        at + self.slice(at, self.json.len()).iter().take_while(|byte| byte.is_ascii_whitespace()).count()
    }

    /// Behind the number or word that begins at `at`.
    fn scalar_end(&self, at: usize) -> usize {
        let inside = |byte: &&u8| byte.is_ascii_alphanumeric() || b"+-.".contains(byte);
        at + self.slice(at, self.json.len()).iter().take_while(inside).count()
    }

    /// Behind the value that begins at `at`.
    fn value_end(&self, at: usize) -> usize {
        let (mut end, mut depth) = (at, 0u32);
        while end < self.json.len() {
            match self.at(end) {
                b'"' => end = self.string_end(end),
                b'{' | b'[' => {
                    depth += 1;
                    end += 1;
                }
                b'}' | b']' => {
                    depth = depth.saturating_sub(1);
                    end += 1;
                }
                byte if byte.is_ascii_alphanumeric() || byte == b'-' => end = self.scalar_end(end),
                _ => end += 1,
            }
            if depth == 0 {
                break;
            }
        }
        end
    }

    /// What a string's or number's new characters come from: its text, or the seed.
    fn stream(&self, text: &[u8]) -> Stream<'_> {
        Stream::new(self.key, self.seed.unwrap_or(text))
    }

    /// Appends a string with other letters and digits; escapes stay, but for those of letters.
    fn redraw(&self, string: &[u8], out: &mut Vec<u8>) {
        let mut stream = self.stream(string);
        let mut pick = |first: u8, count: u64| u8::try_from(stream.below(count)).map_or(first, |n| first + n);
        let text = String::from_utf8_lossy(string);
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => match chars.next() {
                    // Four digits name a character: one letter takes their place.
                    Some('u') => {
                        let _ = chars.by_ref().nth(3);
                        out.push(pick(b'a', 26));
                    }
                    Some(escaped) => {
                        out.push(b'\\');
                        out.extend_from_slice(escaped.encode_utf8(&mut [0; 4]).as_bytes());
                    }
                    None => {}
                },
                c if c.is_numeric() => out.push(pick(b'0', 10)),
                c if c.is_uppercase() => out.push(pick(b'A', 26)),
                c if c.is_alphabetic() => out.push(pick(b'a', 26)),
                c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }

    /// Appends a number with other digits: as many, of the same sign, no zero in front where there was none.
    fn renumber(&self, number: &[u8], out: &mut Vec<u8>) {
        let mut stream = self.stream(number);
        let mut first = true;
        let mut exponent = false;
        for byte in number {
            exponent |= matches!(byte, b'e' | b'E');
            match byte {
                b'1'..=b'9' if first && !exponent => out.push(b'1' + stream.below(9) as u8),
                b'0'..=b'9' if !first && !exponent => out.push(b'0' + stream.below(10) as u8),
                other => out.push(*other),
            }
            first &= !byte.is_ascii_digit();
        }
    }
}

/// `jwt`.
fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let empty = request.text("claims") == Some("empty");
    if empty && request.option("keep").is_some() {
        return Err(BuildError::of("keep", "option \"keep\": all claims go (claims = \"empty\")", Some("leave one of them out".into())));
    }
    let keep = request.words("keep").unwrap_or_else(|| KEPT.to_vec());
    let keep = (!empty).then(|| keep.into_iter().map(ToOwned::to_owned).collect::<Vec<_>>());
    let fingerprint = format!("jwt {} {keep:?}", request.domain);
    Ok(request.bound(Jwt { key: request.key.clone(), keep }, Distinct::Kept, fingerprint))
}
