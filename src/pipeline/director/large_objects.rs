//! Large objects: kept, emptied or left out, with all that is said of them.
//!
//! They hang on nothing and nothing hangs on them, so each statement is judged by its own words, without a plan.
//! pg_dump writes their contents in transactions of their own, which go with the contents (`StartRestoreLOs` in
//! src/bin/pg_dump/pg_backup_archiver.c).

use memchr::memmem;

use super::{Director, Learned};
use crate::archive::Entry;
use crate::dump::event::{Statement, Verb};
use crate::dump::script::large_object::{self, Call};
use crate::error::{Error, Fault, Result};
use crate::figures;
use crate::pipeline::queue::Slot;
use crate::plan::LargeObjectData;
use crate::plan::objects::Section;

/// What has become of large objects so far.
#[derive(Debug, Default)]
pub(super) struct LargeObjects {
    /// A BEGIN that may be that of their contents.
    begin: Option<(Statement, Learned)>,
    /// Their contents are being left out, up to the COMMIT behind them.
    inside: bool,
    passed: u64,
    left: u64,
}

/// What a statement says of a large object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Creation,
    Contents,
    /// It is created with its contents in one statement, which pg_dump has not done since PostgreSQL 9.0.
    Both,
    /// Its removal, owner, comment, privileges, label.
    About,
}

/// What statements that call functions begin with; nothing for a bracket.
const CALLERS: &[&[u8]] = &[b"select", b"values", b"with", b"do", b"call", b"explain", b"prepare", b""];

/// What a statement says of large objects, if it does.
fn part(statement: &Statement) -> Option<Part> {
    let text: &[u8] = &statement.text;
    let starts = |head: &[u8]| text.get(..head.len()).is_some_and(|found| found.eq_ignore_ascii_case(head));
    let first = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    if CALLERS.iter().any(|word| word.len() == first && starts(word)) {
        let calls: Vec<Call> = large_object::calls(text).collect();
        return match (calls.contains(&Call::Create), calls.contains(&Call::Write)) {
            _ if calls.contains(&Call::Make) => Some(Part::Both),
            (true, false) => Some(Part::Creation),
            (true, true) => Some(Part::Both),
            (false, true) => Some(Part::Contents),
            (false, false) => calls.contains(&Call::Unlink).then_some(Part::About),
        };
    }
    if starts(b"alter large object ") || starts(b"comment on large object ") {
        return Some(Part::About);
    }
    let named = starts(b"grant ") || starts(b"revoke ") || starts(b"security label ");
    let object = memmem::find(text, b" ON LARGE OBJECT ").filter(|at| !text.iter().take(*at).any(|byte| *byte == b'"'));
    (named && object.is_some()).then_some(Part::About)
}

/// Whether a statement creates or fills a large object.
pub(super) fn is_creation(statement: &Statement) -> bool {
    matches!(part(statement), Some(Part::Creation | Part::Both))
}

/// Which entries of an archive are of large objects, and how many objects an entry creates.
pub(in crate::pipeline) fn entry_creates(entry: &Entry) -> Option<u64> {
    let about = || entry.tag.as_ref().is_some_and(|tag| tag.starts_with(b"LARGE OBJECT"));
    match entry.desc.as_deref()? {
        b"BLOB" => Some(1),
        b"BLOB METADATA" => Some(entry.defn.iter().flat_map(|list| list.iter()).filter(|byte| **byte == b'\n').count() as u64),
        b"BLOBS" | b"BLOB COMMENTS" => Some(0),
        b"ACL" | b"COMMENT" | b"SECURITY LABEL" if about() => Some(0),
        _ => None,
    }
}

/// `1 large object passes`, `2 large objects pass`.
fn counted(count: u64, verb: [&str; 2]) -> String {
    let [one, many] = verb;
    figures::counted(count, &format!("large object {one}"), &format!("large objects {many}"))
}

/// The refusal of large objects that no rule speaks of.
pub(in crate::pipeline) fn unlisted() -> Error {
    Error::Policy(
        "the dump holds large objects, which can hold personal data and have no rule; give them one: [large_objects] with data = \"drop\", \"empty\" or \"keep\""
            .into(),
    )
}

