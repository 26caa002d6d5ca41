use super::*;
use crate::row::insert::Style;
use proptest::prelude::*;

fn of(rows: &str) -> u128 {
    Digest::of_copy(rows.as_bytes(), false, false, &mut Vec::new()).checksum().expect("known")
}

fn inserts(text: &str, listed: bool) -> Digest {
    let head = text.find('(').unwrap_or(0);
    Digest::of_inserts(&Inserts { text: text.as_bytes(), head, backslashes: false, listed }, &mut Vec::new())
}

/// What docs/report.md says, for whoever computes it elsewhere.
#[test]
fn the_checksum_is_the_sum_of_the_hashes() {
    assert_eq!(of(""), 0);
    assert_eq!(of("\n"), 0x99aa_06d3_0147_98d8_6001_c324_468d_497f, "XXH3 of nothing");
    assert_eq!(of("1\ta\n2\t\\N\n"), xxh3_128(b"1\ta").wrapping_add(xxh3_128(b"2\t\\N")));
    assert_eq!(of("b\na\n"), of("a\nb\n"));
    assert_ne!(of("a\na\n"), of("a\n"));
}

#[test]
fn spellings_of_one_row_count_alike() {
    for (spelling, canonical) in [
        ("a\\x41\\101\\q\n", "aAAq\n"),
        ("\\x5c\\\\\t\\N\tx\\Ny\n", "\\\\\\\\\t\\N\txNy\n"),
        ("ab   \t  \t c d \n", "ab\t\t c d\n"),
        ("a\x08\x0b\x0c\n", "a\\b\\v\\f\n"),
        (
            "x\t2024-07-01 14:00:00+02\t{\"2024-07-01 14:00:00+02\",NULL}\n",
            "x\t2024-07-01 12:00:00+00\t{\"2024-07-01 12:00:00+00\",NULL}\n",
        ),
        ("{\"a\": 1, \"b\": \"12:00:00\"}\n", "{\"a\": 1, \"b\": \"12:00:00\"}\n"),
    ] {
        assert_eq!(of(spelling), of(canonical), "{spelling:?}");
        assert_eq!(of(canonical), xxh3_128(canonical.trim_end_matches('\n').as_bytes()), "{canonical:?} is hashed as it stands");
    }
    let crlf = Digest::of_copy(b"a\r\nb\r\n", true, false, &mut Vec::new());
    assert_eq!(crlf.checksum(), Some(of("a\nb\n")));
}

#[test]
fn rows_as_insert_count_as_those_of_copy() {
    let text = "INSERT INTO t VALUES (1, true, 'it''s', NULL, B'101', DEFAULT);\nINSERT INTO t VALUES (2, false, E'a\\tb', '', X'5', DEFAULT),\n\t(3, false, '', '', B'', DEFAULT);\n";
    let digest = inserts(text, false);
    assert_eq!(digest.checksum(), Some(of("1\tt\tit's\t\\N\t101\n2\tf\ta\\tb\t\t0101\n3\tf\t\t\t\n")));
    assert_eq!(digest.width(), Some(5));
    assert_eq!(inserts(text, true).checksum(), None, "a default that is not known");
    assert_eq!(inserts("INSERT INTO t VALUES (1);\nINSERT INTO t VALUES (1, 2);\n", false).checksum(), None, "rows of two widths");
    assert_eq!(inserts("INSERT INTO t VALUES (now());\n", false).checksum(), None);
    assert_eq!(Digest::of_empty(3).checksum(), Some(of("\n\n\n")));
}

proptest! {
    /// In any order and any pieces, as COPY or as INSERT, the same rows have the same checksum.
    #[test]
    fn rows_have_one_checksum(
        rows in proptest::collection::vec(proptest::collection::vec(proptest::option::of("[a:\\\\\t\n'0-9 +-]{0,12}|2024-01-01 1[0-9]:00:00\\+0[0-9]"), 3), 0..12),
        cut in 0usize..12, turn in 0usize..12,
    ) {
        let line = |row: &Vec<Option<String>>| {
            let fields: Vec<String> = row.iter().map(|value| value.as_ref().map_or("\\N".into(), |value| {
                let mut out = Vec::new();
                copy::escape(value.as_bytes(), &mut out);
                String::from_utf8(out).expect("UTF-8")
            })).collect();
            fields.join("\t") + "\n"
        };
        let lines: Vec<String> = rows.iter().map(line).collect();
        let whole = of(&lines.concat());
        let mut turned = lines.clone();
        turned.rotate_left(turn % lines.len().max(1));
        let (first, second) = turned.split_at(cut.min(lines.len()));
        let mut pieces = Digest::default();
        for part in [first, second] {
            pieces += Digest::of_copy(part.concat().as_bytes(), false, false, &mut Vec::new());
        }
        prop_assert_eq!(pieces.checksum(), Some(whole));
        let mut script = Vec::new();
        for line in &lines {
            script.extend_from_slice(b"INSERT INTO t VALUES (");
            for (index, raw) in line.trim_end_matches('\n').split('\t').enumerate() {
                script.extend_from_slice(if index > 0 { b", " } else { b"" });
                insert::from_copy(raw.as_bytes(), Style::Text, false, &mut Vec::new(), &mut script);
            }
            script.extend_from_slice(b");\n");
        }
        let run = Inserts { text: &script, head: b"INSERT INTO t VALUES".len(), backslashes: false, listed: true };
        prop_assert_eq!(Digest::of_inserts(&run, &mut Vec::new()).checksum(), Some(whole));
    }

    #[test]
    fn the_checksum_sees_a_changed_byte(row in "[a-z:\\t]{1,20}", at in 0usize..20) {
        let mut other = row.clone().into_bytes();
        let at = at % other.len();
        other[at] = b'#';
        prop_assert_ne!(of(&format!("{row}\n")), of(&format!("{}\n", String::from_utf8(other).expect("UTF-8"))));
    }

    #[test]
    fn no_row_stops_it(row in proptest::collection::vec(any::<u8>(), 0..60)) {
        let _ = Digest::of_copy(&row, true, false, &mut Vec::new());
        let _ = Digest::of_inserts(&Inserts { text: &row, head: 3, backslashes: true, listed: false }, &mut Vec::new());
    }
}
