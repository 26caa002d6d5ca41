//! The table of contents as bytes (`WriteToc` in src/bin/pg_dump/pg_backup_archiver.c).

use super::header::{self, Encoder, OFFSET_NO_DATA, OFFSET_SET, OFFSET_UNKNOWN};
use crate::archive::{DataPlace, Entry, Header, Section};
use crate::error::Result;

/// Header and table of contents as bytes.
#[derive(Clone, Debug)]
pub struct Head {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Custom archives: the dump id of each entry with data, and where in `bytes` the flag of its offset stands.
    pub offsets: Vec<(i32, usize)>,
}

/// Writes header and table of contents. The entries' places are written as they are.
///
/// # Errors
/// The version cannot be written, or the archive's integers are too short.
pub fn head(header: &Header, entries: &[Entry]) -> Result<Head> {
    let mut out = Encoder::new(header);
    header::write(&mut out, header)?;
    out.int(entries.len().try_into().unwrap_or(i64::MAX))?;
    let mut offsets = Vec::new();
    for entry in entries {
        columns(&mut out, header, entry)?;
        let flag_at = out.len();
        match &entry.place {
            DataPlace::NoData => out.offset(OFFSET_NO_DATA, 0)?,
            DataPlace::Unknown => out.offset(OFFSET_UNKNOWN, 0)?,
            DataPlace::At(position) => out.offset(OFFSET_SET, *position)?,
            DataPlace::File(name) => out.string(Some(name))?,
        }
        if matches!(entry.place, DataPlace::Unknown | DataPlace::At(_)) {
            offsets.push((entry.dump_id, flag_at));
        }
    }
    Ok(Head { bytes: out.into_bytes(), offsets })
}

/// All of an entry but the place of its data.
fn columns(out: &mut Encoder, header: &Header, entry: &Entry) -> Result<()> {
    let minor = header.version.minor;
    out.int(entry.dump_id.into())?;
    out.int(entry.has_data.into())?;
    for column in [&entry.table_oid, &entry.oid, &entry.tag, &entry.desc] {
        out.string(column.as_deref())?;
    }
    out.int(match entry.section {
        Section::None => 1,
        Section::PreData => 2,
        Section::Data => 3,
        Section::PostData => 4,
    })?;
    for column in [&entry.defn, &entry.drop_stmt, &entry.copy_stmt, &entry.namespace, &entry.tablespace] {
        out.string(column.as_deref())?;
    }
    if minor >= 14 {
        out.string(entry.table_am.as_deref())?;
    }
    if minor >= 16 {
        out.int(entry.relkind.into())?;
    }
    out.string(entry.owner.as_deref())?;
    out.string(entry.with_oids.as_deref())?;
    for dependency in &entry.dependencies {
        out.string(Some(dependency.to_string().as_bytes()))?;
    }
    out.string(None)
}
