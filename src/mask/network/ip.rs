//! ip: another address.
//!
//! A keyed permutation of the address space that keeps prefixes: two addresses that share their first n bits before
//! share them after. Each bit is flipped or not by a pseudorandom function of the bits before it (the construction of
//! Xu, Fan, Ammar and Moon, "Prefix-Preserving IP Address Anonymization", 2002), seven bits a call of the function.
//! Private, loopback and multicast addresses are addresses like any other, and may become public ones, unless
//! `keep_private` keeps their networks in place: then no bit is flipped on the way to one of them.
//!
//! Where a rule takes the seed from elsewhere, the address comes from the seed alone and the value gives the family and
//! the mask length; nothing is permuted then, and networks do not stay networks.

use std::fmt::{self, Display};
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::special::held_bits;
use crate::mask::fit::Kind;
use crate::mask::key::DomainKey;
use crate::mask::registry::{BuildError, Definition, Example, OptionDefinition, OptionKind, Request};
use crate::mask::{Bound, Cell, Distinct, Mask, Masked, Refusal};

/// `ip`.
pub(super) const IP: Definition = Definition {
    name: "ip",
    summary: "another address; addresses of one network stay in one network",
    accepts: "inet, cidr, text of addresses that takes at least 43 characters",
    distinct: "yes: a permutation of the addresses",
    keeps_distinct: true,
    keyed: true,
    fallible: true,
    default_domain: "ip",
    options: &[
        OptionDefinition {
            name: "truncate",
            kind: OptionKind::Text,
            default: "no: the address is permuted",
            summary: "keep the first bits of the original and clear the others: \"/24\"; IPv6 keeps /48, or what truncate6 says",
        },
        OptionDefinition { name: "truncate6", kind: OptionKind::Text, default: "/48 with truncate", summary: "the same for IPv6" },
        OptionDefinition {
            name: "keep_private",
            kind: OptionKind::Boolean,
            default: "false",
            summary: "private, loopback, link-local and multicast addresses stay in their network, and others never get there",
        },
    ],
    example: Example::of(r#""ip""#, "inet", "10.1.2.3"),
    build: ip,
};

const REFUSAL: Refusal = Refusal { expected: "an IP address, with or without a mask length" };

/// The longest text that is written: an IPv6 address in full, `/128` behind it.
const LONGEST: usize = 43;

/// Bits that one call of the function flips: a tree of seven levels has 127 nodes, and a call gives 128 bits.
const LEVELS: u32 = 7;

/// An address as text: what it is, and its mask length.
#[derive(Clone, Copy, Debug)]
struct Address<'a> {
    address: IpAddr,
    /// Bits of the network; all of them where no mask length stands.
    length: u32,
    /// `/24` as it stands in the text, or nothing.
    suffix: &'a str,
}

impl Address<'_> {
    /// Reads an address with or without a mask length; `None` where it is none.
    fn read(text: &[u8]) -> Option<Address<'_>> {
        let text = std::str::from_utf8(text).ok()?;
        let (address, suffix) = text.split_at(text.find('/').unwrap_or(text.len()));
        let address: IpAddr = address.parse().ok()?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let length = match suffix.strip_prefix('/') {
            None => bits,
            // `parse` would take a sign, and any number of zeros.
            Some(digits) if digits.len() > 3 || !digits.bytes().all(|byte| byte.is_ascii_digit()) => return None,
            Some(digits) => digits.parse().ok().filter(|length| *length <= bits)?,
        };
        Some(Address { address, length, suffix })
    }

    /// Its bits, the first one highest.
    fn wide(self) -> u128 {
        match self.address {
            IpAddr::V4(v4) => u128::from(u32::from(v4)) << 96,
            IpAddr::V6(v6) => u128::from(v6),
        }
    }

    /// An address of the same family.
    fn of_family(self, wide: u128) -> IpAddr {
        match self.address {
            IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::from((wide >> 96) as u32)),
            IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::from(wide)),
        }
    }

    /// How many bits it has.
    fn width(self) -> u32 {
        if self.address.is_ipv4() { 32 } else { 128 }
    }

    /// Whether a text is how the server writes this address in a text column.
    fn is_written(self, text: &[u8]) -> bool {
        let mut written = [0u8; 64];
        let mut rest = &mut written[..];
        let whole = write!(rest, "{}{}", AsServer(self.address), self.suffix).is_ok();
        let length = 64 - rest.len();
        let zeros = self.suffix.len() > 2 && self.suffix.starts_with("/0");
        whole && !zeros && written.get(..length) == Some(text)
    }
}

