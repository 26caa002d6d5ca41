//! user_agent: another browser of the same kind.

use crate::mask::key::{DomainKey, below};
use crate::mask::registry::{BuildError, Definition, Example, Request};
use crate::mask::words::Words;
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// `user_agent`.
pub(super) const USER_AGENT: Definition = Definition {
    name: "user_agent",
    summary: "the user agent of another browser: a phone stays a phone, a computer a computer, a program a program",
    accepts: "text that takes at least 20 characters",
    distinct: "no: the list is finite",
    keeps_distinct: false,
    keyed: true,
    fallible: false,
    default_domain: "user_agent",
    options: &[],
    example: Example::of(r#""user_agent""#, "text", "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
    build,
};

/// Browsers of computers, in the forms that their makers document (reduced user agents of Chromium, Firefox and WebKit).
const COMPUTERS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36 Edg/128.0.0.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:129.0) Gecko/20100101 Firefox/129.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Safari/605.1.15",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/127.0.0.0 Safari/537.36",
];

/// Browsers of phones and tablets.
const PHONES: &[&str] = &[
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Android 14; Mobile; rv:128.0) Gecko/128.0 Firefox/128.0",
    "Mozilla/5.0 (Android 13; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0.0.0 Mobile/15E148 Safari/604.1",
];

/// Programs that are no browsers.
const PROGRAMS: &[&str] = &[
    "curl/7.88.1",
    "curl/8.5.0",
    "curl/8.8.0",
    "Wget/1.21.4",
    "axios/1.7.2",
    "node-fetch/1.0",
    "okhttp/4.12.0",
    "python-requests/2.31.0",
    "python-requests/2.32.3",
    "Go-http-client/1.1",
    "Go-http-client/2.0",
    "Java/17.0.11",
    "PostmanRuntime/7.39.0",
    "Apache-HttpClient/4.5.14",
];

#[derive(Debug)]
struct UserAgent {
    key: DomainKey,
    computers: Words,
    phones: Words,
    programs: Words,
}

impl Mask for UserAgent {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let has = |part: &[u8]| memchr::memmem::find(cell.value, part).is_some();
        let list = if !has(b"Mozilla/") && !has(b"Opera") {
            &self.programs
        } else if has(b"Mobile") || has(b"Android") || has(b"iPhone") || has(b"iPad") {
            &self.phones
        } else {
            &self.computers
        };
        // A column that is too short for browsers has programs.
        let list = if list.is_empty() { &self.programs } else { list };
        out.extend_from_slice(list.get(below(self.key.hash(cell.seed).high, list.len())));
        Ok(Masked::Value)
    }
}

fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_text()?;
    let max = request.max_chars();
    if max < 20 {
        return Err(request.too_short("a user agent needs", 20));
    }
    let words = |list| Words::encode(list, request.target.charset, Some(max));
    let (computers, phones, programs) = (words(COMPUTERS), words(PHONES), words(PROGRAMS));
    let fingerprint = format!("user_agent {} {} {} {}", request.domain, computers.len(), phones.len(), programs.len());
    Ok(request.bound(UserAgent { key: request.key.clone(), computers, phones, programs }, Distinct::Lost, fingerprint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::demo::{self, Outcome};
    use crate::mask::fit::Target;

    #[test]
    fn kinds_stay() {
        let made = |target: &str, value: &str| {
            let mask = demo::bound(&USER_AGENT, &[], &Target::of_sql(target), &[], demo::NO_SECRET).expect("fits").mask.expect("a mask");
            let Ok(Outcome::Value(made)) = demo::apply(mask.as_ref(), value.as_bytes()) else { panic!("refused") };
            String::from_utf8(made).expect("UTF-8")
        };
        for i in 0..50 {
            assert!(PHONES.contains(&made("text", &format!("Mozilla/5.0 (iPhone; {i}) Mobile/15E148")).as_str()));
            assert!(COMPUTERS.contains(&made("text", &format!("Mozilla/5.0 (X11; {i})")).as_str()));
            assert!(PROGRAMS.contains(&made("text", &format!("curl/{i}")).as_str()));
            assert!(made("character varying(24)", &format!("Mozilla/5.0 (X11; {i})")).len() <= 24);
        }
    }
}
