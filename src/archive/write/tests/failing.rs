//! What is left of an archive that failed. That pg_restore refuses it is shown in tests/server/archives.rs.

use std::fs;
use std::io::Read;

use super::super::{ArchiveWriter, Custom, Directory, Packing, Tar};
use super::parse::parse;
use super::{Memory, samples, unpack};
use crate::archive::Compression;

fn sample() -> super::parse::Parsed {
    parse(&samples()["18/torture_latin1.Fc-Z0.dump"])
}

/// Bytes of a pipe after some calls, and whether they are an archive that its end was written of.
fn cut(packing: Packing, calls: impl FnOnce(&mut Custom<Memory>, &[i32])) -> Vec<u8> {
    let parsed = sample();
    let ids: Vec<i32> = parsed.blocks.iter().map(|block| block.dump_id).collect();
    let memory = Memory::default();
    let mut writer = Box::new(Custom::pipe(memory.clone(), "a pipe", packing));
    writer.begin(&parsed.header, &parsed.entries).expect("begins");
    calls(&mut writer, &ids);
    writer.abandon();
    assert!(!memory.is_complete());
    memory.bytes()
}

/// The chunks of the last block, which is cut.
fn last_chunks(bytes: &[u8], from: usize) -> Vec<Vec<u8>> {
    let mut chunks = Vec::new();
    let mut at = from + 6;
    while at < bytes.len() {
        let length = u32::from_le_bytes(bytes[at + 1..at + 5].try_into().expect("four bytes")) as usize;
        assert_ne!(length, 0, "the block has an end");
        chunks.push(bytes[at + 5..at + 5 + length].to_vec());
        at += 5 + length;
    }
    chunks
}

const END: &[u8] = b"\n\\.\n\nSELECT 'pgveil stopped before the end of this archive, nothing of it must be kept'::integer;\n";

#[test]
fn a_block_that_failed_ends_in_a_row_that_copy_refuses() {
    let head = sample().head;
    let started = cut(Packing::NONE, |writer, ids| {
        writer.begin_data(ids[0]).expect("begins");
        writer.data(b"1\tx\n").expect("writes");
    });
    let chunks = last_chunks(&started, head);
    assert_eq!(chunks[0], b"1\tx\n");
    assert!(chunks[1].ends_with(END) && chunks[1].iter().filter(|byte| **byte == b'\t').count() > 1600);
    // The same where the next one had not begun.
    let between = cut(Packing::NONE, |_, _| {});
    assert_eq!(last_chunks(&between, head), chunks[1..]);
    // Packed, what came so far can be unpacked.
    let gzip = cut(Packing::of(Compression::Gzip), |writer, ids| {
        writer.begin_data(ids[0]).expect("begins");
        writer.data(b"1\tx\n").expect("writes");
    });
    let mut packed = last_chunks(&gzip, head).concat();
    packed.extend_from_slice(&[3, 0]);
    let mut out = Vec::new();
    let mut inflate = flate2::Decompress::new(true);
    out.reserve(10_000);
    inflate.decompress_vec(&packed, &mut out, flate2::FlushDecompress::Sync).expect("inflates");
    assert!(out.starts_with(b"1\tx\n") && out.ends_with(END));
}

/// Nothing can be added to what was packed elsewhere: the block is cut, and has no end.
#[test]
fn copied_data_that_failed_is_cut() {
    let bytes = cut(Packing::of(Compression::Gzip), |writer, ids| {
        writer.begin_data(ids[0]).expect("begins");
        writer.copied(b"part of a stream").expect("writes");
    });
    assert_eq!(last_chunks(&bytes, sample().head), [b"part of a stream"]);
}

/// All data is written, and yet the archive fails: its last block has no end.
#[test]
fn the_last_block_ends_with_the_archive() {
    for text in ["none", "gzip", "zstd", "lz4"] {
        let packing = Packing::parse(text).expect("a packing");
        let mut last = 0;
        let bytes = cut(packing, |writer, ids| {
            for id in ids {
                last = usize::try_from(writer.written()).expect("a size");
                writer.begin_data(*id).expect("begins");
                writer.data(b"\\.\n\n\n").expect("writes");
                writer.end().expect("ends");
            }
        });
        let chunks = last_chunks(&bytes, last);
        if text == "zstd" {
            let out = unpack(packing.compression, &chunks);
            assert!(out.starts_with(b"\\.\n\n\n") && out.ends_with(END));
        }
    }
}

/// Nothing but the schema: the head itself is held back.
#[test]
fn an_archive_without_data_ends_with_its_head() {
    let mut parsed = sample();
    parsed.entries.iter_mut().for_each(|entry| entry.has_data = false);
    let memory = Memory::default();
    let mut writer = Box::new(Custom::pipe(memory.clone(), "a pipe", Packing::NONE));
    writer.begin(&parsed.header, &parsed.entries).expect("begins");
    writer.abandon();
    assert!(memory.bytes().is_empty());
    let mut writer = Box::new(Tar::pipe(memory.clone(), "a pipe", std::env::temp_dir()));
    writer.begin(&parsed.header, &parsed.entries).expect("begins");
    writer.abandon();
    assert!(memory.bytes().is_empty());
    let mut writer = Box::new(Custom::pipe(memory.clone(), "a pipe", Packing::NONE));
    writer.begin(&parsed.header, &parsed.entries).expect("begins");
    writer.finish().expect("finishes");
    assert_eq!(parse(&memory.bytes()).entries.len(), parsed.entries.len());
}

