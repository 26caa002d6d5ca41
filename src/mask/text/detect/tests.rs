//! What is found, and what is not. Numbers are published examples, or made by the checks written here in another way.

use proptest::prelude::*;

use super::*;

/// `kind:text` of everything that is found.
fn found(text: &str) -> Vec<String> {
    find(text.as_bytes(), Kinds::all()).map(|found| format!("{}:{}", found.kind.name(), &text[found.range])).collect()
}

/// Each line: a kind, and a text that is found whole, also inside of a sentence.
const FOUND: &[(&str, &[&str])] = &[
    (
        "email",
        &[
            "zoe.lefevre@laposte.net",
            "O'Neil+tag@sub.example.co.uk",
            "zoé@éxample.fr",
            "a_b-c%d@x-y.example",
            "1234@qq.com",
            "x@xn--bcher-kva.xn--p1ai",
        ],
    ),
    (
        "phone",
        &[
            // FR, also of overseas; the numbers are those kept for fiction or made up.
            "0612345678",
            "06 12 34 56 78",
            "06.12.34.56.78",
            "06-12-34-56-78",
            "06/12/34/56/78",
            "06\u{a0}12\u{a0}34\u{a0}56\u{a0}78",
            "06\u{202f}12\u{202f}34\u{202f}56\u{202f}78",
            "0 800 123 456",
            "0590 12 34 56",
            "+33612345678",
            "+33 6 12 34 56 78",
            "+33 (0)6 12 34 56 78",
            "(+33) 6 12 34 56 78",
            "0033 6 12 34 56 78",
            "+594 594 12 34 56",
            // GB: Ofcom's numbers for drama.
            "020 7946 0018",
            "(020) 7946 0018",
            "07700 900123",
            "07700900123",
            "+44 7700 900123",
            "+44 (0)20 7946 0018",
            // DE: Bundesnetzagentur's numbers for media.
            "030 23125 111",
            "(030) 23125-111",
            "0171/123 45 67",
            "0152 28817386",
            "+49 30 23125 111",
            "+49 (0)152 28817386",
            // US: NANPA's numbers for fiction.
            "202-555-0143",
            "(202) 555-0143",
            "202.555.0143",
            "2025550143",
            "1-202-555-0143",
            "+1 202 555 0143",
            "011 44 7700 900123",
        ],
    ),
    (
        "iban",
        &[
            // Examples of the IBAN registry.
            "FR1420041010050500013M02606",
            "FR14 2004 1010 0505 0001 3M02 606",
            "fr14 2004 1010 0505 0001 3m02 606",
            "GB29 NWBK 6016 1331 9268 19",
            "DE89370400440532013000",
            "NO9386011117947",
            "MT84MALT011000012345MTLCAST001S",
            "BE68 5390 0754 7034",
        ],
    ),
    (
        "credit_card",
        &[
            // Test numbers that payment services publish.
            "4242424242424242",
            "4242 4242 4242 4242",
            "4242-4242-4242-4242",
            "5555555555554444",
            "2223003122003222",
            "378282246310005",
            "3782 822463 10005",
            "6011111111111117",
            "3566002020360505",
            "30569309025904",
            "4222222222222",
            "6304000000000000",
        ],
    ),
    (
        "nir",
        &[
            // The specimen of the Carte Vitale.
            "255081416802538",
            "2 55 08 14 168 025 38",
        ],
    ),
    ("siret", &["73282932000074", "732 829 320 00074", "732829320 00074", "35600000000048", "35600000049837"]),
    ("siren", &["732829320", "732 829 320", "356000000"]),
    (
        "ip",
        &[
            "192.0.2.1",
            "255.255.255.255",
            "2001:db8::1",
            "2001:DB8:0:0:8:800:200C:417A",
            "::1",
            "::ffff:192.0.2.128",
            "fe80::",
            "dead:beef::cafe",
        ],
    ),
    (
        "url",
        &[
            "https://www.example.fr/a?b=c&d=1980-03-12#e",
            "http://user:secret@example.org:8080/x",
            "ftp://192.0.2.1/f",
            "www.example.fr",
            "WWW.EXAMPLE.FR/page(1)",
            "postgres://u:p@db/app",
            "https://fr.wikipedia.org/wiki/Lyon_(homonymie)",
        ],
    ),
    (
        "date",
        &[
            "1980-03-12",
            "1980/03/12",
            "12/03/1980",
            "12.03.1980",
            "12-03-1980",
            "1/3/1980",
            "12/03/80",
            "03/25/1980",
            "12 mars 1980",
            "1er février 1980",
            "1ER FÉVRIER 1980",
            "12 fevrier 1980",
            "3 août 2001",
            "12 déc. 1980",
            "12\u{a0}mars\u{a0}1980",
            "March 12, 1980",
            "march 12 1980",
            "12 March 1980",
            "12th of March, 1980",
            "Mar. 12th, 1980",
            "29/02/2000",
        ],
    ),
];

