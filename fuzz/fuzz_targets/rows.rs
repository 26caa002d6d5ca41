//! Any bytes as a batch of rows: no panic, and the same as the naive version.
#![no_main]

use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use pgveil::encoding::Charset;
use pgveil::mask::{Cell, Mask, Masked, Refusal};
use pgveil::name::Name;
use pgveil::rewrite::{Choice, RowProgram, Scratch, Step};
use pgveil::row::{copy, naive};

#[derive(Debug)]
struct Backwards;

impl Mask for Backwards {
    fn mask(&self, cell: Cell<'_>, out: &mut Vec<u8>) -> Result<Masked, Refusal> {
        out.extend(cell.value.iter().rev());
        Ok(Masked::Value)
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((shape, text)) = input.split_first() else { return };
    let fields = usize::from(shape & 3) + 1;
    let masked = usize::from(shape >> 2) % fields;
    let mut batch = text.to_vec();
    if batch.last() != Some(&b'\n') {
        batch.push(b'\n');
    }
    let step = Step { field: masked, column: Name::new("c"), mask_name: "backwards", mask: Arc::new(Backwards), takes_empty: true, takes_null: false, reads: Vec::new() };
    let program = RowProgram { fields, steps: vec![step], rows: None, unless: None, choice: Choice::default(), charset: Charset::Utf8 };
    let mut out = Vec::new();
    let Ok(tally) = program.run(&batch, false, &mut Scratch::default(), &mut out) else { return };
    let (before, after) = (naive::rows(&batch), naive::rows(&out));
    assert_eq!(tally.rows_in, before.len() as u64);
    assert_eq!(before.len(), after.len());
    for (old, new) in before.iter().zip(&after) {
        assert_eq!(new.len(), fields);
        for (i, (old, new)) in old.iter().zip(new).enumerate() {
            if i == masked && old != copy::NULL {
                let mut expected = naive::unescape(old);
                expected.reverse();
                assert_eq!(naive::unescape(new), expected);
            } else {
                assert_eq!(old, new);
            }
        }
    }
});
