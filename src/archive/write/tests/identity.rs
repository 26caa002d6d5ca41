//! What pg_dump wrote comes out byte for byte.

use std::fs;

use super::super::{ArchiveWriter, Custom, Destination, Directory, Packing, Tar, header, toc};
use super::parse::{Data, Parsed, parse};
use super::{Memory, samples, unpack};
use crate::archive::{Compression, DataPlace};

/// Writes what was parsed: chunks as they are, or unpacked.
fn write(writer: &mut dyn ArchiveWriter, parsed: &Parsed, copy: bool) {
    let stream = |writer: &mut dyn ArchiveWriter, chunks: &[bytes::Bytes]| {
        if copy {
            chunks.iter().for_each(|chunk| writer.copied(chunk).expect("writes"));
        } else {
            writer.data(&unpack(parsed.header.compression, chunks)).expect("writes");
        }
    };
    writer.begin(&parsed.header, &parsed.entries).expect("begins");
    for block in &parsed.blocks {
        match &block.data {
            Data::Table(chunks) => {
                writer.begin_data(block.dump_id).expect("begins");
                stream(writer, chunks);
            }
            Data::LargeObjects(objects) => {
                writer.begin_large_objects(block.dump_id).expect("begins");
                for (oid, chunks) in objects {
                    writer.begin_large_object(*oid).expect("begins");
                    stream(writer, chunks);
                    writer.end_large_object().expect("ends");
                }
            }
        }
        writer.end().expect("ends");
    }
}

fn custom(parsed: &Parsed, packing: Packing, file: bool, copy: bool) -> Vec<u8> {
    let memory = Memory::default();
    let mut writer = if file {
        Box::new(Custom::file(memory.clone(), "a file", packing).expect("opens"))
    } else {
        Box::new(Custom::pipe(memory.clone(), "a pipe", packing))
    };
    write(&mut *writer, parsed, copy);
    writer.finish().expect("finishes");
    assert!(memory.is_complete());
    memory.bytes()
}

#[test]
fn custom_archives_come_out_byte_for_byte() {
    let samples = samples();
    let dumps: Vec<_> = samples.iter().filter(|(name, _)| name.ends_with(".dump")).collect();
    assert!(dumps.len() > 50, "{} archives", dumps.len());
    for (name, bytes) in dumps {
        let parsed = parse(bytes);
        let piped = name.contains(".pipe.");
        let packing = Packing::same(&parsed.header);
        let written = custom(&parsed, packing, !piped, true);
        assert!(written == **bytes, "{name} differs");
        let head = toc::head(&parsed.header, &parsed.entries).expect("writes").bytes;
        assert!(head == bytes[..parsed.head], "{name}: the head differs");
    }
}

/// Whatever the archive was packed with, it can be packed with anything else, and positions are those of the blocks.
#[test]
fn custom_archives_can_be_packed_anew() {
    for (name, bytes) in samples().iter().filter(|(name, _)| name.ends_with(".dump")) {
        let parsed = parse(bytes);
        for text in ["none", "gzip:1", "gzip", "lz4", "zstd:1", "zstd:long"] {
            let packing = Packing::parse(text).expect("a packing");
            let file = text != "gzip:1";
            if packing.check(crate::archive::Format::Custom, parsed.header.version).is_err() {
                continue;
            }
            let again = parse(&custom(&parsed, packing, file, false));
            assert_eq!(again.blocks.len(), parsed.blocks.len());
            for (block, original) in again.blocks.iter().zip(&parsed.blocks) {
                assert_eq!(block.dump_id, original.dump_id);
                let entry = again.entries.iter().find(|entry| entry.dump_id == block.dump_id).expect("an entry");
                assert_eq!(entry.place, if file { DataPlace::At(block.at) } else { DataPlace::Unknown }, "{name} {text}");
                let streams = |data: &Data| match data {
                    Data::Table(chunks) => vec![(0, chunks.clone())],
                    Data::LargeObjects(objects) => objects.clone(),
                };
                for ((oid, new), (old_oid, old)) in streams(&block.data).iter().zip(&streams(&original.data)) {
                    assert_eq!(oid, old_oid);
                    assert!(unpack(packing.compression, new) == unpack(parsed.header.compression, old), "{name} {text}");
                }
            }
        }
    }
}