#[test]
fn every_form_is_found() {
    for (kind, texts) in FOUND {
        for text in *texts {
            for (before, behind) in [("", ""), ("Voir : ", ", merci."), ("(", ")"), ("« ", " »"), ("é ", "\n2")] {
                let whole = format!("{before}{text}{behind}");
                // A bracket that belongs to the number is not one of the sentence.
                if before == "(" && text.starts_with('(') {
                    continue;
                }
                assert_eq!(found(&whole), [format!("{kind}:{text}")], "{whole}");
            }
        }
    }
}

#[test]
fn what_is_nothing_is_not_found() {
    for text in [
        "",
        "Rien à signaler : il est 12:30, chambre 12, 3,5 kg; ratio 1:2:3.",
        "jean@localhost, @jean, jean@, a@b@c",
        "std::vec, 12:30:45, 00:1a:2b:3c:4d:5e, ::, a:b",
        "1.2.3, 1.2.3.4.5, 256.1.1.1, 01.02.03.04, v1.2.3.4x",
        "2024-02-30, 31/04/2024, 12/2024, 1980-13-01, 29/02/1900, 12 marsouin 1980, 0/0/2000",
        "FR1420041010050500013M02607, FR14 2004 1010, XX1420041010050500013M02606, AFR1420041010050500013M02606",
        "4242424242424241, 9242424242424242, x4242424242424242",
        "255081416802539, 955081416802538, 255131416802538",
        "732829321, 000000000, 73 28 29 32 0, 7328293200007, 73282932000075",
        "06 12 34, 061234567, 12345, 3.0612345678, 1234567890",
        "550e8400-e29b-41d4-a716-446655440000 abcdefab-1234-4242-8242-732829320000",
        "http:/x, https://, ://x, www., awww.example.fr, http://?",
        "3f2504e04f8911d39a0c0305e82c3301",
    ] {
        assert_eq!(found(text), [""; 0], "{text}");
    }
}

#[test]
fn neighbours_stay_apart() {
    assert_eq!(
        found("M. 06 12 34 56 78/01 23 45 67 89, né le 1/3/1980 (SIREN 732 829 320), zoe@x.fr;https://x.fr/06.12.34.56.78."),
        [
            "phone:06 12 34 56 78",
            "phone:01 23 45 67 89",
            "date:1/3/1980",
            "siren:732 829 320",
            "email:zoe@x.fr",
            "url:https://x.fr/06.12.34.56.78",
        ]
    );
    assert_eq!(found("0612345678zoe@x.fr"), ["email:0612345678zoe@x.fr"]);
    assert_eq!(found("+33612345678mailto:zoe@x.fr"), ["email:zoe@x.fr"], "a word that goes on is no number");
    assert_eq!(found("06 12 34 56 78Mme Petit"), ["phone:06 12 34 56 78"], "but a blank may be missing");
    assert_eq!(found("2024-01-31T10:00:00 2001:db8::1/64"), ["date:2024-01-31", "ip:2001:db8::1"]);
    let only =
        |kinds: &[Kind], text: &str| find(text.as_bytes(), kinds.iter().copied().collect()).map(|found| found.kind).collect::<Vec<_>>();
    assert_eq!(only(&[Kind::Ip], "06 12 34 56 78 zoe@x.fr 192.0.2.1"), [Kind::Ip]);
    assert_eq!(only(&[Kind::Email], "https://zoe@x.fr/"), [Kind::Email]);
    assert_eq!(only(&[], "06 12 34 56 78 zoe@x.fr 192.0.2.1"), []);
}

/// The key of a NIR, digit by digit.
fn nir_key(number: &str) -> u32 {
    let number = number.replace("2A", "19").replace("2B", "18");
    97 - number.bytes().fold(0, |rest, digit| (rest * 10 + u32::from(digit - b'0')) % 97)
}

/// Luhn's digit, with the table of doubled digits.
fn luhn_digit(number: &str) -> u32 {
    const DOUBLED: [u32; 10] = [0, 2, 4, 6, 8, 1, 3, 5, 7, 9];
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(i, b)| {
            let d = usize::from(b - b'0');
            if i % 2 == 0 { DOUBLED[d] } else { d as u32 }
        })
        .sum();
    (10 - sum % 10) % 10
}

/// The check digits of an IBAN, by the whole number as text in pieces of nine digits.
fn iban_check(country: &str, account: &str) -> u32 {
    let digits: String = format!("{account}{country}00").chars().map(|c| c.to_digit(36).expect("a letter or digit").to_string()).collect();
    let mut rest = String::new();
    for piece in digits.as_bytes().chunks(7) {
        let number: u64 = format!("{rest}{}", std::str::from_utf8(piece).expect("digits")).parse().expect("a number");
        rest = (number % 97).to_string();
    }
    98 - rest.parse::<u32>().expect("a number")
}

