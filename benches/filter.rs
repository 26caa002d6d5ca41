//! Criterion benchmarks of the stages: splitting a script, rewriting rows, the whole filter. Masks one by one are in masks.rs.

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up stops here")]

use std::hint::black_box;
use std::io::Cursor;
use std::sync::Arc;
use std::time::{Duration, Instant};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pgveil::dump::buffer::Buffer;
use pgveil::dump::script::reader::{Limits, ScriptReader};
use pgveil::encoding::Charset;
use pgveil::mask::demo;
use pgveil::mask::fit::{Kind, Target};
use pgveil::mask::key::Secret;
use pgveil::mask::registry::{self, OptionValue};
use pgveil::name::Name;
use pgveil::output::Sink;
use pgveil::pipeline::observe::{Reading, Watch};
use pgveil::pipeline::run::{BLOCK, SchemaSource};
use pgveil::pipeline::{Run, run};
use pgveil::plan::Planner;
use pgveil::report::progress::Silent;
use pgveil::rewrite::{Choice, RowProgram, Scratch, Step};
use pgveil::rules;

const LIMITS: Limits = Limits { max_row: 1 << 30, require_trailer: true };

const RULES: &str = r#"
version = 1
[defaults]
locale = "fr_FR"
unlisted = "keep"
[tables.users.columns]
firstName = "first_name"
lastName = "last_name"
email = "email"
phone = { mask = "phone", country = "FR" }
born = { mask = "date_shift", days = 30 }
ip = "ip"
"#;

/// Rows of thirteen columns, as of a table of users.
fn rows(count: usize) -> Vec<u8> {
    let row = |i: usize| {
        format!(
            "{i}\tZoé{i}\tLefèvre\tuser{i}@laposte.net\t06{:08}\t1984-02-{:02}\t{i} rue Victor Hugo\\n75000 Paris\t10.0.{}.{}\t2024-01-01 00:00:00+00\tt\tfr\t\\N\t{{\"age\": {i}}}\n",
            i * 7919 % 100_000_000,
            i % 28 + 1,
            i / 256 % 256,
            i % 256
        )
    };
    (0..count).map(row).collect::<String>().into_bytes()
}

fn script(count: usize) -> Vec<u8> {
    let head = "--\n-- PostgreSQL database dump\n--\n\nSET client_encoding = 'UTF8';\nCREATE TABLE public.users (id bigint NOT NULL, \"firstName\" text NOT NULL, \"lastName\" text NOT NULL, email text, phone text, born date, address text, ip inet, at timestamp with time zone, cgu boolean, lang character(2), notes text, meta jsonb);\n\nCOPY public.users (id, \"firstName\", \"lastName\", email, phone, born, address, ip, at, cgu, lang, notes, meta) FROM stdin;\n";
    [head.as_bytes(), &rows(count), b"\\.\n\n\n--\n-- PostgreSQL database dump complete\n--\n\n"].concat()
}

/// A mask bound to a column of a kind.
fn step(name: &str, field: usize, kind: Kind, options: &[(String, OptionValue)]) -> Step {
    let definition = registry::find(name).expect("a known mask");
    let target = Target { kind, type_name: "x".into(), max_chars: None, not_null: false, default: None, charset: Charset::Utf8 };
    let bound = demo::bound(definition, options, &target, &[], demo::NO_SECRET).expect("fits");
    Step {
        field,
        column: Name::new("c"),
        mask_name: definition.name,
        mask: Arc::from(bound.mask.expect("a mask")),
        takes_empty: bound.takes_empty,
        takes_null: false,
        reads: Vec::new(),
    }
}

fn split(c: &mut Criterion) {
    let text = script(20_000);
    let mut group = c.benchmark_group("split a script into events");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("events", |b| {
        b.iter(|| {
            let mut reader = ScriptReader::new(Buffer::new(Box::new(Cursor::new(text.clone())), BLOCK), LIMITS);
            while let Some(event) = reader.next_event().expect("a whole script") {
                black_box(&event);
            }
        });
    });
    group.finish();
}

fn rewrite(c: &mut Criterion) {
    let batch = rows(5000);
    let six = [
        step("first_name", 1, Kind::Text, &[]),
        step("last_name", 2, Kind::Text, &[]),
        step("email", 3, Kind::Text, &[]),
        step("phone", 4, Kind::Text, &[]),
        step("date_shift", 5, Kind::Date, &[]),
        step("ip", 7, Kind::Inet, &[]),
    ];
    let mut group = c.benchmark_group("rewrite rows of thirteen columns");
    group.throughput(Throughput::Bytes(batch.len() as u64));
    for (name, steps) in [("one cheap mask", vec![step("null", 11, Kind::Text, &[])]), ("six masks", six.to_vec())] {
        let program = RowProgram { fields: 13, steps, rows: None, unless: None, choice: Choice::default(), charset: Charset::Utf8 };
        let (mut scratch, mut out) = (Scratch::default(), Vec::new());
        group.bench_function(name, |b| {
            b.iter(|| {
                out.clear();
                program.run(&batch, false, &mut scratch, &mut out).expect("right rows")
            });
        });
    }
    group.finish();
}

fn whole(c: &mut Criterion) {
    let text: Arc<[u8]> = Arc::from(script(100_000));
    let mut group = c.benchmark_group("the whole filter");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.sample_size(20);
    for (name, rules) in [("no rules", ""), ("six masks", RULES)] {
        group.bench_function(name, |b| {
            b.iter(|| {
                let rules = if rules.is_empty() { rules::Rules::default() } else { rules::parse("r.toml", rules).expect("right rules") };
                let (result, _) = run(Run {
                    input: Box::new(Cursor::new(Arc::clone(&text))),
                    read: Arc::default(),
                    came: Arc::default(),
                    schema: SchemaSource::Stream,
                    keys: None,
                    sink: Sink::nowhere(),
                    choice: pgveil::plan::Choice::default(),
                    stream: None,
                    database: None,
                    expected: pgveil::pipeline::expect::Expectations::default(),
                    archive: None,
                    composing: None,
                    planner: Planner::new(rules, Secret::new(b"a secret of the benchmarks".to_vec())),
                    inserts: None,
                    digests: false,
                    threads: 2,
                    block: BLOCK,
                    limits: LIMITS,
                    stage: None,
                    tables: None,
                    watch: Watch::new(Box::new(Silent)),
                    reading: Reading::default(),
                    readings: 1,
                    started: Instant::now(),
                    interrupts: crossbeam_channel::never(),
                });
                result.expect("a whole dump");
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().measurement_time(Duration::from_secs(3)).warm_up_time(Duration::from_secs(1));
    targets = split, rewrite, whole
}
criterion_main!(benches);
