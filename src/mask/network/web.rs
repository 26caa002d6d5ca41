//! url and domain: another host under a name that nobody owns, another path of the same shape.

use crate::mask::key::DomainKey;
use crate::mask::pseudonym::letters::{Alphabet, Way, drawn, permute};
use crate::mask::pseudonym::{DIGITS, base32};
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// `domain_name`.
pub(super) const DOMAIN_NAME: Definition = Definition {
    name: "domain_name",
    summary: "a host name under example.org, which nobody can register (RFC 2606)",
    accepts: "text that takes at least 30 characters (18, a dot and the parent)",
    distinct: "yes: by 90 bits; so a collision among 10^9 values is less likely than 10^-9",
    keeps_distinct: true,
    keyed: true,
    fallible: false,
    default_domain: "host",
    options: &[PARENT],
    example: Example::of(r#""domain_name""#, "text", "intranet.mairie-exemple.fr"),
    build: domain_name,
};

/// `url`.
pub(super) const URL: Definition = Definition {
    name: "url",
    summary: "scheme and shape stay; the host becomes one under example.org; path, query and fragment are permuted; user and password go",
    accepts: "text",
    distinct: "no: a user name in it is lost, and long ones are cut to the column",
    keeps_distinct: false,
    keyed: true,
    fallible: true,
    default_domain: "host",
    options: &[
        PARENT,
        OptionDefinition { name: "keep_host", kind: OptionKind::Boolean, default: "false", summary: "the host stays, the rest is masked" },
        OptionDefinition {
            name: "keep_path",
            kind: OptionKind::Boolean,
            default: "false",
            summary: "the path stays; query and fragment are masked",
        },
    ],
    example: Example::of(r#""url""#, "text", "https://jean:secret@www.mairie.fr:8443/dossiers/1234?nom=Dupont#note"),
    build: url,
};

const PARENT: OptionDefinition =
    OptionDefinition { name: "parent", kind: OptionKind::Text, default: "example.org", summary: "the name that hosts are made under" };

fn parent<'r>(request: &'r Request<'_>) -> Result<&'r str, BuildError> {
    let parent = request.text("parent").unwrap_or("example.org");
    let label = |label: &str| !label.is_empty() && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    if parent.len() > 200 || !parent.split('.').all(label) {
        let message = format!("option \"parent\": {parent:?} is no host name in lower case");
        return Err(BuildError::of("parent", message, Some("for example \"example.org\"".into())));
    }
    Ok(parent)
}

/// Appends a host name that stands for another.
fn host(key: &DomainKey, parent: &str, seed: &[u8], out: &mut Vec<u8>) {
    base32(key.hash(seed).wide(), DIGITS, out);
    out.push(b'.');
    out.extend_from_slice(parent.as_bytes());
}

#[derive(Debug)]
struct DomainName {
    key: DomainKey,
    parent: String,
}

impl Mask for DomainName {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        host(&self.key, &self.parent, cell.seed, out);
        Ok(Masked::Value)
    }
}

fn domain_name(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let parent = parent(request)?.to_owned();
    let least = DIGITS + 1 + parent.len();
    if request.max_chars() < least {
        return Err(request.too_short("a host name that stays distinct needs", least));
    }
    let fingerprint = format!("domain_name {} {parent}", request.domain);
    Ok(request.bound(DomainName { key: request.key.clone(), parent }, Distinct::Kept, fingerprint))
}

#[derive(Debug)]
struct Url {
    key: DomainKey,
    alphabet: Alphabet,
    parent: String,
    keep_host: bool,
    keep_path: bool,
    max_chars: usize,
}

const EXPECTED: Refusal = Refusal { expected: "a URL with its scheme and host: https://…" };

/// The parts of a URL (RFC 3986, appendix B).
struct Parts<'a> {
    scheme: &'a str,
    host: &'a str,
    port: &'a str,
    path: &'a str,
    rest: &'a str,
}

fn split(text: &str) -> Option<Parts<'_>> {
    let (scheme, after) = text.split_once("://")?;
    let known = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
    if scheme.is_empty() || !scheme.chars().all(known) || text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return None;
    }
    let (authority, path) = after.split_at(after.find(['/', '?', '#']).unwrap_or(after.len()));
    let (path, rest) = path.split_at(path.find(['?', '#']).unwrap_or(path.len()));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let colon = host.rfind(':').filter(|at| host.get(at + 1..).is_some_and(|port| port.bytes().all(|b| b.is_ascii_digit())));
    let (host, port) = host.split_at(colon.unwrap_or(host.len()));
    (!host.is_empty()).then_some(Parts { scheme, host, port, path, rest })
}