/// The contents of the members of a tar that ends in half a header.
fn members(memory: &Memory) -> Vec<Vec<u8>> {
    let bytes = memory.bytes();
    assert_eq!(bytes.len() % 512, 256);
    let mut tar = tar::Archive::new(&bytes[..bytes.len() - 256]);
    let read = |member: std::io::Result<tar::Entry<'_, &[u8]>>| {
        let mut data = Vec::new();
        member.expect("a member").read_to_end(&mut data).expect("reads");
        data
    };
    tar.entries().expect("a tar").map(read).collect()
}

#[test]
fn a_tar_lacks_its_last_member_and_ends_in_half_a_header() {
    let parsed = sample();
    let memory = Memory::default();
    let mut writer = Box::new(Tar::pipe(memory.clone(), "a pipe", std::env::temp_dir()));
    writer.begin(&parsed.header, &parsed.entries).expect("begins");
    writer.begin_data(parsed.blocks[0].dump_id).expect("begins");
    writer.data(b"1\tx\n").expect("writes");
    writer.abandon();
    let written = members(&memory);
    assert_eq!(written.len(), 2);
    assert!(written[1].starts_with(b"1\tx\npgveil stopped") && written[1].ends_with(END));
    // The last one is missing.
    let memory = Memory::default();
    let mut writer = Box::new(Tar::pipe(memory.clone(), "a pipe", std::env::temp_dir()));
    writer.begin(&parsed.header, &parsed.entries).expect("begins");
    for block in &parsed.blocks {
        writer.begin_data(block.dump_id).expect("begins");
        writer.data(b"\\.\n\n\n").expect("writes");
        writer.end().expect("ends");
    }
    writer.abandon();
    assert_eq!(members(&memory).len(), parsed.blocks.len());
}

/// Standard output may go to a file: it can be patched, and keeps its name whatever becomes of it.
#[test]
fn a_named_file_that_failed_is_no_archive() {
    let parsed = sample();
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("out");
    let open = || fs::File::create(&path).expect("a file");
    let writers: [Box<dyn ArchiveWriter>; 2] =
        [Box::new(Tar::file(open(), "a file").expect("opens")), Box::new(Custom::file(open(), "a file", Packing::NONE).expect("opens"))];
    for mut writer in writers {
        open();
        writer.begin(&parsed.header, &parsed.entries).expect("begins");
        for block in &parsed.blocks {
            writer.begin_data(block.dump_id).expect("begins");
            writer.data(b"\\.\n\n\n").expect("writes");
            writer.end().expect("ends");
        }
        writer.abandon();
        let bytes = fs::read(&path).expect("reads");
        assert!(bytes.starts_with(b"pgveil stopped before the end of this archive, nothing of it must be kept\n\0"));
    }
}

#[test]
fn a_folder_that_failed_is_gone() {
    let parsed = sample();
    let parent = tempfile::tempdir().expect("a folder");
    let target = parent.path().join("out");
    let mut writer = Box::new(Directory::create(&target, Packing::NONE).expect("creates"));
    writer.begin(&parsed.header, &parsed.entries).expect("begins");
    writer.begin_data(parsed.blocks[0].dump_id).expect("begins");
    writer.data(b"1\tx\n").expect("writes");
    writer.abandon();
    assert_eq!(fs::read_dir(parent.path()).expect("a folder").count(), 0);
    // An archive that lacks data is a bug, and no archive.
    let mut writer = Box::new(Directory::create(&target, Packing::NONE).expect("creates"));
    writer.begin(&parsed.header, &parsed.entries).expect("begins");
    assert!(writer.finish().is_err());
    assert_eq!(fs::read_dir(parent.path()).expect("a folder").count(), 0);
}

#[test]
fn a_folder_must_be_new_or_empty() {
    let parent = tempfile::tempdir().expect("a folder");
    let said = |path: &std::path::Path| {
        let error = Directory::create(path, Packing::NONE).expect_err("refused").to_string();
        error.strip_prefix(&path.display().to_string()).expect("the path first").to_owned()
    };
    let full = parent.path().join("full");
    fs::create_dir(&full).expect("makes");
    fs::write(full.join("x"), "x").expect("writes");
    assert_eq!(said(&full), " is not empty, expected a folder that does not exist yet or is empty; remove it, or name another");
    assert_eq!(said(&full.join("x")), " is a file, expected a folder that does not exist yet or is empty");
    let empty = parent.path().join("empty");
    fs::create_dir(&empty).expect("makes");
    let mut writer = Box::new(Directory::create(&empty, Packing::NONE).expect("creates"));
    let mut parsed = sample();
    parsed.entries.clear();
    writer.begin(&parsed.header, &parsed.entries).expect("begins");
    writer.finish().expect("finishes");
    assert_eq!(fs::read_dir(&empty).expect("a folder").count(), 1);
    assert_eq!(fs::read_dir(parent.path()).expect("a folder").count(), 2);
}

/// Calls that come in no order are bugs, and say so instead of writing what cannot be read.
#[test]
fn calls_out_of_order_are_refused() {
    let parsed = sample();
    let (first, second) = (parsed.blocks[0].dump_id, parsed.blocks[1].dump_id);
    let mut writer = Custom::pipe(Memory::default(), "a pipe", Packing::NONE);
    assert!(writer.begin_data(first).is_err());
    writer.begin(&parsed.header, &parsed.entries).expect("begins");
    assert!(writer.begin(&parsed.header, &parsed.entries).is_err());
    assert!(writer.begin_data(second).is_err());
    assert!(writer.begin_large_objects(first).is_err());
    assert!(writer.data(b"x").is_err());
    assert!(writer.end().is_err());
    writer.begin_data(first).expect("begins");
    assert!(writer.begin_data(second).is_err());
    assert!(writer.begin_large_object(1).is_err());
    writer.end().expect("ends");
    assert!(Box::new(writer).finish().is_err());
}
