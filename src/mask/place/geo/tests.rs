//! What geo promises.

use proptest::prelude::*;

use super::ewkb;
use crate::mask::fit::Target;
use crate::mask::registry::{self, OptionValue};
use crate::mask::{Bound, Cell, Masked, Note, Surroundings, demo};

fn number(text: &str) -> OptionValue {
    text.parse().map_or_else(|_| OptionValue::Text(text.to_owned()), OptionValue::Float)
}

fn try_bind(options: &[(&str, OptionValue)], kind: &str) -> Result<Bound, String> {
    let options: Vec<_> = options.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    let row = [("lat".to_owned(), Target::of_sql("numeric(10,7)"))];
    demo::bound(registry::find("geo").expect("known"), &options, &Target::of_sql(kind), &row, b"0123456789abcdef")
        .map_err(|error| format!("{}; {}", error.message, error.help.unwrap_or_default()))
}

fn bind(options: &[(&str, &str)], kind: &str) -> Bound {
    let options: Vec<_> = options
        .iter()
        .map(|(name, value)| (*name, if *name == "round" { OptionValue::Integer(value.parse().expect("a number")) } else { number(value) }))
        .collect();
    try_bind(&options, kind).expect("fits")
}

#[derive(Debug)]
struct Row<'a>(&'a str);

impl Surroundings for Row<'_> {
    fn read(&self, _: usize) -> Option<&[u8]> {
        Some(self.0.as_bytes())
    }

    fn note(&self, _: Note) {}
}

fn masked(bound: &Bound, cell: Cell<'_>) -> Option<String> {
    let mut out = Vec::new();
    let masked = bound.mask.as_ref().expect("a mask").mask(cell, &mut out).ok()?;
    assert_eq!(masked, Masked::Value);
    String::from_utf8(out).ok()
}

fn apply(bound: &Bound, value: &str) -> Option<String> {
    masked(bound, Cell::new(value.as_bytes()))
}

/// The distance in kilometres by the haversine formula, which the code does not use.
fn distance((lat, lon): (f64, f64), (to_lat, to_lon): (f64, f64)) -> f64 {
    let half = |a: f64, b: f64| ((b - a).to_radians() / 2.0).sin().powi(2);
    let h = half(lat, to_lat) + lat.to_radians().cos() * to_lat.to_radians().cos() * half(lon, to_lon);
    2.0 * 6371.0088 * h.sqrt().min(1.0).asin()
}

fn pair(text: &str) -> (f64, f64) {
    let (a, b) = text.split_once(',').expect("a pair");
    (a.parse().expect("a number"), b.parse().expect("a number"))
}

#[test]
fn text_keeps_its_form() {
    let geo = bind(&[("km", "5")], "text");
    for (text, form) in
        [("48.8566,2.3522", "##.####,#.####"), ("(48.85661, 2.35221)", "(##.#####, #.#####)"), ("48.85 2.35", "##.#### #.####")]
    {
        let after = apply(&geo, text).expect("moved");
        assert_eq!(after.replace(|c: char| c.is_ascii_digit(), "#"), form, "{after}");
    }
    let wkt = apply(&geo, "POINT(2.352200 48.856600)").expect("moved");
    assert!(wkt.starts_with("POINT(2.") && wkt.contains(" 48."), "{wkt}");
    for text in ["Paris", "48.85", "91.0,0.0", "0.0,181.0"] {
        let strict = try_bind(&[("km", number("5")), ("on_invalid", OptionValue::Text("error".into()))], "text").expect("fits");
        assert_eq!(apply(&strict, text), None, "{text}");
    }
    let short = bind(&[("km", "5")], "character varying(10)");
    for i in 0..100 {
        let after = apply(&short, &format!("-9.9{i:02},9.9")).expect("moved");
        assert!(after.len() <= 10 && pair(&after).0 < 0.0, "{after}");
    }
}

