//! Archives made by hand: whole ones come back, all others are refused by what is wrong with them.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use proptest::prelude::*;

use super::super::made::{self, Made, OBJECTS, ROWS, chunked, packed, reader, table_block, text};
use super::super::script::Style;
use super::super::{Compression, DataPlace, Entry, Format, Header, Script, Section};
use super::{Archive, Block, Kind};
use crate::error::{Error, Fault};

const ALL: [Compression; 4] = [Compression::None, Compression::Gzip, Compression::Lz4, Compression::Zstd];

/// All data in its order: rows under OID 0, large objects under theirs.
fn data(archive: &mut Archive) -> io::Result<Vec<(usize, u32, Vec<u8>)>> {
    let mut all = Vec::new();
    while let Some(Block { entry, kind, .. }) = archive.data.next_block()? {
        let mut read = |oid, source: &mut super::Source| {
            let mut bytes = Vec::new();
            source.read_to_end(&mut bytes)?;
            all.push((entry, oid, bytes));
            io::Result::Ok(())
        };
        match kind {
            Kind::Table => read(0, &mut archive.data)?,
            Kind::LargeObjects => {
                while let Some(oid) = archive.data.next_object()? {
                    read(oid, &mut archive.data)?;
                }
            }
        }
    }
    Ok(all)
}

/// What [`made::entries`] hold.
fn expected(entries: &[Entry]) -> Vec<(usize, u32, Vec<u8>)> {
    let at = |id| entries.iter().position(|entry| entry.dump_id == id).expect("is there");
    let mut all = vec![(at(3055), 0, ROWS.to_vec())];
    all.extend(OBJECTS.iter().map(|(oid, contents)| (at(3056), *oid, contents.to_vec())));
    all
}

/// The whole script, or what is wrong.
fn script(archive: Result<Archive, Error>) -> Result<Vec<u8>, String> {
    let mut script = archive.and_then(|archive| Script::new(archive, Style::default(), None)).map_err(|error| error.to_string())?;
    let mut text = Vec::new();
    script.read_to_end(&mut text).map_err(|error| error.to_string())?;
    Ok(text)
}

fn custom(bytes: &[u8]) -> Result<Vec<u8>, String> {
    script(Archive::custom(reader(bytes)))
}

#[track_caller]
fn refused(outcome: Result<Vec<u8>, String>, why: &str) {
    match outcome {
        Ok(text) => panic!("{} bytes came out, expected: {why}", text.len()),
        Err(found) => assert!(found.contains(why), "{found}\nexpected: {why}"),
    }
}

#[test]
fn whole_archives_come_back_in_every_version_and_compression() {
    for minor in 12..=16 {
        for compression in ALL {
            let mut header = made::header(minor, Format::Custom, compression);
            if minor < 15 && matches!(compression, Compression::Lz4 | Compression::Zstd) {
                continue;
            }
            for (int_size, offset_size) in [(4, 8), (8, 8), (4, 4), (5, 3)] {
                (header.int_size, header.offset_size) = (int_size, offset_size);
                let made = made::custom(&header);
                let mut archive = Archive::custom(reader(&made.bytes)).expect("opens");
                assert_eq!(archive.header, header);
                assert_eq!(archive.entries, made::entries(minor));
                assert_eq!(data(&mut archive).expect("reads"), expected(&archive.entries));
            }
        }
    }
}

#[test]
fn what_is_not_read_is_passed_over() {
    for compression in ALL {
        let made = made::custom(&made::header(16, Format::Custom, compression));
        let mut archive = Archive::custom(reader(&made.bytes)).expect("opens");
        assert_eq!(archive.data.next_block().expect("reads").map(|block| block.dump_id), Some(3055));
        archive.data.read_exact(&mut [0; 2]).expect("reads");
        assert_eq!(archive.data.next_block().expect("reads").map(|block| block.dump_id), Some(3056));
        assert_eq!(archive.data.next_object().expect("reads"), Some(7));
        assert_eq!(archive.data.next_object().expect("reads"), Some(OBJECTS[1].0));
        archive.data.read_exact(&mut []).expect("reads");
        assert_eq!(archive.data.next_block().expect("reads"), None);
    }
}

