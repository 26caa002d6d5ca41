//! What a value costs under each mask: one row a mask with the example of its definition, and one for each other way
//! that a mask may go (a longer address, a shorter column). Rows and files are measured in `filter.rs`.
//!
//!     cargo bench --bench masks

#![expect(clippy::expect_used, clippy::panic, reason = "a benchmark that cannot be set up stops here")]

use std::hint::black_box;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use pgveil::mask::demo::Ready;
use pgveil::mask::fit::Target;
use pgveil::mask::registry;
use pgveil::plan::bind;

/// A mask with the options of its example, bound to a column.
fn ready(name: &str, target: &Target) -> Ready {
    let definition = registry::find(name).expect("a known mask");
    let options = bind::example(definition).expect("an example that is a rule");
    Ready::on(definition, &options, target).unwrap_or_else(|error| panic!("{name}: {}", error.message))
}

/// Measures one value.
fn row(c: &mut Criterion, label: &str, ready: &Ready, value: &str) {
    let mut out = Vec::with_capacity(256);
    c.bench_function(label, |b| {
        b.iter(|| {
            out.clear();
            ready.mask(black_box(value.as_bytes()), &mut out).expect("a value that the mask takes");
            black_box(&out);
        });
    });
}

fn each(c: &mut Criterion) {
    for definition in registry::all() {
        let ready = ready(definition.name, &Target::of_sql(definition.example.column_type));
        row(c, definition.name, &ready, definition.example.before);
    }
}

fn variants(c: &mut Criterion) {
    let rows: &[(&str, &str, &str, &str)] = &[
        ("date_shift", "timestamptz", "timestamp with time zone", "1984-02-29 17:30:00.123456+05:30"),
        ("email", "varchar(30)", "character varying(30)", "zoe.lefevre@laposte.net"),
        ("hash", "char(18)", "character(18)", "12-345-678        "),
        ("ip", "cidr", "cidr", "10.1.0.0/16"),
        ("ip", "IPv6", "inet", "2001:db8:85a3:8d3:1319:8a2e:370:7348"),
        ("ip", "text", "text", "10.1.2.3"),
        ("phone", "international", "text", "+33 6 12 34 56 78"),
        ("phone", "no number", "text", "ask the neighbours"),
    ];
    for (name, label, column_type, value) in rows {
        row(c, &format!("{name} ({label})"), &ready(name, &Target::of_sql(column_type)), value);
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(1)).warm_up_time(Duration::from_millis(300)).sample_size(30);
    targets = each, variants
}
criterion_main!(benches);