impl Director {
    /// What becomes of large objects; `None` where nobody says.
    pub(in crate::pipeline) fn large_object_data(&self) -> Option<LargeObjectData> {
        self.databases.choice().large_objects.or_else(|| self.database.planner.large_objects())
    }

    /// Whether large objects without a rule are refused.
    pub(in crate::pipeline) fn refuses_large_objects(&self) -> bool {
        let passes = self.databases.choice().has(Section::Data);
        passes && self.large_object_data().is_none() && self.database.planner.refuses_unlisted()
    }

    /// A statement on its way out, which may be of a large object.
    pub(super) fn statement_or_large_object(&mut self, statement: Statement, learned: &Learned) -> Result<()> {
        let part = part(&statement);
        if part.is_some() && self.refuses_large_objects() {
            return Err(unlisted());
        }
        // Without data they go whole, and with them the transactions of their contents.
        let in_section = self.databases.choice().has(Section::Data);
        let data = if in_section { self.large_object_data().unwrap_or(LargeObjectData::Keep) } else { LargeObjectData::Drop };
        if data == LargeObjectData::Keep {
            self.large_objects.passed += u64::from(matches!(part, Some(Part::Creation | Part::Both)));
            return self.statement(statement, learned);
        }
        match part {
            Some(Part::Both) if data == LargeObjectData::Empty => {
                let fault = Fault::Unsupported("a large object that is created and filled by one statement, which cannot be emptied");
                return Err(Error::at_byte(statement.offset, fault));
            }
            Some(Part::Contents) => return self.leave_contents(),
            Some(Part::Creation | Part::Both) => self.large_objects.left += u64::from(in_section),
            Some(Part::About) | None => {}
        }
        if self.large_objects.inside && statement.text.eq_ignore_ascii_case(b"commit;") {
            self.large_objects.inside = false;
            return Ok(());
        }
        self.write_begin()?;
        if part.is_some() && data == LargeObjectData::Drop {
            return Ok(());
        }
        if statement.verb == Verb::Plain && statement.text.eq_ignore_ascii_case(b"begin;") {
            let changes = learned.changes.clone();
            self.large_objects.begin = Some((statement, Learned { changes, facts: learned.facts.clone() }));
            return Ok(());
        }
        self.statement(statement, learned)
    }

    /// Whether a statement stays in a script that becomes an archive, as far as it is of large objects.
    pub(in crate::pipeline) fn keeps_large_object(&mut self, statement: &Statement) -> Result<bool> {
        let Some(part) = part(statement) else { return Ok(true) };
        if self.refuses_large_objects() {
            return Err(unlisted());
        }
        let creates = u64::from(matches!(part, Part::Creation | Part::Both));
        let data = self.large_object_data().unwrap_or(LargeObjectData::Keep);
        match data {
            LargeObjectData::Keep => self.large_objects.passed += creates,
            LargeObjectData::Drop | LargeObjectData::Empty => self.large_objects.left += creates,
        }
        Ok(match data {
            LargeObjectData::Keep => true,
            LargeObjectData::Empty => matches!(part, Part::Creation | Part::About),
            LargeObjectData::Drop => false,
        })
    }

    fn leave_contents(&mut self) -> Result<()> {
        self.large_objects.inside |= self.large_objects.begin.take().is_some();
        Ok(())
    }

    /// Writes a BEGIN that was held back: it was none of large objects.
    pub(super) fn write_begin(&mut self) -> Result<()> {
        match self.large_objects.begin.take() {
            Some((statement, learned)) => self.statement(statement, &learned),
            None => Ok(()),
        }
    }

    /// Counts large objects of an archive, which pass or not.
    pub(in crate::pipeline) fn count_large_objects(&mut self, passed: u64, left: u64) {
        self.large_objects.passed += passed;
        self.large_objects.left += left;
    }