#[test]
fn what_is_recorded_is_what_stands_there() {
    for compression in ALL {
        let header = made::header(16, Format::Custom, compression);
        let made = made::custom(&header);
        let mut archive = Archive::custom(reader(&made.bytes)).expect("opens");
        archive.data.next_block().expect("reads");
        archive.data.record();
        let mut rows = Vec::new();
        archive.data.read_to_end(&mut rows).expect("reads");
        assert_eq!(rows, ROWS);
        let pieces = archive.data.recorded();
        assert_eq!(pieces.concat(), packed(compression, ROWS));
        // Chunks of five bytes.
        assert!(pieces.iter().rev().skip(1).all(|piece| piece.len() == 5));
        assert!(archive.data.recorded().is_empty());
        assert_eq!(archive.data.packing(&header), compression);
        assert_eq!(archive.data.next_block().expect("reads").map(|block| block.dump_id), Some(3056));
    }
}

#[test]
fn other_versions_are_refused_by_name() {
    for (minor, what) in [(11, "1.11 was written by a pg_dump before 9.0"), (17, "archive version 1.17 was written by a later pg_dump")] {
        let mut bytes = made::custom(&made::header(16, Format::Custom, Compression::None)).bytes;
        bytes[6] = minor;
        refused(custom(&bytes), what);
    }
}

/// A custom archive with one entry changed.
fn changed(change: impl Fn(&mut Entry), id: i32) -> Result<Vec<u8>, String> {
    let header = made::header(16, Format::Custom, Compression::None);
    let mut entries = made::entries(16);
    entries.iter_mut().filter(|entry| entry.dump_id == id).for_each(change);
    let mut made = made::contents(&header, &entries);
    made.raw("", &table_block(3055, &chunked(ROWS, 5, 4), 4));
    made.raw("", &made::objects_block(3056, Compression::None, 4));
    custom(&made.bytes)
}

#[test]
fn entries_that_cannot_be_are_refused() {
    assert!(changed(|_| (), 210).is_ok());
    refused(changed(|entry| entry.dump_id = 3, 210), "entry 3: found its dump id as 3, expected an id that no other entry has");
    refused(changed(|entry| entry.dump_id = 0, 210), "found a dump id as 0");
    refused(changed(|entry| entry.dump_id = -5, 210), "found a dump id as -5");
    refused(
        changed(|entry| entry.desc = text("TABEL"), 210),
        "entry 210: found its kind TABEL, expected one that pg_dump of PostgreSQL 9.0 to 18 writes; of a later pg_dump",
    );
    refused(
        changed(|entry| entry.desc = text("Zoé's"), 210),
        "the archive is damaged: entry 210: found its kind, expected one that pg_dump",
    );
    refused(changed(|entry| entry.desc = None, 210), "found its kind, expected a text, not NULL");
    refused(changed(|entry| entry.has_data = true, 210), "entry 210: found its flag for data as 1");
    refused(changed(|entry| entry.has_data = false, 3055), "entry 3055: found its flag for data as 0");
    refused(changed(|entry| entry.place = DataPlace::NoData, 3055), "entry 3055: found the place of its data");
    refused(changed(|entry| entry.place = DataPlace::Unknown, 210), "entry 210: found the place of its data");
    refused(changed(|entry| entry.place = DataPlace::At(17), 3055), "the offset that the table of contents gives");
    refused(changed(|entry| entry.section = Section::PreData, 3055), "entry 3055: found its section");
    refused(changed(|entry| entry.oid = text("12x"), 210), "found its OID, expected a decimal");
    refused(changed(|entry| entry.oid = text("4294967296"), 210), "found its OID, expected a decimal");
    refused(changed(|entry| entry.with_oids = text("fals"), 210), "expected true or false");
    refused(changed(|entry| entry.relkind = 1, 210), "entry 210: found its relkind as 1");
    refused(changed(|entry| entry.relkind = i32::from(b'v'), 210), "entry 210: found its relkind as 118");
    refused(changed(|entry| entry.dependencies = vec![0], 210), "found a dependency of it");
    refused(changed(|entry| entry.tag = text("a\0b"), 210), "found its name, expected a text without NUL");
    refused(changed(|entry| entry.dump_id = 3058, 3056), "entry 3056: found a block of an entry that the table of contents has not");
}

