//! Numbers that are published as right, and such as are not.

use super::*;

/// Mask and value, from the standards, the authorities' own examples, or the documentation of other validators.
pub(super) const RIGHT: &[(&str, &str)] = &[
    ("ahv", "756.9217.0769.85"),
    ("bic", "DEUTDEFF"),
    ("bic", "NEDSZAJJXXX"),
    ("bic", "DABADKKK"),
    ("bsn", "1112.22.333"),
    ("bsn", "111222333"),
    ("cnpj", "16.727.230/0001-97"),
    ("cnpj", "12.ABC.345/01DE-35"),
    ("codice_fiscale", "RCCMNL83S18D969H"),
    ("codice_fiscale", "MRTMTT25D09F205Z"),
    ("codice_fiscale", "00743110157"),
    ("cpf", "390.533.447-05"),
    ("cpf", "111.444.777-35"),
    ("credit_card", "4111 1111 1111 1111"),
    ("credit_card", "378282246310005"),
    ("credit_card", "6011-1111-1111-1117"),
    ("credit_card", "30569309025904"),
    ("dni", "54362315-K"),
    ("dni", "12345678z"),
    ("dni", "x-2482300w"),
    ("imei", "35686800-004141-8"),
    ("iban", "AD12 0001 2030 2003 5910 0100"),
    ("iban", "AE070331234567890123456"),
    ("iban", "AL47 2121 1009 0000 0002 3569 8741"),
    ("iban", "AT61 1904 3002 3457 3201"),
    ("iban", "AZ21NABZ00000000137010001944"),
    ("iban", "BA39 1290 0794 0102 8494"),
    ("iban", "BG80 BNBG 9661 1020 3456 78"),
    ("iban", "BH67BMAG00001299123456"),
    ("iban", "BR1800000000141455123924100C2"),
    ("iban", "CH93 0076 2011 6238 5295 7"),
    ("iban", "CY17 0020 0128 0000 0012 0052 7600"),
    ("iban", "CZ65 0800 0000 1920 0014 5399"),
    ("iban", "DE89 3704 0044 0532 0130 00"),
    ("iban", "DK50 0040 0440 1162 43"),
    ("iban", "DO28BAGR00000001212453611324"),
    ("iban", "EE38 2200 2210 2014 5685"),
    ("iban", "ES 58 0049 0290 3424 1352 8341"),
    ("iban", "ES04 0075 0078 0605 0005 0355"),
    ("iban", "FI21 1234 5600 0007 85"),
    ("iban", "FO62 6460 0001 6316 34"),
    ("iban", "FR14 2004 1010 0505 0001 3M02 606"),
    ("iban", "FR1420041010050500013M02606"),
    ("iban", "GB29 NWBK 6016 1331 9268 19"),
    ("iban", "GE29 NB00 0000 0101 9049 17"),
    ("iban", "GI75 NWBK 0000 0000 7099 453"),
    ("iban", "GL89 6471 0001 0002 06"),
    ("iban", "GR16 0110 1250 0000 0001 2300 695"),
    ("iban", "GT82TRAJ01020000001210029690"),
    ("iban", "HR12 1001 0051 8630 0016 0"),
    ("iban", "HU42 1177 3016 1111 1018 0000 0000"),
    ("iban", "IE29 AIBK 9311 5212 3456 78"),
    ("iban", "IL62 0108 0000 0009 9999 999"),
    ("iban", "IS14 0159 2600 7654 5510 7303 39"),
    ("iban", "IT60 X054 2811 1010 0000 0123 456"),
    ("iban", "IT60X0542811101000000123456"),
    ("iban", "JO94CBJO0010000000000131000302"),
    ("iban", "KZ86125KZT5004100100"),
    ("iban", "LB62 0999 0000 0001 0019 0122 9114"),
    ("iban", "LI21 0881 0000 2324 013A A"),
    ("iban", "LT12 1000 0111 0100 1000"),
    ("iban", "LU28 0019 4006 4475 0000"),
    ("iban", "LV80 BANK 0000 4351 9500 1"),
    ("iban", "MC11 1273 9000 7000 1111 1000 h79"),
    ("iban", "MD24AG000225100013104168"),
    ("iban", "ME 25 5403 0000 2379 9201 09"),
    ("iban", "MK072 5012 0000 0589 84"),
    ("iban", "MR13 0002 0001 0100 0012 3456 753"),
    ("iban", "MT84 MALT 0110 0001 2345 MTLC AST0 01S"),
    ("iban", "MU17 BOMM 0101 1010 3030 0200 000M UR"),
    ("iban", "NL91 ABNA 0417 1643 00"),
    ("iban", "NO 02 15037577003"),
    ("iban", "NO 05 15030383041"),
    ("iban", "PK36SCBL0000001123456702"),
    ("iban", "PL61 1090 1014 0000 0712 1981 2874"),
    ("iban", "PS92PALS000000000400123456702"),
    ("iban", "PT50 0002 0123 1234 5678 9015 4"),
    ("iban", "PT50000201231234567890154"),
    ("iban", "QA58DOHB00001234567890ABCDEFG"),
    ("iban", "RO49 AAAA 1B31 0075 9384 0000"),
    ("iban", "RS35 2600 0560 1001 6113 79"),
    ("iban", "SA03 8000 0000 6080 1016 7519"),
    ("iban", "SE45 5000 0000 0583 9825 7466"),
    ("iban", "SI56 1910 0000 0123 438"),
    ("iban", "SK31 1200 0000 1987 4263 7541"),
    ("iban", "SM86 U032 2509 8000 0000 0270 100"),
    ("iban", "TL 38 008 00123456789101 57"),
    ("iban", "TN59 1000 6035 1835 9847 8831"),
    ("iban", "TR33 0006 1005 1978 6457 8413 26"),
    ("iban", "VG96VPVG0000012345678901"),
    ("iban", "XK051212012345678906"),
    ("iban", "BE68 5390 0754 7034"),
    ("iban", "FR76 3000 6000 0112 3456 7890 189"),
    ("iban", "FI5542345670000081"),
    ("iban", "ES9121000418450200051332"),
    ("ine", "1234567890F"),
    ("ine", "120890177FG"),
    ("ine", "1234A12345F"),
    ("isbn", "978-9024538270"),
    ("isbn", "1857982185"),
    ("isbn", "080442957X"),
    ("isbn", "979-10-90636-07-1"),
    ("isin", "US0378331005"),
    ("isin", "GB0002634946"),
    ("isin", "AU0000XVGZA3"),
    ("lei", "213800KUD8LAJWSQ9D15"),
    ("national_number", "85.07.30-033 28"),
    ("national_number", "17.07.30-033 84"),
    ("nhs_number", "943 476 5919"),
    ("nino", "AA 12 34 56 A"),
    ("nir", "2 95 10 99 126 111 93"),
    ("nir", "1 84 12 76 451 089 46"),
    ("nir", "2551098010111"),
    ("pesel", "44051401359"),
    ("pesel", "02070803628"),
    ("personnummer", "880320-0016"),
    ("personnummer", "19811218-9876"),
    ("rpps", "10003456786"),
    ("rna", "W751004076"),
    ("rna", "W2A1000001"),
    ("sin", "123-456-782"),
    ("sin", "130 692 544"),
    ("siren", "552 008 443"),
    ("siren", "404833048"),
    ("siren", "356000000"),
    ("siret", "73282932000074"),
    ("siret", "404 833 048 00022"),
    ("siret", "35600000000048"),
    ("siret", "356 000 000 49837"),
    ("ssn", "536-90-4399"),
    ("ssn", "912-90-3456"),
    ("steuer_id", "36 574 261 809"),
    ("steuer_id", "86095742719"),
    ("steuer_id", "47036892816"),
    ("uai", "0951099D"),
    ("uai", "0750655E"),
    ("vat", "ATU13585627"),
    ("vat", "BE 0428.759.497"),
    ("vat", "BE403019261"),
    ("vat", "BG175074752"),
    ("vat", "CHE-107.787.577 IVA"),
    ("vat", "CY10259033P"),
    ("vat", "CZ25123891"),
    ("vat", "CZ7103192745"),
    ("vat", "DE136695976"),
    ("vat", "DK13585628"),
    ("vat", "EE100931558"),
    ("vat", "EE100594102"),
    ("vat", "EL094259216"),
    ("vat", "GR094259216"),
    ("vat", "ESB58378431"),
    ("vat", "ESJ99216582"),
    ("vat", "ESX5253868R"),
    ("vat", "ES54362315K"),
    ("vat", "ESM1234567L"),
    ("vat", "ESQ2876031B"),
    ("vat", "FI20774740"),
    ("vat", "FR40303265045"),
    ("vat", "Fr 23 334 175 221"),
    ("vat", "FRK7399859412"),
    ("vat", "FR53000004605"),
    ("vat", "GB980780684"),
    ("vat", "GB 234 5671 06"),
    ("vat", "GBGD123"),
    ("vat", "GB980780684001"),
    ("vat", "HR33392005961"),
    ("vat", "HU12892312"),
    ("vat", "IE6433435F"),
    ("vat", "IE6433435OA"),
    ("vat", "IE8D79739I"),
    ("vat", "IT00743110157"),
    ("vat", "LT119511515"),
    ("vat", "LT100001919017"),
    ("vat", "LU15027442"),
    ("vat", "LV40003521600"),
    ("vat", "LV16117519997"),
    ("vat", "MT11679112"),
    ("vat", "NL004495445B01"),
    ("vat", "NL002455799B11"),
    ("vat", "NO 995 525 828 MVA"),
    ("vat", "PL8567346215"),
    ("vat", "PT501964843"),
    ("vat", "RO18547290"),
    ("vat", "SE123456789701"),
    ("vat", "SI50223054"),
    ("vat", "SK2022749619"),
    ("vat", "XI980780684"),
    ("vin", "1M8GDM9AXKP042788"),
    ("vin", "WVWZZZ1JZ3W386752"),
    ("licence_plate", "AB-123-CD"),
    ("licence_plate", "1234 BCD"),
];

