//! How an archive's data is to be packed: `-Z METHOD[:DETAIL]` as pg_dump reads it.
//!
//! `parse_compress_options` and `parse_compress_specification` in src/common/compression.c of PostgreSQL 16 to 18.

use std::ops::RangeInclusive;

use super::header::states_algorithm;
use crate::archive::{Compression, Format, Header, Version};
use crate::error::{Error, Result};
use crate::name::nearest;

/// How data is to be packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Packing {
    /// The method.
    pub compression: Compression,
    /// The method's level; `None` is its default (gzip 5, zstd 3).
    pub level: Option<i32>,
    /// zstd finds what repeats over 128 MB. Then nothing can be packed in parallel.
    pub long: bool,
}

impl Packing {
    /// Nothing is packed.
    pub const NONE: Packing = Packing::of(Compression::None);

    /// A method at its default level.
    pub const fn of(compression: Compression) -> Packing {
        Packing { compression, level: None, long: false }
    }

    /// The packing of an archive that was read. Before version 1.15 its level is known too.
    pub fn same(header: &Header) -> Packing {
        let level = (header.compression == Compression::Gzip && (1..=9).contains(&header.level)).then_some(header.level);
        Packing { level, ..Packing::of(header.compression) }
    }

    /// Reads what stands behind `-Z`: a method (`zstd`), with a level (`gzip:9`) or options (`zstd:level=3,long`), or a level
    /// of gzip alone, where 0 is `none`.
    ///
    /// # Errors
    /// [`Error::Usage`]: what was found, what was expected.
    pub fn parse(text: &str) -> Result<Packing> {
        let fail = |message: String| Error::Usage(format!("--compress {text}: {message}"));
        if let Ok(level) = text.parse::<i32>() {
            if level == 0 {
                return Ok(Packing::NONE);
            }
            return Packing::of(Compression::Gzip).at(level).map_err(fail);
        }
        let (name, detail) = text.split_once(':').map_or((text, None), |(name, detail)| (name, Some(detail)));
        let methods = Compression::ALL.map(Compression::name);
        let Some(compression) = Compression::ALL.into_iter().find(|compression| compression.name() == name) else {
            let help = nearest(name, methods).map(|near| format!("; did you mean \"{near}\"?"));
            return Err(fail(format!(
                "unknown method \"{name}\", expected {}, or a level of gzip from 0 to 9{}",
                methods.join(", "),
                help.unwrap_or_default()
            )));
        };
        let packing = Packing::of(compression);
        match detail {
            None => Ok(packing),
            Some(detail) => match detail.parse::<i32>() {
                Ok(level) => packing.at(level),
                Err(_) => detail.split(',').try_fold(packing, Packing::option),
            }
            .map_err(fail),
        }
    }

    /// One option: `level=3`, `long`, `long=off`.
    fn option(self, text: &str) -> Result<Packing, String> {
        let (name, value) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        match name {
            "" => Err("found nothing where an option was expected".to_owned()),
            "level" => match value.map(str::parse::<i32>) {
                Some(Ok(level)) => self.at(level),
                Some(Err(_)) => Err(format!("found \"{text}\", expected a whole number for the level")),
                None => Err("\"level\" needs a value: level=3".to_owned()),
            },
            "long" if self.compression == Compression::Zstd => Ok(Packing { long: boolean(value)?, ..self }),
            "long" => Err(format!("{} has no long mode, only zstd has", self.method())),
            "workers" => Err("the number of workers is set by --jobs".to_owned()),
            _ => {
                let help = nearest(name, ["level", "long"]).map(|near| format!("; did you mean \"{near}\"?"));
                Err(format!("unknown option \"{name}\", expected level or long{}", help.unwrap_or_default()))
            }
        }
    }

    /// This method at a level. gzip takes -1 and the other two 0 for their default, as pg_dump does.
    fn at(self, level: i32) -> Result<Packing, String> {
        let expect = |range: RangeInclusive<i32>, default: i32| {
            if level == default {
                return Ok(Packing { level: None, ..self });
            }
            if range.contains(&level) {
                return Ok(Packing { level: Some(level), ..self });
            }
            Err(format!("{} takes a level from {} to {}, found {level}", self.method(), range.start(), range.end()))
        };
        match self.compression {
            Compression::None => Err("\"none\" packs nothing and takes no level".to_owned()),
            Compression::Gzip if level == 0 => Err("gzip takes a level from 1 to 9, found 0; \"none\" packs nothing".to_owned()),
            Compression::Gzip => expect(1..=9, -1),
            // pg_dump takes up to 12. What lies above 2 is LZ4-HC.
            Compression::Lz4 if (3..=12).contains(&level) => {
                Err(format!("pgveil writes lz4 at its fast levels only, 1 and 2, found {level}; use zstd for smaller archives"))
            }
            Compression::Lz4 => expect(1..=2, 0),
            Compression::Zstd => {
                let range = zstd::compression_level_range();
                expect(*range.start()..=*range.end(), 0)
            }
        }
    }