/// A custom archive with other bytes for its data.
fn with_data(compression: Compression, blocks: &[&[u8]]) -> Result<Vec<u8>, String> {
    let mut made = made::contents(&made::header(16, Format::Custom, compression), &made::entries(16));
    blocks.iter().for_each(|block| made.raw("", block));
    custom(&made.bytes)
}

#[test]
fn blocks_that_cannot_be_are_refused() {
    let rows = table_block(3055, &chunked(ROWS, 5, 4), 4);
    let objects = made::objects_block(3056, Compression::None, 4);
    let none = Compression::None;
    assert!(with_data(none, &[&rows, &objects]).is_ok());
    refused(with_data(none, &[&rows]), "the data of entry 3056 is missing, expected its block; the archive is cut");
    refused(with_data(none, &[&objects, &rows]), "entry 3056: found its block before that of another entry");
    refused(with_data(none, &[&rows, &rows, &objects]), "entry 3055: found a second block");
    refused(with_data(none, &[&rows, &objects, b"\0"]), "found the kind of a block as 0");
    refused(with_data(none, &[&rows, &objects, b"hello world"]), "the kind of a block as 104");
    refused(with_data(none, &[&rows, &objects, &table_block(9, &chunked(b"", 1, 4), 4)]), "entry 9: found a block of an entry that");
    refused(with_data(none, &[&table_block(210, &chunked(b"", 1, 4), 4)]), "entry 210: found a block of an entry without data");
    let mut other = rows.clone();
    other[0] = 3;
    refused(with_data(none, &[&other, &objects]), "entry 3055: found the kind of its block");
    refused(with_data(none, &[&table_block(3055, &[1, 5, 0, 0, 0], 4)]), "found the length of a chunk as -5");
    refused(with_data(none, &[&table_block(3055, &[2, 5, 0, 0, 0], 4)]), "found the length of a chunk as 2, expected a sign");
    refused(with_data(none, &[&table_block(3055, &[0, 255, 255, 255, 127, 1], 4)]), "entry 3055: it ends inside its data");
    refused(with_data(none, &[&table_block(3055, &chunked(b"1\n", 9, 4), 4)]), "entry 3055: found another end of its rows");
    refused(with_data(none, &[&table_block(3055, &chunked(b"1\\.\n\n\n", 9, 4), 4)]), "entry 3055: found another end of its rows");
}

#[test]
fn streams_that_pg_restore_would_lose_or_hang_on_are_refused() {
    let block = |stream: &[u8], step| table_block(3055, &chunked(stream, step, 4), 4);
    for compression in [Compression::Gzip, Compression::Lz4, Compression::Zstd] {
        let objects = made::objects_block(3056, compression, 4);
        let stream = packed(compression, ROWS);
        let whole = with_data(compression, &[&block(&stream, 1), &objects]).expect("reads");
        assert_eq!(with_data(compression, &[&block(&stream, 1000), &objects]), Ok(whole));
        for cut in 1..stream.len() {
            refused(with_data(compression, &[&block(&stream[..cut], 7), &objects]), "entry 3055: found a cut");
        }
        let behind = [&stream[..], b"more"].concat();
        refused(with_data(compression, &[&block(&behind, 1000), &objects]), "entry 3055: found ");
        refused(with_data(compression, &[&block(&behind, 1), &objects]), "entry 3055: found ");
    }
    // No chunk at all.
    let gzip = made::objects_block(3056, Compression::Gzip, 4);
    refused(with_data(Compression::Gzip, &[&block(b"", 1), &gzip]), "found a cut zlib stream");
    refused(with_data(Compression::Zstd, &[&block(b"", 1)]), "found another end of its rows");
    // A second stream.
    let halves = |compression| (packed(compression, &ROWS[..4]), packed(compression, &ROWS[4..]));
    let (first, second) = halves(Compression::Gzip);
    let both = chunked(&first, 1000, 4)[..first.len() + 5].to_vec();
    let both = [both, chunked(&second, 1000, 4)].concat();
    refused(with_data(Compression::Gzip, &[&table_block(3055, &both, 4), &gzip]), "found bytes behind the end of a zlib stream");
    let (first, second) = halves(Compression::Zstd);
    let zstd = made::objects_block(3056, Compression::Zstd, 4);
    let one = [&first[..], &second].concat();
    refused(with_data(Compression::Zstd, &[&block(&one, 1000), &zstd]), "found bytes behind the end of a zstd frame");
    let both = [chunked(&first, 1000, 4)[..first.len() + 5].to_vec(), chunked(&second, 1000, 4)].concat();
    assert!(with_data(Compression::Zstd, &[&table_block(3055, &both, 4), &zstd]).is_ok());
    // A frame that says 37 bytes and holds one empty block.
    let short = b"\x28\xb5\x2f\xfd\x24\x25\x01\0\0\x99\xe9\xd8\x51";
    refused(with_data(Compression::Zstd, &[&block(short, 1000), &zstd]), "entry 3055: found a ");
    refused(with_data(Compression::Zstd, &[&block(short, 1), &zstd]), "entry 3055: found a ");
    let (first, second) = halves(Compression::Lz4);
    let one = [&first[..], &second].concat();
    assert!(with_data(Compression::Lz4, &[&block(&one, 1000), &made::objects_block(3056, Compression::Lz4, 4)]).is_ok());
}

