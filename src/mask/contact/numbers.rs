//! The numbers of countries: which ones are kept for fiction, and how numbers begin.

/// Numbers that begin alike: their first digits without the trunk prefix, and how many free digits follow.
pub(super) type Block = (&'static str, u32);

/// The numbers of a country that ring at nobody's.
#[derive(Debug)]
pub(super) struct Country {
    /// As rules name it: ISO 3166.
    pub(super) code: &'static str,
    /// Calling code.
    pub(super) calling: &'static str,
    /// What stands before a national number.
    pub(super) trunk: &'static str,
    /// Mobile numbers.
    pub(super) mobile: &'static [Block],
    /// The others.
    pub(super) fixed: &'static [Block],
    /// Whether national digits behind the trunk prefix are a mobile number.
    pub(super) is_mobile: fn(&[u8]) -> bool,
}

/// Mobile and other numbers of the French plan.
const FR_MOBILE: &[Block] = &[("63998", 4)];
const FR_FIXED: &[Block] = &[("19900", 4), ("26191", 4), ("35301", 4), ("46571", 4), ("53649", 4)];

/// Whether a number of the French plan is a mobile one.
fn is_french_mobile(digits: &[u8]) -> bool {
    matches!(digits, [b'6' | b'7', ..])
}

/// A territory of the French plan.
const fn french(code: &'static str, calling: &'static str) -> Country {
    Country { code, calling, trunk: "0", mobile: FR_MOBILE, fixed: FR_FIXED, is_mobile: is_french_mobile }
}

/// A country that keeps no numbers for fiction.
const fn none(code: &'static str, calling: &'static str, trunk: &'static str) -> Country {
    Country { code, calling, trunk, mobile: &[], fixed: &[], is_mobile: |_| false }
}

/// Numbers that ring at nobody's, by the regulators:
///
/// * FR: ARCEP decision 2018-0881, article 2.5.12. The plan is one for France and its overseas départements, which have a
///   calling code of their own (GP, BL, MF 590; GF 594; MQ 596; RE, YT 262). For those we know of no numbers kept besides,
///   so the same ones are written behind their code. 06 39 98 lies in Mayotte's part of the plan; elsewhere overseas no
///   number begins like these.
/// * GB: Ofcom, "Telephone numbers for use in TV and radio drama programmes".
/// * US, CA: NANPA, 555-0100 to 555-0199.
/// * DE: Bundesnetzagentur, Mitteilung 148/2021, "Rufnummern für Medienproduktionen".
/// * AU: ACMA, "Phone numbers for use in TV shows, films and creative works".
/// * IE: ComReg, "Numbering Conditions of Use and Application Process", drama numbers 020 91X XXXX.
/// * SE: PTS, "Telefonnummer för användning i böcker och filmer m.m.", 2020.
///
/// The other countries keep none that we know of: their entries tell how numbers are written, for `distinct` and
/// `keep_prefix`.
pub(super) static COUNTRIES: &[Country] = &[
    none("AT", "43", "0"),
    Country {
        code: "AU",
        calling: "61",
        trunk: "0",
        mobile: &[("491570006", 0), ("491570156", 0), ("491570157", 0), ("491570158", 0), ("491570159", 0), ("491570110", 0)],
        fixed: &[("25550", 4), ("27010", 4), ("35550", 4), ("37010", 4), ("75550", 4), ("77010", 4), ("85550", 4), ("87010", 4)],
        is_mobile: |digits| digits.starts_with(b"4"),
    },
    none("BE", "32", "0"),
    french("BL", "590"),
    none("BR", "55", "0"),
    Country {
        code: "CA",
        calling: "1",
        trunk: "",
        mobile: &[("41655501", 2), ("51455501", 2), ("60455501", 2), ("61355501", 2), ("90255501", 2)],
        fixed: &[("41655501", 2), ("51455501", 2), ("60455501", 2), ("61355501", 2), ("90255501", 2)],
        is_mobile: |_| false,
    },
    none("CH", "41", "0"),
    Country {
        code: "DE",
        calling: "49",
        trunk: "0",
        mobile: &[
            ("15228817386", 0),
            ("15228895456", 0),
            ("15254599371", 0),
            ("1729925904", 0),
            ("1729968532", 0),
            ("1729973185", 0),
            ("1729973186", 0),
            ("1729980752", 0),
            ("1749091317", 0),
            ("1749464308", 0),
            ("17139200", 2),
            ("176040690", 2),
        ],
        fixed: &[("3023125", 3), ("6990009", 3), ("4066969", 3), ("2214710", 3), ("8999998", 3)],
        is_mobile: |digits| matches!(digits, [b'1', b'5' | b'6' | b'7', ..]),
    },
    none("DK", "45", ""),
    none("ES", "34", ""),
    none("FI", "358", "0"),
    french("FR", "33"),
    Country {
        code: "GB",
        calling: "44",
        trunk: "0",
        mobile: &[("7700900", 3)],
        fixed: &[
            ("1134960", 3),
            ("1144960", 3),
            ("1154960", 3),
            ("1164960", 3),
            ("1174960", 3),
            ("1184960", 3),
            ("1214960", 3),
            ("1314960", 3),
            ("1414960", 3),
            ("1514960", 3),
            ("1614960", 3),
            ("2079460", 3),
        ],
        is_mobile: |digits| digits.starts_with(b"7"),
    },
    french("GF", "594"),
    french("GP", "590"),
    Country { code: "IE", calling: "353", trunk: "0", mobile: &[("2091", 5)], fixed: &[("2091", 5)], is_mobile: |_| false },
    none("IT", "39", ""),
    none("LU", "352", ""),
    french("MF", "590"),
    french("MQ", "596"),
    none("NL", "31", "0"),
    none("NO", "47", ""),
    none("PL", "48", ""),
    none("PT", "351", ""),
    french("RE", "262"),
    Country {
        code: "SE",
        calling: "46",
        trunk: "0",
        // 070-174 06 05 to 99; those below 10 are left out.
        mobile: &[
            ("70174061", 1),
            ("70174062", 1),
            ("70174063", 1),
            ("70174064", 1),
            ("70174065", 1),
            ("70174066", 1),
            ("70174067", 1),
            ("70174068", 1),
            ("70174069", 1),
        ],
        fixed: &[("3139006", 2), ("4062804", 2), ("8465004", 2), ("9803192", 2)],
        is_mobile: |digits| digits.starts_with(b"7"),
    },
    Country {
        code: "US",
        calling: "1",
        trunk: "",
        mobile: &[("20255501", 2), ("21255501", 2), ("30555501", 2), ("31255501", 2), ("41555501", 2), ("61755501", 2)],
        fixed: &[("20255501", 2), ("21255501", 2), ("30555501", 2), ("31255501", 2), ("41555501", 2), ("61755501", 2)],
        is_mobile: |_| false,
    },
    french("YT", "262"),
];

impl Country {
    /// Whether it keeps numbers for fiction.
    pub(super) fn is_known(&self) -> bool {
        !self.fixed.is_empty()
    }

    /// How many digits its longest number has, trunk prefix included.
    pub(super) fn longest(&self) -> usize {
        let lengths = self.mobile.iter().chain(self.fixed).map(|(prefix, free)| prefix.len() + *free as usize);
        lengths.max().unwrap_or(0) + self.trunk.len()
    }
}

/// A country by its code in any case, or by `+` and its calling code; of several with one calling code the first.
pub(super) fn find(code: &[u8]) -> Option<&'static Country> {
    let code = code.trim_ascii();
    match code.strip_prefix(b"+") {
        Some(calling) => COUNTRIES.iter().find(|country| country.calling.as_bytes() == calling),
        None => COUNTRIES.iter().find(|country| country.code.as_bytes().eq_ignore_ascii_case(code)),
    }
}

/// The codes of the countries that keep numbers for fiction, for messages.
pub(super) fn codes() -> String {
    let codes: Vec<&str> = COUNTRIES.iter().filter(|country| country.is_known()).map(|country| country.code).collect();
    codes.join(", ")
}

/// The country whose numbers go with a locale.
pub(super) fn of_locale(locale: &str) -> Option<&'static Country> {
    let code = match locale {
        "en" => "US",
        "cy_GB" => "GB",
        _ => locale.split_once('_')?.1,
    };
    find(code.as_bytes())
}
