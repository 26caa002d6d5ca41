//! DROP for what the script creates further down (`RestoreArchive` in src/bin/pg_dump/pg_backup_archiver.c).

use super::super::Entry;
use super::objects;
use super::order::text;

/// Appends the statement that drops an entry's object, as `pg_restore --clean` prints it; nothing for what has none.
pub(super) fn statement(entry: &Entry, if_exists: bool, out: &mut Vec<u8>) {
    let drop = text(entry.drop_stmt.as_ref());
    match (text(entry.desc.as_ref()), if_exists) {
        // One entry, many objects: their statements are made of the list of OIDs.
        (b"BLOB METADATA", _) if entry.drop_stmt.is_some() => {
            let (begin, end) = if if_exists { (UNLINK_IF_EXISTS, b"'".as_slice()) } else { (UNLINK, b"')".as_slice()) };
            objects::for_each(text(entry.defn.as_ref()), begin, end, out);
        }
        // The public schema has a comment in this place.
        (_, false) => out.extend_from_slice(drop),
        (_, true) if drop.is_empty() || drop.starts_with(b"--") => out.extend_from_slice(drop),
        (b"BLOB", true) => out.extend([UNLINK_IF_EXISTS, entry.oid.as_ref().map_or(b"0", |oid| oid.as_ref()), b"';\n"].concat()),
        (desc, true) => if_it_exists(desc, drop, out),
    }
}

const UNLINK: &[u8] = b"SELECT pg_catalog.lo_unlink('";
const UNLINK_IF_EXISTS: &[u8] = b"SELECT pg_catalog.lo_unlink(oid) FROM pg_catalog.pg_largeobject_metadata WHERE oid = '";

/// Appends a DROP with IF EXISTS where its grammar has it.
fn if_it_exists(desc: &[u8], drop: &[u8], out: &mut Vec<u8>) {
    let table = b"ALTER TABLE".as_slice();
    let rest = match drop.strip_prefix(table) {
        Some(rest) => {
            out.extend([table, b" IF EXISTS"].concat());
            rest
        }
        None => drop,
    };
    let as_it_is = matches!(desc, b"DEFAULT" | b"DATABASE PROPERTIES") || rest.starts_with(b"CREATE OR REPLACE VIEW");
    let wanted = match desc {
        b"CONSTRAINT" | b"CHECK CONSTRAINT" | b"FK CONSTRAINT" => b"DROP CONSTRAINT".to_vec(),
        _ => [b"DROP ", desc].concat(),
    };
    match memchr::memmem::find(rest, &wanted).filter(|_| !as_it_is).and_then(|at| rest.split_at_checked(at + wanted.len())) {
        Some((before, behind)) => out.extend([before, b" IF EXISTS", behind].concat()),
        None => out.extend_from_slice(rest),
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::made;
    use super::*;

    fn dropped(desc: &str, drop: &str, if_exists: bool) -> String {
        let entry = Entry { drop_stmt: made::text(drop), ..made::entry(9, desc, "x") };
        let mut out = Vec::new();
        statement(&entry, if_exists, &mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn if_exists_stands_where_the_grammar_has_it() {
        for (desc, drop, expected) in [
            ("TABLE", "DROP TABLE public.t;\n", "DROP TABLE IF EXISTS public.t;\n"),
            (
                "FK CONSTRAINT",
                "ALTER TABLE ONLY public.t DROP CONSTRAINT f;\n",
                "ALTER TABLE IF EXISTS ONLY public.t DROP CONSTRAINT IF EXISTS f;\n",
            ),
            (
                "DEFAULT",
                "ALTER TABLE public.t ALTER COLUMN id DROP DEFAULT;\n",
                "ALTER TABLE IF EXISTS public.t ALTER COLUMN id DROP DEFAULT;\n",
            ),
            ("VIEW", "CREATE OR REPLACE VIEW public.v AS\nSELECT 1;\n", "CREATE OR REPLACE VIEW public.v AS\nSELECT 1;\n"),
            ("SCHEMA", "-- *not* dropping schema, since initdb creates it\n", "-- *not* dropping schema, since initdb creates it\n"),
            ("PROCEDURAL LANGUAGE", "DROP LANGUAGE x;\n", "DROP LANGUAGE x;\n"),
            ("TABLE DATA", "", ""),
        ] {
            assert_eq!(dropped(desc, drop, true), expected);
            assert_eq!(dropped(desc, drop, false), drop);
        }
    }

    #[test]
    fn large_objects_are_unlinked() {
        let list = Entry { defn: made::text("7\n8\n"), drop_stmt: made::text("x"), ..made::entry(9, "BLOB METADATA", "7..8") };
        let mut out = Vec::new();
        statement(&list, false, &mut out);
        assert_eq!(out, b"SELECT pg_catalog.lo_unlink('7');\nSELECT pg_catalog.lo_unlink('8');\n\n");
        let one = Entry { oid: made::text("7"), ..made::entry(9, "BLOB", "7") };
        let one = Entry { drop_stmt: made::text("SELECT pg_catalog.lo_unlink('7');\n"), ..one };
        out.clear();
        statement(&one, true, &mut out);
        assert_eq!(out, [UNLINK_IF_EXISTS, b"7';\n"].concat());
    }
}