#[test]
fn a_damaged_zlib_stream_never_passes() {
    let stream = packed(Compression::Gzip, ROWS);
    let objects = made::objects_block(3056, Compression::Gzip, 4);
    let whole = with_data(Compression::Gzip, &[&table_block(3055, &chunked(&stream, 4096, 4), 4), &objects]).expect("reads");
    for at in 0..stream.len() {
        let mut flipped = stream.clone();
        flipped[at] ^= 0x10;
        let outcome = with_data(Compression::Gzip, &[&table_block(3055, &chunked(&flipped, 4096, 4), 4), &objects]);
        match outcome {
            // Bits that pad the last byte before the checksum.
            Ok(text) => assert_eq!(text, whole, "byte {at}"),
            outcome => refused(outcome, "entry 3055: found "),
        }
    }
}

/// What a flip of one bit may change without a word: text that says what it says, numbers that nothing else repeats. All
/// else is noticed.
const UNKNOWABLE: [&str; 10] =
    ["revision", "created", "text of the header", "dump id", "OID", "name", "section", "statement", "dependency", "relkind"];

#[test]
fn every_flip_of_the_head_is_noticed_or_unknowable() {
    for minor in [12, 14, 16] {
        for compression in [Compression::None, Compression::Gzip] {
            let header = made::header(minor, Format::Custom, compression);
            let Made { bytes, .. } = made::custom(&header);
            let head = made::contents(&header, &made::entries(minor));
            let whole = custom(&bytes).expect("reads");
            for (at, bit) in (0..head.bytes.len()).flat_map(|at| (0..8).map(move |bit| (at, bit))) {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                if let Ok(text) = custom(&flipped) {
                    let field = head.field(at);
                    // Any level but 0 is gzip; 1.12 and 1.13 are the same bytes.
                    let same = text == whole && ["level", "version"].contains(&field);
                    assert!(same || UNKNOWABLE.contains(&field), "1.{minor}: byte {at}, bit {bit}, {field}: passes");
                }
            }
        }
    }
}

#[test]
fn every_cut_is_noticed() {
    for compression in ALL {
        let bytes = made::custom(&made::header(16, Format::Custom, compression)).bytes;
        let step = (bytes.len() / 400).max(1);
        for cut in (0..bytes.len()).step_by(step) {
            refused(custom(&bytes[..cut]), "");
        }
    }
    let bytes = made::tar(&made::members(16));
    // Only the zeros at the end can be cut off: one record of them is left.
    for cut in (0..bytes.len() - 512).step_by(211) {
        refused(script(Archive::tar(reader(&bytes[..cut]))), "");
    }
}

