//! The network: ip.
//!
//! A keyed permutation of the address space that keeps prefixes: two addresses that share their first n bits before
//! share them after. Each bit is flipped or not by a pseudorandom function of the bits before it (the construction of
//! Xu, Fan, Ammar and Moon, "Prefix-Preserving IP Address Anonymization", 2002), four bits a call of the function.

use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::fit::Kind;
use super::key::DomainKey;
use super::registry::{BuildError, Request};
use super::{Bound, Cell, Distinct, Mask, Masked, Refusal};

const REFUSAL: Refusal = Refusal { expected: "an IP address, with or without a mask length" };

/// Writes another address.
#[derive(Debug)]
struct Ip {
    key: DomainKey,
    /// cidr: bits behind the mask length stay zero.
    network: bool,
    /// Text may spell one address in several ways.
    text: bool,
}

impl Mask for Ip {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let text = std::str::from_utf8(cell.seed).map_err(|_| REFUSAL)?;
        let (address, suffix) = text.split_at(text.find('/').unwrap_or(text.len()));
        let address: IpAddr = address.parse().map_err(|_| REFUSAL)?;
        let bits: u32 = if address.is_ipv4() { 32 } else { 128 };
        let length = match suffix.strip_prefix('/') {
            None => bits,
            Some(digits) if digits.starts_with('+') => return Err(REFUSAL),
            Some(digits) => digits.parse().ok().filter(|length| *length <= bits).ok_or(REFUSAL)?,
        };
        let other = if self.text && !is_canonical(text, address, suffix) {
            // Another spelling is another text: it gets an address of its own, so that different texts stay different.
            IpAddr::V6(Ipv6Addr::from(self.key.hash(text.as_bytes()).wide()))
        } else {
            self.permute(address, if self.network { length } else { bits })
        };
        // Writing to memory cannot fail.
        let _ = write!(out, "{other}{suffix}");
        Ok(Masked::Value)
    }
}

/// Whether a text is how we would write that address ourselves.
fn is_canonical(text: &str, address: IpAddr, suffix: &str) -> bool {
    let mut written = [0u8; 64];
    let mut rest = &mut written[..];
    let whole = write!(rest, "{address}{suffix}").is_ok();
    let length = 64 - rest.len();
    whole && written.get(..length) == Some(text.as_bytes()) && !suffix.starts_with("/0") | (suffix == "/0")
}

impl Ip {
    /// Permutes the first `count` bits of an address.
    fn permute(&self, address: IpAddr, count: u32) -> IpAddr {
        match address {
            IpAddr::V4(v4) => {
                let wide = self.bits(u128::from(u32::from(v4)) << 96, count, 4);
                IpAddr::V4(Ipv4Addr::from((wide >> 96) as u32))
            }
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from(self.bits(u128::from(v6), count, 6))),
        }
    }

    /// Permutes the first `count` bits of a number, the highest first.
    fn bits(&self, address: u128, count: u32, family: u8) -> u128 {
        let mut result = 0u128;
        for nibble in 0..count.div_ceil(4) {
            let before = if nibble == 0 { 0 } else { address >> (128 - 4 * nibble) << (128 - 4 * nibble) };
            let mut input = [0u8; 18];
            let (head, tail) = input.split_at_mut(2);
            head.copy_from_slice(&[family, nibble as u8]);
            tail.copy_from_slice(&before.to_be_bytes());
            let random = self.key.hash(&input).low;
            let original = (address >> (124 - 4 * nibble) & 15) as u32;
            let wanted = (count - 4 * nibble).min(4);
            let mut flipped = 0u32;
            // Bit i of the nibble is flipped by the random bit that belongs to the i bits before it: a tree of 15 bits.
            for i in 0..wanted {
                let path = original >> (4 - i);
                let node = (1 << i) - 1 + path;
                let bit = (original >> (3 - i)) & 1;
                flipped |= (bit ^ (random >> node & 1) as u32) << (3 - i);
            }
            result |= u128::from(flipped) << (124 - 4 * nibble);
        }
        // Bits behind `count` are zero in a network, and there are none otherwise.
        result
    }
}

/// Whether a text is an address, with or without a mask length.
pub fn is_address(text: &str) -> bool {
    let (address, length) = text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    address.parse::<IpAddr>().is_ok_and(|address| {
        let bits = if address.is_ipv4() { 32 } else { 128 };
        length.is_none_or(|length| length.parse::<u32>().is_ok_and(|length| length <= bits))
    })
}

/// `ip`: inet, cidr, and text that holds addresses.
pub fn ip(request: &Request<'_>) -> Result<Bound, BuildError> {
    let (network, text) = match request.target.kind {
        Kind::Inet => (false, false),
        Kind::Cidr => (true, false),
        Kind::Text if request.max_chars() >= 45 => (false, true),
        Kind::Text => {
            let message = format!("an IPv6 address with its mask length needs 45 characters, the column takes {}", request.max_chars());
            return Err(request.misfit(message, "use hash, const or null"));
        }
        _ => {
            let message = format!("it makes IP addresses, but the column is {}", request.target.type_name);
            return Err(request.misfit(message, "use const or null, or keep the column"));
        }
    };
    let fingerprint = format!("ip {} {network}", request.domain);
    Ok(Bound {
        mask: Some(Box::new(Ip { key: request.key.clone(), network, text })),
        distinct: Distinct::Kept,
        takes_empty: false,
        fingerprint,
    })
}