#[test]
fn corsica_has_letters() {
    for department in ["2A", "2B"] {
        let number = format!("1850{}{department}004036", 5);
        assert_eq!(number.len(), 13);
        let whole = format!("{number}{:02}", nir_key(&number));
        assert_eq!(found(&whole), [format!("nir:{whole}")]);
        assert_eq!(found(&whole.to_lowercase()).len(), 1);
    }
}

/// The way a text is searched must not take more than linear time: a megabyte of what nearly is something.
#[test]
fn nothing_takes_long() {
    for piece in [
        "1:",
        "a:",
        "@",
        "a@",
        "a@.",
        "0 ",
        "1.",
        "www.",
        "://",
        "http://",
        "1/1/",
        "12 mars ",
        "(((",
        "))))",
        "f:",
        "1-",
        "+",
        "+3",
        "aaaaaaaa",
        "2001:db8:",
    ] {
        let text = piece.repeat((1 << 20) / piece.len());
        let start = std::time::Instant::now();
        let count = find(text.as_bytes(), Kinds::all()).count();
        assert!(start.elapsed().as_secs() < 10, "{piece}: {count} in {:?}", start.elapsed());
    }
}

proptest! {
    #[test]
    fn checks_agree_with_others(digits in "[1-9][0-9]{7}", nic in "[0-9]{4}", account in "[0-9A-Z]{20}", birth in "[12][0-9]{2}(0[1-9]|1[0-2])[0-9]{8}", wrong in 1u32..10) {
        let siren = format!("{digits}{}", luhn_digit(&digits));
        prop_assert_eq!(found(&siren), [format!("siren:{siren}")]);
        let other = format!("{digits}{}", (luhn_digit(&digits) + wrong) % 10);
        prop_assert_eq!(found(&other), [""; 0]);
        let head = format!("{siren}{nic}");
        let siret = format!("{head}{}", luhn_digit(&head));
        prop_assert_eq!(found(&siret), [format!("siret:{siret}")]);
        let nir = format!("{birth}{:02}", nir_key(&birth));
        prop_assert_eq!(found(&nir), [format!("nir:{nir}")]);
        let account = format!("{}123", account.replace(char::is_alphabetic, "7"));
        let iban = format!("FR{:02}{account}", iban_check("FR", &account));
        prop_assert_eq!(found(&iban), [format!("iban:{iban}")]);
        let other = format!("FR{:02}{account}", (iban_check("FR", &account) + wrong) % 97 + 2);
        if other != iban {
            prop_assert!(!found(&other).iter().any(|found| found.starts_with("iban")));
        }
    }

    #[test]
    fn ranges_are_in_order(text in proptest::collection::vec(prop_oneof![any::<u8>(), Just(b'@'), Just(b':'), Just(b'.'), b'0'..=b'9', Just(b' '), Just(b'/')], 0..300)) {
        let mut end = 0;
        for found in find(&text, Kinds::all()) {
            prop_assert!(found.range.start >= end && found.range.end > found.range.start && found.range.end <= text.len());
            end = found.range.end;
        }
    }

    #[test]
    fn dates_are_written_as_they_were(day in 1u32..29, month in 1u32..13, year in 1900u32..2068, other in (1u32..29, 1u32..13, 1970u32..2068)) {
        for (_, texts) in FOUND.iter().filter(|(kind, _)| *kind == "date") {
            for text in *texts {
                let form = date::read(text.as_bytes()).expect("a date");
                let mut same = Vec::new();
                form.write((form.year, form.month, form.day), true, &mut same);
                prop_assert_eq!(String::from_utf8(same).expect("UTF-8"), *text);
                let mut moved = Vec::new();
                form.write((other.2, other.1, other.0), true, &mut moved);
                let read = date::read(&moved);
                let told = String::from_utf8_lossy(&moved).into_owned();
                // Of two numbers below 13 the first is the day.
                if let (Some(read), false) = (read, text.starts_with("03/25")) {
                    prop_assert_eq!((read.year, read.month, read.day), (other.2, other.1, other.0), "{} as {}", told, text);
                } else {
                    prop_assert!(text.starts_with("03/25"), "{} as {}", told, text);
                }
            }
        }
        let mut iso = Vec::new();
        date::read(format!("{year:04}-{month:02}-{day:02}").as_bytes()).expect("a date").iso(&mut iso);
        prop_assert_eq!(iso, format!("{year:04}-{month:02}-{day:02}").into_bytes());
    }
}
