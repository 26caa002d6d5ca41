//! What a value costs under each mask: one row a mask with the example of its definition, and one for each other way
//! that a mask may go (a longer address, a shorter column). Rows and files are measured in `filter.rs`.
//!
//!     cargo bench --bench masks

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up stops here")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use pgveil::encoding::Charset;
use pgveil::mask::fit::{Kind, Target};
use pgveil::mask::registry::{self, OptionValue};
use pgveil::mask::{Cell, Mask, demo};

fn target(kind: Kind, max_chars: Option<u32>) -> Target {
    Target { kind, type_name: "x".into(), max_chars, not_null: false, charset: Charset::Utf8 }
}

/// A mask bound to a column; `None` for `keep`.
fn bound(name: &str, target: &Target) -> Option<Box<dyn Mask>> {
    let definition = registry::find(name).expect("a known mask");
    let options = match name {
        "const" => vec![("value".to_owned(), OptionValue::Text("x".into()))],
        _ => Vec::new(),
    };
    demo::bound(definition, &options, target, &[], demo::NO_SECRET).expect("fits").mask
}

/// Measures one value.
fn row(c: &mut Criterion, label: &str, mask: &dyn Mask, value: &str) {
    let mut out = Vec::with_capacity(256);
    c.bench_function(label, |b| {
        b.iter(|| {
            out.clear();
            mask.mask(Cell::new(black_box(value.as_bytes())), &mut out).expect("a value that the mask takes");
            black_box(&out);
        });
    });
}

fn each(c: &mut Criterion) {
    for definition in registry::all() {
        let kind = match definition.example.column_type {
            "date" => Kind::Date,
            "inet" => Kind::Inet,
            _ => Kind::Text,
        };
        let Some(mask) = bound(definition.name, &target(kind, None)) else { continue };
        row(c, definition.name, mask.as_ref(), definition.example.before);
    }
}

fn variants(c: &mut Criterion) {
    let rows: &[(&str, &str, Target, &str)] = &[
        ("date_shift", "timestamptz", target(Kind::TimestampTz, None), "1984-02-29 17:30:00.123456+05:30"),
        ("email", "varchar(30)", target(Kind::Text, Some(30)), "zoe.lefevre@laposte.net"),
        ("hash", "char(18)", target(Kind::Padded, Some(18)), "12-345-678        "),
        ("ip", "cidr", target(Kind::Cidr, None), "10.1.0.0/16"),
        ("ip", "IPv6", target(Kind::Inet, None), "2001:db8:85a3:8d3:1319:8a2e:370:7348"),
        ("ip", "text", target(Kind::Text, None), "10.1.2.3"),
        ("phone", "international", target(Kind::Text, None), "+33 6 12 34 56 78"),
        ("phone", "no number", target(Kind::Text, None), "ask the neighbours"),
    ];
    for (name, label, target, value) in rows {
        let Some(mask) = bound(name, target) else { continue };
        row(c, &format!("{name} ({label})"), mask.as_ref(), value);
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(1)).warm_up_time(Duration::from_millis(300)).sample_size(30);
    targets = each, variants
}
criterion_main!(benches);