/// What each mask refuses: a number with a wrong check, of a wrong length, with a letter too many, of an area that is none.
const WRONG: &[(&str, &str)] = &[
    ("ahv", "756.9217.0769.84"),
    ("ahv", "757.9217.0769.85"),
    ("bic", "DEUT1EFF"),
    ("bic", "DEUTDEF"),
    ("bsn", "111222334"),
    ("bsn", "000000000"),
    ("cnpj", "16.727.230/0001-98"),
    ("cnpj", "00.000.000/0000-00"),
    ("codice_fiscale", "RCCMNL83S18D969I"),
    ("codice_fiscale", "RCCMNL83S32D969H"),
    ("codice_fiscale", "00743110158"),
    ("cpf", "390.533.447-06"),
    ("cpf", "111.111.111-11"),
    ("credit_card", "4111 1111 1111 1112"),
    ("credit_card", "42"),
    ("dni", "54362315Z"),
    ("dni", "x-2482300a"),
    ("iban", "FR14 2004 1010 0505 0001 3M02 607"),
    ("iban", "FR99 2004 1010 0505 0001 3M02 606"),
    ("iban", "GB93 BNBG 9661 1A20 3456 78"),
    ("iban", "QQ93 1234 5678"),
    ("imei", "35686800-004141-7"),
    ("ine", "12345678901"),
    ("isbn", "9789024538271"),
    ("isbn", "0804429570"),
    ("isbn", "979-0-2600-0043-8"),
    ("isin", "US0378331006"),
    ("lei", "213800KUD8LAJWSQ9D16"),
    ("licence_plate", "x"),
    ("national_number", "85.07.30-033 29"),
    ("national_number", "85.13.30-033 00"),
    ("nhs_number", "943 476 5918"),
    ("nino", "BG123456A"),
    ("nino", "DA123456A"),
    ("nir", "2 95 10 99 126 111 94"),
    ("nir", "5 95 10 99 126 111 93"),
    ("nir", "2 95 10 00 126 111"),
    ("pesel", "44051401358"),
    ("personnummer", "880320-0017"),
    ("personnummer", "881320-0016"),
    ("rna", "X751004076"),
    ("rpps", "10003456785"),
    ("sin", "123-456-789"),
    ("sin", "046 454 286"),
    ("siren", "552 008 444"),
    ("siret", "73282932000075"),
    ("siret", "73282942000074"),
    ("ssn", "000-12-3456"),
    ("ssn", "666-12-3456"),
    ("ssn", "078-05-1120"),
    ("ssn", "987-65-4320x"),
    ("ssn", "900-01-0001"),
    ("steuer_id", "36554266806"),
    ("steuer_id", "36574261808"),
    ("steuer_id", "06095742719"),
    ("uai", "0951099E"),
    ("vat", "ATU13585626"),
    ("vat", "BE0428759498"),
    ("vat", "CHE-107.787.578 IVA"),
    ("vat", "DE136695978"),
    ("vat", "ESB64717839"),
    ("vat", "FR40303265044"),
    ("vat", "GB802311781"),
    ("vat", "IT00743110158"),
    ("vat", "NL123456782B00"),
    ("vat", "PL8567346216"),
    ("vat", "PT501964842"),
    ("vat", "US123456789"),
    ("vin", "1M8GDM9AXKP04278"),
    ("vin", "IM8GDM9AXKP042788"),
];

