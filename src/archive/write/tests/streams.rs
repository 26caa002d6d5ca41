//! Streams: whatever they are made of, they hold it, and pg_restore can read them.

use std::io::Read;

use proptest::prelude::*;

use super::super::stream::Stream;
use super::super::{Packer, Packing, Wrapping};
use super::unpack;
use crate::archive::Compression;
use crate::error::Error;

/// How a piece of data comes to a stream.
#[derive(Clone, Debug)]
enum Way {
    Data,
    Packed,
    PackedAlone,
}

const PACKINGS: [&str; 9] = ["none", "gzip:1", "gzip:6", "gzip:9", "lz4", "zstd:-5", "zstd:1", "zstd:9", "zstd:3"];

fn pieces(packer: &Packer, batches: &[(Vec<u8>, Way)]) -> Vec<Vec<u8>> {
    let mut out: Vec<Vec<u8>> = Vec::new();
    let mut stream = Stream::new(packer.clone());
    let mut whole = Vec::new();
    let mut take = |piece: &[u8]| {
        assert!(!piece.is_empty());
        out.push(piece.to_vec());
        Ok(())
    };
    for (batch, way) in batches {
        match way {
            Way::Data => stream.data(batch, &mut take),
            Way::Packed => stream.packed(&packer.pack(&whole, batch).expect("packs"), &mut take),
            Way::PackedAlone => stream.packed(&packer.pack(&[], batch).expect("packs"), &mut take),
        }
        .expect("writes");
        whole.extend_from_slice(batch);
    }
    stream.finish(&mut take).expect("finishes");
    out
}

/// Text that repeats itself, as rows do, and bytes that do not.
fn batch() -> impl Strategy<Value = Vec<u8>> {
    let rows = (0..400usize, "[a-z]{0,12}").prop_map(|(count, word)| {
        (0..count).flat_map(|i| format!("{i}\t{word}\t{}\\N\n", i * 7919 % 1000).into_bytes()).collect::<Vec<u8>>()
    });
    prop_oneof![3 => rows, 1 => proptest::collection::vec(any::<u8>(), 0..5000), 1 => Just(Vec::new()), 1 => Just(vec![b'x'; 300_000])]
}

fn way() -> impl Strategy<Value = Way> {
    prop_oneof![Just(Way::Data), Just(Way::Packed), Just(Way::PackedAlone)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_stream_holds_what_came(batches in proptest::collection::vec((batch(), way()), 0..8), which in 0..PACKINGS.len(), long in any::<bool>()) {
        let mut packing = Packing::parse(PACKINGS[which]).expect("a packing");
        packing.long = long && packing.compression == Compression::Zstd;
        let whole: Vec<u8> = batches.iter().flat_map(|(batch, _)| batch.clone()).collect();
        let written = pieces(&Packer::new(packing, Wrapping::Zlib), &batches);
        prop_assert!(unpack(packing.compression, &written) == whole);
        if packing.compression == Compression::Gzip {
            let file = pieces(&Packer::new(packing, Wrapping::Gzip), &batches).concat();
            let mut gzip = flate2::bufread::GzDecoder::new(&file[..]);
            let mut out = Vec::new();
            gzip.read_to_end(&mut out).expect("a gzip file");
            prop_assert!(out == whole);
            prop_assert!(gzip.into_inner().is_empty());
        }
    }
}

#[test]
fn an_empty_stream_is_a_whole_one() {
    let empty = |text: &str| pieces(&Packer::new(Packing::parse(text).expect("a packing"), Wrapping::Zlib), &[]).concat();
    assert_eq!(empty("none"), [0; 0]);
    // As zlib writes it.
    assert_eq!(empty("gzip"), [0x78, 0x9c, 3, 0, 0, 0, 0, 1]);
    assert_eq!(empty("gzip:9"), [0x78, 0xda, 3, 0, 0, 0, 0, 1]);
    // As pg_dump writes it.
    assert_eq!(empty("zstd"), [0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, 1, 0, 0]);
    assert!(unpack(Compression::Lz4, &[empty("lz4")]).is_empty());
    assert!(unpack(Compression::Zstd, &[empty("zstd:long")]).is_empty());
    let gzip = pieces(&Packer::new(Packing::parse("gzip").expect("a packing"), Wrapping::Gzip), &[]).concat();
    assert_eq!(gzip, [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
}

/// What a batch may look back into makes gzip smaller.
#[test]
fn a_batch_looks_back() {
    let packer = Packer::new(Packing::of(Compression::Gzip), Wrapping::Zlib);
    let mut seed = 1u64;
    let mut next = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 56) as u8
    };
    let noise: Vec<u8> = (0..20_000).map(|_| next()).collect();
    let alone = packer.pack(&[], &noise).expect("packs").packed_length();
    let again = packer.pack(&noise, &noise).expect("packs").packed_length();
    assert!(again * 10 < alone, "{again} of {alone}");
}

#[test]
fn streams_of_two_kinds_are_not_mixed() {
    let gzip = Packer::new(Packing::of(Compression::Gzip), Wrapping::Zlib);
    let mut ignore = |_: &[u8]| Ok(());
    let bug = |result: Result<(), Error>| assert_eq!(result.expect_err("a bug").to_string(), Error::internal().to_string());
    let mut stream = Stream::new(gzip.clone());
    stream.copied(b"x", &mut ignore).expect("copies");
    bug(stream.data(b"x", &mut ignore));
    let mut stream = Stream::new(gzip.clone());
    stream.packed(&gzip.pack(&[], b"x").expect("packs"), &mut ignore).expect("writes");
    bug(stream.copied(b"x", &mut ignore));
    let mut stream = Stream::new(gzip.clone());
    stream.data(b"x", &mut ignore).expect("gathers");
    bug(stream.copied(b"x", &mut ignore));
    for other in [Packer::new(Packing::of(Compression::Gzip), Wrapping::Gzip), Packer::new(Packing::of(Compression::Zstd), Wrapping::Zlib)]
    {
        bug(stream.packed(&other.pack(&[], b"x").expect("packs"), &mut ignore));
    }
}