/// A batch that does not shrink becomes several chunks, none of which pg_restore needs much memory for.
#[test]
fn large_batches_are_many_chunks() {
    let parsed = parse(&samples()["18/torture_eucjp.Fc-Z0.dump"]);
    let noise: Vec<u8> = (0..3_000_000u32).map(|i| (i.wrapping_mul(2_654_435_761).rotate_left(i % 31) >> 11) as u8).collect();
    for text in ["none", "gzip", "lz4", "zstd", "zstd:long"] {
        let packing = Packing::parse(text).expect("a packing");
        let memory = Memory::default();
        let mut writer = Box::new(Custom::pipe(memory.clone(), "a pipe", packing));
        let packed = writer.packer().pack(&[], &noise).expect("packs");
        writer.begin(&parsed.header, &parsed.entries).expect("begins");
        for block in &parsed.blocks {
            writer.begin_data(block.dump_id).expect("begins");
            writer.packed(&packed).expect("writes");
            writer.packed(&packed).expect("writes");
            writer.end().expect("ends");
        }
        writer.finish().expect("finishes");
        let again = parse(&memory.bytes());
        let Data::Table(chunks) = &again.blocks[0].data else { panic!("a table") };
        assert!(chunks.iter().all(|chunk| chunk.len() <= 1 << 20), "{text}");
        assert!(unpack(packing.compression, chunks) == [&noise[..], &noise[..]].concat(), "{text}");
    }
}

/// Data of a folder's file.
fn file_data(writer: &mut dyn ArchiveWriter, bytes: &[u8]) {
    bytes.chunks(1000).for_each(|part| writer.copied(part).expect("writes"));
}

#[test]
fn folders_come_out_byte_for_byte() {
    let samples = samples();
    let tocs: Vec<_> = samples.keys().filter_map(|name| name.strip_suffix("/toc.dat")).collect();
    assert!(tocs.len() > 20, "{} folders", tocs.len());
    for name in tocs {
        let file = |file: &str| samples.get(&format!("{name}/{file}")).unwrap_or_else(|| panic!("{name} lacks {file}"));
        let parsed = parse(file("toc.dat"));
        // The header of versions before 1.15 holds what is true of the files in all of these.
        let packing = Packing::same(&parsed.header);
        let suffix = packing.compression.suffix();
        let parent = tempfile::tempdir().expect("a folder");
        let target = parent.path().join("out");
        let mut writer = Box::new(Directory::create(&target, packing).expect("creates"));
        writer.begin(&parsed.header, &parsed.entries).expect("begins");
        let mut files = 1;
        for entry in parsed.entries.iter().filter(|entry| entry.has_data) {
            let DataPlace::File(place) = &entry.place else { panic!("{name}: a file") };
            let place = std::str::from_utf8(place).expect("ASCII");
            files += 1;
            if entry.desc.as_deref() == Some(b"BLOBS") {
                writer.begin_large_objects(entry.dump_id).expect("begins");
                for line in std::str::from_utf8(file(place)).expect("ASCII").lines() {
                    let (oid, object) = line.split_once(' ').expect("two words");
                    writer.begin_large_object(oid.parse().expect("an OID")).expect("begins");
                    file_data(&mut *writer, file(&format!("{object}{suffix}")));
                    writer.end_large_object().expect("ends");
                    files += 1;
                }
            } else {
                writer.begin_data(entry.dump_id).expect("begins");
                file_data(&mut *writer, file(&format!("{place}{suffix}")));
            }
            writer.end().expect("ends");
        }
        writer.finish().expect("finishes");
        for entry in fs::read_dir(&target).expect("a folder") {
            let path = entry.expect("a file").path();
            let base = path.file_name().expect("a name").to_string_lossy().into_owned();
            // A file that was copied from nothing stays empty, as pg_dump leaves an empty large object.
            assert!(fs::read(&path).expect("reads") == *file(&base), "{name}/{base} differs");
        }
        assert_eq!(fs::read_dir(&target).expect("a folder").count(), files, "{name}");
    }
}

