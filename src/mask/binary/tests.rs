//! Pictures read elsewhere too; bytes are as many, and distinct.

use std::collections::HashSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use proptest::prelude::*;

use super::image::pixels;
use crate::mask::fit::Target;
use crate::mask::registry::{self, OptionValue};
use crate::mask::{Bound, Cell, Distinct, Masked, demo};

/// Binds a mask that refuses what it cannot read, or gives its error's text.
fn bind(name: &str, column: &str) -> Result<Bound, String> {
    let options = [("on_invalid".to_owned(), OptionValue::Text("error".into()))];
    demo::bound(registry::find(name).expect("a known mask"), &options, &Target::of_sql(column), &[], b"0123456789abcdef")
        .map_err(|error| error.help.map_or(error.message.clone(), |help| format!("{}; {help}", error.message)))
}

/// What a mask makes of a value: the value itself where it stays, `None` where it is refused.
fn apply(bound: &Bound, value: &[u8]) -> Option<Vec<u8>> {
    match demo::apply(bound.mask.as_deref().expect("a mask"), value).ok()? {
        demo::Outcome::Value(new) => Some(new),
        demo::Outcome::Same => Some(value.to_vec()),
        demo::Outcome::Null => panic!("NULL"),
    }
}

fn hex(bytes: &[u8]) -> String {
    format!("\\x{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
}

fn from_hex(text: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(text).expect("text").strip_prefix("\\x").expect("hexadecimal");
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).expect("digits")).collect()
}

#[test]
fn pixels_are_pictures_to_others() {
    let mut formats = HashSet::new();
    for (media_type, pixel) in pixels() {
        let format = image::guess_format(pixel).expect("a known format");
        assert_eq!(format.to_mime_type(), media_type);
        let picture = image::load_from_memory(pixel).expect(media_type).to_rgb8();
        assert_eq!(picture.dimensions(), (1, 1));
        assert!(picture.get_pixel(0, 0).0.iter().all(|value| value.abs_diff(204) < 8), "{media_type}: grey");
        formats.insert(format!("{format:?}"));
    }
    assert_eq!(formats.len(), 4);
}

#[test]
fn a_picture_keeps_its_format() {
    let (bytea, text) = (bind("image", "bytea").expect("fits"), bind("image", "text").expect("fits"));
    assert_eq!(bytea.distinct, Distinct::Lost);
    for (media_type, pixel) in pixels() {
        let larger = [pixel, &[9; 1000]].concat();
        assert_eq!(from_hex(&apply(&bytea, hex(&larger).as_bytes()).expect("a picture")), pixel);
        let encoded = STANDARD.encode(&larger);
        let url = format!("data:{media_type};name=jeanne.png;base64,{encoded}");
        let expected = STANDARD.encode(pixel);
        assert_eq!(apply(&text, url.as_bytes()).expect("a picture"), format!("data:{media_type};base64,{expected}").into_bytes());
        assert_eq!(apply(&text, encoded.as_bytes()).expect("a picture"), expected.into_bytes());
        // The bytes say what it is, not the name.
        let wrong = apply(&text, format!("DATA:image/x-other;BASE64,{encoded}").as_bytes()).expect("a picture");
        assert!(wrong.starts_with(format!("data:{media_type};base64,").as_bytes()));
    }
    assert_eq!(apply(&bytea, b"\\x").as_deref(), Some(&b"\\x"[..]));
    for value in ["\\x00", "\\x8950", "GIF89a", "\\x4749463839610", "\\x255044462d", "\\xzz"] {
        assert_eq!(apply(&bytea, value.as_bytes()), None, "{value}");
    }
    for value in ["me.png", "https://example.org/a.png", "data:image/png,%89PNG", "data:text/plain;base64,aGVsbG8gd29ybGQ=", "R0lGODlh!"] {
        assert_eq!(apply(&text, value.as_bytes()), None, "{value}");
    }
}

