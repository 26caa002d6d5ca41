//! No mask lets text through because of the script that it is written in.

use unicode_normalization::char::is_combining_mark;

use super::*;

/// A name in many scripts, composed and decomposed; digits; what an encoding without a name holds.
const NAMES: &[&str] = &[
    "Иванов Пётр",
    "Шевченко Євгенія",
    "山田太郎",
    "さとう はなこ",
    "サトウ ハナコ",
    "김철수 이영희",
    "محمد علي",
    "משה כהן",
    "Σοφία Παπαδοπούλου",
    "अमिताभ बच्चन",
    "สมชาย ใจดี",
    "Արամ Խաչատրյան",
    "გიორგი ბერიძე",
    "தமிழரசன்",
    "Ｊｏｈｎ　Ｓｍｉｔｈ",
    "Łódźćńśź Ěščřžýáíé",
    "Ngo\u{302}\u{301} Đi\u{300}nhđăơư",
    "٠٦١٢٣٤٥٦٧٨",
    "１９９０-０４-１８",
    "𠀀𠀁𠀂𠀃",
];

/// Masks that keep text by what they are for: what they do not find (map, redact, replace, xml), or its characters in another order.
const KEEPING: &[&str] = &["keep", "map", "redact", "replace", "shuffle", "xml"];

/// Stretches of an original that are found nowhere in a result: three letters, five characters where there are digits among
/// them (of which three may come again by chance).
fn stretches(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    let is_letter = |c: &char| c.is_alphanumeric() || is_combining_mark(*c);
    let of = |length: usize, with_digits: bool| {
        let fits = move |stretch: &&[char]| {
            stretch.iter().all(is_letter) && with_digits == stretch.iter().any(|c| c.is_numeric() || is_combining_mark(*c))
        };
        letters.windows(length).filter(fits).map(|stretch| stretch.iter().collect()).collect::<Vec<String>>()
    };
    [of(3, false), of(5, true)].concat()
}

#[test]
fn no_mask_lets_a_script_through() {
    let mut through = Vec::new();
    for definition in registry::all() {
        let examples = example_options(definition.example.rule);
        let bound =
            [&[][..], &examples].into_iter().find_map(|options| demo::bound(definition, options, &text(), &[], b"0123456789abcdef").ok());
        let Some(bound) = bound.filter(|bound| bound.mask.is_some() || definition.name == "keep") else { continue };
        let kept = |name: &&&str| {
            let made = if bound.mask.is_some() { apply(&bound, name) } else { Some((**name).to_owned()) };
            made.is_some_and(|made| stretches(name).iter().any(|stretch| made.contains(stretch)))
        };
        if NAMES.iter().any(|name| kept(&name)) {
            through.push(definition.name);
        }
    }
    assert_eq!(through, KEEPING);
}

#[test]
fn values_that_no_mask_reads_keep_their_shape_only() {
    let bound = bind("iban", &[], &text()).expect("fits");
    for name in NAMES {
        let made = apply(&bound, name).expect("a value");
        assert_eq!((made.chars().count(), made.len()), (name.chars().count(), name.len()), "{made}");
        let kinds = |text: &str| -> Vec<(bool, bool, bool)> {
            text.chars().map(|c| (c.is_alphanumeric() || is_combining_mark(c), c.is_uppercase(), c.is_whitespace())).collect()
        };
        assert_eq!(kinds(&made), kinds(name), "{name} {made}");
    }
    // Nothing in it names anybody.
    assert_eq!(apply(&bound, "— 🙂 ❤\u{FE0F} … 👩\u{200D}👩").as_deref(), Some("— 🙂 ❤\u{FE0F} … 👩\u{200D}👩"));
    for short in ["M", "é", "я", "山", "7", "٧", "ß", "İ", "\u{301}"] {
        assert_ne!(apply(&bound, short).as_deref(), Some(short), "no value of letters stays");
    }
}

#[test]
fn urls_are_masked_in_any_script() {
    let bound = bind("url", &[], &text()).expect("fits");
    for url in
        ["https://site.ru/профиль/Иванов-Пётр?имя=Пётр", "https://почта.рф/山田太郎#太郎太郎", "http://x.fr/%D0%98%D0%B2%D0%B0%D0%BD"]
    {
        let made = apply(&bound, url).expect("a URL");
        assert!(made.contains(".example.org/"), "{made}");
        let path = url.splitn(4, '/').nth(3).expect("a path");
        assert!(!stretches(path).iter().any(|stretch| made.contains(stretch)), "{made}");
        assert!(!made.contains("%D0%98") && !made.contains("почта") && !made.contains("рф"), "{made}");
    }
}

