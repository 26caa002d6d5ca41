//! inet and cidr: compared and contained as the server's src/backend/utils/adt/network.c does.

use std::cmp::Ordering;
use std::net::{Ipv4Addr, Ipv6Addr};

/// An address with the length of its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Network {
    six: bool,
    bits: u32,
    /// The address from the highest bit on, whatever its length.
    address: u128,
}

impl Network {
    /// Reads an address, with or without `/bits`.
    pub(super) fn read(text: &[u8]) -> Option<Network> {
        let text = std::str::from_utf8(text).ok()?.trim();
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) if bits.bytes().all(|b| b.is_ascii_digit()) => (address, Some(bits.parse::<u32>().ok()?)),
            Some(_) => return None,
            None => (text, None),
        };
        let (six, width, address) = match address.parse::<Ipv4Addr>() {
            Ok(four) => (false, 32, u128::from(four.to_bits()) << 96),
            Err(_) => (true, 128, address.parse::<Ipv6Addr>().ok()?.to_bits()),
        };
        let bits = bits.unwrap_or(width);
        (bits <= width).then_some(Network { six, bits, address })
    }

    /// Whether no bit behind the network's length is set, as cidr demands.
    pub(super) fn is_cidr(self) -> bool {
        self.head(self.bits) == self.address
    }

    fn head(self, bits: u32) -> u128 {
        if bits == 0 { 0 } else { self.address & (u128::MAX << (128 - bits)) }
    }

    /// `network_cmp_internal`
    pub(super) fn compare(self, other: Network) -> Ordering {
        let common = self.bits.min(other.bits);
        let family = self.six.cmp(&other.six);
        family
            .then_with(|| self.head(common).cmp(&other.head(common)))
            .then_with(|| self.bits.cmp(&other.bits))
            .then_with(|| self.address.cmp(&other.address))
    }

    /// Whether it lies inside of another; strictly, or being equal is enough.
    pub(super) fn inside(self, other: Network, strictly: bool) -> bool {
        let longer = if strictly { self.bits > other.bits } else { self.bits >= other.bits };
        self.six == other.six && longer && self.head(other.bits) == other.head(other.bits)
    }

    /// Whether one of the two lies inside of the other.
    pub(super) fn overlaps(self, other: Network) -> bool {
        let common = self.bits.min(other.bits);
        self.six == other.six && self.head(common) == other.head(common)
    }
}

/// With the length of the network, as a cast to text has it.
impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let four = |address: u128| Ipv4Addr::from_bits(u32::try_from(address & u128::from(u32::MAX)).unwrap_or(0));
        if !self.six {
            write!(f, "{}/{}", four(self.address >> 96), self.bits)
        } else if self.address >> 32 == 0 && self.address >> 16 != 0 {
            // An IPv4 address behind 96 zeros, which the server writes with dots.
            write!(f, "::{}/{}", four(self.address), self.bits)
        } else {
            write!(f, "{}/{}", Ipv6Addr::from_bits(self.address), self.bits)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Network {
        Network::read(text.as_bytes()).unwrap_or_else(|| panic!("{text}"))
    }

    #[test]
    fn networks_hold_each_other() {
        assert!(network("10.1.2.3").inside(network("10.0.0.0/8"), true));
        assert!(!network("10.0.0.0/8").inside(network("10.0.0.0/8"), true));
        assert!(network("10.0.0.0/8").inside(network("10.0.0.0/8"), false));
        assert!(!network("10.1.2.3").inside(network("2001:db8::/32"), false));
        assert!(network("0.0.0.0/0").overlaps(network("10.0.0.0/8")));
        assert!(network("2001:db8::1").inside(network("2001:db8::/32"), true));
    }

    #[test]
    fn networks_are_ordered_and_written() {
        let ordered = ["0.0.0.0/0", "10.0.0.0/8", "10.0.0.1/8", "10.0.0.0", "10.0.0.1", "::/0", "::1", "2001:db8::/32"];
        for pair in ordered.windows(2) {
            let [left, right] = pair else { panic!("a pair") };
            assert!(network(left).compare(network(right)).is_lt(), "{left} {right}");
        }
        assert_eq!(network("10.0.0.1").to_string(), "10.0.0.1/32");
        assert_eq!(network("::1.2.3.4").to_string(), "::1.2.3.4/128");
        assert!(network("10.0.0.0/8").is_cidr() && !network("10.0.0.1/8").is_cidr());
        for text in ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/8/8", "::/129", "10.0.0.0/+8"] {
            assert!(Network::read(text.as_bytes()).is_none(), "{text}");
        }
    }
}