/// All but `restore.sql`, which is left out.
#[test]
fn tars_come_out_byte_for_byte() {
    use std::io::Read;

    let samples = samples();
    let tars: Vec<_> = samples.iter().filter(|(name, _)| name.ends_with(".tar")).collect();
    assert!(tars.len() > 10, "{} tars", tars.len());
    for (name, bytes) in tars {
        for file in [true, false] {
            let mut members = Vec::new();
            for member in tar::Archive::new(&bytes[..]).entries().expect("a tar") {
                let mut member = member.expect("a member");
                let mut data = Vec::new();
                member.read_to_end(&mut data).expect("reads");
                let path = member.path().expect("a name").to_string_lossy().into_owned();
                let end = member.raw_file_position() + data.len().next_multiple_of(512) as u64;
                members.push((path, data, member.header().mtime().expect("a time"), end));
            }
            let parsed = parse(&members[0].1);
            let memory = Memory::default();
            if file {
                let writer = Box::new(Tar::file(memory.clone(), "a file").expect("opens"));
                copy_tar(writer, &parsed, &members);
            } else {
                let writer = Box::new(Tar::pipe(memory.clone(), "a pipe", std::env::temp_dir()));
                copy_tar(writer, &parsed, &members);
            }
            let end = members[members.len() - 2].3;
            let mut expected = bytes[..usize::try_from(end).expect("a size")].to_vec();
            expected.extend_from_slice(&[0; 1024]);
            assert!(memory.bytes() == expected, "{name} differs");
        }
    }
}

fn copy_tar<W: Destination>(mut writer: Box<Tar<W>>, parsed: &Parsed, members: &[(String, Vec<u8>, u64, u64)]) {
    let mut left = members.iter();
    let mut next = |writer: &mut Tar<W>| {
        let (name, data, modified, _) = left.next().expect("one more member");
        writer.set_modified(*modified);
        (name.clone(), data.clone())
    };
    next(&mut writer);
    writer.begin(&parsed.header, &parsed.entries).expect("begins");
    for entry in parsed.entries.iter().filter(|entry| entry.has_data) {
        if entry.desc.as_deref() == Some(b"BLOBS") {
            writer.begin_large_objects(entry.dump_id).expect("begins");
            loop {
                let (name, data) = next(&mut writer);
                let Some(oid) = name.strip_prefix("blob_") else { break };
                writer.begin_large_object(oid.strip_suffix(".dat").expect(".dat").parse().expect("an OID")).expect("begins");
                writer.data(&data).expect("writes");
                writer.end_large_object().expect("ends");
            }
        } else {
            let (_, data) = next(&mut writer);
            writer.begin_data(entry.dump_id).expect("begins");
            writer.data(&data).expect("writes");
        }
        writer.end().expect("ends");
    }
    writer.finish().expect("finishes");
}

#[test]
fn integers_that_are_too_short_are_refused() {
    let samples = samples();
    let mut parsed = parse(&samples["15/torture_latin1.Fc-Z0.dump"]);
    parsed.header.int_size = 1;
    let error = toc::head(&parsed.header, &parsed.entries).expect_err("too short").to_string();
    assert_eq!(error, "found integers or offsets that are too short for this archive, which pgveil cannot follow");
    parsed.header.int_size = 4;
    parsed.header.version.minor = 17;
    assert!(toc::head(&parsed.header, &parsed.entries).is_err());
}

#[test]
fn large_objects_above_two_thousand_million_are_negative() {
    let encoded = |oid| {
        let mut out = header::Encoder::with_sizes(4, 8);
        out.oid(oid).expect("writes");
        out.into_bytes()
    };
    assert_eq!(encoded(4_294_967_295), [1, 1, 0, 0, 0]);
    assert_eq!(encoded(2_147_483_648), [1, 0, 0, 0, 0x80]);
    assert_eq!(encoded(900_001), [0, 0xa1, 0xbb, 0x0d, 0]);
}

#[test]
fn a_version_that_cannot_be_packed_so_is_refused_before_a_byte() {
    let samples = samples();
    let parsed = parse(&samples["15/torture_latin1.Fc-Z0.dump"]);
    let memory = Memory::default();
    let mut writer = Custom::pipe(memory.clone(), "a pipe", Packing::of(Compression::Zstd));
    assert!(writer.begin(&parsed.header, &parsed.entries).is_err());
    Box::new(writer).abandon();
    assert!(memory.bytes().is_empty());
}
