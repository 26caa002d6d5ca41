//! mac: another hardware address.

use crate::mask::fit::Kind;
use crate::mask::key::DomainKey;
use crate::mask::permutation::Permutation;
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// `mac`.
pub(super) const MAC: Definition = Definition {
    name: "mac",
    summary: "another hardware address, in the form of the original",
    accepts: "macaddr, macaddr8, text of such addresses",
    distinct: "yes: a permutation of the addresses",
    keeps_distinct: true,
    keyed: true,
    fallible: true,
    default_domain: "mac",
    options: &[OptionDefinition {
        name: "keep_vendor",
        kind: OptionKind::Boolean,
        default: "false",
        summary: "the first three bytes stay, which name the vendor",
    }],
    example: Example::of(r#""mac""#, "macaddr", "08:00:2b:01:02:03"),
    build,
};

#[derive(Debug)]
struct Mac {
    key: DomainKey,
    keep_vendor: bool,
}

const EXPECTED: Refusal = Refusal { expected: "a hardware address of 6 or 8 bytes" };

impl Mask for Mac {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let digits = || cell.value.iter().filter(|byte| byte.is_ascii_hexdigit());
        let count = digits().count();
        let form = cell.value.iter().all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'-' | b'.'));
        if !form || (count != 12 && count != 16) {
            return Err(EXPECTED);
        }
        let number = digits().fold(0u128, |number, byte| number << 4 | u128::from(char::from(*byte).to_digit(16).unwrap_or(0)));
        let free = 4 * count as u32 - if self.keep_vendor { 24 } else { 0 };
        let kept = number >> free << free;
        let bound = 1u128 << free;
        let new = if cell.is_seeded() {
            self.key.hash(cell.seed).wide() % bound
        } else {
            Permutation::new(self.key.clone(), bound).apply(number - kept, (kept >> free) as u64)
        };
        let made = kept | new;
        let upper = cell.value.iter().any(u8::is_ascii_uppercase);
        let mut nibble = count;
        for byte in cell.value {
            if !byte.is_ascii_hexdigit() {
                out.push(*byte);
                continue;
            }
            nibble -= 1;
            let digit = char::from_digit((made >> (4 * nibble) & 15) as u32, 16).unwrap_or('0') as u8;
            out.push(if upper { digit.to_ascii_uppercase() } else { digit });
        }
        Ok(Masked::Value)
    }
}

fn build(request: &Request<'_>) -> Result<Bound, BuildError> {
    request.needs_charset()?;
    if !matches!(request.target.kind, Kind::Mac(_)) && !request.target.is_text() {
        return Err(request.wrong_kind("makes hardware addresses"));
    }
    let keep_vendor = request.flag("keep_vendor");
    Ok(request.bound(Mac { key: request.key.clone(), keep_vendor }, Distinct::Kept, format!("mac {} {keep_vendor}", request.domain)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask::demo::{self, Outcome};
    use crate::mask::fit::Target;
    use crate::mask::registry::OptionValue;
    use std::collections::HashSet;

    fn run(keep: bool, value: &str) -> Option<String> {
        let options =
            [("keep_vendor".to_owned(), OptionValue::Boolean(keep)), ("on_invalid".to_owned(), OptionValue::Text("error".into()))];
        let mask = demo::bound(&MAC, &options, &Target::of_sql("text"), &[], demo::NO_SECRET).expect("fits").mask.expect("a mask");
        match demo::apply(mask.as_ref(), value.as_bytes()) {
            Ok(Outcome::Value(made)) => Some(String::from_utf8(made).expect("UTF-8")),
            _ => None,
        }
    }

    #[test]
    fn forms_stay_and_addresses_are_distinct() {
        let made: HashSet<String> =
            (0..10_000).filter_map(|i| run(true, &format!("08:00:2b:01:{:02x}:{:02x}", i / 256, i % 256))).collect();
        assert_eq!(made.len(), 10_000);
        assert!(made.iter().all(|mac| mac.starts_with("08:00:2b:")));
        let dotted = run(false, "0800.2B01.0203").expect("an address");
        assert_eq!((dotted.len(), dotted.as_bytes()[4], dotted.to_uppercase()), (14, b'.', dotted.clone()));
        assert_eq!(run(false, "08:00:2b:01:02:03:04:05").expect("eight bytes").len(), 23);
        assert!(run(false, "08:00").is_none() && run(false, "no address").is_none());
    }
}