#[test]
fn lengths_are_not_believed() {
    let header = made::header(16, Format::Custom, Compression::None);
    let made = made::contents(&header, &made::entries(16));
    for (name, range) in made.fields.iter().filter(|(name, _)| ["a length", "count"].contains(name)) {
        let mut bytes = made.bytes.clone();
        bytes[range.clone()].copy_from_slice(&[0, 255, 255, 255, 127]);
        refused(custom(&bytes), "");
        bytes[range.start] = 1;
        refused(custom(&bytes), if *name == "count" { "the number of entries as -2147483647" } else { "expected " });
    }
}

proptest! {
    #[test]
    fn any_chunking_is_the_same_stream(
        rows in prop::collection::vec(any::<u8>(), 0..5000),
        steps in prop::collection::vec(1_usize..700, 1..20),
        kind in 0_usize..4,
    ) {
        let compression = ALL[kind];
        let stream = packed(compression, &rows);
        let (mut made, mut rest, mut steps) = (Made::default(), &stream[..], steps.into_iter().cycle());
        while !rest.is_empty() {
            let (chunk, more) = rest.split_at(rest.len().min(steps.next().expect("cycles")));
            made.int("", i64::try_from(chunk.len()).expect("fits"), 4);
            made.raw("", chunk);
            rest = more;
        }
        made.int("", 0, 4);
        let header = made::header(16, Format::Custom, compression);
        let mut all = made::contents(&header, &made::entries(16)).bytes;
        all.extend_from_slice(&table_block(3055, &made.bytes, 4));
        all.extend_from_slice(&made::objects_block(3056, compression, 4));
        let mut archive = Archive::custom(reader(&all)).expect("opens");
        let data = data(&mut archive).expect("reads");
        prop_assert_eq!(&data[0].2, &rows);
        prop_assert_eq!(data.len(), 4);
    }

    #[test]
    fn no_bytes_make_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300), keep in 0_usize..800) {
        let whole = made::custom(&made::header(16, Format::Custom, Compression::None)).bytes;
        let mixed = [&whole[..keep.min(whole.len())], &bytes].concat();
        let _ = custom(&mixed);
        let _ = script(Archive::tar(reader(&mixed)));
    }
}

#[test]
fn tar_archives_come_back() {
    for minor in 12..=16 {
        let members = made::members(minor);
        let mut archive = Archive::tar(reader(&made::tar(&members))).expect("opens");
        assert_eq!(archive.entries, made::filed(minor));
        assert_eq!(data(&mut archive).expect("reads"), expected(&archive.entries));
        let without = &members[..members.len() - 1];
        assert!(script(Archive::tar(reader(&made::tar(without)))).is_ok(), "restore.sql is not needed");
    }
}

#[test]
fn a_tar_of_any_size_is_read() {
    let mut bytes = made::tar(&made::members(16));
    // The size in base 256, as for members of 8 GB and more.
    let size = u64::from_str_radix(std::str::from_utf8(&bytes[124..135]).expect("digits"), 8).expect("octal");
    bytes[124..128].copy_from_slice(&[0x80, 0, 0, 0]);
    bytes[128..136].copy_from_slice(&size.to_be_bytes());
    made::seal(&mut bytes[..512]);
    assert!(script(Archive::tar(reader(&bytes))).is_ok());
    bytes[128] = 1;
    made::seal(&mut bytes[..512]);
    refused(script(Archive::tar(reader(&bytes))), "");
}