#[test]
fn short_bytes_are_permuted() {
    let mask = bind("random_bytes", "bytea").expect("fits");
    assert_eq!(mask.distinct, Distinct::Kept);
    for (length, count) in [(1usize, 256u32), (2, 65_536)] {
        let made: HashSet<Vec<u8>> =
            (0..count).map(|n| apply(&mask, hex(&n.to_be_bytes()[4 - length..]).as_bytes()).expect("bytes")).collect();
        assert_eq!(made.len(), count as usize);
        assert!(made.iter().all(|value| from_hex(value).len() == length));
    }
    for length in 3..40 {
        let made: HashSet<_> = (0..500u32)
            .map(|n| apply(&mask, hex(&[vec![0; length - 2], n.to_be_bytes()[2..].to_vec()].concat()).as_bytes()).expect("bytes"))
            .collect();
        assert!(made.len() == 500 && made.iter().all(|value| from_hex(value).len() == length), "{length}");
    }
    assert_eq!(apply(&mask, b"\\x").as_deref(), Some(&b"\\x"[..]));
    assert_eq!(apply(&mask, b"abc\\001"), None, "bytea_output = escape");
    let large = apply(&mask, hex(&[0; 1 << 16]).as_bytes()).expect("bytes");
    let bytes = from_hex(&large);
    let ones: u32 = bytes.iter().map(|byte| byte.count_ones()).sum();
    assert!((258_000..266_000).contains(&ones), "as many ones as zeros: {ones} of 524288");
}

#[test]
fn a_data_url_keeps_its_type_and_length() {
    let mask = bind("random_bytes", "text").expect("fits");
    for length in 16..40 {
        for (body, padded) in [(STANDARD.encode(vec![5; length]), true), (STANDARD_NO_PAD.encode(vec![5; length]), false)] {
            let url = format!("data:application/pdf;base64,{body}");
            let after = String::from_utf8(apply(&mask, url.as_bytes()).expect("a data URL")).expect("text");
            assert!(after.len() == url.len() && after != url && after.starts_with("data:application/pdf;base64,"), "{after}");
            let body = after.rsplit_once(',').expect("a body").1;
            let bytes = if padded { STANDARD.decode(body) } else { STANDARD_NO_PAD.decode(body) };
            assert_eq!(bytes.expect("base 64").len(), length);
        }
    }
    for value in ["abc", "data:text/plain;base64,aGVsbG8=", "data:text/plain;base64,****", "data:,abc"] {
        assert_eq!(apply(&mask, value.as_bytes()), None, "{value}");
    }
}

#[test]
fn another_seed_gives_other_bytes() {
    let mask = bind("random_bytes", "bytea").expect("fits");
    let seeded = |value: &str, seed: &str| {
        let mut out = Vec::new();
        let cell = Cell { seed: seed.as_bytes(), ..Cell::new(value.as_bytes()) };
        assert_eq!(mask.mask.as_ref().expect("a mask").mask(cell, &mut out), Ok(Masked::Value));
        out
    };
    assert_eq!(seeded("\\x0102", "1"), seeded("\\x0304", "1"));
    assert_ne!(seeded("\\x01020304", "1"), seeded("\\x01020304", "2"));
}

#[test]
fn columns_that_do_not_fit_are_told() {
    for (name, column, expected) in [
        ("image", "integer", "it makes pictures, but the column is integer; use const or null, or keep the column"),
        ("image", "character varying(100)", "a picture as a data URL needs 235 characters, the column takes 100; use const or null"),
        ("random_bytes", "uuid", "it makes bytes, but the column is uuid; use const or null, or keep the column"),
    ] {
        assert_eq!(bind(name, column).expect_err("refused"), expected);
    }
}

proptest! {
    #[test]
    fn any_bytes_are_taken(value in proptest::collection::vec(any::<u8>(), 0..80), text in "(data:|\\\\x)?[a-z0-9;,=/+]{0,60}") {
        for name in ["image", "random_bytes"] {
            for column in ["bytea", "text", "character varying(300)"] {
                let mask = bind(name, column).expect("fits");
                for value in [&value[..], text.as_bytes()] {
                    prop_assert_eq!(apply(&mask, value), apply(&mask, value));
                }
            }
        }
    }
}