/// An address as the server writes it. Like the standard library (RFC 5952), but `::a.b.c.d` where only the first 96 bits
/// are zero (src/port/inet_net_ntop.c, `inet_net_ntop_ipv6`: `best.len == 6`).
struct AsServer(IpAddr);

impl Display for AsServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V6(v6) if matches!(v6.segments(), [0, 0, 0, 0, 0, 0, seventh, _] if seventh != 0) => {
                write!(f, "::{}", Ipv4Addr::from(u128::from(v6) as u32))
            }
            address => write!(f, "{address}"),
        }
    }
}

/// Writes another address.
#[derive(Debug)]
struct Ip {
    key: DomainKey,
    /// cidr: bits behind the mask length stay zero.
    network: bool,
    /// Text may spell one address in several ways.
    text: bool,
    /// Special networks stay.
    private: bool,
    /// What flips the first [`KNOWN`] bits of IPv4 and of IPv6 addresses, by those bits: the calls that all addresses of a
    /// network would repeat.
    known: [Box<[u16]>; 2],
}

/// How many bits' flips are known beforehand: those of two calls.
const KNOWN: u32 = 2 * LEVELS;

impl Mask for Ip {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let found = Address::read(cell.value).ok_or(REFUSAL)?;
        let count = if self.network { found.length } else { found.width() };
        let (wide, v4) = (found.wide(), found.address.is_ipv4());
        let held = if self.private { held_bits(wide, v4) } else { 0 };
        let hold = |new: u128| (first_bits(wide, held) | (new & !first_bits(u128::MAX, held))) & first_bits(u128::MAX, count);
        let other = if cell.is_seeded() {
            found.of_family(hold(self.key.hash(cell.seed).wide()))
        } else if self.text && !found.is_written(cell.value) {
            // Another spelling is another text: it gets an address of its own, so that different texts stay different.
            let hashed = self.key.hash(cell.value).wide();
            // 2000::/3 holds no special network.
            IpAddr::V6(Ipv6Addr::from(if self.private { hashed >> 3 | 1 << 125 } else { hashed }))
        } else {
            found.of_family(hold(self.permute(wide, count, v4)))
        };
        // Writing to memory cannot fail.
        let _ = write!(out, "{}{}", AsServer(other), found.suffix);
        Ok(Masked::Value)
    }
}

/// Clears the last bits of an address.
#[derive(Debug)]
struct Truncate {
    v4: u32,
    v6: u32,
}

impl Mask for Truncate {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        let found = Address::read(cell.value).ok_or(REFUSAL)?;
        let bits = if found.address.is_ipv4() { self.v4 } else { self.v6 };
        // Writing to memory cannot fail.
        let _ = write!(out, "{}{}", AsServer(found.of_family(first_bits(found.wide(), bits))), found.suffix);
        Ok(Masked::Value)
    }
}

impl Ip {
    fn new(key: DomainKey, network: bool, text: bool, private: bool) -> Ip {
        let mut ip = Ip { key, network, text, private, known: [Box::default(), Box::default()] };
        // The flips of the first bits are what becomes of those bits.
        let table =
            |v4: bool| (0..1u128 << KNOWN).map(|bits| (ip.permute(bits << (128 - KNOWN), KNOWN, v4) >> (128 - KNOWN)) as u16).collect();
        let known = [table(true), table(false)];
        ip.known = known;
        ip
    }

    /// Permutes the first `count` bits of a number, the highest first; those behind are zero.
    fn permute(&self, address: u128, count: u32, v4: bool) -> u128 {
        let (mut result, mut done) = (0u128, 0);
        let [first, second] = &self.known;
        let known = if v4 { first } else { second }.get((address >> (128 - KNOWN)) as usize);
        if let Some(known) = known.filter(|_| count >= KNOWN) {
            (result, done) = (u128::from(*known) << (128 - KNOWN), KNOWN);
        }
        while done < count {
            let mut input = [0u8; 18];
            let (head, tail) = input.split_at_mut(2);
            head.copy_from_slice(&[if v4 { 4 } else { 6 }, done as u8]);
            tail.copy_from_slice(&first_bits(address, done).to_be_bytes());
            let random = self.key.hash(&input).wide();
            // Small numbers here: 128-bit shifts for each bit cost as much as the calls that seven bits save.
            let now = (count - done).min(LEVELS);
            let bits = (address << done >> (128 - LEVELS)) as u32;
            let mut flipped = 0u32;
            // The children of node n are 2n and 2n + 1: the node says which bits stood before in these seven.
            let mut node = 1u32;
            for at in (LEVELS - now..LEVELS).rev() {
                let bit = (bits >> at) & 1;
                flipped |= (bit ^ (random >> node) as u32 & 1) << at;
                node = 2 * node + bit;
            }
            result |= u128::from(flipped) << (128 - LEVELS) >> done;
            done += now;
        }
        result
    }
}

