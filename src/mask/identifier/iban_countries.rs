//! How the account numbers of countries are made up (BBAN), for [`super::iban`].
//!
//! Lengths, classes and where the bank stands: SWIFT, IBAN Registry, release 101. National checks: the European Committee for
//! Banking Standards, TR 201 (Register of European Account Numbers), and the rules of the countries' banks; those that are not
//! known or no longer hold (the Netherlands) are not made.

/// The check inside of a country's account numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum National {
    /// None that all banks have.
    None,
    /// 97 less the remainder modulo 97; letters count 1 to 9, 1 to 9, 2 to 9 (France's "clé RIB").
    Rib,
    /// ISO 7064 MOD 97-10.
    Mod97,
    /// The remainder modulo 97; 97 for none.
    Belgium,
    /// A check modulo 11 of bank and branch, and one of the account.
    Spain,
    /// A letter in front, as at the end of a codice fiscale.
    Italy,
    /// Luhn.
    Luhn,
    /// Weights 7, 3, 1 from the right.
    Estonia,
    /// A check modulo 11.
    Norway,
    /// A check of the bank with the weights 3, 9, 7, 1.
    Poland,
    /// A check of the bank with the weights 9, 7, 3, 1.
    Albania,
    /// The same for the bank and for the account.
    Hungary,
    /// Two numbers that are multiples of 11 with their weights.
    Czechia,
    /// A check modulo 11 of the holder's number.
    Iceland,
    /// Two checks of ISO 7064 MOD 11,10.
    Croatia,
}

/// What is known of a country.
#[derive(Debug)]
pub(super) struct Country {
    /// ISO 3166-1.
    pub(super) code: &'static [u8; 2],
    /// Counts and classes: `n` digits, `a` letters, `c` either, `#` a national check, `=` a currency.
    pub(super) structure: &'static str,
    /// Where the bank begins.
    pub(super) bank: usize,
    /// Where it ends.
    pub(super) end: usize,
    /// The check inside.
    pub(super) national: National,
}

const fn row(code: &'static [u8; 2], structure: &'static str, bank: usize, end: usize, national: National) -> Country {
    Country { code, structure, bank, end, national }
}