#[test]
fn numbers_that_are_right_become_others_that_are() {
    let shape = |text: &str| -> String {
        let class = |c: char| {
            if c.is_ascii_digit() {
                '0'
            } else if c.is_ascii_uppercase() {
                'A'
            } else if c.is_ascii_lowercase() {
                'a'
            } else {
                c
            }
        };
        text.chars().map(class).collect()
    };
    for (name, value) in RIGHT {
        let bound = strict(name, &[]);
        let after = apply(&bound, value).unwrap_or_else(|_| panic!("{name}: {value} is refused"));
        assert_eq!(shape(value), shape(&after), "{name}");
        assert_eq!(apply(&bound, value).as_deref(), Ok(&*after), "{name}: another each time");
        assert!(apply(&bound, &after).is_ok(), "{name}: {value} becomes {after}, which is refused");
        // La Poste is the exception that the masks tell of.
        if !value.starts_with("356000000") {
            assert_ne!(*value, after, "{name}");
            let options = [("on_invalid", word_of("error"))];
            let other = secret(name, &options, "text", b"fedcba9876543210").expect("fits");
            assert_ne!(apply(&other, value).as_deref(), Ok(&*after), "{name}: the secret counts");
        }
    }
    let tried: std::collections::HashSet<&str> = RIGHT.iter().chain(WRONG).map(|(name, _)| *name).collect();
    for definition in super::super::DEFINITIONS {
        assert!(tried.contains(definition.name), "{} is tried", definition.name);
    }
}

#[test]
fn numbers_that_are_wrong_are_refused() {
    for (name, value) in WRONG {
        let refused = apply(&strict(name, &[]), value).expect_err(value);
        assert!(!refused.is_empty() && !refused.contains(value), "{name}");
        // By default they get other characters of the same shape.
        let shaped = apply(&bind(name, &[], "text").expect("fits"), value).expect("a text");
        assert_eq!(shaped.len(), value.len(), "{name}");
    }
}

#[test]
fn what_is_refused_is_told() {
    for (name, expected) in [
        ("iban", "an IBAN with a right check"),
        ("siret", "a SIRET number with a right check digit"),
        ("nir", "a French social security number with a right key, or without one"),
        ("ssn", "a US social security or taxpayer number"),
        ("bic", "a BIC of 8 or 11 characters"),
        ("vat", "a VAT number with its country in front and a right check"),
    ] {
        assert_eq!(apply(&strict(name, &[]), "no number at all"), Err(expected), "{name}");
    }
}