/// The first `count` bits of a number, at most 128; the others zero.
fn first_bits(number: u128, count: u32) -> u128 {
    number & u128::MAX.checked_shl(128 - count).unwrap_or(0)
}

/// Whether a text is a value of type inet, or of type cidr: there no bit is set behind the mask length.
pub fn is_address(text: &str, network: bool) -> bool {
    Address::read(text.as_bytes()).is_some_and(|found| !network || first_bits(found.wide(), found.length) == found.wide())
}

/// `ip`: inet, cidr, and text that holds addresses.
///
/// Different values stay different in all three. In inet and cidr the server has written each address in one way. Text may
/// spell an address in several: the server's spelling is permuted, any other becomes an IPv6 address made of 128 bits of a
/// hash of the text, so that it meets another address as rarely as two results of `hash` meet.
pub fn ip(request: &Request<'_>) -> Result<Bound, BuildError> {
    let (network, text) = match request.target.kind {
        Kind::Inet => (false, false),
        Kind::Cidr => (true, false),
        Kind::Text if request.max_chars() >= LONGEST => (false, true),
        Kind::Text => return Err(request.too_short("an IPv6 address with its mask length needs", LONGEST)),
        _ => return Err(request.wrong_kind("makes IP addresses")),
    };
    request.needs_charset()?;
    if request.text("truncate").or(request.text("truncate6")).is_some() {
        let bits = |name: &str, default: u32, most: u32| match request.text(name) {
            None => Ok(default),
            Some(text) => text.strip_prefix('/').and_then(|digits| digits.parse().ok()).filter(|bits| *bits <= most).ok_or_else(|| {
                BuildError::of(name, format!("option {name:?}: expected a mask length such as \"/{default}\", found {text:?}"), None)
            }),
        };
        let (v4, v6) = (bits("truncate", 24, 32)?, bits("truncate6", 48, 128)?);
        return Ok(request.bound(Truncate { v4, v6 }, Distinct::Lost, format!("ip truncate {v4} {v6}")));
    }
    let private = request.flag("keep_private");
    let fingerprint = format!("ip {} {network} {private}", request.domain);
    Ok(request.bound(Ip::new(request.key.clone(), network, text, private), Distinct::Kept, fingerprint))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The right column is what PostgreSQL 15 gave for `SELECT '…'::inet`.
    #[test]
    fn addresses_are_written_as_the_server_does() {
        for (text, written) in [
            ("::", "::"),
            ("::1", "::1"),
            ("::2", "::2"),
            ("::1:0", "::0.1.0.0"),
            ("::1.2.3.4", "::1.2.3.4"),
            ("::ffff:0:0", "::ffff:0.0.0.0"),
            ("1:0:0:2:0:0:3:4", "1::2:0:0:3:4"),
            ("1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"),
            ("1:0:0:0:2:0:0:0", "1::2:0:0:0"),
            ("::5:0:0", "::5:0:0"),
            ("2001:DB8::", "2001:db8::"),
            ("192.0.2.1", "192.0.2.1"),
        ] {
            let found = Address::read(text.as_bytes()).expect("an address");
            assert_eq!(AsServer(found.address).to_string(), written);
        }
        for text in ["", "/8", "1.2.3", "01.2.3.4", "1.2.3.4/33", "1.2.3.4/+8", "1.2.3.4/0008", "1.2.3.4/", "::1%eth0", "fe80::/129"] {
            assert!(Address::read(text.as_bytes()).is_none(), "{text}");
        }
        assert!(is_address("10.1.2.3/8", false) && !is_address("10.1.2.3/8", true) && is_address("10.0.0.0/8", true));
    }

    #[test]
    fn addresses_are_cut() {
        let mask = Truncate { v4: 24, v6: 48 };
        for (before, after) in [("10.1.2.3", "10.1.2.0"), ("10.1.2.3/16", "10.1.2.0/16"), ("2001:db8:1:2::3", "2001:db8:1::")] {
            let mut out = Vec::new();
            assert_eq!(mask.mask(Cell::new(before.as_bytes()), &mut out), Ok(Masked::Value));
            assert_eq!(String::from_utf8(out).expect("UTF-8"), after);
        }
    }

    fn other(mask: &Ip, value: &str) -> IpAddr {
        let mut out = Vec::new();
        assert_eq!(mask.mask(Cell::new(value.as_bytes()), &mut out), Ok(Masked::Value));
        String::from_utf8(out).expect("UTF-8").parse().expect("an address")
    }

    /// RFC 6890's own words, by the standard library.
    fn special(address: IpAddr) -> bool {
        match address {
            IpAddr::V4(v4) => {
                let [a, b, ..] = v4.octets();
                let shared = a == 100 && b & 0xc0 == 64;
                v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast() || shared || a == 0 || a >= 240
            }
            IpAddr::V6(v6) => {
                v6.is_unique_local()
                    || v6.is_unicast_link_local()
                    || v6.is_multicast()
                    || v6.is_loopback()
                    || v6.is_unspecified()
                    || v6.to_ipv4_mapped().is_some()
            }
        }
    }

    #[test]
    fn private_networks_stay_if_asked() {
        let key = crate::mask::key::Secret::new(vec![7; 16]).domain("ip");
        let (free, held) = (Ip::new(key.clone(), false, false, false), Ip::new(key.clone(), false, false, true));
        for (value, network) in [
            ("10.1.2.3", "10."),
            ("192.168.1.1", "192.168."),
            ("172.16.0.1", "172."),
            ("169.254.7.7", "169.254."),
            ("127.0.0.53", "127."),
            ("fd00::1", "fd"),
            ("fe80::1", "fe"),
            ("::ffff:10.0.0.1", "::ffff:"),
        ] {
            let after = other(&held, value);
            assert!(after.to_string().starts_with(network) && after.to_string() != value && special(after), "{value} {after}");
        }
        assert_eq!((other(&held, "127.0.0.1").to_string().as_str(), other(&held, "::1").to_string().as_str()), ("127.0.0.1", "::1"));
        let mut stream = crate::mask::key::Stream::new(&key, b"addresses");
        let (mut met, mut left) = (std::collections::HashSet::new(), 0);
        for n in 0..20_000u32 {
            let before = match n % 3 {
                0 => IpAddr::V4(Ipv4Addr::from(stream.bits() as u32)),
                // Around the private networks.
                1 => IpAddr::V4(Ipv4Addr::from(0xAC10_0000u32.wrapping_add(n % 2000).wrapping_sub(1000))),
                _ => IpAddr::V6(Ipv6Addr::from(u128::from(stream.bits()) << 64 | u128::from(stream.bits()))),
            };
            let after = other(&held, &before.to_string());
            assert_eq!(special(before), special(after), "{before} {after}");
            left += u32::from(special(before) != special(other(&free, &before.to_string())));
            met.insert((before, after));
        }
        let (befores, afters): (std::collections::HashSet<_>, std::collections::HashSet<_>) = met.iter().copied().unzip();
        assert_eq!(befores.len(), afters.len(), "a permutation");
        assert!(left > 0, "without the option they move");
    }

    /// What is known beforehand changes nothing.
    #[test]
    fn the_table_is_what_the_function_says() {
        let key = crate::mask::key::Secret::new(vec![9; 16]).domain("ip");
        let with = Ip::new(key.clone(), false, false, false);
        let without = Ip { key: key.clone(), network: false, text: false, private: false, known: Default::default() };
        let mut stream = crate::mask::key::Stream::new(&key, b"addresses");
        for _ in 0..2_000 {
            let address = u128::from(stream.bits()) << 64 | u128::from(stream.bits());
            for count in [0, 8, 13, 14, 15, 24, 32, 64, 128] {
                for v4 in [true, false] {
                    assert_eq!(with.permute(address, count, v4), without.permute(address, count, v4), "{count}");
                }
            }
        }
    }

    #[test]
    fn the_longest_address_is_as_long_as_said() {
        assert_eq!(format!("{}/128", AsServer(IpAddr::V6(Ipv6Addr::from(u128::MAX)))).len(), LONGEST);
    }
}