/// The countries, by code.
pub(super) static COUNTRIES: &[Country] = &[
    row(b"AD", "8n12c", 0, 4, National::None),
    row(b"AE", "19n", 0, 3, National::None),
    row(b"AL", "7n1#16c", 0, 3, National::Albania),
    row(b"AT", "16n", 0, 5, National::None),
    row(b"AZ", "4a20c", 0, 4, National::None),
    row(b"BA", "3n3n8n2#", 0, 3, National::Mod97),
    row(b"BE", "3n7n2#", 0, 3, National::Belgium),
    row(b"BG", "4a6n8c", 0, 4, National::None),
    row(b"BH", "4a14c", 0, 4, National::None),
    row(b"BI", "23n", 0, 5, National::None),
    row(b"BR", "8c15n1a1c", 0, 8, National::None),
    row(b"BY", "4c4n16c", 0, 4, National::None),
    row(b"CH", "5n12c", 0, 5, National::None),
    row(b"CR", "18n", 0, 4, National::None),
    row(b"CY", "8n16c", 0, 3, National::None),
    row(b"CZ", "4n5n1#9n1#", 0, 4, National::Czechia),
    row(b"DE", "18n", 0, 8, National::None),
    row(b"DJ", "23n", 0, 5, National::None),
    row(b"DK", "14n", 0, 4, National::None),
    row(b"DO", "4c20n", 0, 4, National::None),
    row(b"EE", "2n13n1#", 0, 2, National::Estonia),
    row(b"EG", "25n", 0, 4, National::None),
    row(b"ES", "4n4n2#10n", 0, 4, National::Spain),
    row(b"FI", "3n10n1#", 0, 3, National::Luhn),
    row(b"FK", "2a12n", 0, 2, National::None),
    row(b"FO", "14n", 0, 4, National::None),
    row(b"FR", "5n5n11c2#", 0, 5, National::Rib),
    row(b"GB", "4a14n", 0, 4, National::None),
    row(b"GE", "2a16n", 0, 2, National::None),
    row(b"GI", "4a15c", 0, 4, National::None),
    row(b"GL", "14n", 0, 4, National::None),
    row(b"GR", "7n16c", 0, 3, National::None),
    row(b"GT", "24c", 0, 4, National::None),
    row(b"HN", "4a20n", 0, 4, National::None),
    row(b"HR", "6n1#9n1#", 0, 7, National::Croatia),
    row(b"HU", "3n4n1#15n1#", 0, 3, National::Hungary),
    row(b"IE", "4a14n", 0, 4, National::None),
    row(b"IL", "19n", 0, 3, National::None),
    row(b"IQ", "4a15n", 0, 4, National::None),
    row(b"IS", "20n1#1n", 0, 2, National::Iceland),
    row(b"IT", "1#5n5n12c", 1, 6, National::Italy),
    row(b"JO", "4a4n18c", 0, 4, National::None),
    row(b"KW", "4a22c", 0, 4, National::None),
    row(b"KZ", "3n13c", 0, 3, National::None),
    row(b"LB", "4n20c", 0, 4, National::None),
    row(b"LC", "4a24c", 0, 4, National::None),
    row(b"LI", "5n12c", 0, 5, National::None),
    row(b"LT", "16n", 0, 5, National::None),
    row(b"LU", "3n13c", 0, 3, National::None),
    row(b"LV", "4a13c", 0, 4, National::None),
    row(b"LY", "21n", 0, 3, National::None),
    row(b"MC", "5n5n11c2#", 0, 5, National::Rib),
    row(b"MD", "20c", 0, 2, National::None),
    row(b"ME", "3n13n2#", 0, 3, National::Mod97),
    row(b"MK", "3n10c2#", 0, 3, National::Mod97),
    row(b"MN", "16n", 0, 4, National::None),
    row(b"MR", "5n5n11n2#", 0, 5, National::Rib),
    row(b"MT", "4a5n18c", 0, 4, National::None),
    row(b"MU", "4a2n2n12n3n3=", 0, 6, National::None),
    row(b"NI", "4a20n", 0, 4, National::None),
    row(b"NL", "4a10n", 0, 4, National::None),
    row(b"NO", "4n6n1#", 0, 4, National::Norway),
    row(b"OM", "3n16c", 0, 3, National::None),
    row(b"PK", "4a16c", 0, 4, National::None),
    row(b"PL", "7n1#16n", 0, 8, National::Poland),
    row(b"PS", "4a21c", 0, 4, National::None),
    row(b"PT", "4n4n11n2#", 0, 4, National::Mod97),
    row(b"QA", "4a21c", 0, 4, National::None),
    row(b"RO", "4a16c", 0, 4, National::None),
    row(b"RS", "3n13n2#", 0, 3, National::Mod97),
    row(b"RU", "14n15c", 0, 9, National::None),
    row(b"SA", "2n18c", 0, 2, National::None),
    row(b"SC", "4a2n2n16n3=", 0, 6, National::None),
    row(b"SD", "14n", 0, 2, National::None),
    row(b"SE", "20n", 0, 3, National::None),
    row(b"SI", "5n8n2#", 0, 2, National::Mod97),
    row(b"SK", "4n5n1#9n1#", 0, 4, National::Czechia),
    row(b"SM", "1#5n5n12c", 1, 6, National::Italy),
    row(b"SO", "19n", 0, 4, National::None),
    row(b"ST", "21n", 0, 4, National::None),
    row(b"SV", "4a20n", 0, 4, National::None),
    row(b"TL", "3n14n2#", 0, 3, National::Mod97),
    row(b"TN", "2n3n13n2#", 0, 2, National::Rib),
    row(b"TR", "6n16c", 0, 5, National::None),
    row(b"UA", "6n19c", 0, 6, National::None),
    row(b"VA", "18n", 0, 3, National::None),
    row(b"VG", "4a16n", 0, 4, National::None),
    row(b"XK", "16n", 0, 2, National::None),
    row(b"YE", "4a4n18c", 0, 4, National::None),
];