#[test]
fn what_does_not_fit_is_said() {
    let options = |list: &[(&'static str, &str)]| list.iter().map(|(name, value)| (*name, number(value))).collect::<Vec<_>>();
    for (list, kind, said) in [
        (&[][..], "text", "option \"km\" is missing, expected a number; for example { mask = \"geo\", km = 5, round = 4 }"),
        (&[("km", "0")], "text", "option \"km\": expected more than 0; for example km = 5"),
        (&[("km", "5"), ("min_km", "6")], "text", "option \"min_km\": 6 is more than km = 5; "),
        (
            &[("km", "5")],
            "double precision",
            "the column holds one coordinate, and nothing says which one; name it: axis = \"latitude\" or axis = \"longitude\"",
        ),
        (
            &[("km", "5"), ("axis", "longitude")],
            "numeric",
            "option \"latitude\" is missing: how long a degree is depends on it; name the column: latitude = \"lat\"",
        ),
        (&[("km", "5")], "date", "it moves coordinates, but the column is date; use const or null, or keep the column"),
        (&[("km", "-1")], "text", "option \"km\": expected a number from 0 to 20015, found -1; "),
    ] {
        assert_eq!(try_bind(&options(list), kind).expect_err("refused"), said);
    }
}

#[test]
fn the_disc_is_filled_evenly() {
    let geo = bind(&[("km", "10"), ("min_km", "2"), ("round", "9")], "text");
    let (mut inner, mut quadrants) = (0u32, [0u32; 4]);
    for i in 0..20_000 {
        let from = (48.0 + f64::from(i) * 1e-6, 2.0);
        let to = pair(&apply(&geo, &format!("{},{}", from.0, from.1)).expect("moved"));
        let far = distance(from, to);
        assert!((1.9999..10.0001).contains(&far), "{far}");
        // Half of the ring's area lies within this.
        inner += u32::from(far < (f64::midpoint(4.0, 100.0)).sqrt());
        quadrants[usize::from(to.0 > from.0) * 2 + usize::from(to.1 > from.1)] += 1;
    }
    assert!((9_600..10_400).contains(&inner), "{inner}");
    assert!(quadrants.iter().all(|count| (4_700..5_300).contains(count)), "{quadrants:?}");
}

#[test]
fn two_columns_of_one_seed_move_together() {
    let lat = bind(&[("km", "5"), ("min_km", "1"), ("axis", "latitude")], "double precision");
    let lon = bind(&[("km", "5"), ("min_km", "1"), ("axis", "longitude"), ("latitude", "lat")], "numeric(10,7)");
    for (from_lat, from_lon) in
        [("48.8566100", "2.3522190"), ("-17.5516250", "-149.5584760"), ("89.9990000", "10.0000000"), ("5.0000000", "-179.9999000")]
    {
        for seed in ["1", "2", "3", "4"] {
            let cell = |value: &'static str| Cell { seed: seed.as_bytes(), ..Cell::new(value.as_bytes()) };
            let to_lat = masked(&lat, cell(from_lat)).expect("moved");
            let to_lon = masked(&lon, Cell { around: &Row(from_lat), ..cell(from_lon) }).expect("moved");
            let point = |lat: &str, lon: &str| (lat.parse().expect("a number"), lon.parse().expect("a number"));
            let far = distance(point(from_lat, from_lon), point(&to_lat, &to_lon));
            assert!((0.99..5.01).contains(&far), "{from_lat},{from_lon} -> {to_lat},{to_lon}: {far}");
            let together =
                masked(&bind(&[("km", "5"), ("min_km", "1")], "text"), cell(Box::leak(format!("{from_lat},{from_lon}").into_boxed_str())));
            let together = pair(&together.expect("moved"));
            assert!(distance(together, point(&to_lat, &to_lon)) < 0.001);
        }
    }
}

#[test]
fn numeric_columns_take_what_is_written() {
    let lon = bind(&[("km", "50"), ("axis", "longitude"), ("latitude", "lat")], "numeric(8,6)");
    for i in 0..500 {
        let value = format!("99.99{i:04}");
        let after = masked(&lon, Cell { around: &Row("13.75"), ..Cell::new(value.as_bytes()) }).expect("moved");
        assert!(after.len() == 9 && after.starts_with("99."), "{after}");
    }
    let rounded = bind(&[("km", "5"), ("axis", "latitude"), ("round", "2")], "double precision");
    assert!(apply(&rounded, "48.8566").expect("moved").len() <= 5);
    let point = bind(&[("km", "5")], "point");
    let after = apply(&point, "(2.3522,48.8566)").expect("moved");
    assert!(after.starts_with("(2.") && after.contains(",48.") && after.ends_with(')'), "{after}");
}

/// A geometry in EWKB, by the description of the format.
fn build(little: bool, kind: u32, srid: Option<u32>, body: &dyn Fn(&mut Vec<u8>, bool)) -> Vec<u8> {
    let mut bytes = vec![u8::from(little)];
    let flag = if srid.is_some() { 0x2000_0000 } else { 0 };
    put(&mut bytes, little, kind | flag);
    srid.into_iter().for_each(|srid| put(&mut bytes, little, srid));
    body(&mut bytes, little);
    bytes
}

fn put(bytes: &mut Vec<u8>, little: bool, number: u32) {
    bytes.extend(if little { number.to_le_bytes() } else { number.to_be_bytes() });
}

fn double(bytes: &mut Vec<u8>, little: bool, number: f64) {
    bytes.extend(if little { number.to_le_bytes() } else { number.to_be_bytes() });
}

fn doubles(bytes: &[u8], little: bool) -> Vec<f64> {
    let read = |chunk: &[u8]| {
        let chunk: [u8; 8] = chunk.try_into().expect("eight");
        if little { f64::from_le_bytes(chunk) } else { f64::from_be_bytes(chunk) }
    };
    bytes.chunks_exact(8).map(read).collect()
}

fn hexed(bytes: &[u8]) -> String {
    let mut out = Vec::new();
    ewkb::hex(bytes, true, &mut out);
    String::from_utf8(out).expect("ASCII")
}

fn unhexed(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    ewkb::unhex(text.as_bytes(), &mut out).expect("hexadecimal");
    out
}

#[test]
fn points_move_and_keep_the_rest() {
    let geo = bind(&[("km", "5"), ("min_km", "1")], "geometry");
    for little in [true, false] {
        for (kind, more) in [(1u32, 0), (0x8000_0001, 1), (0x4000_0001, 1), (0xC000_0001, 2), (1001, 1), (3001, 2)] {
            for srid in [None, Some(4326)] {
                let before = build(little, kind, srid, &|bytes, little| {
                    [2.3522, 48.8566, 35.0, 7.0].iter().take(2 + more).for_each(|number| double(bytes, little, *number));
                });
                let after = unhexed(&apply(&geo, &hexed(&before)).expect("moved"));
                let head = before.len() - 8 * (2 + more);
                assert_eq!((before.len(), &before[..head]), (after.len(), &after[..head]), "byte order, type and SRID stay");
                let (from, to) = (doubles(&before[head..], little), doubles(&after[head..], little));
                assert_eq!(from[2..], to[2..], "height and measure stay");
                let far = distance((from[1], from[0]), (to[1], to[0]));
                assert!((0.999..5.001).contains(&far), "{far}");
            }
        }
    }
    // SRID=4326;POINT(2.3522 48.8566), packed by Python's struct.
    let known = "0101000020E6100000A835CD3B4ED1024076E09C11A56D4840";
    let after = apply(&geo, known).expect("moved");
    assert!(after.starts_with("0101000020E6100000") && after.len() == known.len() && after != known);
    assert_eq!(doubles(&unhexed(known)[9..], true), [2.3522, 48.8566]);
    // An empty point stays.
    let empty = "0101000000000000000000F87F000000000000F87F";
    assert_eq!(apply(&geo, empty).as_deref(), Some(empty));
}

#[test]
fn every_vertex_moves_by_one_vector() {
    let geo = bind(&[("km", "5"), ("min_km", "1")], "geometry");
    let square = [(2.0, 48.0), (2.1, 48.0), (2.1, 48.1), (2.0, 48.0)];
    let polygon = |little| {
        build(little, 3, Some(4326), &|bytes, little| {
            put(bytes, little, 1);
            put(bytes, little, 4);
            square.iter().for_each(|(x, y)| {
                double(bytes, little, *x);
                double(bytes, little, *y);
            });
        })
    };
    for little in [true, false] {
        let before = polygon(little);
        let after = unhexed(&apply(&geo, &hexed(&before)).expect("moved"));
        let vertices = doubles(&after[before.len() - 64..], little);
        let vectors: Vec<_> = vertices.chunks(2).zip(square).map(|(to, (x, y))| (to[0] - x, to[1] - y)).collect();
        assert!(vectors.iter().all(|(x, y)| (x - vectors[0].0).abs() < 1e-9 && (y - vectors[0].1).abs() < 1e-9), "{vectors:?}");
        assert_eq!((vertices[0], vertices[1]), (vertices[6], vertices[7]), "the ring stays closed");
    }
    // A collection of both byte orders, and metres on a plane.
    let collection = build(true, 7, Some(2154), &|bytes, little| {
        put(bytes, little, 2);
        for order in [true, false] {
            bytes.extend(build(order, 1, None, &|bytes, little| {
                [652_000.0, 6_862_000.0].iter().for_each(|number| double(bytes, little, *number))
            }));
        }
    });
    let after = unhexed(&apply(&geo, &hexed(&collection)).expect("moved"));
    let (one, two) = (doubles(&after[18..34], true), doubles(&after[39..55], false));
    assert_eq!(one, two);
    let far = ((one[0] - 652_000.0).powi(2) + (one[1] - 6_862_000.0).powi(2)).sqrt();
    assert!((999.0..5001.0).contains(&far), "{far}");
}

#[test]
fn what_is_no_geometry_is_refused() {
    let geo = bind(&[("km", "5")], "geometry");
    let point = "0101000020E6100000A835CD3B4ED1024076E09C11A56D4840";
    for text in ["", "0", "zz", "01", "0103000000FFFFFFFF", &point[..40], &format!("{point}00"), "0501000000", "01EA03000000"] {
        assert_eq!(apply(&geo, text), None, "{text}");
    }
    let deep = "010700000001000000".repeat(100_000);
    assert_eq!(apply(&geo, &deep), None);
}

proptest! {
    #[test]
    fn degrees_stay_degrees(lat in -90.0f64..=90.0, lon in -180.0f64..=180.0, km in 0.01f64..20_000.0) {
        let geo = bind(&[("km", &format!("{km}")), ("round", "9")], "text");
        let to = pair(&apply(&geo, &format!("{lat},{lon}")).expect("moved"));
        prop_assert!((-90.0..=90.0).contains(&to.0) && (-180.0..=180.0).contains(&to.1));
        let far = distance((lat, lon), to);
        prop_assert!(far <= km + 0.001, "{} of {}", far, km);
    }

    #[test]
    fn any_bytes_will_do(value in prop::collection::vec(any::<u8>(), 0..80)) {
        for kind in ["text", "geometry", "point", "character varying(12)"] {
            let mut out = Vec::new();
            let _ = bind(&[("km", "5")], kind).mask.as_ref().expect("a mask").mask(Cell::new(&value), &mut out);
            let hex: String = value.iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = apply(&bind(&[("km", "5")], "geometry"), &hex);
        }
    }
}