#[test]
fn tars_that_cannot_be_are_refused() {
    let whole = made::members(16);
    let with = |change: &dyn Fn(&mut Vec<made::Member>)| {
        let mut members = whole.clone();
        change(&mut members);
        script(Archive::tar(reader(&made::tar(&members))))
    };
    assert!(with(&|_| ()).is_ok());
    refused(with(&|members| members.swap(0, 1)), "found the first member of the tar file, expected toc.dat");
    refused(with(&|members| members.swap(1, 2)), "entry 3055: found another member where its data was to come");
    refused(with(&|members| drop(members.remove(1))), "entry 3055: found another member");
    refused(with(&|members| drop(members.remove(2))), "blobs_3056.toc does not list the large objects");
    refused(with(&|members| members.truncate(5)), "the data of entry 3056 is missing: there is no blobs_3056.toc");
    refused(with(&|members| members.push(("9.dat".into(), b"x".to_vec()))), "9.dat belongs to no entry");
    refused(with(&|members| members[5].1 = b"7 blob_8.dat\n".to_vec()), "blobs_3056.toc holds a line");
    refused(with(&|members| members[5].1 = b"7 blob_7.dat".to_vec()), "blobs_3056.toc ends inside a line");
    refused(with(&|members| members[0].1.push(0)), "found bytes behind the last entry of toc.dat");
    for (at, byte, why) in [(0, b'T', "checksum"), (257, b'x', "checksum")] {
        let mut bytes = made::tar(&whole);
        bytes[at] = byte;
        refused(script(Archive::tar(reader(&bytes))), why);
        made::seal(&mut bytes[..512]);
        refused(script(Archive::tar(reader(&bytes))), "the archive is damaged");
    }
    for (at, byte, why) in [(156, b'x', "no plain file"), (345, b'd', "a folder before its name")] {
        let mut bytes = made::tar(&whole);
        bytes[at] = byte;
        made::seal(&mut bytes[..512]);
        refused(script(Archive::tar(reader(&bytes))), why);
    }
    let mut bytes = made::tar(&whole);
    bytes.push(1);
    refused(script(Archive::tar(reader(&bytes))), "found bytes behind the end of the tar file");
}

/// A directory archive with every file packed so.
fn folder(minor: u8, compression: Compression) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let suffix = ["", ".gz", ".lz4", ".zst"][compression as usize];
    for (name, contents) in made::members(minor).into_iter().filter(|(name, _)| name != "restore.sql") {
        let plain = name == "toc.dat" || name.starts_with("blobs");
        let (suffix, bytes) = if plain { ("", contents) } else { (suffix, file(compression, &contents)) };
        fs::write(folder.path().join(format!("{name}{suffix}")), bytes).expect("writes");
    }
    folder
}

fn file(compression: Compression, contents: &[u8]) -> Vec<u8> {
    match compression {
        // As pg_dump does.
        Compression::Lz4 | Compression::Zstd if contents.is_empty() => Vec::new(),
        Compression::Gzip => {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            io::Write::write_all(&mut encoder, contents).expect("packs");
            encoder.finish().expect("packs")
        }
        _ => packed(compression, contents),
    }
}

fn directory(path: &Path) -> Result<Vec<u8>, String> {
    script(Archive::directory(path, &Arc::default()))
}

#[test]
fn directory_archives_come_back() {
    for minor in 12..=16 {
        for compression in ALL {
            let folder = folder(minor, compression);
            let mut archive = Archive::directory(folder.path(), &Arc::default()).expect("opens");
            assert_eq!(archive.entries, made::filed(minor));
            assert_eq!(data(&mut archive).expect("reads"), expected(&archive.entries));
            let mut archive = Archive::directory(folder.path(), &Arc::default()).expect("opens");
            archive.data.next_block().expect("reads");
            archive.data.record();
            io::copy(&mut archive.data, &mut io::sink()).expect("reads");
            let all = archive.data.recorded().concat();
            assert_eq!((archive.data.packing(&archive.header), all), (compression, file(compression, ROWS)));
        }
    }
}

#[test]
fn directories_are_read_as_pg_restore_does() {
    let folder = folder(16, Compression::Gzip);
    let at = |name: &str| folder.path().join(name);
    let whole = directory(folder.path()).expect("reads");
    // Of several members, and otherwise packed than the rest.
    fs::write(at("3055.dat.gz"), [file(Compression::Gzip, &ROWS[..4]), file(Compression::Gzip, &ROWS[4..])].concat()).expect("writes");
    assert_eq!(directory(folder.path()), Ok(whole.clone()));
    fs::rename(at("toc.dat"), at("toc")).expect("moves");
    fs::write(at("toc.dat.gz"), file(Compression::Gzip, &fs::read(at("toc")).expect("reads"))).expect("writes");
    assert_eq!(directory(folder.path()), Ok(whole));
    // The unpacked one wins, also where it is none.
    fs::write(at("3055.dat"), b"9\n\\.\n\n\n").expect("writes");
    assert!(directory(folder.path()).expect("reads").windows(3).any(|found| found == b"\n9\n"));
}