impl Url {
    fn part(&self, cell: Cell<'_>, text: &str, out: &mut Vec<u8>) {
        if cell.is_seeded() {
            drawn(&self.key, &self.alphabet, text, cell.seed, out);
        } else {
            permute(&self.key, &self.alphabet, text, Way::There, out);
        }
    }
}

impl Mask for Url {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let text = String::from_utf8_lossy(cell.value);
        let Parts { scheme, host: old, port, path, rest } = split(&text).ok_or(EXPECTED)?;
        let mark = out.len();
        out.extend_from_slice(scheme.as_bytes());
        out.extend_from_slice(b"://");
        if self.keep_host {
            out.extend_from_slice(old.as_bytes());
        } else {
            // Names of hosts count the same in both cases (RFC 4343).
            let folded = old.to_ascii_lowercase();
            host(&self.key, &self.parent, if cell.is_seeded() { cell.seed } else { folded.as_bytes() }, out);
        }
        out.extend_from_slice(port.as_bytes());
        if self.keep_path {
            out.extend_from_slice(path.as_bytes());
        } else {
            self.part(cell, path, out);
        }
        self.part(cell, rest, out);
        crate::mask::common::truncate(out, mark, self.max_chars);
        Ok(Masked::Value)
    }
}

fn url(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let parent = parent(request)?.to_owned();
    let (keep_host, keep_path, max_chars) = (request.flag("keep_host"), request.flag("keep_path"), request.max_chars());
    let least = "https://".len() + DIGITS + 1 + parent.len();
    if max_chars < least && !keep_host {
        return Err(request.too_short("a URL needs", least));
    }
    let fingerprint = format!("url {} {parent} {keep_host} {keep_path} {max_chars}", request.domain);
    Ok(request.bound(
        Url { key: request.key.clone(), alphabet: Alphabet::plain(request.target.charset), parent, keep_host, keep_path, max_chars },
        Distinct::Lost,
        fingerprint,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::demo::{self, Outcome};
    use crate::mask::fit::Target;
    use crate::mask::registry::OptionValue;

    fn run(options: &[(&str, bool)], value: &str) -> Option<String> {
        let mut all = vec![("on_invalid".to_owned(), OptionValue::Text("error".into()))];
        all.extend(options.iter().map(|(name, value)| ((*name).to_owned(), OptionValue::Boolean(*value))));
        let mask = demo::bound(&URL, &all, &Target::of_sql("text"), &[], demo::NO_SECRET).expect("fits").mask.expect("a mask");
        match demo::apply(mask.as_ref(), value.as_bytes()) {
            Ok(Outcome::Value(made)) => Some(String::from_utf8(made).expect("UTF-8")),
            _ => None,
        }
    }

    #[test]
    fn nothing_but_the_shape_is_left() {
        let made = run(&[], "https://jean:secret@www.mairie.fr:8443/dossiers/1234?nom=Dupont#note").expect("a URL");
        assert!(made.starts_with("https://") && made.contains(".example.org:8443/"), "{made}");
        for word in ["jean", "secret", "mairie", "dossiers", "1234", "Dupont", "note"] {
            assert!(!made.contains(word), "{made}");
        }
        let same = |a: &str, b: &str| {
            run(&[], a).expect("a URL").split('/').nth(2).map(str::to_owned)
                == run(&[], b).expect("a URL").split('/').nth(2).map(str::to_owned)
        };
        assert!(same("http://a.fr/x", "https://A.FR/y") && !same("http://a.fr/x", "http://b.fr/x"));
        assert!(run(&[("keep_host", true)], "https://jean@a.fr/x?y=z").expect("a URL").starts_with("https://a.fr/"));
        assert!(run(&[("keep_path", true)], "https://a.fr/x/y?q=abc").expect("a URL").contains(".example.org/x/y?"));
        for text in ["", "a.fr/x", "://a", "https://", "not a url: https://a b"] {
            assert_eq!(run(&[], text), None, "{text}");
        }
    }
}
