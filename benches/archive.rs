//! What packing costs: batches of rows under each packing, one thread; beside them one stream of zlib at level 6, as
//! `pg_dump -Fc` has it.
//!
//!     cargo bench --bench archive

#![expect(clippy::expect_used, reason = "a benchmark that cannot be set up stops here")]

use std::hint::black_box;
use std::io::Write;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pgveil::archive::write::{Packer, Packing, Wrapping};

/// How many bytes a batch has.
const BATCH: usize = 256 * 1024;

/// Rows as COPY has them: numbers, names, addresses, times, NULL.
fn rows(length: usize) -> Vec<u8> {
    let mut rows = Vec::with_capacity(length + 200);
    let mut seed = 1u64;
    while rows.len() < length {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (a, b, c) = (seed >> 40, (seed >> 20) % 1000, seed >> 54);
        let name = ["Zoé", "Jean-Luc", "Amélie", "Karim", "Ana"][(a % 5) as usize];
        writeln!(
            rows,
            "{a}\t{name}\t{name}.{b}@example.org\t2024-{:02}-{:02} 12:{:02}:00+00\t{c}.{b}\t\\N",
            a % 12 + 1,
            b % 28 + 1,
            c % 60
        )
        .expect("room");
    }
    rows.truncate(length);
    rows
}

fn pack(c: &mut Criterion) {
    let whole = rows(2 * BATCH);
    let (before, batch) = whole.split_at(BATCH);
    let mut group = c.benchmark_group("pack");
    group.throughput(Throughput::Bytes(BATCH as u64));
    for text in ["gzip:1", "gzip", "gzip:6", "lz4", "zstd", "zstd:1"] {
        let packer = Packer::new(Packing::parse(text).expect("a packing"), Wrapping::Zlib);
        group.bench_function(text, |b| b.iter(|| black_box(packer.pack(&[], black_box(batch)).expect("packs"))));
        if text == "gzip" {
            group.bench_function("gzip, looking back", |b| b.iter(|| black_box(packer.pack(before, black_box(batch)).expect("packs"))));
        }
    }
    group.bench_function("one stream of zlib-rs at 6", |b| {
        b.iter(|| {
            let mut encoder = flate2::write::ZlibEncoder::new(Vec::with_capacity(BATCH), flate2::Compression::new(6));
            encoder.write_all(black_box(batch)).expect("packs");
            black_box(encoder.finish().expect("packs"))
        });
    });
    group.finish();
}

criterion_group!(benches, pack);
criterion_main!(benches);