/// Text that is no text in the dump's encoding, as SQL_ASCII holds it.
#[test]
fn bytes_of_no_known_encoding_are_masked() {
    let target = Target { charset: Charset::SqlAscii, ..text() };
    let written = encoding_rs::WINDOWS_1251.encode("Иванов Пётр").0.into_owned();
    for name in ["permute", "iban", "token"] {
        let bound = bind(name, &[], &target).expect("fits");
        let made = apply(&bound, &Charset::SqlAscii.decode(&written)).expect("a value");
        let made = Charset::SqlAscii.encode_kept(&made).expect("bytes");
        assert_eq!(made.len(), written.len());
        assert!(written.windows(2).all(|pair| pair.contains(&b' ') || !made.windows(2).any(|found| found == pair)), "{name}");
    }
}

#[test]
fn every_encoding_writes_what_masks_make_of_its_letters() {
    for charset in
        ["LATIN1", "LATIN2", "LATIN9", "WIN1250", "WIN1251", "WIN1252", "WIN1253", "WIN1255", "WIN1256", "WIN874", "KOI8R", "WIN866"]
    {
        let charset = Charset::from_name(charset).expect("known");
        let target = Target { charset, ..text() };
        let all: Vec<u8> = (0x80..=0xFF).collect();
        for name in ["permute", "iban", "token"] {
            let bound = bind(name, &[], &target).expect("fits");
            for part in all.chunks(7) {
                let before = charset.decode(part).into_owned();
                let made = apply(&bound, &before).expect("a value");
                assert!(charset.encode_kept(&made).is_some(), "{name} {}: {before} {made}", charset.name());
            }
        }
    }
}

/// Characters of many scripts, and of none.
const ANY: &str = "[a-zA-Z0-9 .,-àéîßÿœŁžа-яА-ЯёЁїα-ωΑ-Ωςא-ת؀-ۿऀ-ॿก-๏ა-ჰԱ-և\u{300}-\u{36F}ぁ-んァ-ヶ一-龥가-힣０-９Ａ-Ｚａ-ｚ🙂-🙏]{0,40}";

proptest! {
    #[test]
    fn shapes_of_any_script_are_permuted(text in ANY) {
        let bound = bind("permute", &[], &super::text()).expect("fits");
        let made = apply(&bound, &text).expect("a value");
        prop_assert_eq!(made.chars().count(), text.chars().count());
        prop_assert_eq!(made.len(), text.len());
        // Letter by letter they may agree by chance, eight in a row never.
        let same: String = made.chars().zip(text.chars()).map(|(a, b)| if a == b && a.is_alphanumeric() { 'x' } else { '.' }).collect();
        prop_assert!(!same.contains("xxxxxxxx"), "{} {}", text, made);
        let mut back = Vec::new();
        prop_assert!(bound.mask.as_ref().expect("a mask").undo(made.as_bytes(), &mut back));
        prop_assert_eq!(String::from_utf8(back).expect("UTF-8"), text);
    }
}

#[test]
fn small_alphabets_are_permuted_whole() {
    let bound = bind("permute", &[], &text()).expect("fits");
    for alphabet in ["абвгдеёжзийклмнопрстуфхцчшщъыьэюя", "αβγδεζηθικλμνξοπρστυφχψω", "٠١٢٣٤٥٦٧٨٩", "àáâãäåæçèéêëìíîïðñòóôõöøùúûüýþ"]
    {
        let letters: Vec<char> = alphabet.chars().collect();
        let pairs = || letters.iter().flat_map(|a| letters.iter().map(move |b| format!("{a}-{b}")));
        let made: HashSet<String> = pairs().map(|pair| apply(&bound, &pair).expect("a value")).collect();
        assert_eq!(made, pairs().collect::<HashSet<_>>());
        for pair in pairs() {
            assert_eq!(apply(&bound, &pair.to_uppercase()).expect("a value").to_lowercase(), apply(&bound, &pair).expect("a value"));
        }
    }
}