#[test]
fn directories_that_cannot_be_are_refused() {
    let with = |change: &dyn Fn(&Path)| {
        let folder = folder(16, Compression::Gzip);
        change(folder.path());
        directory(folder.path())
    };
    let write = |path: &Path, name: &str, bytes: &[u8]| fs::write(path.join(name), bytes).expect("writes");
    let remove = |path: &Path, name: &str| fs::remove_file(path.join(name)).expect("removes");
    assert!(with(&|path| write(path, "README", b"")).is_ok());
    refused(with(&|path| remove(path, "toc.dat")), "toc.dat is missing");
    refused(with(&|path| remove(path, "3055.dat.gz")), "the data of entry 3055 is missing: there is no 3055.dat");
    refused(with(&|path| remove(path, "blobs_3056.toc")), "the data of entry 3056 is missing: there is no blobs_3056.toc");
    refused(with(&|path| remove(path, "blob_7.dat.gz")), "the data of entry 3056 is missing: there is no blob_7.dat");
    for stray in ["9.dat", "9.dat.gz", "blob_9.dat.zst", "blobs.toc", "blobs_9.toc"] {
        refused(with(&|path| write(path, stray, b"")), &format!("{stray} belongs to no entry"));
    }
    let packed = file(Compression::Gzip, ROWS);
    refused(with(&|path| write(path, "3055.dat.gz", b"")), "3055.dat.gz is cut");
    refused(with(&|path| write(path, "3055.dat.gz", &packed[..packed.len() - 1])), "3055.dat.gz is cut");
    refused(with(&|path| write(path, "3055.dat.gz", ROWS)), "3055.dat.gz is ");
    refused(with(&|path| write(path, "3055.dat.gz", &[&packed[..], b"more"].concat())), "3055.dat.gz is ");
    refused(with(&|path| write(path, "blobs_3056.toc", b"7 ../7\n")), "blobs_3056.toc holds a line");
    refused(with(&|path| write(path, "blobs_3056.toc", b"7 blob_7.dat\n7 blob_7.dat\n")), "blob_7.dat is listed twice");
    // A name that leads elsewhere.
    let entries: Vec<Entry> = made::filed(16)
        .into_iter()
        .map(|entry| if entry.has_data { Entry { place: DataPlace::File("../x".into()), ..entry } } else { entry })
        .collect();
    let toc = made::contents(&made::header(16, Format::Tar, Compression::Gzip), &entries).bytes;
    refused(with(&|path| write(path, "toc.dat", &toc)), "entry 3055: found the place of its data");
}

#[test]
fn the_wrong_form_is_refused() {
    let header: Header = made::header(16, Format::Tar, Compression::None);
    refused(
        custom(&made::contents(&header, &[]).bytes),
        "this is the toc.dat of a directory archive, expected a dump; name its directory instead",
    );
    let folder = tempfile::tempdir().expect("a folder");
    let header: Header = made::header(16, Format::Custom, Compression::None);
    fs::write(folder.path().join("toc.dat"), made::contents(&header, &[]).bytes).expect("writes");
    refused(directory(folder.path()), "found the format");
    refused(custom(b"PGDUMP"), "found the first bytes, expected PGDMP");
    refused(custom(b"PGDM"), "the archive is cut: it ends inside its header");
}

#[test]
fn an_error_of_the_system_stays_one() {
    struct Failing;
    impl Read for Failing {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::from_raw_os_error(5))
        }
    }
    for compression in ALL {
        let made = made::contents(&made::header(16, Format::Custom, compression), &made::entries(16)).bytes;
        let block = [table_block(3055, &[], 4), vec![0, 9, 0, 0, 0]].concat();
        let mut archive = Archive::custom(Box::new(io::Cursor::new([made, block].concat()).chain(Failing))).expect("opens");
        archive.data.next_block().expect("reads");
        assert_eq!(archive.data.read(&mut [0; 10]).expect_err("fails").raw_os_error(), Some(5));
    }
    assert!(matches!(Archive::custom(Box::new(Failing)), Err(Error::Io { .. })));
    assert!(matches!(Archive::custom(reader(b"PG")), Err(Error::Data { fault: Fault::CutArchive { .. }, .. })));
}