    /// The method's name: `gzip`.
    pub fn method(self) -> &'static str {
        self.compression.name()
    }

    /// Whether an archive of this format and version can be packed so.
    ///
    /// # Errors
    /// [`Error::Usage`]: a tar archive packs nothing; lz4 and zstd need version 1.15.
    pub fn check(self, format: Format, version: Version) -> Result<()> {
        let method = self.method();
        if format == Format::Tar && self.compression != Compression::None {
            return Err(Error::Usage(format!(
                "{method} cannot pack a tar archive, in which pg_restore reads nothing packed; use --compress none, or the custom or directory format"
            )));
        }
        if matches!(self.compression, Compression::Lz4 | Compression::Zstd) && !states_algorithm(version) {
            let Version { major, minor, .. } = version;
            return Err(Error::Usage(format!(
                "{method} needs an archive of version 1.15 or later (PostgreSQL 16), and this one has {major}.{minor}; use --compress gzip or none"
            )));
        }
        Ok(())
    }

    /// The header of an archive of `format` that is packed so: what `header` says, with these two changed.
    ///
    /// # Errors
    /// As [`Packing::check`].
    pub fn header(self, header: &Header, format: Format) -> Result<Header> {
        self.check(format, header.version)?;
        let level = match self.compression {
            Compression::Gzip if !states_algorithm(header.version) => self.level.unwrap_or(-1),
            _ => 0,
        };
        Ok(Header { format, compression: self.compression, level, ..header.clone() })
    }
}

/// A Boolean as PostgreSQL's `expect_boolean_value` takes it; a name alone is true.
fn boolean(value: Option<&str>) -> Result<bool, String> {
    match value.map(str::to_ascii_lowercase).as_deref() {
        None | Some("yes" | "on" | "1") => Ok(true),
        Some("no" | "off" | "0") => Ok(false),
        Some(other) => Err(format!("found \"long={other}\", expected yes or no")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packing(compression: Compression, level: i32) -> Packing {
        Packing { level: Some(level), ..Packing::of(compression) }
    }

    /// Each of these was tried with pg_dump 18, which takes them too.
    #[test]
    fn what_pg_dump_takes_is_taken() {
        use Compression::{Gzip, Lz4, Zstd};
        for (text, expected) in [
            ("none", Packing::NONE),
            ("0", Packing::NONE),
            ("1", packing(Gzip, 1)),
            ("9", packing(Gzip, 9)),
            ("-1", Packing::of(Gzip)),
            ("gzip", Packing::of(Gzip)),
            ("gzip:9", packing(Gzip, 9)),
            ("gzip:level=5", packing(Gzip, 5)),
            ("gzip:-1", Packing::of(Gzip)),
            ("lz4", Packing::of(Lz4)),
            ("lz4:0", Packing::of(Lz4)),
            ("lz4:1", packing(Lz4, 1)),
            ("zstd", Packing::of(Zstd)),
            ("zstd:0", Packing::of(Zstd)),
            ("zstd:-5", packing(Zstd, -5)),
            ("zstd:22", packing(Zstd, 22)),
            ("zstd:long", Packing { long: true, ..Packing::of(Zstd) }),
            ("zstd:level=3,long", Packing { long: true, ..packing(Zstd, 3) }),
            ("zstd:level=3,level=4,long=no", packing(Zstd, 4)),
        ] {
            assert_eq!(Packing::parse(text).expect(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_refused_says_why() {
        for (text, expected) in [
            ("none:1", "\"none\" packs nothing and takes no level"),
            ("10", "gzip takes a level from 1 to 9, found 10"),
            ("gzip:0", "gzip takes a level from 1 to 9, found 0; \"none\" packs nothing"),
            ("gzip:long", "gzip has no long mode, only zstd has"),
            ("gzip:", "found nothing where an option was expected"),
            ("lz4:9", "pgveil writes lz4 at its fast levels only, 1 and 2, found 9; use zstd for smaller archives"),
            ("lz4:13", "lz4 takes a level from 1 to 2, found 13"),
            ("zstd:23", "zstd takes a level from -131072 to 22, found 23"),
            ("zstd:level", "\"level\" needs a value: level=3"),
            ("zstd:level=x", "found \"level=x\", expected a whole number for the level"),
            ("zstd:long=maybe", "found \"long=maybe\", expected yes or no"),
            ("zstd:workers=2", "the number of workers is set by --jobs"),
            ("zstd:lvel=2", "unknown option \"lvel\", expected level or long; did you mean \"level\"?"),
            ("zstd:3,long", "unknown option \"3\", expected level or long"),
            ("ztsd", "unknown method \"ztsd\", expected none, gzip, lz4, zstd, or a level of gzip from 0 to 9; did you mean \"zstd\"?"),
            ("", "unknown method \"\", expected none, gzip, lz4, zstd, or a level of gzip from 0 to 9"),
        ] {
            let message = Packing::parse(text).expect_err(text).to_string();
            assert_eq!(message, format!("--compress {text}: {expected}"));
        }
    }

    #[test]
    fn formats_and_versions_have_their_say() {
        let version = |minor| Version { major: 1, minor, revision: 0 };
        let said = |packing: Packing, format, minor| packing.check(format, version(minor)).map_err(|error| error.to_string());
        assert_eq!(said(Packing::of(Compression::Zstd), Format::Custom, 15), Ok(()));
        assert_eq!(said(Packing::of(Compression::Gzip), Format::Directory, 12), Ok(()));
        assert_eq!(said(Packing::NONE, Format::Tar, 12), Ok(()));
        assert_eq!(
            said(Packing::of(Compression::Lz4), Format::Custom, 14).expect_err("refused"),
            "lz4 needs an archive of version 1.15 or later (PostgreSQL 16), and this one has 1.14; use --compress gzip or none"
        );
        assert_eq!(
            said(Packing::of(Compression::Gzip), Format::Tar, 16).expect_err("refused"),
            "gzip cannot pack a tar archive, in which pg_restore reads nothing packed; use --compress none, or the custom or directory format"
        );
    }
}
