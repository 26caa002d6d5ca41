//! Networks that mean something to programs: private, loopback, link-local, multicast.

use std::net::Ipv6Addr;

/// Networks that mean something to programs, each with its first bits and their number: IANA's registers of special-purpose
/// addresses (RFC 6890) and of multicast (RFC 5771, RFC 4291). Loopback's own address stays as it is.
const SPECIAL_V4: &[([u8; 4], u32)] = &[
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 1], 32),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 168, 0, 0], 16),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// The same for IPv6: unspecified and loopback, IPv4 in IPv6, unique local (those of one's own choice apart), link-local, multicast.
const SPECIAL_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::UNSPECIFIED, 128),
    (Ipv6Addr::LOCALHOST, 128),
    (Ipv6Addr::new(0, 0, 0, 0, 0, 0xffff, 0, 0), 96),
    (Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 0), 8),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8),
];

/// How many of an address's first bits must stay so that it neither leaves a special network nor gets into one: those that
/// it shares with a special network, and the one behind them. Since a bit is flipped by what stands before it, the
/// others are still permuted.
pub(super) fn held_bits(address: u128, v4: bool) -> u32 {
    let held = |network: u128, length: u32| length.min((address ^ network).leading_zeros() + 1);
    if v4 {
        SPECIAL_V4.iter().map(|(network, length)| held(u128::from(u32::from_be_bytes(*network)) << 96, *length)).max().unwrap_or(0)
    } else {
        SPECIAL_V6.iter().map(|(network, length)| held(u128::from(*network), *length)).max().unwrap_or(0)
    }
}
