//! The end of a dump: the last word on keys, and what is told.

use std::collections::BTreeMap;

use super::{Director, LeftOut};
use crate::error::{Error, Fault, Place, Result};
use crate::figures::counted;
use crate::pipeline::queue::Slot;
use crate::plan::objects::LeftObject;

/// What is told of all databases at the end.
#[derive(Debug, Default)]
struct LastWords {
    left: Vec<LeftObject>,
    counts: BTreeMap<&'static str, u64>,
    remarks: Vec<String>,
}

impl Director {
    /// The last word on keys, and on the rows of a subset; once, before the end of the stream is written.
    pub(in crate::pipeline) fn judge_rest(&mut self) -> Result<()> {
        if std::mem::replace(&mut self.judged, true) {
            return Ok(());
        }
        self.judge_databases()?;
        self.each_database(|director| director.judge_database().map_err(|error| director.told_error(error)))
    }

    fn judge_database(&self) -> Result<()> {
        let database = &self.database;
        if !self.judges_databases() {
            let mistakes = database.objects.unmatched_behind();
            if !mistakes.is_empty() {
                return Err(Error::Rules(mistakes));
            }
        }
        let Some(plan) = &database.plan else { return Ok(()) };
        plan.judge_rest(database.described())?;
        if database.rows.iter().all(|(place, rows)| plan.is_unchanged(*place, *rows)) {
            Ok(())
        } else {
            Err(Error::Data { place: Place::default(), fault: Fault::Changed })
        }
    }

    /// Judges what is left to judge, and tells what had to wait for the end.
    pub(in crate::pipeline) fn finish(&mut self) -> Result<()> {
        self.finish_with(self.reader.offset())
    }

    /// The same, of an input of so many bytes, unpacked.
    pub(in crate::pipeline) fn finish_with(&mut self, bytes_in: u64) -> Result<()> {
        self.judge_rest()?;
        let mut last = LastWords::default();
        self.each_database(|director| director.finish_database(&mut last).map_err(|error| director.told_error(error)))?;
        self.tell_left_out()?;
        for remark in last.remarks {
            self.put(Slot::Remark(remark))?;
        }
        self.put(Slot::Objects(last.left, last.counts.into_iter().collect()))?;
        self.put(Slot::Done { bytes_in })
    }

    /// Tells what had to wait for the end of a database.
    fn finish_database(&mut self, last: &mut LastWords) -> Result<()> {
        let database = &self.database;
        if let Some(plan) = &database.plan {
            self.put(Slot::Erased(plan.erasures()))?;
        }
        self.name_keys_in_the_way()?;
        self.tell_dangling()?;
        last.remarks.extend(database.objects.remarks().into_iter().map(|remark| self.told_remark(remark)));
        for (what, count) in database.objects.counts() {
            *last.counts.entry(what).or_default() += count;
        }
        let within = self.told_database().map(|database| format!(" in database {database}")).unwrap_or_default();
        let told = |object: &LeftObject| LeftObject { name: format!("{}{within}", object.name), ..object.clone() };
        last.left.extend(database.objects.left().iter().map(told));
        Ok(())
    }

    /// Tells what was left out or passed without being counted as rows.
    fn tell_left_out(&self) -> Result<()> {
        self.tell_large_objects()?;
        self.tell_passwords()?;
        let LeftOut { statistics, inserts_skipped, inserts_passed, inserts_kept, tables_copied, .. } = self.left_out;
        let kept = if self.inserts.is_some() { inserts_kept } else { 0 };
        for (count, one, many) in [
            (
                statistics,
                "statement that restores statistics was left out: it tells of what is not in the copy; run ANALYZE after the restore",
                "statements that restore statistics were left out: they tell of what is not in the copy; run ANALYZE after the restore",
            ),
            (tables_copied, "table was copied packed as it is", "tables were copied packed as they are"),
            (
                inserts_skipped,
                "INSERT statement of a skipped table that is no list of values was left out; its rows are not counted",
                "INSERT statements of skipped tables that are no list of values were left out; their rows are not counted",
            ),
            (
                inserts_passed,
                "INSERT statement that is no list of values passed as it is; its rows are not counted",
                "INSERT statements that are no list of values passed as they are; their rows are not counted",
            ),
            (
                kept,
                "row came as INSERT, and its statement keeps the form that it had",
                "rows came as INSERT, and their statements keep the form that they had",
            ),
        ] {
            if count > 0 {
                self.put(Slot::Remark(counted(count, one, many)))?;
            }
        }
        Ok(())
    }
}