    /// Tells what has become of them.
    pub(super) fn tell_large_objects(&self) -> Result<()> {
        let LargeObjects { passed, left, .. } = self.large_objects;
        if left > 0 {
            let emptied = self.large_object_data() == Some(LargeObjectData::Empty);
            let verb = if emptied { ["was emptied", "were emptied"] } else { ["was left out", "were left out"] };
            self.put(Slot::Remark(counted(left, verb)))?;
        }
        if passed > 0 && self.large_object_data().is_none() && !self.database.planner.is_idle() {
            let what = counted(passed, ["passes as it is, and can", "pass as they are, and can"]);
            self.put(Slot::Remark(format!("{what} hold anything; [large_objects] in the rules, or -B, says otherwise")))?;
        }
        Ok(())
    }

    /// Tells which columns may point at large objects that are gone.
    pub(super) fn tell_dangling(&self) -> Result<()> {
        if self.large_objects.left == 0 || self.large_object_data() != Some(LargeObjectData::Drop) {
            return Ok(());
        }
        let catalogue = &self.database.catalogue;
        for relation in catalogue.relations.values().filter(|relation| !self.database.objects.leaves(&relation.name)) {
            for column in &relation.columns {
                let base = catalogue.base_type(&column.data_type);
                let domain = column.data_type.name.as_str() == "lo";
                if domain || !base.array && base.base.name.as_str() == "oid" {
                    let table = self.told(&relation.name);
                    let what = if domain { "lo" } else { "oid" };
                    self.put(Slot::Remark(format!(
                        "column {table}.{} is of type {what}: it may point at large objects that were left out",
                        column.name
                    )))?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    use crate::encoding::Charset;

    fn part_of(text: &str) -> Option<Part> {
        let (lead, text) = (Bytes::new(), Bytes::copy_from_slice(text.as_bytes()));
        part(&Statement { lead, text, offset: 0, charset: Charset::Utf8, search_path: None, verb: Verb::Plain })
    }

    #[test]
    fn statements_are_known_by_their_words() {
        for (text, expected) in [
            ("SELECT pg_catalog.lo_create('900001');", Some(Part::Creation)),
            ("SELECT pg_catalog.lo_open('900001', 131072);", Some(Part::Contents)),
            ("SELECT pg_catalog.lowrite(0, '\\x00');", Some(Part::Contents)),
            ("SELECT pg_catalog.lo_close(0);", Some(Part::Contents)),
            ("SELECT pg_catalog.lo_open(pg_catalog.lo_create('1'), 131072);", Some(Part::Both)),
            ("SELECT pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata WHERE oid = '1';", Some(Part::About)),
            ("ALTER LARGE OBJECT 1 OWNER TO x;", Some(Part::About)),
            ("COMMENT ON LARGE OBJECT 1 IS 'lo_create';", Some(Part::About)),
            ("GRANT SELECT ON LARGE OBJECT 1 TO \"y ON TABLE\";", Some(Part::About)),
            ("REVOKE ALL ON LARGE OBJECT 1 FROM x;", Some(Part::About)),
            ("SECURITY LABEL FOR dummy ON LARGE OBJECT 1 IS 'x';", Some(Part::About)),
            ("GRANT SELECT ON TABLE \"a ON LARGE OBJECT \" TO x;", None),
            ("ALTER TABLE public.lo_create OWNER TO x;", None),
            ("SELECT pg_catalog.setval('public.s', 1, true);", None),
            ("SELECT pg_catalog.setval('public.lo_create_seq', 1, true);", None),
            ("SELECT \"lo_from_bytea\"(5,'x');", Some(Part::Both)),
            ("SELECT PG_CATALOG.LO_FROM_BYTEA(6,'x');", Some(Part::Both)),
            ("select\n lo_put (5, 0, 'x');", Some(Part::Contents)),
            ("(SELECT lo_creat(-1));", Some(Part::Creation)),
            ("VALUES (lo_from_bytea(5, 'x'));", Some(Part::Both)),
            ("WITH a AS (SELECT lo_from_bytea(5, 'x')) SELECT 1;", Some(Part::Both)),
            ("DO $$ BEGIN PERFORM lo_put(5, 0, 'x'); END $$;", Some(Part::Contents)),
        ] {
            assert_eq!(part_of(text), expected, "{text}");
        }
    }
}
